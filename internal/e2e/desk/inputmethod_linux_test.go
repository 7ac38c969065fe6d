package desk_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// writer is a user who types into a field of a page.
type writer struct {
	t      *testing.T
	app    *e2e.App
	window string // in which the page is, on the X display
}

func newWriter(t *testing.T, app *e2e.App, window string) *writer {
	t.Helper()
	app.Main().Must(`const field = document.body.appendChild(document.createElement('input'));
		field.id = 'field';
		field.addEventListener('compositionupdate', (e) => { window.composed = e.data });`, nil)
	if all := app.Confinement(); len(all) != 1 || all[0].Level != mullion.ConfinementFull {
		t.Errorf("confinement: %+v", all)
	}
	return &writer{t, app, window}
}

// writes types pinyin, until the field has what it makes of it: a server takes a
// moment to notice which field has the keyboard.
func (w *writer) writes(want string, prepare func() error) {
	w.t.Helper()
	screen := display.Open(w.t)
	window, err := screen.Wait(w.window)
	if err != nil {
		w.t.Fatal(err)
	}
	main := w.app.Main()
	var value string
	type state struct{ Value, Composed string }
	see := func() (s state) {
		main.Must(`return {Value: document.getElementById('field').value, Composed: window.composed ?? ''}`, &s)
		return s
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if err := screen.Activate(window.ID); err != nil {
			return err
		}
		main.Must(`window.composed = ''; const field = document.getElementById('field'); field.value = ''; field.blur(); field.focus()`, nil)
		if err := prepare(); err != nil {
			return err
		}
		if err := screen.Type("nihao"); err != nil {
			return err
		}
		for range 50 {
			if s := see(); strings.ReplaceAll(s.Composed, " ", "") == "nihao" || s.Value == "nihao" {
				break
			}
		}
		if err := screen.Press("space"); err != nil {
			return err
		}
		for range 50 {
			if value = see().Value; value != "" && value != "nihao" {
				break
			}
		}
		if value != want {
			return fmt.Errorf("the field has %q, not %q", value, want)
		}
		return nil
	}); err != nil {
		w.t.Errorf("%v; the last composition was %q", err, see().Composed)
	}
}

const (
	chinese = "你好"
	latin   = "nihao "
)

// comesAndGoes types before an input method has begun, with it, after its end, and
// when it has begun again.
func comesAndGoes(w *writer, m *session.InputMethod) {
	w.t.Helper()
	w.writes(latin, func() error { return nil })
	m.Start()
	w.writes(chinese, m.Use)
	m.Stop()
	w.writes(latin, func() error { return nil })
	m.Start()
	w.writes(chinese, m.Use)
}

// TestIBus types 你好 by IBus into the page of a host that is confined by all that
// the system has, and has no grant. IBus begins after the app, and again.
func TestIBus(t *testing.T) {
	m := session.StartBus(t).IBus()
	app := e2e.Start(t, e2e.Options{})
	comesAndGoes(newWriter(t, app, "main"), m)
}

// TestFcitx does it by Fcitx, over the session bus, of which the host sees nothing
// else.
func TestFcitx(t *testing.T) {
	m := session.StartBus(t).Fcitx()
	app := e2e.Start(t, e2e.Options{})
	w := newWriter(t, app, "main")
	comesAndGoes(w, m)

	// While nobody types nothing is said, whatever the page does.
	said := m.Watch()
	frames := func(n int) []string {
		app.Main().Must(fmt.Sprintf(`for (let i = 0; i < %d; i++) { document.body.append('x'); await new Promise(requestAnimationFrame) }`, n), nil)
		return said()
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if list := frames(20); len(list) > 0 { // where the cursor is after what was typed
			return errors.New(list[0])
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if list := frames(200); len(list) > 0 {
		t.Errorf("%d messages, first %s", len(list), list[0])
	}
	w.writes(chinese, m.Use)
	if len(said()) == 0 {
		t.Error("what is typed is not seen")
	}
}

// TestInputMethodsDenied: a window that is denied input methods has none, by
// whichever way.
func TestInputMethodsDenied(t *testing.T) {
	m := session.StartBus(t).Fcitx()
	m.Start()
	for _, module := range []string{"fcitx", "xim"} {
		t.Setenv("GTK_IM_MODULE", module)
		app := e2e.Start(t, e2e.Options{Permissions: []any{"sandbox:deny-input-methods"}})
		newWriter(t, app, "main").writes(latin, m.Use)
		if err := app.Stop(); err != nil {
			t.Error(err)
		}
	}
}

// TestXIM does it by XIM, which goes over the display.
func TestXIM(t *testing.T) {
	m := session.StartBus(t).Fcitx()
	t.Setenv("GTK_IM_MODULE", "xim")
	m.Start()
	app := e2e.Start(t, e2e.Options{})
	newWriter(t, app, "main").writes(chinese, m.Use)
}

// TestWaylandInput does it below a compositor that has no input method of its own:
// the daemon is reached over its bus. The compositor is in a window, which the keys
// go to.
func TestWaylandInput(t *testing.T) {
	startWestonInWindow(t)
	for _, daemon := range []func(*session.Bus) *session.InputMethod{(*session.Bus).IBus, (*session.Bus).Fcitx} {
		m := daemon(session.StartBus(t))
		m.Start()
		app := e2e.Start(t, e2e.Options{})
		newWriter(t, app, "Weston Compositor - screen0").writes(chinese, m.Use)
		if n := len(guardsOf(t)); n != 1 {
			t.Errorf("%d guards", n)
		}
		if err := app.Stop(); err != nil {
			t.Error(err)
		}
	}
}
