//go:build wine

package wine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
)

// frame is how far a window reaches beyond its content, and how large that is.
type frame struct{ left, top, right, bottom, width, height int }

func lookAtFrame(d *double, view string) (f frame) {
	d.a.t.Helper()
	d.tell("borders", view)
	l := d.expect("borders", view)
	if _, err := fmt.Sscan(strings.Join(l[2:], " "), &f.left, &f.top, &f.right, &f.bottom, &f.width, &f.height); err != nil {
		d.a.t.Fatal(err)
	}
	return f
}

// hit is what the mouse takes at a place of the content: whose window, and what of it.
func hit(d *double, view string, x, y int) string {
	d.a.t.Helper()
	d.tell("hit", view, fmt.Sprint(x), fmt.Sprint(y))
	l := d.expect("hit", view)
	return l[2] + " " + l[3]
}

// The places of a window by which it is resized, of winuser.h.
const (
	gripLeft, gripRight, gripTop, gripTopLeft, gripTopRight, gripBottom, gripBottomRight = "grip 10", "grip 11", "grip 12", "grip 13", "grip 14", "grip 15", "grip 17"
	content                                                                              = "window 1"
)

// TestFrameless: a window without decorations has no title bar, and the size of its content; it is resized by its edges, which
// are outside of it where Windows draws its shadow, but for the upper one. With decorations it has none.
func TestFrameless(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	call := caller(t, p)
	do := windowCommands(t, call)
	hits := func(places map[[2]int]string) {
		t.Helper()
		for at, want := range places {
			if got := hit(d, "1", at[0], at[1]); got != want {
				t.Errorf("at %v: got %s, want %s", at, got, want)
			}
		}
	}
	s := screen(t)
	front(t, s, "Lab")
	usual := lookAtFrame(d, "1")
	w, h := usual.width, usual.height
	if usual.top <= usual.left {
		t.Fatalf("no title bar: %+v", usual)
	}

	do("set_shadow", `{"value":false}`)
	do("set_decorations", `{"value":false}`)
	if got, want := lookAtFrame(d, "1"), (frame{width: w, height: h}); got != want {
		t.Errorf("without a shadow: got %+v, want %+v", got, want)
	}
	edges := map[[2]int]string{
		{w / 2, 2}: gripTop, {3, 3}: gripTopLeft, {2, h / 2}: gripLeft, {w - 2, h / 2}: gripRight, {w / 2, h - 2}: gripBottom,
		{w - 2, h - 8}: gripBottomRight, {8, 8}: content, {w / 2, h / 2}: content,
	}
	hits(edges)
	shot(t, s, "frameless")

	do("set_resizable", `{"value":false}`)
	hits(map[[2]int]string{{w / 2, 2}: content, {2, h / 2}: content})
	do("set_resizable", `{"value":true}`)
	hits(edges)

	do("set_size", `{"value":{"Logical":{"width":500,"height":400}}}`)
	waitFor(t, "the new size", func() bool { f := lookAtFrame(d, "1"); return f == frame{width: 500, height: 400} })
	hits(map[[2]int]string{{498, 200}: gripRight, {250, 398}: gripBottom})

	// The user takes the right edge.
	var before display.Window
	win := front(t, s, "Lab")
	step := 0
	waitFor(t, "a window that is resized by its edge", func() bool {
		const again = 50
		if step%again == 0 { // also where the window manager has not taken it
			err := s.Release(1)
			if err == nil {
				err = s.MoveIn(win.ID, 498, 200)
			}
			if err == nil {
				before, err = s.Look(win.ID)
			}
			if err == nil {
				err = s.Hold(1)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		step++
		if err := s.MoveBy(3, 0); err != nil {
			t.Fatal(err)
		}
		now, err := s.Look(win.ID)
		return err == nil && now.X == before.X && now.Width > before.Width
	})
	if err := s.Release(1); err != nil {
		t.Fatal(err)
	}

	// Smaller than any title bar.
	do("set_size", `{"value":{"Logical":{"width":60,"height":30}}}`)
	waitFor(t, "a small window", func() bool { f := lookAtFrame(d, "1"); return f.width == 60 && f.height == 30 })
	do("set_size", `{"value":{"Logical":{"width":500,"height":400}}}`)

	// With a shadow wine takes the place of a title bar off the window later, so its size is what it is now.
	do("set_shadow", `{"value":true}`)
	got := lookAtFrame(d, "1")
	if want := (frame{usual.left, 0, usual.right, usual.bottom, got.width, got.height}); got != want {
		t.Errorf("with a shadow: got %+v, want %+v", got, want)
	}
	w, h = got.width, got.height-30
	hits(map[[2]int]string{{w / 2, 2}: gripTop, {3, 3}: gripTopLeft, {w - 2, 2}: gripTopRight, {w / 2, 8}: content, {2, h / 2}: content, {w - 2, h / 2}: content})

	do("set_decorations", `{"value":true}`)
	if got := lookAtFrame(d, "1"); got.top != usual.top || got.left != usual.left {
		t.Errorf("with decorations again: got %+v, want %+v", got, usual)
	}
	hits(map[[2]int]string{{30, 2}: content, {2, 100}: content})
	quiet(t, d)
}

// TestFullscreenMaximized: a window that was maximized is so again when it is no longer fullscreen, unless that was undone meanwhile, and
// a change of its frame leaves it so. It cannot be resized by its edges.
func TestFullscreenMaximized(t *testing.T) {
	a := startOnDesktop(t, lab.lab)
	d := a.host()
	p := open(d)
	call := caller(t, p)
	do := windowCommands(t, call)
	is := func(fullscreen, maximized bool) {
		t.Helper()
		waitFor(t, fmt.Sprintf("fullscreen %t, maximized %t", fullscreen, maximized), func() bool {
			return call("plugin:window|is_fullscreen", `{}`) == fmt.Sprintf("o%t", fullscreen) && call("plugin:window|is_maximized", `{}`) == fmt.Sprintf("o%t", maximized)
		})
	}
	usual := lookAtFrame(d, "1")
	do("set_shadow", `{"value":false}`)
	do("maximize", `{}`)
	is(false, true)
	maximized := lookAtFrame(d, "1")
	do("set_minimizable", `{"value":false}`)
	do("set_minimizable", `{"value":true}`)
	is(false, true)
	for _, decorated := range []string{"false", "true"} {
		do("set_decorations", `{"value":`+decorated+`}`)
		is(false, true)
		for _, at := range [][2]int{{400, 2}, {2, 300}} {
			if got := hit(d, "1", at[0], at[1]); got != content {
				t.Errorf("maximized, decorated %s, at %v: got %s, want %s", decorated, at, got, content)
			}
		}
	}
	if got := lookAtFrame(d, "1"); got != maximized {
		t.Errorf("maximized, after changes of the frame: got %+v, want %+v", got, maximized)
	}
	do("set_fullscreen", `{"value":true}`)
	is(true, true)
	if got := lookAtFrame(d, "1"); got.left != 0 || got.top != 0 || got.height <= maximized.height {
		t.Errorf("fullscreen: %+v, maximized: %+v", got, maximized)
	}
	do("set_fullscreen", `{"value":false}`)
	is(false, true)
	if got := lookAtFrame(d, "1"); got != maximized {
		t.Errorf("maximized again: got %+v, want %+v", got, maximized)
	}
	do("set_fullscreen", `{"value":true}`)
	do("unmaximize", `{}`)
	is(true, false)
	if got := lookAtFrame(d, "1"); got.width != 1280 || got.height != 1024 {
		t.Errorf("fullscreen, not maximized otherwise: %+v", got)
	}
	do("set_fullscreen", `{"value":false}`)
	is(false, false)
	waitFor(t, "the usual size", func() bool { return lookAtFrame(d, "1") == usual })

	// The content has its size again after another frame in the meantime.
	sized := func(what string) {
		t.Helper()
		waitFor(t, "the size of the content, "+what, func() bool {
			f := lookAtFrame(d, "1")
			return f.width == usual.width && f.height == usual.height
		})
	}
	for _, state := range []struct{ begin, end [2]string }{
		{[2]string{"maximize", `{}`}, [2]string{"unmaximize", `{}`}}, {[2]string{"minimize", `{}`}, [2]string{"unminimize", `{}`}},
		{[2]string{"set_fullscreen", `{"value":true}`}, [2]string{"set_fullscreen", `{"value":false}`}},
	} {
		for _, decorated := range []string{"false", "true"} {
			do(state.begin[0], state.begin[1])
			do("set_decorations", `{"value":`+decorated+`}`)
			do(state.end[0], state.end[1])
			sized(state.begin[0] + ", decorated " + decorated)
		}
	}

	// So it has after another size in the meantime.
	for _, state := range []struct{ begin, end [2]string }{
		{[2]string{"maximize", `{}`}, [2]string{"unmaximize", `{}`}},
		{[2]string{"set_fullscreen", `{"value":true}`}, [2]string{"set_fullscreen", `{"value":false}`}},
	} {
		do(state.begin[0], state.begin[1])
		is(state.begin[0] == "set_fullscreen", state.begin[0] == "maximize")
		do("set_size", `{"value":{"Logical":{"width":500,"height":400}}}`)
		if got := lookAtFrame(d, "1"); got.width != 1280 {
			t.Errorf("%s: %+v", state.begin[0], got)
		}
		do(state.end[0], state.end[1])
		waitFor(t, "the size that it was given, "+state.begin[0], func() bool { f := lookAtFrame(d, "1"); return f.width == 500 && f.height == 400 })
		do("set_size", `{"value":{"Logical":{"width":800,"height":600}}}`)
		sized("as it was")
	}

	// Fullscreen while minimized, and the other way round.
	do("minimize", `{}`)
	do("set_fullscreen", `{"value":true}`)
	do("unminimize", `{}`)
	waitFor(t, "a window that covers the screen", func() bool { f := lookAtFrame(d, "1"); return f.width == 1280 && f.height == 1024 })
	do("minimize", `{}`)
	do("set_fullscreen", `{"value":false}`)
	do("unminimize", `{}`)
	sized("after it was minimized and fullscreen")
	for line := range strings.Lines(d.said()) {
		if strings.TrimSpace(line) == "bounds | 1 | 0 0 0 0" {
			t.Error("the page of a window that is minimized has no size")
		}
	}
	quiet(t, d)
}

// TestTransparent: the engine lets what is behind a transparent window be seen through pages that do, but for a color of the app's.
func TestTransparent(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	call := caller(t, p)
	if got := call("open", `{"label":"clear","clear":true}`); got != `o"clear"` {
		t.Fatalf("open: got %s", got)
	}
	d.expect("background", "2", "0 0 0 0")
	for _, c := range []struct{ color, want string }{{"[10,20,30,255]", "10 20 30 255"}, {"[10,20,30,40]", "0 0 0 0"}} {
		// That the rest of the window can be seen through is Windows' part, which wine 8 does not have.
		if got := call("plugin:window|set_background_color", `{"label":"clear","value":`+c.color+`}`); !strings.Contains(got, "DwmEnableBlurBehindWindow") {
			t.Errorf("%s: got %s", c.color, got)
		}
		d.expect("background", "2", c.want)
	}
	for _, c := range []struct{ color, want string }{{"[10,20,30,40]", "10 20 30 255"}, {"null", "255 255 255 255"}} {
		if got := call("plugin:window|set_background_color", `{"value":`+c.color+`}`); !strings.HasPrefix(got, "o") {
			t.Errorf("%s: got %s", c.color, got)
		}
		d.expect("background", "1", c.want)
	}
	a.logged("transparent windows")

	// Nor does it have materials, but it takes them.
	for effects, want := range map[string]string{`{"effects":["sidebar","micaDark"]}`: "onull", `{"effects":["sidebar"]}`: `Windows has none of the effects`, `null`: "onull"} {
		if got := call("plugin:window|set_effects", `{"label":"clear","value":`+effects+`}`); !strings.Contains(got, want) {
			t.Errorf("set_effects %s: got %s, want %s", effects, got, want)
		}
	}
}
