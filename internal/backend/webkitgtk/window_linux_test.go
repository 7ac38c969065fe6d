package webkitgtk

import (
	"errors"
	"fmt"
	"image"
	"os/exec"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

// focus gives a tab's window the keyboard.
func focus(t testing.TB, x *tab) {
	t.Helper()
	do(func() { x.window.Do(wire.Action{Name: wire.ActionFocus}) })
	poll(t, "the focus", func() (focused bool) {
		do(func() { focused = x.window.Observe().Focused })
		if !focused {
			return false
		}
		// It may have been so long ago: the server says who has it now.
		id, err := screen(t).Focused()
		must(t, err)
		on, err := screen(t).Look(id)
		return err == nil && on.Title == x.state.Title
	})
}

// pixel is the color of a point of the window's content on the screen.
func (x *tab) pixel(left, top int) (c [3]uint8) {
	x.t.Helper()
	var o wire.WindowObserved
	do(func() { o = x.window.Observe() })
	at := image.Pt(o.InnerX+left, o.InnerY+top)
	picture, err := screen(x.t).Picture(image.Rectangle{at, at.Add(image.Pt(1, 1))})
	must(x.t, err)
	r, g, b, _ := picture.At(at.X, at.Y).RGBA()
	return [3]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)}
}

// apply changes the window's state.
func (x *tab) apply(change func(s *wire.WindowState)) {
	x.t.Helper()
	old := x.state
	change(&x.state)
	var err error
	do(func() { err = x.window.Apply(&old, &x.state) })
	if err != nil {
		x.t.Error(err)
	}
}

func (x *tab) observe(what string, ok func(o wire.WindowObserved) bool) wire.WindowObserved {
	x.t.Helper()
	return wait(x.t, what, x.observed, ok)
}

// xid is the window's number on the display.
func (x *tab) xid() uint32 {
	x.t.Helper()
	w, err := screen(x.t).Wait(x.state.Title)
	must(x.t, err)
	return w.ID
}

func (x *tab) hasProperty(name, want string) {
	x.t.Helper()
	got := ""
	id := fmt.Sprint(x.xid())
	poll(x.t, fmt.Sprintf("%q in %s", want, name), func() bool {
		got = run(x.t, "xprop", "-id", id, name)
		return strings.Contains(got, want)
	})
}

func p[T any](v T) *T { return &v }

