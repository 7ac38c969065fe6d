package main

import (
	"os"
	"path/filepath"
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
	d.launch(binary, filepath.Join(t.TempDir(), "data"), "-import", folder)
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

	button := p.Find("push button", "Keyboard shortcuts")
	if button == nil {
		t.Fatalf("the button is not there:\n%s", p)
	}
	if err := button.Press(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Await(func(p *session.Accessible) bool {
		for _, o := range p.All() {
			if o.Role == "dialog" && o.Name == "Keyboard shortcuts" {
				return true
			}
		}
		return false
	}); err != nil {
		t.Error(err)
	}
}
