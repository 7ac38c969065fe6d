//go:build wine

package wine

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
)

// caller calls commands of the page one after the other.
func caller(t *testing.T, p *page) func(command, args string) string {
	n := 0
	return func(command, args string) string {
		t.Helper()
		n++
		return p.say(`c ` + doc + ` ` + strconv.Itoa(n) + ` - ["` + command + `",` + args + `]`)
	}
}

// windowCommands has the page call commands of its window that are to succeed.
func windowCommands(t *testing.T, call func(command, args string) string) func(command, args string) {
	return func(command, args string) {
		t.Helper()
		if got := call("plugin:window|"+command, args); !strings.HasPrefix(got, "o") {
			t.Errorf("%s %s: got %s", command, args, got)
		}
	}
}

// seen is what the double says of a window.
type seen struct{ extra, enabled, cursor, clip, hit, lowest, button string }

func look(d *double, view string) seen {
	d.a.t.Helper()
	d.tell("look", view)
	l := d.expect("look", view)
	return seen{l[2], l[3], l[4], l[5], l[6], l[7], l[8]}
}

// sees waits until a window is so.
func sees(d *double, view, what string, isSo func(seen) bool) {
	d.a.t.Helper()
	var last seen
	waitFor(d.a.t, what, func() bool { last = look(d, view); return isSo(last) })
}

// TestPointer: the cursor of a window and of its page, where the mouse is, may go, and goes through; the user moves
// and resizes the window by its page, and zooms by keys.
func TestPointer(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	call := caller(t, p)
	do := windowCommands(t, call)
	s := screen(t)
	w := front(t, s, "Lab")
	move := func(x, y int) {
		t.Helper()
		if err := s.MoveIn(w.ID, x, y); err != nil {
			t.Fatal(err)
		}
	}

	const wait, arrow = "32514", "32512"
	do("set_cursor_icon", `{"value":"wait"}`)
	for !strings.Contains(d.expect("devtools", "1", "Runtime.evaluate")[3], `})(\"wait\")`) {
	}
	x := 100
	cursor := func(want string) {
		t.Helper()
		sees(d, "1", "the cursor "+want, func(s seen) bool {
			x++ // the cursor follows when the mouse moves
			move(x, 100)
			return s.cursor == want
		})
	}
	cursor(wait)
	do("set_cursor_visible", `{"value":false}`)
	cursor("none")
	do("set_cursor_visible", `{"value":true}`)
	cursor(wait)
	do("set_cursor_icon", `{"value":"default"}`)
	cursor(arrow)

	do("set_cursor_position", `{"value":{"Logical":{"x":30,"y":40}}}`)
	waitFor(t, "the mouse", func() bool {
		px, py, err := s.Pointer()
		at, err2 := s.Look(w.ID)
		return err == nil && err2 == nil && px == at.X+30 && py == at.Y+40
	})

	sees(d, "1", "a free cursor", func(s seen) bool { return s.clip == "free" })
	do("set_cursor_grab", `{"value":true}`)
	sees(d, "1", "a cursor that is held", func(s seen) bool { return s.clip == "inside" })
	do("set_cursor_grab", `{"value":false}`)
	sees(d, "1", "a free cursor", func(s seen) bool { return s.clip == "free" })

	if s := look(d, "1"); s.hit != "hit" {
		t.Errorf("%+v", s)
	}
	do("set_ignore_cursor_events", `{"value":true}`)
	sees(d, "1", "a window that the mouse goes through", func(s seen) bool { return s.hit == "through" })
	do("set_ignore_cursor_events", `{"value":false}`)
	sees(d, "1", "a window that gets the mouse", func(s seen) bool { return s.hit == "hit" })

	// A button that is not held moves nothing.
	do("start_dragging", `{}`)
	const left = 1
	drag := func(command, args string, moved func(old, now display.Window) bool) {
		t.Helper()
		move(200, 200)
		before, err := s.Look(w.ID)
		if err == nil {
			err = s.Hold(left)
		}
		if err != nil {
			t.Fatal(err)
		}
		step := 0
		waitFor(t, command, func() bool {
			const again = 50
			switch step++; {
			case step == 1:
				sees(d, "1", "a button that is held", func(s seen) bool { return s.button == "held" })
				do(command, args)
			case step == again:
				// The window manager has not taken it: the mouse is as before.
				step = 0
				if err := s.Release(left); err != nil {
					t.Fatal(err)
				}
				sees(d, "1", "a button that is free", func(s seen) bool { return s.button == "free" })
				move(200, 200)
				if err := s.Hold(left); err != nil {
					t.Fatal(err)
				}
				return false
			}
			if err := s.MoveBy(3, 2); err != nil {
				t.Fatal(err)
			}
			now, err := s.Look(w.ID)
			return err == nil && moved(before, now)
		})
		if err := s.Release(left); err != nil {
			t.Fatal(err)
		}
	}
	drag("start_dragging", `{}`, func(old, now display.Window) bool { return now.X > old.X && now.Y > old.Y && now.Width == old.Width })
	drag("start_resize_dragging", `{"value":"SouthEast"}`, func(old, now display.Window) bool { return now.X == old.X && now.Width > old.Width })

	const control, plus, minus, zero, key5 = "17", "187", "189", "48", "53"
	for _, k := range []struct{ key, zoom string }{{plus, "1.2"}, {minus, "1"}, {minus, "0.8"}, {zero, "1"}} {
		d.tell("key", "1", k.key, control)
		d.expect("key", "1", k.key, "handled")
		if got := d.expect("zoom", "1")[2]; got != k.zoom {
			t.Errorf("after the key %s the zoom is %s, want %s", k.key, got, k.zoom)
		}
	}
	d.tell("key", "1", plus)
	d.expect("key", "1", plus, "for the page")
	d.tell("key", "1", key5, control)
	d.expect("key", "1", key5, "for the page")
	quiet(t, d)
}