func TestWindow(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.state.X, x.state.Y = p(100.0), p(120.0)
	x.open()
	o := x.observe("the window", func(o wire.WindowObserved) bool {
		return o.Visible && o.Focused && o.Width == 400 && o.Height == 300 && o.X == 100 && o.Y == 120 &&
			o.OuterHeight > o.Height && o.InnerY > o.Y
	})
	if o.Scale != 1 {
		t.Errorf("observed %+v", o)
	}
	x.hasProperty("WM_CLASS", `"`+testAppID+`", "`+testAppID+`"`)

	x.apply(func(s *wire.WindowState) { s.Title = "another title жé" })
	x.hasProperty("_NET_WM_NAME", "another title жé")
	x.apply(func(s *wire.WindowState) { s.Width, s.Height = 500, 350 })
	x.observe("the size", func(o wire.WindowObserved) bool { return o.Width == 500 && o.Height == 350 })
	x.apply(func(s *wire.WindowState) { s.X, s.Y = p(30.0), p(40.0) })
	x.observe("the position", func(o wire.WindowObserved) bool { return o.X == 30 && o.Y == 40 })
	x.apply(func(s *wire.WindowState) { s.Resizable = false })
	x.hasProperty("WM_NORMAL_HINTS", "maximum size: 500 by 350")
	x.apply(func(s *wire.WindowState) { s.Width, s.Height = 300, 250 })
	x.observe("the size of a fixed window", func(o wire.WindowObserved) bool { return o.Width == 300 && o.Height == 250 })
	x.hasProperty("WM_NORMAL_HINTS", "minimum size: 300 by 250")
	x.apply(func(s *wire.WindowState) {
		s.Resizable = true
		s.MinWidth, s.MinHeight, s.MaxWidth = p(200.0), p(150.0), p(600.0)
	})
	x.hasProperty("WM_NORMAL_HINTS", "minimum size: 200 by 150")
	x.hasProperty("WM_NORMAL_HINTS", "maximum size: 600 by 32767")
	x.apply(func(s *wire.WindowState) { s.Width, s.Height = 100, 100 })
	x.observe("the smallest size", func(o wire.WindowObserved) bool { return o.Width == 200 && o.Height == 150 })

	x.apply(func(s *wire.WindowState) { s.MaxWidth = nil; s.Maximized = true })
	x.observe("maximized", func(o wire.WindowObserved) bool { return o.Maximized && o.Width > 1000 })
	x.apply(func(s *wire.WindowState) { s.Maximized = false })
	x.observe("not maximized", func(o wire.WindowObserved) bool { return !o.Maximized && o.Width == 200 })
	x.apply(func(s *wire.WindowState) { s.Fullscreen = true })
	x.observe("fullscreen", func(o wire.WindowObserved) bool { return o.Fullscreen && o.Width == 1280 && o.Height == 1024 })
	x.apply(func(s *wire.WindowState) { s.Fullscreen = false })
	x.observe("not fullscreen", func(o wire.WindowObserved) bool { return !o.Fullscreen && o.Width == 200 })
	x.apply(func(s *wire.WindowState) { s.Minimized = true })
	x.observe("minimized", func(o wire.WindowObserved) bool { return o.Minimized })
	x.apply(func(s *wire.WindowState) { s.Minimized = false })
	x.observe("not minimized", func(o wire.WindowObserved) bool { return !o.Minimized })
	x.apply(func(s *wire.WindowState) { s.Visible = false })
	x.observe("hidden", func(o wire.WindowObserved) bool { return !o.Visible })
	x.apply(func(s *wire.WindowState) { s.Visible = true })
	x.xid()
	x.observe("shown", func(o wire.WindowObserved) bool { return o.Visible })

	x.apply(func(s *wire.WindowState) {
		s.AlwaysOnTop, s.SkipTaskbar, s.AllWorkspaces, s.Decorated = true, true, true, false
	})
	x.hasProperty("_NET_WM_STATE", "_NET_WM_STATE_ABOVE")
	x.hasProperty("_NET_WM_STATE", "_NET_WM_STATE_SKIP_TASKBAR")
	x.hasProperty("_NET_WM_DESKTOP", "4294967295")
	x.hasProperty("_NET_FRAME_EXTENTS", "= 0, 0, 0, 0")
	x.apply(func(s *wire.WindowState) { s.AlwaysOnTop, s.AlwaysOnBottom = false, true })
	x.hasProperty("_NET_WM_STATE", "_NET_WM_STATE_BELOW")
	x.apply(func(s *wire.WindowState) { s.Focusable = false })
	x.hasProperty("WM_HINTS", "input focus: False")
	do(func() { x.window.Do(wire.Action{Name: wire.ActionAttention}) })
	x.hasProperty("WM_HINTS", "urgency hint bit is set")
}

func TestWindowActions(t *testing.T) {
	x := newTab(t, "<p>hello").open()
	y := newTab(t, "<p>hello")
	y.state.Title += " second"
	y.open()
	focus(t, y)
	focus(t, x)
	y.observe("no focus", func(o wire.WindowObserved) bool { return !o.Focused })
	focus(t, y)
	do(func() {
		if err := x.window.Do(wire.Action{Name: wire.ActionDrag}); err != nil {
			t.Error(err)
		}
		if err := x.window.Do(wire.Action{Name: "unknown"}); err == nil {
			t.Error("an unknown action is no error")
		}
		if err := x.webview.Do(wire.Action{Name: "unknown"}); err == nil {
			t.Error("an unknown action is no error")
		}
	})
}

// TestDragAfterRelease: what comes when the button is up again moves nothing. A
// window manager would have the window stick to the mouse.
func TestDragAfterRelease(t *testing.T) {
	x := newTab(t, "<p>hello").open()
	focus(t, x)
	for _, a := range []wire.Action{{Name: wire.ActionDrag}, {Name: wire.ActionResize, Args: []byte(`"SouthEast"`)}} {
		do(func() {
			if err := x.window.Do(a); err != nil {
				t.Error(err)
			}
		})
		newTab(t, "<p>the window manager has come to this").open()
		if taken, err := screen(t).MouseTaken(); err != nil || taken {
			t.Errorf("%s: the window manager has the mouse, %v", a.Name, err)
			must(t, screen(t).Click(display.Left))
		}
	}
}

