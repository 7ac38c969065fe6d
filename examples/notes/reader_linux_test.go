package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestReader finds its way through the library as a screen reader does: what can
// be used has a role and a name, and does what it says.
func TestReader(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a display")
	}
	need(t, "dbus-daemon")
	r := session.StartBus(t).StartAccessibility().Read()
	d := newDesktop(t)
	folder := filepath.Join(t.TempDir(), "Animals")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "zebra.md"), []byte("# Zebra\n\nA horse with stripes.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.launch(build(t), filepath.Join(t.TempDir(), "data"), "-import", folder)
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
