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
		{name: "none", fsys: files("other.json", ok), is: config.ErrNotFound, error: "looked for mullion.conf.json, tauri.conf.json (or .json5) and Tauri.toml"},
		{name: "none, as fs", fsys: files(), is: fs.ErrNotExist, error: "no configuration file"},
		{name: "two", fsys: files("Tauri.toml", "", "mullion.conf.json", ok),
			error: "mullion.conf.json and Tauri.toml are both main configuration files: keep mullion.conf.json and delete Tauri.toml"},
		{name: "three", fsys: files("Tauri.toml", "", "tauri.conf.json", "", "mullion.conf.json", ok),
			error: "keep mullion.conf.json and delete tauri.conf.json and Tauri.toml"},
		{name: "json5", fsys: files("mullion.conf.json5", "// mine\n{identifier: 'a.b',}")},
		{name: "json5 of tauri", fsys: files("tauri.conf.json5", "{identifier: 'a.b',}")},
		{name: "comments", fsys: files("tauri.conf.json", "{\n  // mine\n  \"identifier\": \"a.b\", /* and\n mine */\n}\n")},
		{name: "platform file in JSON5", fsys: files("tauri.conf.json", ok, "tauri.linux.conf.json5", "{bad: 1}"),
			error: "tauri.linux.conf.json5:1:2: bad: unknown key"},
		{name: "platform file in TOML", fsys: files("tauri.conf.json", ok, "Tauri.linux.toml", "product-nam = 1"),
			error: `Tauri.linux.toml:1:1: product-nam: unknown key (did you mean "product-name"?)`},
		{name: "platform file in JSON beside TOML", fsys: files("Tauri.toml", "identifier = 'a.b'", "tauri.linux.conf.json", `{"bad": 1}`),
			error: "tauri.linux.conf.json:1:2: bad: unknown key"},
		{name: "two platform files", fsys: files("tauri.conf.json", ok, "Tauri.linux.toml", "", "tauri.linux.conf.json5", "{}"),
			error: "tauri.linux.conf.json5 and Tauri.linux.toml are both for this platform: keep tauri.linux.conf.json5 and delete Tauri.linux.toml"},
		{name: "platform file of another platform", fsys: files("tauri.conf.json", ok, "Tauri.windows.toml", "bad = 1")},
		{name: "null for an unknown key", fsys: files("tauri.conf.json", ok, "tauri.linux.conf.json", `{"app": {"beta": null}, "old": null}`)},
		{name: "null for an unknown key of the main file", fsys: files("tauri.conf.json", `{"identifier": "a.b", "old": null}`),
			error: "tauri.conf.json:1:23: old: unknown key"},
		{name: "folder", fsys: files("src-tauri/tauri.conf.json", ok, "src-tauri/tauri.linux.conf.json", `{"bad": 1}`), opts: config.Options{Dir: "src-tauri"},
			error: "src-tauri/tauri.linux.conf.json:1:2: bad: unknown key"},
		{name: "no such folder", fsys: files("tauri.conf.json", ok), opts: config.Options{Dir: "src"}, is: config.ErrNotFound, error: "looked in src for"},
		{name: "folder outside", fsys: files("tauri.conf.json", ok), opts: config.Options{Dir: "../src"}, error: `bad folder "../src"`},
		{name: "tauri 1", fsys: files("tauri.conf.json", "{\"build\": {\"distDir\": \"../dist\"},\n \"package\": {\"productName\": \"x\"},\n \"tauri\": {\"allowlist\": {}}}"),
			error: `tauri.conf.json:3:11: tauri: this is a configuration of Tauri 1, and that of Tauri 2 is read here: migrate the project with "npx @tauri-apps/cli@2 migrate"`},
		{name: "part of tauri 1", fsys: files("tauri.conf.json", ok, "tauri.linux.conf.json", `{"build": {"devPath": "x"}}`),
			error: `tauri.linux.conf.json:1:23: build.devPath: this is a configuration of Tauri 1`},
		{name: "platform file of another family", fsys: files("mullion.conf.json", ok, "tauri.linux.conf.json", "{}"),
			error: "tauri.linux.conf.json is not read beside mullion.conf.json: move its content to mullion.linux.conf.json"},
		{name: "platform of toml", fsys: files("Tauri.toml", `identifier = "a.b"`, "Tauri.linux.toml", "bad = 1"),
			error: "Tauri.linux.toml:1:1: bad: unknown key"},
		{name: "bad platform", fsys: files(), opts: config.Options{Platform: "beos"}, error: `unknown platform "beos"`},
		{name: "unreadable", fsys: fstest.MapFS{"tauri.conf.json": {Mode: fs.ModeDir}}, error: "read configuration"},
		{name: "patch of another type", fsys: files("tauri.conf.json", ok), opts: config.Options{Overlays: [][]byte{[]byte(`[]`)}},
			error: "overlay[0]:1:1: want an object, not an array"},
		{name: "every layer is checked", fsys: files("tauri.conf.json", "{", "tauri.linux.conf.json", `{"appp": 1}`),
			error: "tauri.conf.json:1:2: the file ends too early: want a key or '}'\ntauri.linux.conf.json:1:2: appp: unknown key (did you mean \"app\"?)"},
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

// TestOldIsAllThatIsSaid: a file of Tauri 1 has hardly a key that is known.
func TestOldIsAllThatIsSaid(t *testing.T) {
	_, err := config.Parse("tauri.conf.json", []byte(`{"package": {"version": "1"}, "tauri": {"bundle": {"identifier": "a.b"}}, "build": {"distDir": "x"}}`))
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line", err)
	}
}