// TestModal: a modal window keeps the user from the others until it is gone; windows stay at the bottom, and
// do without the keyboard.
func TestModal(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	call := caller(t, p)
	if got := call("open", `{"label":"dialog","parent":"main","modal":true}`); got != `o"dialog"` {
		t.Fatalf("open: got %s", got)
	}
	d.expect("committed", "2", "app://localhost/")
	sees(d, "1", "a window that waits", func(s seen) bool { return s.enabled == "disabled" })
	if s := look(d, "2"); s.enabled != "enabled" {
		t.Errorf("the modal window: %+v", s)
	}
	if got := call("open", `{"label":"third"}`); got != `o"third"` {
		t.Fatalf("open: got %s", got)
	}
	d.expect("committed", "3", "app://localhost/")
	sees(d, "3", "a window that came later and waits", func(s seen) bool { return s.enabled == "disabled" })
	call("close", `{"label":"dialog"}`)
	d.expect("closed", "2")
	for _, view := range []string{"1", "3"} {
		sees(d, view, "a window that goes on", func(s seen) bool { return s.enabled == "enabled" })
	}

	const noActivate, appWindow = 0x08000000, 0x00040000 // WS_EX_NOACTIVATE, WS_EX_APPWINDOW
	styles := func(s seen) int64 {
		n, err := strconv.ParseInt(s.extra, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n & (noActivate | appWindow)
	}
	call("plugin:window|set_focusable", `{"value":false}`)
	sees(d, "1", "a window without the keyboard", func(s seen) bool { return styles(s) == noActivate|appWindow })
	call("plugin:window|set_focusable", `{"value":true}`)
	sees(d, "1", "a window with the keyboard", func(s seen) bool { return styles(s) == 0 })

	call("plugin:window|set_always_on_bottom", `{"label":"third","value":true}`)
	sees(d, "1", "a window below the other", func(s seen) bool { return s.lowest == "third" })
	s := screen(t)
	front(t, s, "third")
	sees(d, "1", "a window that stays below", func(s seen) bool { return s.lowest == "third" })
	quiet(t, d)
}
