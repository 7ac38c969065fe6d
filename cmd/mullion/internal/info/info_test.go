package info

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/doctor"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
)

// TestCollect: a page has what a report needs, and nothing that is secret.
func TestCollect(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "work")
	for name, text := range map[string]string{
		"mullion.conf.json":              `{"identifier": "org.example.secretproject", "build": {"devUrl": "http://user:hunter2@localhost:5173", "frontendDist": "dist"}}`,
		"go.mod":                         "module example.org/secret\n\ngo 1.26\n\nrequire github.com/mullion-dev/mullion v0.0.0\n\nreplace github.com/mullion-dev/mullion => " + home + "/mullion\n",
		"main.go":                        "package main",
		"package.json":                   `{"dependencies": {"@tauri-apps/api": "^2", "vue": "file:` + home + `/vue", "private-thing": "1"}, "devDependencies": {"vite": "^7"}}`,
		"node_modules/vite/package.json": `{"version": "7.1.2"}`,
		"capabilities/main.json":         `{"identifier": "main", "windows": ["main"], "permissions": []}`,
	} {
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
	env := map[string]string{"HOME": home, "XDG_CURRENT_DESKTOP": "KDE", "GTK_THEME": home + "/theme", "API_TOKEN": "hunter2", "LANG": "C.UTF-8"}
	m := &doctor.Machine{
		Root: t.TempDir(), Getenv: func(n string) string { return env[n] }, Project: p,
		LookPath: func(n string) (string, error) { return filepath.Join(home, "bin", n), nil },
		Output:   func(context.Context, string, string, ...string) (string, error) { return "go1.26.8\nauto", nil },
		Confinement: func() []doctor.Finding {
			return []doctor.Finding{{Name: "landlock", Level: doctor.OK, Detail: "ABI 7"}}
		},
	}
	page := func(broken error) string {
		var b strings.Builder
		for _, s := range Collect(t.Context(), m, broken) {
			b.WriteString("# " + s.Title + "\n")
			for _, i := range s.Items {
				b.WriteString(i.Name + ": " + i.Value + "\n")
			}
		}
		return b.String()
	}
	got := page(nil)
	for _, want := range []string{
		"built with: go", "Go: 1.26.8 (~/bin/go)", "desktop: KDE", "GTK_THEME: ~/theme", "LANG: C.UTF-8", "# Confinement\nlandlock: holds: ABI 7\n", "go.mod: go 1.26",
		"framework: v0.0.0, replaced by a folder", "dev server: port 5173", "front end: @tauri-apps/api ^2, not installed, vite 7.1.2, vue from elsewhere, not installed", "capabilities: 1",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, secret := range []string{home, "hunter2", "secret", "private-thing"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q is in\n%s", secret, got)
		}
	}
	m.Project = nil
	if got := page(errors.New("mullion.conf.json:1:2: unknown key in /home/alice/x and " + home)); !strings.Contains(got, "configuration: mullion.conf.json:1:2: unknown key in /home/…/x and ~\n") {
		t.Errorf("a broken configuration:\n%s", got)
	}
}
