//go:build wine

package wine

import (
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
)

// screen connects to the display of the tests. With MULLION_PICTURES, shot keeps pictures in that
// folder.
func screen(t *testing.T) *display.Screen {
	t.Helper()
	s, err := display.Connect(lab.display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func shot(t *testing.T, s *display.Screen, name string) {
	t.Helper()
	if dir := os.Getenv("MULLION_PICTURES"); dir != "" {
		if err := s.Save(filepath.Join(dir, name+".png")); err != nil {
			t.Error(err)
		}
	}
}

// front brings a window to the front, as its user does.
func front(t *testing.T, s *display.Screen, title string) display.Window {
	t.Helper()
	w, err := s.Wait(title)
	if err == nil {
		err = s.Activate(w.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func press(t *testing.T, s *display.Screen, keys ...string) {
	t.Helper()
	if err := s.Press(keys...); err != nil {
		t.Fatal(err)
	}
}

// TestMenu: a menu bar with keys, which work also while the page has the keyboard, and a menu that
// pops up.
func TestMenu(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	s := screen(t)
	w := front(t, s, "Lab")
	p.from("app://localhost/", `c `+doc+` 1 - ["popup",{}]`)
	// The menu comes somewhat later than the answer, over a window that is black.
	waitFor(t, "the menu", func() bool {
		m, err := s.Picture(image.Rect(w.X+126, w.Y+77, w.X+127, w.Y+78))
		return err == nil && m.RGBAAt(m.Rect.Min.X, m.Rect.Min.Y) != color.RGBA{A: 0xFF}
	})
	shot(t, s, "popup")
	press(t, s, "Down")
	press(t, s, "Return")
	a.logged("chosen", "item=open")
	before := d.expect("bounds", "1")
	if got := p.say(`c ` + doc + ` 2 - ["menu",{}]`); got != "o{}" {
		t.Fatalf("menu: got %s", got)
	}
	press(t, s, "F6")
	a.logged("chosen", "item=dark", "checked=true")
	press(t, s, "F7") // disabled
	n := strings.Count(a.log.String(), "item=open")
	press(t, s, "ctrl+o")
	waitFor(t, "the item of the key", func() bool { return strings.Count(a.log.String(), "item=open") > n })
	// The page has the keyboard: the engine asks before the page gets a key.
	const f6, f7, f8 = "117", "118", "119"
	d.tell("key", "1", f6)
	d.expect("key", "1", f6, "handled")
	a.logged("chosen", "item=dark", "checked=false")
	for _, key := range []string{f7, f8} {
		d.tell("key", "1", key)
		d.expect("key", "1", key, "for the page")
	}
	press(t, s, "alt+e")
	shot(t, s, "menu")
	press(t, s, "Return") // copy
	if got := d.expect("devtools", "1", "Input.dispatchKeyEvent")[3]; !strings.Contains(got, `"copy"`) {
		t.Errorf("copy: got %s", got)
	}
	if strings.Contains(a.log.String(), "item=save") {
		t.Error("a disabled item was chosen")
	}
	// The content has its size again.
	waitFor(t, "the size that the content had before the menu, "+before[2]+",", func() bool {
		last := ""
		for line := range strings.Lines(d.said()) {
			if strings.HasPrefix(line, "bounds | 1 | ") {
				last = strings.TrimSpace(line[len("bounds | 1 | "):])
			}
		}
		return last == before[2]
	})
	quiet(t, d)
}

// messages: a message is answered by a key, by closing it, and not at all.
func messages(t *testing.T, p *page) {
	d := p.d
	s := screen(t)
	ask := func(n, text string) string {
		return p.from("app://localhost/", `c `+doc+` `+n+` - `+text)
	}
	id := ask("1", `["ask",{"buttons":["Now","Later","Never"]}]`)
	w := front(t, s, "Question")
	shot(t, s, "message")
	press(t, s, "Return")
	if got := d.answer(id); got != "r "+id+` o"Now"` {
		t.Errorf("return: got %s", got)
	}
	if err := s.WaitGone("Question"); err != nil {
		t.Error(err)
	}
	id = ask("2", `["ask",{"buttons":["Now","Later","Never"]}]`)
	w = front(t, s, "Question")
	if err := s.CloseWindow(w.ID); err != nil {
		t.Fatal(err)
	}
	if got := d.answer(id); got != "r "+id+` o"Never"` {
		t.Errorf("closed: got %s", got)
	}
	id = ask("3", `["ask_briefly",{}]`)
	front(t, s, "Briefly")
	if got := d.answer(id); got != "r "+id+` o"too late"` {
		t.Errorf("nobody answers: got %s", got)
	}
	if err := s.WaitGone("Briefly"); err != nil {
		t.Error(err)
	}
}

// fileDialogs: a file to open, and a name to save as, which gets the extension of the filter.
func fileDialogs(t *testing.T, p *page) {
	a, d := p.d.a, p.d
	s := screen(t)
	if err := os.WriteFile(filepath.Join(a.dir, "one.note"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := `Z:` + strings.ReplaceAll(a.dir, "/", `\`)
	arg, _ := json.Marshal(folder + `\`)
	id := p.from("app://localhost/", `c `+doc+` 1 - ["open_file",{"path":`+string(arg)+`}]`)
	front(t, s, "Open a note")
	shot(t, s, "open")
	if err := s.Type("one.note"); err != nil {
		t.Fatal(err)
	}
	press(t, s, "Return")
	want, _ := json.Marshal([]string{folder + `\one.note`})
	if got := d.answer(id); got != "r "+id+" o"+string(want) {
		t.Errorf("open: got %s, want %s", got, want)
	}
	id = p.from("app://localhost/", `c `+doc+` 2 - ["save_file",{"path":`+string(arg)+`}]`)
	front(t, s, "Save a note")
	if err := s.Type("two"); err != nil {
		t.Fatal(err)
	}
	press(t, s, "Return")
	want, _ = json.Marshal(folder + `\two.note`)
	if got := d.answer(id); got != "r "+id+" o"+string(want) {
		t.Errorf("save: got %s, want %s", got, want)
	}
	id = p.from("app://localhost/", `c `+doc+` 3 - ["open_file",{"path":`+string(arg)+`}]`)
	front(t, s, "Open a note")
	press(t, s, "Escape")
	if got := d.answer(id); !strings.HasPrefix(got, "r "+id+" e") || !strings.Contains(got, "cancelled") {
		t.Errorf("cancelled: got %s", got)
	}
}

// TestTray: an icon with a menu, and a notification beside an icon of its own, which goes with it. wine
// has a window for icons where the desktop has no tray.
func TestTray(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	s := screen(t)
	if got := p.say(`c ` + doc + ` 1 - ["tray",{}]`); got != "otrue" {
		t.Fatalf("tray: got %s", got)
	}
	tray := front(t, s, "Wine System Tray")
	click := func(x, y int, button byte) {
		t.Helper()
		if err := errors.Join(s.MoveIn(tray.ID, x, y), s.Click(button)); err != nil {
			t.Fatal(err)
		}
	}
	const left, right = 1, 3
	waitFor(t, "the icon", func() bool {
		m, err := s.PictureOf(tray.ID)
		return err == nil && m.RGBAAt(10, 10) == color.RGBA{G: 0xC0, A: 0xFF}
	})
	click(10, 10, left)
	a.logged("clicked", "button=Left")
	click(10, 10, right)
	// Below the icons there is the black window of the app, and then the menu.
	waitFor(t, "the menu", func() bool {
		m, err := s.Picture(image.Rect(tray.X+73, tray.Y+38, tray.X+74, tray.Y+39))
		return err == nil && m.RGBAAt(m.Rect.Min.X, m.Rect.Min.Y) != color.RGBA{A: 0xFF}
	})
	shot(t, s, "tray")
	click(45, 19, left) // the first item
	a.logged("chosen", "item=open")
	if got := p.say(`c ` + doc + ` 2 - ["notify",{"title":"First"}]`); got != "o{}" {
		t.Fatalf("notify: got %s", got)
	}
	if got := p.say(`c ` + doc + ` 3 - ["notify",{"title":"Second"}]`); got != "o{}" {
		t.Fatalf("notify: got %s", got)
	}
	a.logged("closed", "title=First")
	// Of the balloon a place without text.
	white := color.RGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0xFF}
	waitFor(t, "the balloon", func() bool {
		m, err := s.Picture(image.Rect(tray.X+150, tray.Y+42, tray.X+151, tray.Y+43))
		return err == nil && m.RGBAAt(m.Rect.Min.X, m.Rect.Min.Y) == white
	})
	shot(t, s, "balloon")
	// wine does not tell of clicks on it. The icons go with the app.
	d.tell("close", "1")
	if err := a.wait(); err != nil {
		t.Error(err)
	}
	waitFor(t, "the end of the icons", func() bool {
		w, err := s.Look(tray.ID)
		if err != nil || !w.Visible {
			return true
		}
		m, err := s.PictureOf(tray.ID)
		return err == nil && m.RGBAAt(10, 10) != color.RGBA{G: 0xC0, A: 0xFF}
	})
}
