package webkitgtk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

func TestScreen(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.open()
	x.observe("the window", func(o wire.WindowObserved) bool { return o.Visible && o.Width == 400 })
	act := func(name, args string) {
		t.Helper()
		var err error
		do(func() { err = x.window.Do(wire.Action{Name: name, Args: []byte(args)}) })
		if err != nil {
			t.Error(err)
		}
	}
	var s wire.Screen
	var err error
	do(func() { s, err = x.window.Screen() })
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Monitors) != 1 || s.Current != 0 || s.Cursor == nil {
		t.Fatalf("got %+v", s)
	}
	m := s.Monitors[0]
	if m.Area != (wire.Rect{Width: 1280, Height: 1024}) || m.Scale != 1 || m.Work.Width < 1000 {
		t.Errorf("got %+v", m)
	}

	act(wire.ActionCenter, "")
	o := x.observe("the window in the middle", func(o wire.WindowObserved) bool {
		left, right := o.X, 1280-o.X-o.OuterWidth
		return left-right <= 1 && right-left <= 1
	})
	act(wire.ActionCursor, `{"x":20,"y":30}`)
	poll(t, "the mouse", func() bool {
		do(func() { s, err = x.window.Screen() })
		return err == nil && s.Cursor.X == float64(o.InnerX+20) && s.Cursor.Y == float64(o.InnerY+30)
	})
	act(wire.ActionFullscreenAt, `{"x":5,"y":5}`)
	x.observe("fullscreen", func(o wire.WindowObserved) bool { return o.Fullscreen })
	do(func() {
		err = x.window.Do(wire.Action{Name: wire.ActionFullscreenAt, Args: []byte(`{"x":5000,"y":5}`)})
	})
	if err == nil || !strings.Contains(err.Error(), "no monitor") {
		t.Errorf("a point outside: got %v", err)
	}
	do(func() { err = x.window.Do(wire.Action{Name: wire.ActionResize, Args: []byte(`"Up"`)}) })
	if err == nil {
		t.Error("an edge that does not exist is none")
	}
}

func TestTheme(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.open()
	x.observe("light", func(o wire.WindowObserved) bool { return o.Visible && o.Theme == "light" })
	x.apply(func(s *wire.WindowState) { s.Theme = "dark" })
	x.observe("dark", func(o wire.WindowObserved) bool { return o.Theme == "dark" })
	x.apply(func(s *wire.WindowState) { s.Theme = "" })
	x.observe("light again", func(o wire.WindowObserved) bool { return o.Theme == "light" })
}

// TestPassThrough lets a window be seen and not be clicked.
func TestPassThrough(t *testing.T) {
	other := newTab(t, "<p>beside it")
	other.state.Title, other.state.X, other.state.Y = "beside it", p(700.0), p(500.0)
	other.open().loaded()
	other.eval(`window.clicks = 0; addEventListener("mousedown", () => clicks++)`)
	other.observe("the other window", func(o wire.WindowObserved) bool { return o.Visible && o.Width == 400 && o.X == 700 })
	beside := other.place()
	x := newTab(t, "<p>hello")
	x.state.X, x.state.Y = p(100.0), p(100.0)
	x.open().loaded()
	x.eval(`window.clicks = []; addEventListener("mousedown", (e) => clicks.push(e.clientX))`)
	x.observe("the window", func(o wire.WindowObserved) bool { return o.Visible && o.Focused && o.Width == 400 })
	o := x.place()
	click := func(left int) {
		// The frame is the window manager's, which gives it the shape that the
		// window has, and afterwards the place.
		at := o.X + 1
		x.apply(func(s *wire.WindowState) { s.X = p(float64(at)) })
		poll(t, "the next place", func() bool { o = x.place(); return o.X == at })
		clickAt(t, o.InnerX+left, o.InnerY+50, display.Left)
	}
	clicks := func() string { return x.eval(`return JSON.stringify(window.clicks)`) }
	for i, change := range []func(s *wire.WindowState){
		func(s *wire.WindowState) { s.IgnoreCursor, s.Cursor = true, "help" },
		func(s *wire.WindowState) { s.IgnoreCursor, s.CursorHidden, s.Disabled = false, true, true },
	} {
		x.apply(change)
		click(10 + i)
		if x.state.Disabled {
			// The window manager gives the keyboard to what is clicked, and loses
			// a click that comes before it is done with the one before: then it is
			// clicked again, which a disabled page must not see either.
			last := time.Now()
			poll(t, "the keyboard", func() bool {
				if time.Since(last) > time.Second {
					clickAt(t, o.InnerX+10+i, o.InnerY+50, display.Left)
					last = time.Now()
				}
				var now wire.WindowObserved
				do(func() { now = x.window.Observe() })
				return now.Focused
			})
		}
		// The engine has seen it when it has seen one that came later.
		clickAt(t, beside.InnerX+20, beside.InnerY+20, display.Left)
		poll(t, "a click beside it", func() bool { return other.eval(`return window.clicks`) == fmt.Sprint(i+1) })
	}
	x.apply(func(s *wire.WindowState) { s.Disabled = false })
	click(50)
	poll(t, "a click", func() bool { return clicks() != "[]" })
	if got, want := clicks(), "[50]"; got != want {
		t.Errorf("clicks at %s, want %s", got, want)
	}
}
