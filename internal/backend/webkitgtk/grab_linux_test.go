package webkitgtk

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

// mouseAt is where the mouse is on the screen, as others see it.
func mouseAt(t testing.TB) (x, y int) {
	t.Helper()
	x, y, err := screen(t).Pointer()
	must(t, err)
	return x, y
}

// TestCursorGrab moves the mouse out of a window, which keeps it as long as it
// has the keyboard.
func TestCursorGrab(t *testing.T) {
	x := newTab(t, `<body style="margin:0"><div id=d style="position:fixed;inset:0">`)
	x.state.X, x.state.Y = p(100.0), p(100.0)
	x.open().loaded()
	focus(t, x)
	x.observe("its size", func(o wire.WindowObserved) bool { return o.Focused && o.Width == 400 })
	o := x.place()
	x.eval(`window.at = []; for (const n of ['mousemove', 'click', 'wheel']) addEventListener(n, (e) => at.push(n + ' ' + e.clientX + ' ' + e.clientY))`)
	inside := func() bool {
		left, top := mouseAt(t)
		return left >= o.InnerX && left < o.InnerX+o.Width && top >= o.InnerY && top < o.InnerY+o.Height
	}
	move := func() { must(t, screen(t).MoveTo(1200, 1000)) }
	kept := func(why string) {
		t.Helper()
		// The window manager takes the mouse at a click, and gives it back when
		// it likes: the window has it for good when it keeps it again and again.
		poll(t, "the mouse inside "+why, func() bool {
			for range 10 {
				if move(); !inside() {
					return false
				}
			}
			return true
		})
	}
	free := func(why string) {
		t.Helper()
		poll(t, "the mouse outside "+why, func() bool { move(); return !inside() })
	}
	free("at first")
	x.apply(func(s *wire.WindowState) { s.CursorGrab = true })
	kept("once grabbed")
	poll(t, "a click and the wheel in the page", func() bool {
		must(t, screen(t).MoveBy(-2000, -2000), screen(t).MoveBy(100, 50), screen(t).Click(display.Left), screen(t).Click(display.WheelUp))
		at := x.eval(`return at.join(', ')`)
		return strings.Contains(at, "mousemove 100 50") && strings.Contains(at, "click 100 50") && strings.Contains(at, "wheel 100 50")
	})

	// Another window gets the keyboard.
	y := newTab(t, "<p>other")
	y.state.Title, y.state.X, y.state.Y = "other", p(600.0), p(500.0)
	y.open().loaded()
	focus(t, y)
	free("while another window has the keyboard")
	focus(t, x)
	kept("when the keyboard comes back")

	// The window manager has the mouse while a click gives the keyboard.
	focus(t, y)
	clickAt(t, o.InnerX+5, o.InnerY+5, display.Left)
	kept("when a click brings the keyboard back")

	// A menu takes the grab over, and ends it.
	args, err := json.Marshal(wire.Popup{Items: testMenu(), X: p(350.0), Y: p(250.0)})
	if err != nil {
		t.Fatal(err)
	}
	do(func() { err = x.window.Do(wire.Action{Name: wire.ActionPopup, Args: args}) })
	must(t, err)
	poll(t, "a menu", func() bool { open, err := screen(t).Menus(); return err == nil && open > 0 })
	press(t, "Escape")
	kept("after a menu")

	x.apply(func(s *wire.WindowState) { s.Visible = false })
	free("of a window that is hidden")
	x.apply(func(s *wire.WindowState) { s.Visible = true })
	focus(t, x)
	kept("when it is shown again")
	x.apply(func(s *wire.WindowState) { s.CursorGrab = false })
	free("when it was let go")
	x.apply(func(s *wire.WindowState) { s.Modal = true })
	x.apply(func(s *wire.WindowState) { s.CursorGrab = true })
	kept("again, while it is modal")
	x.close()
	free("of a window that was closed")
}
