package persistedscope_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
	"github.com/mullion-dev/mullion/plugin/persistedscope"
)

// fakeApp is one run of an app.
type fakeApp struct {
	dir string

	mu     sync.Mutex
	log    bytes.Buffer // guarded by mu
	shared map[any]any  // guarded by mu
}

func (a *fakeApp) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.Write(b)
}

func (a *fakeApp) logged() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.String()
}

func (a *fakeApp) Name() string       { return "fake" }
func (a *fakeApp) Version() string    { return "1.0.0" }
func (a *fakeApp) Identifier() string { return "org.example.fake" }
func (a *fakeApp) Log() *slog.Logger  { return slog.New(slog.NewTextHandler(a, nil)) }

func (a *fakeApp) Directory(name string) (string, bool) {
	return a.dir, name == "APPDATA" && a.dir != ""
}

func (a *fakeApp) Share(key any, make func() any) any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.shared[key] == nil {
		a.shared[key] = make()
	}
	return a.shared[key]
}
func (a *fakeApp) Emit(context.Context, string, any) error               { return nil }
func (a *fakeApp) EmitTo(context.Context, ipc.Target, string, any) error { return nil }

// start runs an app, until end is called.
func start(t *testing.T, dir string) (app *fakeApp, s *persistedscope.Scope, end func()) {
	t.Helper()
	app = &fakeApp{dir: dir, shared: map[any]any{}}
	s = persistedscope.New()
	p := s.Plugin()
	ctx, cancel := context.WithCancel(t.Context())
	if err := p.Start(ctx, app); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	end = func() { once.Do(func() { cancel(); p.Stop(context.Background()) }) }
	t.Cleanup(end)
	return app, s, end
}

// grants are those of a run, without those that keep pages from the file.
func grants(app plugin.App) []files.Grant {
	return slices.DeleteFunc(files.GrantsOf(app).List(), func(g files.Grant) bool { return strings.Contains(g.Path, ".persisted-scope") })
}

func TestKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "app")
	user := t.TempDir()
	app, s, end := start(t, dir)
	if app.logged() != "" {
		t.Errorf("logged %s", app.logged())
	}
	if s.Save() != nil {
		t.Error("nothing to save")
	}
	if _, err := os.Stat(s.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file without grants: %v", err)
	}
	g := files.GrantsOf(app)
	for _, err := range []error{g.AllowFile(filepath.Join(user, "a*")), g.AllowDirectory(filepath.Join(user, "d"), true), g.ForbidFile(filepath.Join(user, "d", "x"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	mulliontest.Wait(t, 0, func() error { // it is saved without an end
		if data, err := os.ReadFile(s.Path()); err != nil || !strings.Contains(string(data), "forbidden") {
			return fmt.Errorf("the file has %q, %v", data, err)
		}
		return nil
	})
	if err := g.AllowFile(filepath.Join(user, "last")); err != nil {
		t.Fatal(err)
	}
	end()
	want := grants(app)
	if info, err := os.Stat(s.Path()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info, err)
	}
	for range 2 {
		app, _, end = start(t, dir)
		if got := grants(app); len(want) != 4 || !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		g := files.GrantsOf(app)
		if !g.IsAllowed(filepath.Join(user, "a*")) || g.IsAllowed(filepath.Join(user, "ab")) || g.IsAllowed(filepath.Join(user, "d", "x")) {
			t.Error("the grants have another meaning")
		}
		end()
		if app.logged() != "" {
			t.Errorf("logged %s", app.logged())
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}

// TestAttacks: whatever the file has, the app starts, says so, and loses nothing;
// and no page gets at the file.
func TestAttacks(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "garbage": "\x00\xff\x13", "half": `{"version":1,"grants":[{"path":"/a"`, "list": `[]`, "no version": `{}`, "old": `{"version":0,"grants":[]}`,
		"relative": `{"version":1,"grants":[{"path":"/a"},{"path":"a"}]}`, "up": `{"version":1,"grants":[{"path":"/a/../b"}]}`,
		"NUL": `{"version":1,"grants":[{"path":"/a\u0000"}]}`, "long": `{"version":1,"grants":[{"path":"/` + strings.Repeat("a", 40_000) + `"}]}`,
		"unknown key": `{"version":1,"grants":[{"path":"/a","all":true}]}`, "twice": `{"version":1,"version":1,"grants":[]}`,
		"number": `{"version":1,"grants":[{"path":7}]}`, "deep": strings.Repeat("[", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, ".persisted-scope.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			app, s, end := start(t, dir)
			if got := grants(app); len(got) != 0 {
				t.Errorf("granted %+v", got)
			}
			if !strings.Contains(app.logged(), "is broken") || strings.Count(app.logged(), "\n") != 1 {
				t.Errorf("logged %.500s", app.logged())
			}
			if got, err := os.ReadFile(path + ".broken"); err != nil || string(got) != content {
				t.Errorf("the old file: %.50q, %v", got, err)
			}
			if err := files.GrantsOf(app).AllowFile(filepath.Join(dir, "next")); err != nil {
				t.Fatal(err)
			}
			if err := s.Save(); err != nil {
				t.Error(err)
			}
			end()
			if app, _, _ = start(t, dir); len(grants(app)) != 1 {
				t.Errorf("after that: %+v", grants(app))
			}
		})
	}
	for name, prepare := range map[string]func(path string) error{
		"newer":  func(path string) error { return os.WriteFile(path, []byte(`{"version":2,"more":1}`), 0o600) },
		"folder": func(path string) error { return os.MkdirAll(filepath.Join(path, "x"), 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, ".persisted-scope.json")
			if err := prepare(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Stat(path)
			app, s, _ := start(t, dir)
			if err := files.GrantsOf(app).AllowFile(filepath.Join(dir, "next")); err != nil {
				t.Fatal(err)
			}
			if err := s.Save(); err == nil || !strings.Contains(app.logged(), "not kept") {
				t.Errorf("saved: %v; logged %s", err, app.logged())
			}
			if after, err := os.Stat(path); err != nil || after.ModTime() != before.ModTime() || after.Size() != before.Size() {
				t.Errorf("it has changed: %v", err)
			}
		})
	}
	t.Run("page", func(t *testing.T) {
		dir := t.TempDir()
		app, s, _ := start(t, dir)
		if err := files.GrantsOf(app).AllowFile(filepath.Join(dir, "a"), s.Path()); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		off := false
		scope, err := files.NewScope(app, []string{"$APPDATA", "$APPDATA/**", "$APPDATA/.*"}, nil, files.Options{DotFiles: files.DotFilesOf(&off)})
		if err != nil {
			t.Fatal(err)
		}
		_, errOpen := scope.OpenFile(s.Path(), os.O_RDWR, 0)
		_, errReplace := scope.Replace(s.Path(), files.ReplaceOptions{Create: true})
		for what, err := range map[string]error{
			"open": errOpen, "replace": errReplace, "remove": scope.Remove(s.Path(), false), "remove all": scope.Remove(dir, true),
			"rename": scope.Rename(s.Path(), filepath.Join(dir, "b")), "rename folder": scope.Rename(dir, dir+"2"), "rename to": scope.Rename(filepath.Join(dir, "a"), s.Path()),
		} {
			if err == nil {
				t.Errorf("%s: no error", what)
			}
		}
		if _, err := os.Stat(s.Path()); err != nil {
			t.Error(err)
		}
	})
	if err := persistedscope.New().Plugin().Start(t.Context(), &fakeApp{shared: map[any]any{}}); err == nil {
		t.Error("without a folder for data")
	}
	if persistedscope.New().Save() == nil {
		t.Error("saved before the start")
	}
}
