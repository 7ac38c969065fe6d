package webkitgtk

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

func (s *site) MenuChosen(id, item uint32) {
	if t := s.tab(id); t != nil {
		put(t.chosen, item)
	}
}

func TestMnemonic(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"&File", "_File"}, {"snake_case", "snake__case"}, {"a && b", "a & b"}, {"end&", "end"}, {"", ""}, {"ж&é", "ж_é"},
	} {
		if got := mnemonic(test.text); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

// red is a picture of 32×32 pixels.
func red() *wire.Picture {
	i := &wire.Picture{Width: 32, Height: 32, RGBA: make([]byte, 4*32*32)}
	for n := 0; n < len(i.RGBA); n += 4 {
		i.RGBA[n], i.RGBA[n+3] = 255, 255
	}
	return i
}

func testMenu() []wire.MenuItem {
	return []wire.MenuItem{
		{Number: 1, Kind: wire.MenuSubmenu, Text: "&File", Enabled: true, Items: []wire.MenuItem{
			{Number: 2, Kind: wire.MenuNormal, Text: "&Open…", Enabled: true, Accelerator: &wire.MenuAccelerator{Control: true, Key: "O"}},
			{Number: 3, Kind: wire.MenuNormal, Text: "With a picture", Enabled: true, Icon: red()},
			{Number: 4, Kind: wire.MenuSeparator},
			{Number: 5, Kind: wire.MenuCheck, Text: "Checked", Enabled: true, Checked: true},
			{Number: 6, Kind: wire.MenuNormal, Text: "Not now", Accelerator: &wire.MenuAccelerator{Shift: true, Key: "F5"}},
			{Number: 7, Kind: wire.MenuSubmenu, Text: "More", Enabled: true, Items: []wire.MenuItem{{Number: 8, Kind: wire.MenuNormal, Text: "Deep", Enabled: true}}},
		}},
		{Number: 9, Kind: wire.MenuSubmenu, Text: "&Edit", Enabled: true, Items: []wire.MenuItem{
			{Number: 10, Kind: "Copy", Text: "&Copy", Enabled: true}, {Number: 11, Kind: "SelectAll", Text: "Select &All", Enabled: true},
		}},
	}
}

// screenshot keeps a picture of the screen if the variable names a folder.
func (x *tab) screenshot(name string) {
	if dir := os.Getenv("MULLION_SCREENSHOTS"); dir != "" {
		must(x.t, screen(x.t).Save(dir+"/"+name+".png"))
	}
}

func TestMenuBar(t *testing.T) {
	x := newTab(t, `<body style="background:#00f;margin:0"><input autofocus value=hello>`)
	x.state.X, x.state.Y = p(50.0), p(60.0)
	x.open()
	focus(t, x)
	size := func(o wire.WindowObserved) bool { return o.Width == 400 && o.Height == 300 }
	before := x.observe("the window", func(o wire.WindowObserved) bool { return size(o) && o.OuterHeight > o.Height })
	x.apply(func(s *wire.WindowState) { s.Menu = testMenu() })
	after := x.observe("the menu bar above content that keeps its size", func(o wire.WindowObserved) bool {
		return size(o) && o.OuterHeight > before.OuterHeight && o.InnerY > before.InnerY
	})
	if after.OuterHeight-before.OuterHeight != after.InnerY-before.InnerY {
		t.Errorf("%+v\n%+v", before, after)
	}
	poll(t, "the content below the menu bar", func() bool { return x.pixel(300, 200) == [3]uint8{0, 0, 255} })
	x.screenshot("bar")

	// By keys.
	chosen := func(what string, want uint32) {
		t.Helper()
		if got := wait(t, what, x.chosen, func(uint32) bool { return true }); got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	press(t, "ctrl+o")
	chosen("the accelerator", 2)
	press(t, "shift+F5") // not enabled: the next one comes first
	openMenu(t, "alt+f")
	press(t, "o")
	chosen("the letters", 2)
	openMenu(t, "alt+f")
	press(t, "Down", "Down")
	x.screenshot("open")
	press(t, "Return")
	chosen("the third item", 5)

	// Changes while it is there.
	x.apply(func(s *wire.WindowState) {
		s.Menu = testMenu()
		s.Menu[0].Items[0].Accelerator = nil
		s.Menu[0].Items[4].Enabled = true
	})
	press(t, "ctrl+o", "shift+F5")
	chosen("the new accelerator", 6)
	x.apply(func(s *wire.WindowState) { s.Width, s.Height = 420, 310 })
	x.observe("another size", func(o wire.WindowObserved) bool { return o.Width == 420 && o.Height == 310 })
	x.apply(func(s *wire.WindowState) { s.Menu = nil })
	x.observe("no menu bar", func(o wire.WindowObserved) bool { return o.Height == 310 && o.InnerY == before.InnerY })
}

func TestMenuUnsupported(t *testing.T) {
	x := newTab(t, "<p>hello").open()
	old := x.state
	x.state.Menu = []wire.MenuItem{{Number: 1, Kind: "Services"}, {Number: 2, Kind: wire.MenuNormal, Text: "x", Accelerator: &wire.MenuAccelerator{Key: "Nothing"}}}
	var err error
	do(func() { err = x.window.Apply(&old, &x.state) })
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestPopupMenu(t *testing.T) {
	x := newTab(t, `<body style="background:#00f">`)
	x.state.X, x.state.Y = p(50.0), p(60.0)
	x.state.Menu = testMenu()
	x.open()
	focus(t, x)
	poll(t, "the page", func() bool { return x.pixel(300, 200) == [3]uint8{0, 0, 255} })
	popup := func(at *float64) {
		t.Helper()
		args, err := json.Marshal(wire.Popup{Items: testMenu()[0].Items, X: at, Y: at})
		if err != nil {
			t.Fatal(err)
		}
		do(func() { err = x.window.Do(wire.Action{Name: wire.ActionPopup, Args: args}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	popup(p(150.0))
	poll(t, "the menu over the page", func() bool { return x.pixel(156, 160) != [3]uint8{0, 0, 255} })
	x.screenshot("popup")
	press(t, "Down", "Down", "Return")
	if got := wait(t, "the second item", x.chosen, func(uint32) bool { return true }); got != 3 {
		t.Errorf("got %d", got)
	}
	var o wire.WindowObserved
	do(func() { o = x.window.Observe() })
	must(t, screen(t).MoveTo(o.InnerX+30, o.InnerY+40))
	popup(nil)
	poll(t, "the menu at the pointer", func() bool { return x.pixel(40, 60) != [3]uint8{0, 0, 255} })
	press(t, "Escape")
	poll(t, "no menu", func() bool { return x.pixel(40, 60) == [3]uint8{0, 0, 255} })

	must(t, screen(t).TakeMouse())
	popup(p(150.0))
	if open, err := screen(t).Menus(); err != nil || open != 0 {
		t.Errorf("%d menus are open while another program has the mouse, %v", open, err)
	}
	must(t, screen(t).GiveMouse())
	poll(t, "the menu when the mouse is free", func() bool { return x.pixel(156, 160) != [3]uint8{0, 0, 255} })
	press(t, "Escape")
	poll(t, "no menu again", func() bool { return x.pixel(156, 160) == [3]uint8{0, 0, 255} })

	// The menu comes while the button is down that a page hears of, and stays
	// when it comes up.
	must(t, screen(t).MoveTo(o.InnerX+200, o.InnerY+200))
	must(t, screen(t).Hold(display.Left))
	popup(nil)
	poll(t, "the menu at the pointer again", func() bool { open, err := screen(t).Menus(); return err == nil && open == 1 })
	must(t, screen(t).Release(display.Left))
	press(t, "Down", "Return")
	if got := wait(t, "the first item", x.chosen, func(uint32) bool { return true }); got != 2 {
		t.Errorf("got %d", got)
	}
	poll(t, "no menu at last", func() bool { return x.pixel(156, 160) == [3]uint8{0, 0, 255} })
}

// TestPopupAtClick: the click that brings a menu is still with the window
// manager when the menu comes, and must not end it.
func TestPopupAtClick(t *testing.T) {
	x := newTab(t, "<p>hello").open()
	focus(t, x)
	o := x.place()
	args, err := json.Marshal(wire.Popup{Items: testMenu()[0].Items})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		clickAt(t, o.InnerX+60, o.InnerY+50, display.Left)
		do(func() { err = x.window.Do(wire.Action{Name: wire.ActionPopup, Args: args}) })
		must(t, err)
		poll(t, "the menu", func() bool { open, err := screen(t).Menus(); return err == nil && open == 1 })
		clickAt(t, o.InnerX+60+12, o.InnerY+50+12, display.Left)
		if got := wait(t, "the first item", x.chosen, func(uint32) bool { return true }); got != 2 {
			t.Fatalf("got %d", got)
		}
	}
}
