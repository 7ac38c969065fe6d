package examples_test

import (
	"bytes"
	"errors"
	"fmt"
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
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

func TestMain(m *testing.M) { e2e.Main(m) }

// program is an example that runs.
type program struct {
	t     *testing.T
	home  string
	stdin io.WriteCloser
	ended chan struct{} // closed when it has
	err   error         // of it; set before ended is closed
	log   bytes.Buffer  // written until ended is closed
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
	p := &program{t: t, home: home, ended: make(chan struct{})}
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
func (p *program) window(title string) (id string) {
	p.t.Helper()
	p.until("the window "+title, func() error {
		if ids := windows(title); len(ids) == 1 {
			id = ids[0]
			return nil
		}
		return fmt.Errorf("%d windows have that title", len(windows(title)))
	})
	return id
}

// gone waits until no visible window has that title.
func (p *program) gone(title string) {
	p.t.Helper()
	p.until("no window "+title, func() error {
		if len(windows(title)) > 0 {
			return fmt.Errorf("it is there")
		}
		return nil
	})
}

// windows returns the visible windows with that title that the window manager
// knows.
func windows(title string) (found []string) {
	out, err := exec.Command("xprop", "-root", "_NET_CLIENT_LIST").Output()
	if err != nil {
		return nil
	}
	_, ids, _ := strings.Cut(string(out), "#")
	for _, id := range strings.FieldsFunc(ids, func(r rune) bool { return strings.ContainsRune(", \n", r) }) {
		name, err := exec.Command("xdotool", "getwindowname", id).Output()
		if err != nil || strings.TrimSpace(string(name)) != title {
			continue
		}
		if property(id, "WM_STATE") == "Normal" {
			found = append(found, id)
		}
	}
	return found
}

// property returns what xprop says of a window.
func property(id, name string) string {
	out, err := exec.Command("xprop", "-id", id, name).Output()
	if err != nil {
		return ""
	}
	if _, state, ok := strings.Cut(string(out), "window state: "); ok {
		return strings.Fields(state)[0]
	}
	_, value, _ := strings.Cut(string(out), "= ")
	return strings.TrimSpace(value)
}

// do runs xdotool.
func (p *program) do(args ...string) {
	p.t.Helper()
	if out, err := exec.Command("xdotool", args...).CombinedOutput(); err != nil {
		p.t.Fatalf("xdotool %s: %v: %s", strings.Join(args, " "), err, out)
	}
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
		if out, err := exec.Command("import", "-window", "root", filepath.Join(dir, name+".png")).CombinedOutput(); err != nil {
			p.t.Errorf("import: %v: %s", err, out)
		}
	}
}

// colours returns how many there are in a window. A page that is not there yet
// has one.
func colours(t *testing.T, id string) (n int) {
	t.Helper()
	out, err := exec.Command("import", "-window", id, "-format", "%k", "info:").Output()
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	_, _ = fmt.Sscan(string(out), &n)
	return n
}

// frame returns how wide the window manager's frame is at the top.
func frame(id string) string {
	sides := strings.Split(property(id, "_NET_FRAME_EXTENTS"), ", ")
	return sides[min(2, len(sides)-1)]
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
	if got := frame(splash); got != "0" {
		t.Errorf("the splash screen has a frame of %q pixels", got)
	}
	if len(windows("Splash")) > 0 {
		t.Error("the main window is there before the work is done")
	}
	p.until("a picture in the splash screen", func() error {
		if n := colours(t, splash); n < 50 {
			return fmt.Errorf("it has %d colours", n)
		}
		return nil
	})
	fmt.Fprintln(p.stdin, filepath.Join(dir, "c.txt"))
	p.picture("splash")
	p.stdin.Close()
	main := p.window("Splash")
	p.gone("Splash is starting")
	if got := frame(main); got == "0" || got == "" {
		t.Errorf("the main window has a frame of %q pixels", got)
	}
	p.try("a search", func() {
		p.do("windowactivate", "--sync", main)
		p.do("key", "ctrl+a")
		p.do("type", "--delay", "20", "zebra")
	}, func() error {
		if len(windows("2 found – Splash")) != 1 {
			return fmt.Errorf("2 files are not found")
		}
		return nil
	})
	p.picture("found")
	p.do("key", "alt+F4")
	p.ends()
}

// TestChat has two members talk, and looks at what the third sees.
func TestChat(t *testing.T) {
	desktop := session.StartBus(t).StartNotifications("body", "actions")
	p := open(t, "chat")
	ada, ben := p.window("Ada – Chat"), p.window("Ben – Chat")
	p.until("the first words in the windows", func() error {
		for _, w := range []string{ada, ben, p.window("Cleo – Chat")} {
			// An empty conversation has one colour.
			out, err := exec.Command("import", "-window", w, "-crop", "320x300+20+120", "-format", "%k", "info:").Output()
			var n int
			_, _ = fmt.Sscan(string(out), &n)
			if err != nil || n < 50 {
				return fmt.Errorf("one has %d colours, %v", n, err)
			}
		}
		return nil
	})
	p.picture("chat-first")
	write := func(id, text string) func() {
		return func() {
			p.do("windowactivate", "--sync", id)
			p.do("key", "ctrl+a")
			p.do("type", "--delay", "20", text)
			p.do("key", "Return")
		}
	}
	// unread reports whether a window has so many messages, or more, that
	// nobody has looked at.
	unread := func(name string, least int) error {
		for n := least; n < least+20; n++ {
			if len(windows(fmt.Sprintf("(%d) %s – Chat", n, name))) > 0 {
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
		if out, err := exec.Command("xdotool", "getwindowfocus", "getwindowname").Output(); err != nil || strings.TrimSpace(string(out)) != "Ben – Chat" {
			return fmt.Errorf("the keyboard is with %q", out)
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
	if len(windows("Tray timer")) > 0 {
		t.Error("there is a window before one is asked for")
	}
	must(desktop.Choose(icon, "Show _window"))
	w := p.window("Tray timer")
	p.until("the timer in it", func() error {
		if n := colours(t, w); n < 50 {
			return fmt.Errorf("it has %d colours", n)
		}
		return nil
	})
	p.try("a start by the button", func() {
		p.do("windowactivate", "--sync", w)
		p.do("key", "Return")
	}, func() error {
		_, err := desktop.Find(t.Context(), func(i session.TrayItem) bool { return len(i.Menu) > 0 && i.Menu[0].Label == "_Pause" })
		return err
	})
	p.picture("tray")
	p.do("key", "alt+F4")
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
			p.until("the timer in it", func() error {
				if n := colours(t, w); n < 50 {
					return fmt.Errorf("it has %d colours", n)
				}
				return nil
			})
			p.picture("tray-without-tray")
			p.try("the end of the app", func() {
				_ = exec.Command("xdotool", "windowactivate", "--sync", w, "key", "alt+F4").Run()
			}, func() error {
				if len(windows("Tray timer")) > 0 {
					return errors.New("the window is there")
				}
				return nil
			})
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
		if icon := property(w, "_NET_WM_ICON"); !strings.Contains(icon, "Icon (128 x 128)") {
			return fmt.Errorf("it is %.400q", icon)
		}
		return nil
	})
}

// TestPlayer plays a file, and uses the window's own title bar.
func TestPlayer(t *testing.T) {
	p := open(t, "player")
	w := p.window("Morning on the Lake – Player") // it is told so when the file is read
	if got := frame(w); got != "0" {
		t.Errorf("the window has a frame of %q pixels", got)
	}
	if out, err := exec.Command("xwininfo", "-id", w).Output(); err != nil || !strings.Contains(string(out), "Depth: 32") {
		t.Errorf("the window has no room for transparency: %v\n%s", err, out)
	}
	place := func() string {
		out, err := exec.Command("xdotool", "getwindowgeometry", w).Output()
		if err != nil {
			t.Fatalf("xdotool: %v", err)
		}
		return string(out)
	}
	before := place()
	p.try("the window moves by its title bar", func() {
		p.do("mousemove", "--window", w, "190", "22", "mousedown", "1")
		p.do("mousemove_relative", "20", "20", "mousemove_relative", "--", "100", "60", "mouseup", "1")
	}, func() error {
		if place() == before {
			return fmt.Errorf("it is still at %s", before)
		}
		return nil
	})
	p.picture("player")
	p.try("the tune plays", func() {
		p.do("mousemove", "--window", w, "190", "332", "click", "1")
	}, func() error {
		if len(windows("▶ Morning on the Lake – Player")) == 0 {
			return fmt.Errorf("it does not")
		}
		return nil
	})
	p.picture("playing")
	p.do("mousemove", "--window", w, "24", "23", "click", "1")
	p.ends()
}
