package config_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/config"
)

// files makes a file system of pairs of name and content.
func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func TestLoadMerge(t *testing.T) {
	fsys := files(
		"mullion.conf.json", `{
			"identifier": "org.example.app",
			"productName": "Base",
			"app": {"windows": [{"label": "a"}, {"label": "b"}], "security": {"csp": "default-src 'self'"}},
			"plugins": {"fs": {"requireLiteralLeadingDot": true}, "old": {"x": 1}}
		}`,
		"mullion.linux.conf.json", `{"app": {"windows": [{"label": "linux"}]}, "plugins": {"old": null, "new": {"y": null, "z": [null]}}}`,
		"mullion.windows.conf.json", `{"productName": null, "app": {"security": {"csp": null}}}`,
	)
	type result struct {
		ProductName string
		Labels      []string
		CSP         *config.CSP
		Plugins     map[string]string
	}
	text := &config.CSP{Text: "default-src 'self'"}
	dot := `{"requireLiteralLeadingDot":true}`
	tests := []struct {
		name string
		opts config.Options
		want result
	}{
		{"platform file", config.Options{Platform: "linux"},
			result{"Base", []string{"linux"}, text, map[string]string{"fs": dot, "new": `{"z":[null]}`}}},
		{"null deletes, but not a policy", config.Options{Platform: "windows"},
			result{"", []string{"a", "b"}, &config.CSP{Off: true}, map[string]string{"fs": dot, "old": `{"x":1}`}}},
		{"no platform file", config.Options{Platform: "darwin"},
			result{"Base", []string{"a", "b"}, text, map[string]string{"fs": dot, "old": `{"x":1}`}}},
		{"overlays in order", config.Options{Platform: "macos", Overlays: [][]byte{
			[]byte(`{"product-name": "One", "app": {"windows": []}}`), []byte(`{"productName": "Two"}`)}},
			result{"Two", []string{}, text, map[string]string{"fs": dot, "old": `{"x":1}`}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := config.Load(fsys, tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			got := result{ProductName: cfg.ProductName, Labels: []string{}, CSP: cfg.App.Security.CSP, Plugins: map[string]string{}}
			for _, w := range cfg.App.Windows {
				got.Labels = append(got.Labels, w.Label)
			}
			for name, value := range cfg.Plugins {
				got.Plugins[name] = string(value)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLoadFiles(t *testing.T) {
	const ok = `{"identifier": "a.b"}`
	tests := []struct {
		name  string
		fsys  fs.FS
		opts  config.Options
		is    error
		error string // "" for none
	}{
		{name: "tauri", fsys: files("tauri.conf.json", ok)},
		{name: "toml", fsys: files("Tauri.toml", `identifier = "a.b"`)},
		{name: "byte order mark", fsys: files("tauri.conf.json", "\xef\xbb\xbf"+ok)},
		{name: "none", fsys: files("other.json", ok), is: config.ErrNotFound, error: "looked for mullion.conf.json, tauri.conf.json and Tauri.toml"},
		{name: "none, as fs", fsys: files(), is: fs.ErrNotExist, error: "no configuration file"},
		{name: "two", fsys: files("Tauri.toml", "", "mullion.conf.json", ok),
			error: "mullion.conf.json and Tauri.toml are both main configuration files: keep mullion.conf.json and delete Tauri.toml"},
		{name: "three", fsys: files("Tauri.toml", "", "tauri.conf.json", "", "mullion.conf.json", ok),
			error: "keep mullion.conf.json and delete tauri.conf.json and Tauri.toml"},
		{name: "json5", fsys: files("mullion.conf.json5", ok), is: errors.ErrUnsupported,
			error: "mullion.conf.json5: JSON5 configuration is not read yet; rename to .json"},
		{name: "json5 of the platform", fsys: files("tauri.conf.json", ok, "tauri.linux.conf.json5", ok),
			error: "tauri.linux.conf.json5 is not read beside tauri.conf.json: move its content to tauri.linux.conf.json"},
		{name: "platform file of another family", fsys: files("mullion.conf.json", ok, "tauri.linux.conf.json", "{}"),
			error: "tauri.linux.conf.json is not read beside mullion.conf.json: move its content to mullion.linux.conf.json"},
		{name: "platform of toml", fsys: files("Tauri.toml", `identifier = "a.b"`, "Tauri.linux.toml", "bad = 1"),
			error: "Tauri.linux.toml:1:1: bad: unknown key"},
		{name: "bad platform", fsys: files(), opts: config.Options{Platform: "beos"}, error: `unknown platform "beos"`},
		{name: "unreadable", fsys: fstest.MapFS{"tauri.conf.json": {Mode: fs.ModeDir}}, error: "read configuration"},
		{name: "patch of another type", fsys: files("tauri.conf.json", ok), opts: config.Options{Overlays: [][]byte{[]byte(`[]`)}},
			error: "overlay[0]:1:1: want an object, not an array"},
		{name: "every layer is checked", fsys: files("tauri.conf.json", "{", "tauri.linux.conf.json", `{"appp": null}`),
			error: "tauri.conf.json:1:2: the file ends too early\ntauri.linux.conf.json:1:2: appp: unknown key (did you mean \"app\"?)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.opts.Platform == "" {
				tt.opts.Platform = "linux"
			}
			_, err := config.Load(tt.fsys, tt.opts)
			switch {
			case tt.error == "" && err != nil:
				t.Fatalf("got %v, want no error", err)
			case tt.error != "" && (err == nil || !strings.Contains(err.Error(), tt.error)):
				t.Errorf("got %v\nwant %s", err, tt.error)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, which is not %v", err, tt.is)
			}
		})
	}
}

func TestErrorIsStructured(t *testing.T) {
	_, err := config.Parse("app.json", []byte("{\n  \"identifier\": \"a.b\",\n  \"verson\": \"1\"\n}"))
	e, ok := errors.AsType[*config.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *config.Error", err)
	}
	want := &config.Error{File: "app.json", Line: 3, Column: 3, Path: "verson", Problem: `unknown key (did you mean "version"?)`}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
