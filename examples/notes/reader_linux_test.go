package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestReader finds its way through the library as a screen reader does, on X11 and
// under Wayland: what can be used has a role and a name, and does what it says.
func TestReader(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a display")
	}
	need(t, "dbus-daemon")
	binary := build(t)
	t.Run("X11", func(t *testing.T) {
		bus, d := session.StartBus(t), newDesktop(t)
		read(t, bus.StartAccessibility().Read(), d, binary) // whose registry ends at once where its display is not there
	})
	t.Run("Wayland", func(t *testing.T) {
		e2e.StartSway(t)
		r := session.StartBus(t).StartAccessibility().Read() // which looks for an X display if there is to be one
		home := t.TempDir()
		read(t, r, &desktop{t, nil, append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home,
			"XDG_CACHE_HOME="+home, "LC_ALL=C.UTF-8", "GDK_BACKEND=wayland")}, binary)
	})
}

// read is what a reader does in the library.
func read(t *testing.T, r *session.Reader, d *desktop, binary string) {
	folder := filepath.Join(t.TempDir(), "Animals")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "zebra.md"), []byte("# Zebra\n\nA horse with stripes.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	a := d.launch(binary, filepath.Join(t.TempDir(), "data"), "-import", folder)
	for _, pid := range children(a.Process.Pid) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil || !strings.Contains(string(status), "NoNewPrivs:\t1\n") || !strings.Contains(string(status), "Seccomp:\t2\n") {
			t.Errorf("process %d is not confined: %v\n%s", pid, err, status)
		}
	}
	p, err := r.Await(func(p *session.Accessible) bool {
		return p.Find("push button", "Animals 1") != nil && p.Find("heading", "Welcome to your notebook") != nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range p.All() {
		switch o.Role {
		case "push button", "entry", "combo box", "list box", "check box", "link":
			if o.Name == "" {
				t.Errorf("a %s has no name:\n%s", o.Role, p)
			}
		}
	}
	if text, err := p.Find("heading", "Welcome to your notebook").Text(); err != nil || text != "Welcome to your notebook" {
		t.Errorf("the heading reads %q, %v", text, err)
	}

	events, err := r.Hear("Object")
	if err != nil {
		t.Fatal(err)
	}
	search := p.Find("entry", "Search all notes")
	if search == nil {
		t.Fatalf("there is no entry to search by:\n%s", p)
	}
	if err := search.Focus(); err != nil {
		t.Error(err)
	}
	until(t, "the focus is where the reader wants it, and it hears of that", func() bool {
		for {
			select {
			case e := <-events:
				if e.Kind == "Object.StateChanged.focused" && e.Detail == 1 && e.Of(search) {
					return true
				}
			default:
				return false
			}
		}
	})

	await := func(role, name string) (o *session.Accessible) {
		if _, err := r.Await(func(p *session.Accessible) bool { o = p.Find(role, name); return o != nil }); err != nil {
			t.Fatal(err)
		}
		return o
	}
	press := func(name string) {
		if err := await("push button", name).Press(); err != nil {
			t.Fatal(err)
		}
	}
	press("Settings")
	if err := await("slider", "Size of the text 17 17").SetValue(20); err != nil {
		t.Error(err)
	}
	// The page writes beside it what the Core has taken for its settings.
	if v, err := await("slider", "Size of the text 20 20").Value(); err != nil || v != 20 {
		t.Errorf("the size is %v, %v", v, err)
	}
	press("Done")
	press("Keyboard shortcuts")
	await("dialog", "Keyboard shortcuts")
}
