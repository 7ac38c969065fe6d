package examples_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// program is an example that runs.
type program struct {
	t      *testing.T
	screen *display.Screen
	home   string
	stdin  io.WriteCloser
	ended  chan struct{} // closed when it has
	err    error         // of it; set before ended is closed
	log    bytes.Buffer  // written until ended is closed
}

// open builds an example and starts it as a user does.
func open(t *testing.T, name string, args ...string) *program {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	binary := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-o", binary, "./"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	home := t.TempDir()
	cmd := exec.Command(binary, args...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	p := &program{t: t, screen: display.Open(t), home: home, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		below := e2e.Descendants(cmd.Process.Pid)
		_ = cmd.Process.Kill()
		<-p.ended
		for _, d := range below { // they write into home until they end
			_ = e2e.WaitFor(e2e.Timeout, func() error { return running(d.PID) })
		}
		if t.Failed() {
			t.Logf("%s says:\n%s", name, p.log.String())
		}
	})
	return p
}

// running is an error while a process runs.
func running(pid int) error {
	for _, p := range e2e.Processes() {
		if p.PID == pid && p.State != 'Z' {
			return fmt.Errorf("process %d runs", pid)
		}
	}
	return nil
}

// until waits for a condition.
func (p *program) until(what string, f func() error) {
	p.t.Helper()
	err := e2e.WaitFor(e2e.Timeout, func() error {
		select {
		case <-p.ended:
			p.t.Fatalf("the app has ended, while waiting for %s: %v", what, p.err)
		default:
		}
		return f()
	})
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// window waits for a visible window with that title, and returns its number.
func (p *program) window(title string) (id uint32) {
	p.t.Helper()
	p.until("the window "+title, func() error {
		found := p.windows(title)
		if len(found) != 1 {
			return fmt.Errorf("%d windows have that title", len(found))
		}
		id = found[0].ID
		return nil
	})
	return id
}

// gone waits until no visible window has that title.
func (p *program) gone(title string) {
	p.t.Helper()
	p.until("no window "+title, func() error {
		if len(p.windows(title)) > 0 {
			return errors.New("it is there")
		}
		return nil
	})
}

// windows returns the visible windows with that title.
func (p *program) windows(title string) []display.Window {
	p.t.Helper()
	all, err := p.screen.Windows()
	p.must(err)
	return slices.DeleteFunc(all, func(w display.Window) bool { return !w.Visible || w.Title != title })
}

// must ends the test where the user could not do something.
func (p *program) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// press gives a window the keyboard, and presses keys.
func (p *program) press(id uint32, keys ...string) {
	p.t.Helper()
	p.must(p.screen.Activate(id))
	p.must(p.screen.Press(keys...))
}

// enter replaces what the field has that has the keyboard.
func (p *program) enter(id uint32, text string) {
	p.t.Helper()
	p.press(id, "ctrl+a")
	p.must(p.screen.Type(text))
}

// click clicks at a place in a window.
func (p *program) click(id uint32, x, y int) {
	p.t.Helper()
	p.must(p.screen.MoveIn(id, x, y))
	p.must(p.screen.Click(display.Left))
}

// try does something at the keyboard, again and again, until it has had its
// effect: a page that has just been loaded may not listen yet.
func (p *program) try(what string, keys func(), is func() error) {
	p.t.Helper()
	var next time.Time
	p.until(what, func() error {
		if now := time.Now(); now.After(next) {
			keys()
			next = now.Add(5 * time.Second)
		}
		return is()
	})
}

// ends waits until the app has ended by itself.
func (p *program) ends() {
	p.t.Helper()
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Errorf("the app ended with %v", p.err)
		}
	case <-e2e.Hang(p.t):
		p.t.Fatal("the app does not end")
	}
}

// picture keeps a picture of the screen in the folder that MULLION_PICTURES
// names.
func (p *program) picture(name string) {
	if dir := os.Getenv("MULLION_PICTURES"); dir != "" {
		p.must(p.screen.Save(filepath.Join(dir, name+".png")))
	}
}

// painted waits until there is more to see in a part of a window than its
// background.
func (p *program) painted(id uint32, part image.Rectangle) {
	p.t.Helper()
	p.until("a picture in the window", func() error {
		picture, err := p.screen.PictureOf(id)
		if err != nil {
			return err
		}
		colours := map[color.RGBA]bool{}
		area := part.Intersect(picture.Bounds())
		for y := area.Min.Y; y < area.Max.Y; y++ {
			for x := area.Min.X; x < area.Max.X; x++ {
				colours[picture.RGBAAt(x, y)] = true
			}
		}
		if len(colours) < 50 {
			return fmt.Errorf("it has %d colours", len(colours))
		}
		return nil
	})
}

// whole is all of a window.
var whole = image.Rect(0, 0, 1<<15, 1<<15)

