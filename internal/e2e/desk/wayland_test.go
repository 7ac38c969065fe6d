package desk_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestWayland runs an app below a Wayland compositor without a screen, with
// all layers of the confinement and without namespaces. There is an X display
// beside it, which hosts do not use.
func TestWayland(t *testing.T) {
	weston, err := exec.LookPath("weston")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("weston is not installed")
	}
	dir := t.TempDir()
	c := exec.Command(weston, "--backend=headless-backend.so", "--socket=mullion", "--width=1000", "--height=800", "--use-pixman", "--no-config", "--idle-time=0")
	c.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		c.Process.Kill()
		c.Wait()
	}()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		_, err := os.Stat(filepath.Join(dir, "mullion"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("WAYLAND_DISPLAY", "mullion")
	for _, without := range [][]string{nil, {"namespaces"}} {
		t.Run(fmt.Sprint("without", without), func(t *testing.T) {
			app := e2e.Start(t, e2e.Options{WithoutLayers: without})
			app.Open("second", nil)
			for _, label := range []string{"main", "second"} {
				var sum int
				app.Page(label).Must("document.body.append('painted'); return 40 + 2", &sum)
				if sum != 42 {
					t.Errorf("%s: %d", label, sum)
				}
			}
			x, err := e2e.Screen(t).Windows()
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range x {
				if w.Title == "main" || w.Title == "second" {
					t.Errorf("%q is on the X display", w.Title)
				}
			}
			w := e2e.Window(t, app, "main")
			if err := w.SetCursorGrab(t.Context(), true); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "GTK 3") {
				t.Errorf("cursor grab: %v", err)
			}
			if err := w.Activate(t.Context(), "a token that nobody has given"); err != nil {
				t.Error("activate:", err)
			}
			if got := app.Confinement(); len(got) != 1 || got[0].Level < mullion.ConfinementStrong {
				t.Errorf("confinement: %+v", got)
			}
			// A host that dies comes back here too.
			host, err := os.FindProcess(app.Processes()["app"])
			if err != nil {
				t.Fatal(err)
			}
			host.Kill()
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				if len(app.Faults()) == 0 {
					return errors.New("no fault was reported")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var label string
			app.Page("second").Must("return __TAURI_INTERNALS__.metadata.currentWindow.label", &label)
			if label != "second" {
				t.Errorf("label %q", label)
			}
		})
	}
}
