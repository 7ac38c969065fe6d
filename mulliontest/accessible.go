package mulliontest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// Accessible is an object in the tree that a screen reader gets of a window: a
// button of the page, a menu, the window itself. Each method looks for it anew
// and waits until it is there.
type Accessible struct {
	w    *Window
	path []wanted
}

type wanted struct{ role, name string }

// Accessibility returns the window as a screen reader gets it, over the
// accessibility bus: the page, the menu bar and all else in it. The test needs
// [Options.Accessibility].
//
// Roles and states are named as the desktop has them (AT-SPI): "push button",
// "entry", "check box", "heading", "link", "slider", "menu item", "document web";
// "focused", "checked", "expanded", "enabled".
func (w *Window) Accessibility() *Accessible {
	w.d.r.t.Helper()
	if w.d.reader == nil {
		w.d.r.t.Fatalf("%s: set Options.Accessibility, for the bus of screen readers to be there when the app starts", w.what("the accessible tree of"))
	}
	return &Accessible{w: w}
}

// Find returns the first object below this one with a role and a name; an empty
// name is any.
func (a *Accessible) Find(role, name string) *Accessible {
	return &Accessible{a.w, append(slices.Clip(a.path), wanted{role, name})}
}

// Wait waits until the object is there.
func (a *Accessible) Wait() {
	a.w.d.r.t.Helper()
	a.do(func(*session.Accessible) error { return nil })
}

// Name returns the name by which a screen reader calls the object.
func (a *Accessible) Name() (name string) {
	a.w.d.r.t.Helper()
	a.do(func(o *session.Accessible) error { name = o.Name; return nil })
	return name
}

// States returns the states that the object has, such as "focused".
func (a *Accessible) States() (states []string) {
	a.w.d.r.t.Helper()
	a.do(func(o *session.Accessible) error { states = o.States; return nil })
	return states
}

// WaitState waits until the object has a state.
func (a *Accessible) WaitState(state string) {
	a.w.d.r.t.Helper()
	a.do(func(o *session.Accessible) error {
		if !o.Is(state) {
			return fmt.Errorf("it is not %s; it is %q", state, o.States)
		}
		return nil
	})
}

// Text returns the text of the object as it is read aloud.
func (a *Accessible) Text() (text string) {
	a.w.d.r.t.Helper()
	a.do(func(o *session.Accessible) (err error) { text, err = o.Text(); return err })
	return text
}

// Value returns the value of a slider, a spin button or the like.
func (a *Accessible) Value() (v float64) {
	a.w.d.r.t.Helper()
	a.do(func(o *session.Accessible) (err error) { v, err = o.Value(); return err })
	return v
}

// SetValue sets it.
func (a *Accessible) SetValue(v float64) {
	a.w.d.r.t.Helper()
	a.do(func(o *session.Accessible) error { return o.SetValue(v) })
}

// Press does what the object is for, as a screen reader does: it presses a
// button, follows a link, checks a box, chooses a menu item.
func (a *Accessible) Press() {
	a.w.d.r.t.Helper()
	a.do((*session.Accessible).Press)
}

// Focus gives the keyboard to the object.
func (a *Accessible) Focus() {
	a.w.d.r.t.Helper()
	a.do((*session.Accessible).Focus)
}

// String returns the tree as it is now: a line for each object with its role and
// its name, those below it further in.
func (a *Accessible) String() string {
	o, err := a.look()
	if err != nil {
		return err.Error()
	}
	return o.String()
}

// do looks for the object and does something with it, until that succeeds.
func (a *Accessible) do(f func(*session.Accessible) error) {
	a.w.d.r.t.Helper()
	what := "the accessible tree of"
	if n := len(a.path); n > 0 {
		what = fmt.Sprintf("%s %q in the accessible tree of", a.path[n-1].role, a.path[n-1].name)
	}
	a.w.d.r.until(a.w.what(what), func() error {
		o, err := a.look()
		if err != nil {
			return err
		}
		return f(o)
	})
}

// look finds the object in the tree as it is now.
func (a *Accessible) look() (*session.Accessible, error) {
	seen, err := a.w.d.screen.Look(a.w.id)
	if err != nil {
		return nil, err
	}
	programs, err := a.w.d.reader.Programs()
	if err != nil {
		return nil, err
	}
	var found []*session.Accessible
	for _, p := range programs {
		for _, o := range p.Children {
			if o.Name == seen.Title {
				found = append(found, o)
			}
		}
	}
	switch {
	case len(found) == 0:
		return nil, errors.New("the window is not in it")
	case len(found) > 1:
		return nil, fmt.Errorf("%d windows have the title %q: a screen reader cannot tell them apart", len(found), seen.Title)
	}
	o := found[0]
	for _, w := range a.path {
		below := o.All()[1:]
		i := slices.IndexFunc(below, func(o *session.Accessible) bool { return o.Role == w.role && (w.name == "" || o.Name == w.name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no %s %q in\n%s", w.role, w.name, o)
		}
		o = below[i]
	}
	return o, nil
}