func TestVersion(t *testing.T) {
	conf := func(version string) string { return `{"identifier": "a.b", "version": ` + version + `}` }
	const pack = "{\n  \"name\": \"x\",\n  \"version\": \"2.3.4-beta.1\"\n}"
	tests := []struct {
		name        string
		fsys        fs.FS
		dir         string
		want, error string
	}{
		{name: "absent", fsys: files("tauri.conf.json", `{"identifier": "a.b"}`)},
		{name: "null", fsys: files("tauri.conf.json", conf("null"))},
		{name: "version", fsys: files("tauri.conf.json", conf(`"1.2.3"`)), want: "1.2.3"},
		{name: "version with all", fsys: files("tauri.conf.json", conf(`"1.2.3-rc.1+5.a"`)), want: "1.2.3-rc.1+5.a"},
		{name: "beside", fsys: files("tauri.conf.json", conf(`"package.json"`), "package.json", pack), want: "2.3.4-beta.1"},
		{name: "beside, with dot", fsys: files("tauri.conf.json", conf(`"./package.json"`), "package.json", pack), want: "2.3.4-beta.1"},
		{name: "above", fsys: files("src-tauri/tauri.conf.json", conf(`"../package.json"`), "package.json", pack), dir: "src-tauri", want: "2.3.4-beta.1"},
		{name: "above, of Windows", fsys: files("src-tauri/tauri.conf.json", conf(`"..\\package.json"`), "package.json", pack), dir: "src-tauri", want: "2.3.4-beta.1"},
		{name: "out of all", fsys: files("tauri.conf.json", conf(`"../package.json"`)), error: `tauri.conf.json:1:34: version: "../package.json" leads out of the files that the program has: `},
		{name: "no such file", fsys: files("tauri.conf.json", conf(`"package.json"`)), error: "tauri.conf.json:1:34: version: there is no file package.json: is it embedded?"},
		{name: "no version in it", fsys: files("tauri.conf.json", conf(`"package.json"`), "package.json", "\n{}"), error: "package.json:2:1: version: required, but missing: tauri.conf.json takes its version from here"},
		{name: "bad version in it", fsys: files("tauri.conf.json", conf(`"package.json"`), "package.json", `{"version": "1"}`), error: `package.json:1:13: version: no version: want one as "1.2.0"`},
		{name: "nonsense in it", fsys: files("tauri.conf.json", conf(`"package.json"`), "package.json", `{`), error: `package.json:1:2: the file ends too early`},
		{name: "two numbers", fsys: files("tauri.conf.json", conf(`"1.2"`)), error: `tauri.conf.json:1:34: version: "1.2" is no version: want one as 1.2.0, with three numbers, or the path of a package.json`},
		{name: "leading zero", fsys: files("tauri.conf.json", conf(`"01.2.3"`)), error: `is no version`},
		{name: "letter", fsys: files("tauri.conf.json", conf(`"v1.2.3"`)), error: `is no version`},
		{name: "empty part", fsys: files("tauri.conf.json", conf(`"1.2.3-"`)), error: `is no version`},
		{name: "empty", fsys: files("tauri.conf.json", conf(`""`)), error: `empty version: leave the key out for the version of the Go module`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := config.Load(tt.fsys, config.Options{Platform: "linux", Dir: tt.dir})
			switch {
			case tt.error != "":
				if err == nil || !strings.HasPrefix(err.Error(), tt.error) && !strings.Contains(err.Error(), ": "+tt.error) && !strings.Contains(err.Error(), tt.error) {
					t.Errorf("got %v\nwant %s", err, tt.error)
				}
			case err != nil:
				t.Error(err)
			case cfg.Version != tt.want:
				t.Errorf("got %q, want %q", cfg.Version, tt.want)
			}
		})
	}
}

// TestKeys: the keys that somebody wrote, at the places where they count.
func TestKeys(t *testing.T) {
	cfg, err := config.Load(files(
		"tauri.conf.json", "{\n\"identifier\": \"a.b\",\n\"app\": {\"tray-icon\": {\"icon-path\": \"x\"}, \"windows\": [{\"title\": \"t\"}]},\n\"bundle\": {\"icon\": []}, \"plugins\": {\"fs\": {\"a\": 1}}}",
		"Tauri.linux.toml", "app.tray-icon.tooltip = 't'\n[bundle.linux.deb.files]\n'/usr/x' = 'x'",
		"tauri.windows.conf.json", `{"bundle": null, "plugins": null}`,
	), config.Options{Platform: "linux", Overlays: [][]byte{[]byte(`{"bundle": {"icon": null}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range cfg.Keys {
		got = append(got, k.String())
	}
	want := []string{
		"tauri.conf.json:2:1: identifier",
		"tauri.conf.json:3:1: app",
		"tauri.conf.json:3:9: app.trayIcon",
		"tauri.conf.json:3:23: app.trayIcon.iconPath",
		"Tauri.linux.toml:1:15: app.trayIcon.tooltip",
		"tauri.conf.json:3:42: app.windows",
		"tauri.conf.json:3:55: app.windows[0].title",
		"tauri.conf.json:4:1: bundle",
		"Tauri.linux.toml:2:9: bundle.linux",
		"Tauri.linux.toml:2:15: bundle.linux.deb",
		"Tauri.linux.toml:2:19: bundle.linux.deb.files",
		"tauri.conf.json:4:25: plugins",
		"tauri.conf.json:4:37: plugins.fs",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
