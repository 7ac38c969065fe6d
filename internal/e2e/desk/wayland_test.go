package desk_test

import (
	"errors"
	"fmt"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestWaylandReader: a screen reader finds the page under Wayland too, where the
// guard of the display also stands before the accessibility bus.
func TestWaylandReader(t *testing.T) {
	r := session.StartBus(t).StartAccessibility().Read()
	startWeston(t)
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`const b = document.createElement('button'); b.textContent = 'Here'; b.onclick = () => b.textContent = 'Pressed'; document.body.append(b)`, nil)
	has := func(name string) func(*session.Accessible) bool {
		return func(p *session.Accessible) bool { return p.Find("push button", name) != nil }
	}
	p, err := r.Await(has("Here"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Find("push button", "Here").Press(); err != nil {
		t.Error(err)
	}
	if _, err := r.Await(has("Pressed")); err != nil {
		t.Error(err)
	}
	if n := len(guardsOf(t)); n != 1 {
		t.Errorf("%d guards", n)
	}
}

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
			// What a compositor leaves to itself is no reason for a window not to open.
			app.Open("placed", func(o *mullion.WindowOptions) {
				x := 10.0
				o.X, o.Y, o.AlwaysOnTop, o.SkipTaskbar, o.VisibleOnAllWorkspaces, o.Undecorated = &x, &x, true, true, true, true
			}).Must("", nil)
			if err := e2e.Window(t, app, "placed").SetDecorations(t.Context(), true); err != nil {
				t.Error("decorations:", err)
			}
			ctx, placed := t.Context(), e2e.Window(t, app, "placed")
			for name, set := range map[string]func(w *mullion.Window) error{
				"position":       func(w *mullion.Window) error { return w.SetPosition(ctx, 10, 10) },
				"on top":         func(w *mullion.Window) error { return w.SetAlwaysOnTop(ctx, true) },
				"on bottom":      func(w *mullion.Window) error { return w.SetAlwaysOnBottom(ctx, true) },
				"task bar":       func(w *mullion.Window) error { return w.SetSkipTaskbar(ctx, true) },
				"all workspaces": func(w *mullion.Window) error { return w.SetVisibleOnAllWorkspaces(ctx, true) },
				"maximizable":    func(w *mullion.Window) error { return w.SetMaximizable(ctx, false) },
				"minimizable":    func(w *mullion.Window) error { return w.SetMinimizable(ctx, false) },
				"focusable":      func(w *mullion.Window) error { return w.SetFocusable(ctx, false) },
				"cursor grab":    func(w *mullion.Window) error { return w.SetCursorGrab(ctx, true) },
				"icon":           func(w *mullion.Window) error { return w.SetIcon(ctx, image.NewNRGBA(image.Rect(0, 0, 16, 16))) },
			} {
				for _, w := range []*mullion.Window{w, w, placed, placed} { // each time, also where it was opened so
					if err := set(w); !errors.Is(err, errors.ErrUnsupported) {
						t.Errorf("%s of %s: %v", name, w.Label(), err)
					}
				}
			}
			if err := errors.Join(w.SetAlwaysOnTop(ctx, false), w.SetFocusable(ctx, true), w.SetTitle(ctx, "main")); err != nil {
				t.Error("what is so anyway, and what there is:", err)
			}
			if n := strings.Count(app.Log.Tail(1000), "is without what the system lacks"); n != 1 {
				t.Errorf("%d lines say what windows were opened without", n)
			}
			err = w.SetPosition(t.Context(), 1, 1)
			if !errors.Is(err, errors.ErrUnsupported) || strings.Count(err.Error(), "unsupported") != 1 {
				t.Errorf("position: %v", err)
			}
			if err := w.Activate(t.Context(), "a token that nobody has given"); !errors.Is(err, errors.ErrUnsupported) {
				t.Error("activate:", err)
			}
			got := app.Confinement()
			if len(got) != 1 || got[0].Level < mullion.ConfinementStrong || without == nil && got[0].Level != mullion.ConfinementFull {
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

// TestCompositorGone: the Core waits with its windows for a compositor that
// crashes, and they come back with the next one by the same name. It starts no
// host meanwhile, and none on the X display that is beside it.
func TestCompositorGone(t *testing.T) {
	w := startWeston(t)
	app := e2e.Start(t, e2e.Options{})
	app.Open("second", nil)
	for _, label := range []string{"main", "second"} {
		app.Page(label).Must("return 1", new(int))
	}
	for range 2 {
		old := app.Processes()["app"]
		before := len(hostFaults(app))
		w.kill()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if got := app.Processes()["app"]; got == old || len(hostFaults(app)) == before {
				return errors.New("the host is still there")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if f := hostFaults(app)[before]; f.Reason != "exited" || !strings.Contains(f.Detail, "the display is gone") {
			t.Errorf("the host's end: %+v", f)
		}
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if pid := app.Processes()["app"]; pid != 0 {
				t.Fatalf("host %d was started without a compositor", pid)
			}
			if n := len(hostFaults(app)) - before; n < 2 {
				return errors.New("nobody was told that there is no display")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		// Looks that are made meanwhile are not told. That there are some is seen by
		// the windows that come back.
		time.Sleep(time.Second)
		if list := hostFaults(app)[before:]; len(list) != 2 || app.Processes()["app"] != 0 {
			t.Errorf("while it was gone: %+v, host %d", list, app.Processes()["app"])
		}
		w.start()
		for _, label := range []string{"main", "second"} {
			var got string
			app.Page(label).Must("return __TAURI_INTERNALS__.metadata.currentWindow.label", &got)
			if got != label {
				t.Errorf("label %q, want %q", got, label)
			}
		}
		if got := app.Confinement(); len(got) != 1 || got[0].Level != mullion.ConfinementFull {
			t.Errorf("confinement: %+v", got)
		}
	}
}

// hostFaults are those of hosts. Their web processes may be reported before.
func hostFaults(app *e2e.App) []mullion.Fault {
	return slices.DeleteFunc(app.Faults(), func(f mullion.Fault) bool { return f.Component != "host" })
}

// weston is a compositor without a screen.
type weston struct {
	t       testing.TB
	program string
	dir     string
	backend string // where it shows what is below it: "headless", "x11"
	running *exec.Cmd
}

// startWeston starts a compositor, and points this process to it. It ends with
// the test.
func startWeston(t testing.TB) *weston { return startWestonOn(t, "headless") }

// startWestonInWindow starts one that is a window on the X display.
func startWestonInWindow(t testing.TB) *weston { return startWestonOn(t, "x11") }

func startWestonOn(t testing.TB, backend string) *weston {
	program, err := exec.LookPath("weston")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("weston is not installed")
	}
	w := &weston{t: t, program: program, dir: t.TempDir(), backend: backend}
	t.Cleanup(w.kill)
	w.start()
	t.Setenv("XDG_RUNTIME_DIR", w.dir)
	t.Setenv("WAYLAND_DISPLAY", "mullion")
	return w
}

func (w *weston) start() {
	w.t.Helper()
	c := exec.Command(w.program, "--backend="+w.backend+"-backend.so", "--socket=mullion", "--width=1000", "--height=800", "--use-pixman", "--no-config", "--idle-time=0")
	c.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+w.dir)
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.running = c
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		c, err := net.Dial("unix", filepath.Join(w.dir, "mullion"))
		if err == nil {
			c.Close()
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *weston) kill() {
	if w.running != nil {
		w.running.Process.Kill()
		w.running.Wait()
		w.running = nil
	}
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
