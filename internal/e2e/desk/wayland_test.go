package desk_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestWayland runs an app below a Wayland compositor without a screen, with
// all layers of the confinement and without namespaces. There is an X display
// beside it, which hosts do not use.
func TestWayland(t *testing.T) {
	startWeston(t)
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
			got := app.Confinement()
			if len(got) != 1 || got[0].Level < mullion.ConfinementStrong || without == nil && got[0].Level != mullion.ConfinementDisplay {
				t.Errorf("confinement: %+v", got)
			}
			if len(got) == 1 && !slices.ContainsFunc(got[0].Layers, func(l mullion.ConfinementLayer) bool { return l.Name == "display" && l.Holds }) {
				t.Errorf("the display is open: %+v", got)
			}
			// A host that dies comes back here too, and with one whose guard dies
			// it is the same.
			old := app.Processes()["app"]
			guards := guardsOf(t)
			if len(guards) != 1 {
				t.Fatalf("there are %d guards", len(guards))
			}
			guards[0].Kill()
			e2e.Restarted(t, app, old)
			var sum int
			app.Page("second").Must("return 40 + 2", &sum)
			host, err := os.FindProcess(app.Processes()["app"])
			if err != nil {
				t.Fatal(err)
			}
			before := len(app.Faults())
			host.Kill()
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				if len(app.Faults()) == before {
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

// startWeston starts a compositor without a screen, and points this process to
// it. It ends with the test.
func startWeston(t testing.TB) {
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
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		_, err := os.Stat(filepath.Join(dir, "mullion"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("WAYLAND_DISPLAY", "mullion")
}

// guardsOf finds the guards that this process has started.
func guardsOf(t *testing.T) (list []*os.Process) {
	t.Helper()
	for _, d := range e2e.Descendants(os.Getpid()) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", d.PID))
		if err != nil || !strings.Contains(string(b), "MULLION_ROLE=display\x00") {
			continue
		}
		p, err := os.FindProcess(d.PID)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return list
}

// BenchmarkWayland measures what the guard of the display costs: the time until a
// page has drawn its first frame, and how many frames per second a page draws
// that changes all the time.
//
//	go test ./internal/e2e/desk -run - -bench Wayland -benchtime 5x -count 3
func BenchmarkWayland(b *testing.B) {
	startWeston(b)
	for name, without := range map[string][]string{"guarded": nil, "direct": {"display"}} {
		b.Run(name, func(b *testing.B) {
			var frames, milliseconds float64
			for b.Loop() {
				app := e2e.Start(b, e2e.Options{WithoutLayers: without})
				app.Main().Must(`return await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(1))))`, new(int))
				b.StopTimer()
				var drawn struct{ Frames, Milliseconds float64 }
				app.Main().Must(`
					const box = document.body.appendChild(document.createElement('div'));
					box.style.cssText = 'position: fixed; inset: 0';
					const begin = performance.now();
					let frames = 0, now = begin;
					while (now - begin < 3000) {
						box.style.background = 'hsl(' + frames++ * 7 % 360 + ' 80% 50%)';
						now = await new Promise(requestAnimationFrame);
					}
					return {Frames: frames, Milliseconds: now - begin};`, &drawn)
				frames += drawn.Frames
				milliseconds += drawn.Milliseconds
				if err := app.Stop(); err != nil {
					b.Error(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(frames/milliseconds*1000, "frames/s")
		})
	}
}