// frame returns how high the window manager's frame is at the top.
func (p *program) frame(id uint32) (height int) {
	p.t.Helper()
	p.until("what the window manager puts around the window", func() error {
		sides, err := p.screen.Numbers(id, "_NET_FRAME_EXTENTS") // left, right, top, bottom
		if err != nil || len(sides) != 4 {
			return fmt.Errorf("it says %d, %v", sides, err)
		}
		height = int(sides[2])
		return nil
	})
	return height
}

// TestSplash looks at the windows while the work is done, and after.
func TestSplash(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.txt": "the zebra runs", "b.txt": "a zebrafish swims", "c.txt": "nothing here"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, "splash", "-list")
	fmt.Fprintf(p.stdin, "%s\n%s\n", filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt"))
	splash := p.window("Splash is starting")
	if got := p.frame(splash); got != 0 {
		t.Errorf("the splash screen has a frame of %d pixels", got)
	}
	if len(p.windows("Splash")) > 0 {
		t.Error("the main window is there before the work is done")
	}
	p.painted(splash, whole)
	fmt.Fprintln(p.stdin, filepath.Join(dir, "c.txt"))
	p.picture("splash")
	p.stdin.Close()
	main := p.window("Splash")
	p.gone("Splash is starting")
	if p.frame(main) == 0 {
		t.Error("the main window has no frame")
	}
	p.try("a search", func() { p.enter(main, "zebra") }, func() error {
		if len(p.windows("2 found – Splash")) != 1 {
			return fmt.Errorf("2 files are not found")
		}
		return nil
	})
	p.picture("found")
	p.press(main, "alt+F4")
	p.ends()
}

// TestChat has two members talk, and looks at what the third sees.
func TestChat(t *testing.T) {
	desktop := session.StartBus(t).StartNotifications("body", "actions")
	p := open(t, "chat")
	ada, ben := p.window("Ada – Chat"), p.window("Ben – Chat")
	for _, w := range []uint32{ada, ben, p.window("Cleo – Chat")} {
		p.painted(w, image.Rect(20, 120, 340, 420)) // an empty conversation has one colour
	}
	p.picture("chat-first")
	write := func(id uint32, text string) func() {
		return func() {
			p.enter(id, text)
			p.must(p.screen.Press("Return"))
		}
	}
	// unread reports whether a window has so many messages, or more, that
	// nobody has looked at.
	unread := func(name string, least int) error {
		for n := least; n < least+20; n++ {
			if len(p.windows(fmt.Sprintf("(%d) %s – Chat", n, name))) > 0 {
				return nil
			}
		}
		return fmt.Errorf("not %d in the window of %s", least, name)
	}
	p.try("a message in the other windows", write(ada, "who is at the zoo, @Ben"), func() error { return errors.Join(unread("Ben", 1), unread("Cleo", 1)) })
	n, err := desktop.Find(t.Context(), func(n session.Notification) bool { return strings.Contains(n.Body, "@Ben") })
	if err != nil {
		t.Fatalf("%v: %+v", err, desktop.All())
	}
	if n.Title != "Ada mentioned Ben" || !slices.Contains(n.Actions, "default") {
		t.Errorf("notifications: %+v", desktop.All())
	}
	if err := desktop.Click(n.ID, "default", ""); err != nil {
		t.Fatal(err)
	}
	p.until("the window that the notification leads to", func() error {
		id, err := p.screen.Focused()
		if err != nil || id != ben {
			return fmt.Errorf("the keyboard is with window %d, %v", id, err)
		}
		return nil
	})
	p.try("an answer in the other windows", write(ben, "me and an okapi"), func() error { return errors.Join(unread("Ada", 1), unread("Cleo", 2)) })
	p.picture("chat")
	said, err := filepath.Glob(filepath.Join(p.home, "*", "states", "*"))
	if err != nil || len(said) == 0 {
		t.Fatalf("no state on the disk: %v", err)
	}
}

// TestTray uses an app by its icon.
func TestTray(t *testing.T) {
	desktop := session.StartBus(t).StartTray()
	p := open(t, "tray")
	find := func(label string) session.TrayItem {
		t.Helper()
		i, err := desktop.Find(t.Context(), func(i session.TrayItem) bool {
			return slices.ContainsFunc(i.Menu, func(m session.MenuItem) bool { return m.Label == label })
		})
		if err != nil {
			t.Fatalf("an item %q: %v", label, err)
		}
		return i
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	icon := find("_Start")
	if len(p.windows("Tray timer")) > 0 {
		t.Error("there is a window before one is asked for")
	}
	must(desktop.Choose(icon, "Show _window"))
	w := p.window("Tray timer")
	p.painted(w, whole)
	p.try("a start by the button", func() { p.press(w, "Return") }, func() error {
		_, err := desktop.Find(t.Context(), func(i session.TrayItem) bool { return len(i.Menu) > 0 && i.Menu[0].Label == "_Pause" })
		return err
	})
	p.picture("tray")
	p.press(w, "alt+F4")
	p.gone("Tray timer")
	must(desktop.Choose(find("_Pause"), "_Pause"))
	must(desktop.Click(find("_Start"), "Activate", 0, 0, ""))
	p.window("Tray timer")
	must(desktop.Choose(find("_Quit"), "_Quit"))
	p.ends()
	must(desktop.WaitEmpty(t.Context()))
}

// TestTrayWithoutTray starts the timer where nothing shows its icon: with a
// bus and without one.
func TestTrayWithoutTray(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T){
		"no tray": func(t *testing.T) { session.StartBus(t) },
		"no bus":  func(t *testing.T) { t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") },
	} {
		t.Run(name, func(t *testing.T) {
			prepare(t)
			p := open(t, "tray")
			w := p.window("Tray timer")
			p.painted(w, whole)
			p.picture("tray-without-tray")
			p.press(w, "alt+F4")
			p.ends()
		})
	}
}

// TestLooks checks what every example has: a name like its folder, a picture
// of its own, and a window that shows it.
func TestLooks(t *testing.T) {
	folders, err := filepath.Glob("*/mullion.conf.json")
	if err != nil || len(folders) < 7 {
		t.Fatalf("%d examples, %v", len(folders), err)
	}
	pictures := map[string]string{}
	for _, file := range folders {
		name := filepath.Dir(file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := config.Parse(file, text)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(strings.ToLower(c.ProductName), name) || !strings.HasSuffix(c.Identifier, "."+name) {
			t.Errorf("%s calls itself %q, %s", name, c.ProductName, c.Identifier)
		}
		if len(c.Bundle.Icon) != 1 {
			t.Errorf("%s has the icons %q", name, c.Bundle.Icon)
			continue
		}
		picture, err := os.ReadFile(filepath.Join(name, c.Bundle.Icon[0]))
		if err != nil {
			t.Fatal(err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(picture))
		if err != nil || size.Width != 128 || size.Height != 128 {
			t.Errorf("the icon of %s has %d×%d pixels, %v", name, size.Width, size.Height, err)
		}
		if other := pictures[string(picture)]; other != "" {
			t.Errorf("%s and %s have the same icon", name, other)
		}
		pictures[string(picture)] = name
	}
	p := open(t, "hello")
	w := p.window("Hello")
	p.until("the icon of the window", func() error {
		icon, err := p.screen.Numbers(w, "_NET_WM_ICON") // width, height and so many points, for each size
		for i := icon; len(i) > 2; i = i[min(len(i), int(2+i[0]*i[1])):] {
			if i[0] == 128 && i[1] == 128 {
				return nil
			}
		}
		return fmt.Errorf("it has none of 128 by 128 points among %d numbers, %v", len(icon), err)
	})
}

// TestPlayer plays a file, and uses the window's own title bar.
func TestPlayer(t *testing.T) {
	p := open(t, "player")
	w := p.window("Morning on the Lake – Player") // it is told so when the file is read
	if got := p.frame(w); got != 0 {
		t.Errorf("the window has a frame of %d pixels", got)
	}
	if depth, err := p.screen.Depth(w); err != nil || depth != 32 {
		t.Errorf("the window has no room for transparency: a depth of %d, %v", depth, err)
	}
	place := func() image.Point {
		t.Helper()
		at, err := p.screen.Look(w)
		p.must(err)
		return image.Pt(at.X, at.Y)
	}
	before := place()
	step := 0
	p.until("the window moves by its title bar", func() error {
		const again = 100
		switch step++; step % again {
		case 1:
			p.must(errors.Join(p.screen.MoveIn(w, 190, 22), p.screen.Hold(display.Left)))
		case 0: // the page did not listen yet
			p.must(p.screen.Release(display.Left))
			return errors.New("the page does not take the press")
		}
		// To and fro: the window manager takes the mouse late, and at the edge of
		// the screen it would see no movement.
		way := 20 * (2*(step%2) - 1)
		p.must(p.screen.MoveBy(way, way/2))
		if place() == before {
			return fmt.Errorf("it is still at %v", before)
		}
		return nil
	})
	p.must(p.screen.Release(display.Left))
	p.picture("player")
	p.try("the tune plays", func() { p.click(w, 190, 332) }, func() error {
		if len(p.windows("▶ Morning on the Lake – Player")) == 0 {
			return fmt.Errorf("it does not")
		}
		return nil
	})
	p.picture("playing")
	for hang, open := e2e.Hang(t), true; open; {
		_ = p.screen.MoveIn(w, 24, 23) // it may be gone
		p.must(p.screen.Click(display.Left))
		select {
		case <-p.ended:
			open = false
		case <-time.After(5 * time.Second): // the page may not have been listening
		case <-hang:
			t.Fatal("the window does not close by its title bar")
		}
	}
	p.ends()
}
