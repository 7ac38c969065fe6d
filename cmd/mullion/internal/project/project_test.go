package project_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	below := filepath.Join(dir, "app", "src", "deep")
	if err := os.MkdirAll(below, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := project.Find(below); err == nil || term.HintOf(err) == "" {
		t.Errorf("without an app: got %v, want an error with a hint", err)
	}
	file := filepath.Join(dir, "app", "mullion.conf.json")
	if err := os.WriteFile(file, []byte(`{"identifier": "com.example.app", "productName": "app"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := project.Find(below, []byte(`{"productName": "other"}`))
	if err != nil || p.Dir != filepath.Dir(file) || p.Main != p.Dir || p.Config.ProductName != "other" {
		t.Errorf("got %+v, %v", p, err)
	}
	if err := os.WriteFile(file, []byte(`{"identifyer": "x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := project.Find(below); err == nil || !strings.Contains(err.Error(), "identifyer") {
		t.Errorf("a broken configuration: got %v", err)
	}
	if _, err := project.Find(filepath.Join(dir, "nowhere")); !os.IsNotExist(err) {
		t.Errorf("no folder: got %v", err)
	}
}

// TestTauri: a project of Tauri has its configuration in a folder, and its main
// package above it.
func TestTauri(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"src-tauri/tauri.conf.json": `{"identifier": "com.example.app", "version": "../package.json"}`,
		"package.json":              `{"version": "1.2.3"}`,
		"src/main.ts":               "",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{".", "src", "src-tauri"} {
		p, err := project.Find(filepath.Join(dir, from))
		if err != nil {
			t.Errorf("from %s: %v", from, err)
			continue
		}
		if p.Dir != filepath.Join(dir, "src-tauri") || p.Main != dir || p.Config.Version != "1.2.3" {
			t.Errorf("from %s: got %s, %s, version %s", from, p.Dir, p.Main, p.Config.Version)
		}
	}
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mullion.conf.json")
	if err := os.WriteFile(file, []byte(`{"identifier": "com.example.app"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := project.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"identifier": "com.example.other"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := p.Reload()
	if err != nil || again.Dir != p.Dir || again.Config.Identifier != "com.example.other" || p.Config.Identifier != "com.example.app" {
		t.Errorf("got %+v, %v", again, err)
	}
	if got := p.Path("../dist"); got != filepath.Join(filepath.Dir(dir), "dist") {
		t.Errorf("got %s", got)
	}
}

// TestEndless: what never ends, or is far too long, is no configuration.
func TestEndless(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mullion.conf.json")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 1<<30); err != nil {
		t.Fatal(err)
	}
	if _, err := project.Find(dir); err == nil || !strings.Contains(err.Error(), "mullion.conf.json: this is no file of at most 16 MiB") {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(os.Remove(file), os.Symlink("/dev/zero", file)); err != nil {
		t.Skip(err)
	}
	if _, err := project.Find(dir); err == nil || !strings.Contains(err.Error(), "mullion.conf.json: this is no file") {
		t.Errorf("got %v", err)
	}
}
