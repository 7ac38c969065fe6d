package acl

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
)

// read makes an app and reads it.
func read(t *testing.T, files map[string]string) *ACL {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "app")
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Read(p)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestKnown: plugins that come with Mullion bring their permissions, however
// they are made.
func TestKnown(t *testing.T) {
	const head = "package main\n\nimport (\n\t\"github.com/mullion-dev/mullion\"\n\tsystem \"github.com/mullion-dev/mullion/plugin/osinfo\"\n)\n\n"
	for _, text := range []string{
		"func f(app *mullion.App) { app.AddPlugin(system.New().Plugin()) }",
		"func f(app *mullion.App) {\n\to := system.New()\n\tapp.AddPlugin(o.Plugin())\n}",
		"var o = system.New()\n\nfunc f(app *mullion.App) { app.AddPlugin(o.Plugin()) }",
	} {
		a := read(t, map[string]string{
			"mullion.conf.json": `{"identifier": "org.example.app"}`, "main.go": head + text,
			"capabilities/main.json": `{"identifier": "main", "windows": ["main"], "permissions": ["os:default", "os:allow-hostname"]}`,
		})
		if len(a.Sources.Unread) > 0 || !slices.Equal(a.Sources.Known, []string{"os"}) {
			t.Errorf("%s: known %q, unread %q", text, a.Sources.Known, a.Sources.Unread)
		}
		if !slices.ContainsFunc(a.Manifests, func(m capability.Manifest) bool { return m.Plugin == "os" && slices.Contains(m.Commands, "hostname") }) {
			t.Errorf("%s: no permissions of os", text)
		}
	}
	a := read(t, map[string]string{"mullion.conf.json": `{"identifier": "org.example.app"}`, "main.go": head + "func f(app *mullion.App) { app.AddPlugin(other.New().Plugin()) }"})
	if len(a.Sources.Unread) != 1 || len(a.Sources.Known) > 0 {
		t.Errorf("another one: known %q, unread %q", a.Sources.Known, a.Sources.Unread)
	}
}

// TestSources: commands are found wherever they are registered, and what is
// computed is told.
func TestSources(t *testing.T) {
	const conf = `{"identifier": "org.example.app"}`
	const head = "package main\n\nimport (\n\tm \"github.com/mullion-dev/mullion\"\n\t\"github.com/mullion-dev/mullion/plugin\"\n)\n\n"
	for _, tt := range []struct {
		name             string
		files            map[string]string
		commands, unread string
		docs             string // of the only command
	}{
		{"Tauri", map[string]string{"go.mod": "module x", "src-tauri/tauri.conf.json": conf, "main.go": head + "func f(app *m.App) { m.Handle(app, `one`, nil) }"}, "one", "", ""},
		{"raw, constants, generic", map[string]string{"mullion.conf.json": conf, "main.go": head + "const (\n\ta = \"get_\"\n\tb = a + (\"x\")\n)\nfunc f(app *m.App) {\n\tapp.HandleRaw(b, nil)\n\tm.Handle[A, B](app, a+\"y\", nil)\n\tm.Handle[A](app, \"z\", nil)\n}"}, "get_x get_y z", "", ""},
		{"computed", map[string]string{"mullion.conf.json": conf, "main.go": head + "func f(app *m.App, s string) {\n\tm.Handle(app, s, nil)\n}"}, "", "main.go:9", ""},
		{"tests, other systems and other packages do not count", map[string]string{
			"mullion.conf.json": conf, "go.mod": "module x", "main.go": "package main\n\nfunc Handle(a, b, c any) {}\n\nfunc f() { Handle(nil, \"no\", nil) }",
			"main_test.go": head + "func f(app *m.App) { m.Handle(app, `no`, nil) }", "x_plan9.go": head + "func f(app *m.App) { m.Handle(app, `no`, nil) }", "other/o.go": head + "func f(app *m.App) { m.Handle(app, `no`, nil) }",
		}, "", "", ""},
		{"a dot import", map[string]string{"mullion.conf.json": conf, "main.go": "package main\n\nimport . \"github.com/mullion-dev/mullion\"\n\nfunc f(app *App) { Handle(app, \"one\", nil) }"}, "one", "", ""},
		{"a file that does not compile", map[string]string{"mullion.conf.json": conf, "main.go": head + "func f(app *m.App) {\n\tm.Handle(app, \"one\", nil)\n\tif {\n}"}, "one", "main.go", ""},
		{"a plugin from elsewhere", map[string]string{"mullion.conf.json": conf, "main.go": head + "func f(app *m.App, x plugin.Plugin) { app.AddPlugin(x) }"}, "", "main.go:8", ""},
		{"comments", map[string]string{"mullion.conf.json": conf, "main.go": head + "// a does one thing. And more.\nfunc (x T) a() {}\n\nfunc f(app *m.App, x T) { m.Handle(app, \"one\", x.a) }"}, "one", "", "a does one thing."},
		{"nothing in Go", map[string]string{"mullion.conf.json": conf, "../above.go": head + "func f(app *m.App) { m.Handle(app, `no`, nil) }"}, "", "", ""},
		{"a cycle", map[string]string{"mullion.conf.json": conf, "go.mod": "module x", "main.go": "package main\n\nimport _ \"x/a\"", "a/a.go": "package a\n\nimport (\n\t_ \"x/b\"\n\t\"github.com/mullion-dev/mullion\"\n)\n\nfunc f(app *mullion.App) { mullion.Handle(app, \"a\", nil) }", "b/b.go": "package b\n\nimport _ \"x/a\""}, "a", "", ""},
		{"a name that means itself", map[string]string{"mullion.conf.json": conf, "main.go": head + "var a = b\nvar b = a\nfunc f(app *m.App) {\n\tm.Handle(app, a, nil)\n\tapp.AddPlugin(a)\n}"}, "", "main.go:11 main.go:12", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, tt.files).Sources
			if tt.docs != "" && s.Docs[tt.commands] != tt.docs {
				t.Errorf("docs %q, want %q", s.Docs, tt.docs)
			}
			if got := strings.Join(s.Commands, " "); got != tt.commands {
				t.Errorf("commands %q, want %q", got, tt.commands)
			}
			if got := strings.Join(s.Unread, " "); got != tt.unread {
				t.Errorf("unread %q, want %q", got, tt.unread)
			}
		})
	}
}
