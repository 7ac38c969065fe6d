package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/e2e"
)

type theme struct {
	Dark bool `json:"dark"`
	Size int  `json:"size"`
}

// stateApp starts an app with a persisted state "theme". Windows "w-…" may
// write it, windows "r-…" may read it, others may do neither.
func stateApp(t *testing.T, dir string) (*e2e.App, **mullion.State[theme]) {
	t.Helper()
	caps, err := capability.Parse("capabilities/state.json", []byte(`[
		{"identifier": "readers", "windows": ["r-*", "w-*"], "permissions": [{"identifier": "state:read", "allow": ["theme"]}]},
		{"identifier": "writers", "windows": ["w-*"], "permissions": [{"identifier": "state:write", "allow": [{"name": "theme"}]}]}
	]`))
	if err != nil {
		t.Fatal(err)
	}
	var state *mullion.State[theme]
	app := e2e.Start(t, e2e.Options{
		NoWindow: true, DataDir: dir, Capabilities: caps,
		Setup: func(a *mullion.App) {
			state = mullion.NewState(a, "theme", theme{Size: 10}, mullion.StateOptions[theme]{
				Persist: true, Version: 1,
				Check: func(v theme) error {
					if v.Size < 1 {
						return errors.New("size must be positive")
					}
					return nil
				},
			})
			mullion.NewState(a, "secret", 1, mullion.StateOptions[int]{})
		},
	})
	return app, &state
}

// follow makes a page collect what it is told of the state.
const follow = `window.seen = []; await state('theme').subscribe((v, version) => window.seen.push([v.size, version]));`

func seen(t *testing.T, p *e2e.Page, want [][2]int) {
	t.Helper()
	var got [][2]int
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if err := p.Run(`return window.seen`, &got); err != nil {
			return err
		}
		if len(got) < len(want) {
			return fmt.Errorf("seen %v", got)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("seen (-want +got):\n%s", d)
	}
}

func TestState(t *testing.T) {
	dir := t.TempDir()
	app, s := stateApp(t, dir)
	writer, reader, other := app.Open("w-1", nil), app.Open("r-1", nil), app.Open("other", nil)

	reader.Must(follow, nil)
	writer.Must(`await state('theme').set({dark: true, size: 11})`, nil)
	if err := (*s).Update(t.Context(), func(v theme) theme { v.Size = 12; return v }); err != nil {
		t.Fatal(err)
	}
	writer.Must(`await state('theme').update(v => ({...v, size: 13}))`, nil)
	seen(t, reader, [][2]int{{10, 1}, {11, 2}, {12, 3}, {13, 4}})
	if got, want := (*s).Get(), (theme{true, 13}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}

	t.Run("late window", func(t *testing.T) {
		late := app.Open("r-late", nil)
		late.Must(follow, nil)
		seen(t, late, [][2]int{{13, 4}})
	})
	for _, test := range []struct {
		name string
		page *e2e.Page
		body string
		want string
	}{
		{"reader may not write", reader, `await state('theme').set({dark: false, size: 1})`, "not allowed by ACL"},
		{"other may not read", other, `await state('theme').get()`, "not allowed by ACL"},
		{"other may not follow", other, `await state('theme').subscribe(() => {})`, "not allowed by ACL"},
		{"state not in scope", writer, `await state('secret').get()`, "not in the scope"},
		{"stale version", writer, `await state('theme').set({dark: false, size: 2}, {version: 2})`, "version conflict"},
		{"refused by Check", writer, `await state('theme').set({dark: false, size: 0})`, "size must be positive"},
		{"unknown field", writer, `await state('theme').set({dark: false, size: 1, more: 1})`, "more"},
		{"wrong type", writer, `await state('theme').set([])`, "theme"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.page.Run(test.body, nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if got, want := (*s).Get(), (theme{true, 13}); got != want {
		t.Errorf("a refused change came through: got %+v, want %+v", got, want)
	}

	t.Run("right at once after a crash", func(t *testing.T) {
		e2e.Kill(t, app.Processes()["app"])
		reader.Must(follow, nil)
		seen(t, reader, [][2]int{{13, 4}})
	})

	t.Run("kept", func(t *testing.T) {
		if err := app.Stop(); err != nil {
			t.Fatal(err)
		}
		again, s := stateApp(t, dir)
		if got, want := (*s).Get(), (theme{true, 13}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if err := again.Stop(); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("damaged file", func(t *testing.T) {
		path := filepath.Join(dir, "states", "theme.json")
		if err := os.WriteFile(path, []byte(`{"mullion": 1, "versi`), 0o600); err != nil {
			t.Fatal(err)
		}
		again, s := stateApp(t, dir)
		if got, want := (*s).Get(), (theme{true, 12}); got != want {
			t.Errorf("got %+v, want the copy before it, %+v", got, want)
		}
		if !again.Log.Contains("damaged") {
			t.Error("the log does not say that the file is damaged")
		}
	})
}

// TestCoreLoadsNoGUI reads the memory map of this process, which is the Core.
func TestCoreLoadsNoGUI(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	gui := []string{"libgtk", "libgdk", "libwebkit", "libjavascriptcore", "libX11", "libxcb", "libwayland", "libglib", "libgobject", "libcairo", "libEGL", "libGL"}
	has := func(pid string) (found []string) {
		b, err := os.ReadFile("/proc/" + pid + "/maps")
		if err != nil {
			t.Fatal(err)
		}
		for _, lib := range gui {
			if strings.Contains(string(b), "/"+lib) {
				found = append(found, lib)
			}
		}
		return found
	}
	if found := has("self"); len(found) > 0 {
		t.Errorf("the Core has loaded %v", found)
	}
	// The same look at a host has to find them, or it is no look at all.
	if found := has(fmt.Sprint(app.Processes()["app"])); len(found) < 3 {
		t.Errorf("in the host only %v were found", found)
	}
}

// TestIsolate checks that what happens to the host of one window does not
// reach another.
func TestIsolate(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`window.mark = 1`, nil)
	alone := app.Open("alone", func(o *mullion.WindowOptions) { o.Isolate = true })
	alone.Must(`window.mark = 2`, nil)
	hosts := app.Processes()
	if len(hosts) != 2 {
		t.Fatalf("hosts: %v", hosts)
	}
	e2e.Kill(t, hosts["window:alone"])
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		var mark *int
		if err := alone.Run(`return window.mark ?? null`, &mark); err != nil {
			return err
		}
		if mark != nil {
			return errors.New("the isolated window has not come back")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	var mark int
	app.Main().Must(`return window.mark ?? 0`, &mark)
	if mark != 1 || app.Processes()["app"] != hosts["app"] {
		t.Error("the other window was touched")
	}
	w, err := app.Window("alone")
	if err != nil {
		t.Fatal(err)
	}
	pid := app.Processes()["window:alone"]
	w.Close()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
			return errors.New("the host of a closed window lives on")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestNothingLeftBehind checks that no process outlives the app.
func TestNothingLeftBehind(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	children := e2e.Descendants(app.Processes()["app"])
	if len(children) == 0 {
		t.Fatal("the host has no engine processes")
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		for _, c := range children {
			if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.PID)); err == nil && strings.Contains(string(b), c.Name) && !strings.Contains(string(b), ") Z") {
				return fmt.Errorf("%s (%d) lives on", c.Name, c.PID)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