func TestWindowClose(t *testing.T) {
	x := newTab(t, "<p>hello").open()
	focus(t, x)
	press(t, "alt+F4")
	wait(t, "the request to close", x.closing, func(struct{}) bool { return true })
	var o wire.WindowObserved
	do(func() { o = x.window.Observe() })
	if !o.Visible {
		t.Error("the engine has closed the window")
	}
	x.apply(func(s *wire.WindowState) { s.Closable = false })
	x.close()
	do(func() {
		if err := x.window.Apply(&x.state, &x.state); !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
		if err := x.window.Do(wire.Action{Name: wire.ActionFocus}); !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
		x.window.Close()
	})
}

func TestWindowCenter(t *testing.T) {
	x := newTab(t, "<p>hello")
	x.state.Center = true
	x.open()
	x.observe("the centered window", func(o wire.WindowObserved) bool {
		return o.X > 400 && o.X < 480 && o.Y > 300 && o.Y < 400
	})
}

func TestPageFullscreen(t *testing.T) {
	x := newTab(t, "<p>hello").open().loaded()
	x.eval("await document.documentElement.requestFullscreen()")
	x.observe("fullscreen", func(o wire.WindowObserved) bool { return o.Fullscreen })
	x.eval("await document.exitFullscreen()")
	x.observe("not fullscreen", func(o wire.WindowObserved) bool { return !o.Fullscreen })
}

// TestWebviews: two webviews share a window.
func TestWebviews(t *testing.T) {
	x := newTab(t, "<body style='background: rgb(200, 0, 0)'>")
	x.pages["/second"] = "<body style='background: rgb(0, 0, 200)'>"
	x.open()
	x.event(wire.PagePainted)
	second := newTab(t, "")
	second.pages = x.pages
	second.options.Bounds = &wire.Rect{X: 100, Y: 50, Width: 200, Height: 100}
	second.openIn(x, "app://localhost/second")
	second.event(wire.PagePainted)
	check := func(left, top int, want [3]uint8) {
		t.Helper()
		var got [3]uint8
		poll(t, fmt.Sprintf("color %v at %d, %d", want, left, top), func() bool {
			got = x.pixel(left, top)
			return got == want
		})
	}
	red, blue := [3]uint8{200, 0, 0}, [3]uint8{0, 0, 200}
	check(90, 60, red)
	check(110, 60, blue)
	check(290, 140, blue)
	check(310, 160, red)
	old := second.options
	second.options.Bounds = &wire.Rect{X: 0, Y: 0, Width: 50, Height: 50}
	do(func() {
		if err := second.webview.Apply(&old, &second.options); err != nil {
			t.Error(err)
		}
	})
	check(110, 60, red)
	check(40, 40, blue)
	do(func() { second.webview.Close() })
	check(40, 40, red)
}

func TestBackground(t *testing.T) {
	x := newTab(t, "")
	x.state.Background = &[4]uint8{10, 20, 30, 255}
	x.options.Zoom = 1.5
	x.options.UserAgent = "Test/1"
	x.open()
	x.event(wire.PagePainted)
	poll(t, "the color on the screen", func() bool { return x.pixel(200, 150) == [3]uint8{10, 20, 30} })
	if got := x.eval("return navigator.userAgent + ' ' + innerWidth"); got != "Test/1 266" {
		t.Errorf("got %s", got)
	}
	x.apply(func(s *wire.WindowState) { s.Theme = "dark" })
	poll(t, "the dark theme", func() bool {
		return x.eval("return matchMedia('(prefers-color-scheme: dark)').matches") == "true"
	})
	x.apply(func(s *wire.WindowState) { s.Theme = "" })
	poll(t, "the light theme", func() bool {
		return x.eval("return matchMedia('(prefers-color-scheme: dark)').matches") == "false"
	})
}

// TestManyWindows: what is closed leaves nothing behind that C could call.
func TestManyWindows(t *testing.T) {
	if testing.Short() {
		t.Skip("opens many windows")
	}
	newTab(t, "<p>first").open().loaded() // what is made once is there
	var before int
	for i := range 11 {
		x := newTab(t, "<p>hello")
		x.state.Visible = i%2 == 0
		x.open()
		if i%10 == 0 {
			x.loaded()
			x.eval("return 1")
		}
		x.close()
		if i == 0 {
			before = quietCount(t)
		}
	}
	poll(t, "the last callback", func() bool { return quietCount(t) <= before })
	if n := len(testEngine.windows) + len(testEngine.webviews) + len(testEngine.views); n != 3 {
		t.Errorf("%d windows and webviews are left", n)
	}
}

func quietCount(t *testing.T) (n int) {
	do(func() { n = testEngine.liveCallbacks() })
	return n
}
