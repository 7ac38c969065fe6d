package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
)

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	if err := await.Until(await.Limit, func() error {
		if !is() {
			return errors.New(what)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// patience is how long one attempt may take before it is made again.
const patience = 10 * time.Second

// try does something at the keyboard until a condition comes true. A window
// that has just opened may take the keyboard from the one that was activated,
// so that the keys go astray.
func try(t *testing.T, what string, keys func(), is func() bool) {
	t.Helper()
	var next time.Time
	until(t, what, func() bool {
		if is() {
			return true
		}
		if now := time.Now(); now.After(next) {
			keys()
			next = now.Add(patience)
		}
		return is()
	})
}

// need finds the programs that a display takes. Without them a developer's
// machine skips the test; in CI it must not be skipped.
func need(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed", name)
			}
			t.Skipf("%s is not installed", name)
		}
	}
}

// desktop is a display with a window manager, and its user.
type desktop struct {
	t      *testing.T
	screen *display.Screen
	env    []string
}

func newDesktop(t *testing.T) *desktop {
	need(t, "Xvfb", "openbox")
	t.Setenv("DISPLAY", "") // afterwards nobody shall look for this one
	x, err := display.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Stop)
	home := t.TempDir()
	return &desktop{t, display.Open(t), append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home,
		"XDG_CACHE_HOME="+home, "LC_ALL=C.UTF-8", "GDK_BACKEND=x11")}
}

func (d *desktop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = d.env
	cmd.WaitDelay = await.Limit // for output that a process left behind holds open
	return cmd
}

// press presses keys.
func (d *desktop) press(keys ...string) {
	d.t.Helper()
	if err := d.screen.Press(keys...); err != nil {
		d.t.Fatal(err)
	}
}

// write types a text.
func (d *desktop) write(text string) {
	d.t.Helper()
	if err := d.screen.Type(text); err != nil {
		d.t.Fatal(err)
	}
}

// activate gives the window with that title the keyboard.
func (d *desktop) activate(title string) {
	d.t.Helper()
	w, err := d.screen.Wait(title)
	if err == nil {
		err = d.screen.Activate(w.ID)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// app is the program under test.
type app struct {
	*exec.Cmd
	d           *desktop
	data, shown string
	waited      chan struct{}
	err         error // of Wait; read it when waited is closed
}

func (d *desktop) launch(binary, data string, args ...string) *app {
	d.t.Helper()
	dir := d.t.TempDir()
	a := &app{d: d, data: data, shown: dir, waited: make(chan struct{})}
	ready := filepath.Join(d.t.TempDir(), "ready")
	a.Cmd = d.command(binary, append([]string{"-data", data, "-ready-file", ready, "-shown", dir}, args...)...)
	a.Dir = d.t.TempDir() // outside of the repository
	a.Stdout, a.Stderr = d.t.Output(), d.t.Output()
	if err := a.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func() {
		a.err = a.Wait()
		close(a.waited)
	}()
	d.t.Cleanup(a.kill)
	until(d.t, "the library on the screen", func() bool {
		select {
		case <-a.waited:
			d.t.Fatalf("the app has ended: %v", a.err)
		default:
		}
		_, err := os.Stat(ready)
		return err == nil
	})
	return a
}

// kill ends the app without a word, and waits for all of its processes, which
// end with it.
func (a *app) kill() {
	below := children(a.Process.Pid)
	_ = a.Process.Kill()
	<-a.waited
	a.gone(below)
}

// gone waits for the end of processes.
func (a *app) gone(pids []int) {
	for _, pid := range pids {
		until(a.d.t, fmt.Sprintf("the end of process %d", pid), func() bool { return gone(pid) })
	}
}

// shows waits until a window shows a note that contains the words, in one of
// the states.
func (a *app) shows(window, words string, states ...string) {
	a.d.t.Helper()
	var state, text string
	defer func() {
		if a.d.t.Failed() {
			a.d.t.Logf("window %s shows, in state %q:\n%s", window, state, text)
		}
	}()
	until(a.d.t, fmt.Sprintf("%q in window %s", words, window), func() bool {
		b, err := os.ReadFile(filepath.Join(a.shown, window))
		if err != nil {
			return false
		}
		state, text, _ = strings.Cut(string(b), "\n")
		return strings.Contains(text, words) && (len(states) == 0 || strings.Contains(strings.Join(states, " "), state))
	})
}

// showing reports whether a window shows these words.
func (a *app) showing(window, words string) func() bool {
	return func() bool {
		b, err := os.ReadFile(filepath.Join(a.shown, window))
		return err == nil && strings.Contains(string(b), words)
	}
}

// forget removes what a window has shown, so that what it shows next is seen.
func (a *app) forget(window string) {
	a.d.t.Helper()
	if err := os.Remove(filepath.Join(a.shown, window)); err != nil && !errors.Is(err, os.ErrNotExist) {
		a.d.t.Fatal(err)
	}
}

// value asks the database on the disk, from another process than the app's.
func (a *app) value(query string, args ...any) string {
	a.d.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(a.data, "notes.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		a.d.t.Fatal(err)
	}
	defer db.Close()
	var v string
	if err := db.QueryRowContext(a.d.t.Context(), query, args...).Scan(&v); err != nil && !errors.Is(err, sql.ErrNoRows) {
		a.d.t.Fatal(err)
	}
	return v
}

// children returns the processes below one, by their ids.
func children(pid int) (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		for _, f := range strings.Fields(string(b)) {
			if child, err := strconv.Atoi(f); err == nil {
				pids = append(append(pids, child), children(child)...)
			}
		}
	}
	return pids
}

func gone(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || bytes.Contains(b, []byte(") Z "))
}

// build returns the program.
func build(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "notes")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// TestApp is a morning with the notebook, on a real display: search, two
// windows, and three deaths.
func TestApp(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a display and half a minute")
	}
	d := newDesktop(t)
	binary := build(t)
	folder := filepath.Join(t.TempDir(), "Animals")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"zebra.md": "# Zebra\n\nA horse with stripes.\n", "okapi.md": "# Okapi\n\nA giraffe that looks like a zebra from behind.\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(t.TempDir(), "data")
	a := d.launch(binary, data, "-import", folder)

	// Found in the library, opened in a window of its own.
	search := func(words string) func() {
		return func() {
			d.activate("Notes")
			d.press("ctrl+k")
			d.write(words)
			d.press("Return")
		}
	}
	try(t, "the zebra in the library", search("zebra stripes"), a.showing("library", "A horse with stripes."))
	window := "note-" + a.value("SELECT id FROM note WHERE title = 'Zebra'")
	try(t, "a window of its own", func() {
		d.activate("Notes")
		d.press("ctrl+Return")
	}, a.showing(window, "A horse with stripes."))

	// What is written there is in the other window and on the disk.
	write := func(text string) func() {
		return func() {
			d.activate("Zebra – Notes")
			d.press("ctrl+shift+e")
			d.press("ctrl+End")
			d.write(text)
		}
	}
	try(t, "what is written", write("It is fast."), a.showing(window, "It is fast."))
	d.press("ctrl+s")
	a.shows(window, "It is fast.", "saved")
	a.shows("library", "It is fast.", "saved")
	const body = "SELECT body FROM note WHERE title = 'Zebra'"
	if got := a.value(body); !strings.Contains(got, "It is fast.") {
		t.Errorf("on the disk is %q", got)
	}

	// Whatever dies in the middle of a sentence, the windows come back with
	// it. The host is the first child of the Core, and the others are its own.
	named := func(name string) func(int) bool {
		return func(pid int) bool {
			b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			return strings.HasPrefix(name, strings.TrimSpace(string(b))) && len(b) > 1
		}
	}
	hosts := children(a.Process.Pid)
	if len(hosts) == 0 {
		t.Fatal("the app has no host")
	}
	host := hosts[0]
	for _, victim := range []struct {
		name  string
		is    func(pid int) bool
		fresh bool // the pages are made anew
	}{
		{"web process", named("WebKitWebProcess"), true},
		{"host", func(pid int) bool { return pid == host }, true},
		{"network process", named("WebKitNetworkProcess"), false},
	} {
		sentence := "The " + victim.name + " does not matter"
		try(t, "the sentence on the disk", write(" "+sentence), func() bool {
			return strings.Contains(a.value("SELECT coalesce((SELECT body FROM draft), (SELECT body FROM note WHERE title = 'Zebra'))"), sentence)
		})
		if victim.fresh {
			a.forget(window)
			a.forget("library")
		}
		killed := 0
		for _, pid := range children(a.Process.Pid) {
			if victim.is(pid) {
				killed++
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		if killed == 0 {
			t.Fatalf("there is no %s", victim.name)
		}
		a.shows("library", "") // whatever it shows, it is back
		a.shows(window, sentence, "dirty", "saved")
		a.shows(window, sentence, "saved")
	}
	try(t, "the last sentence", write(" It is black and white."), a.showing(window, "It is black and white."))
	a.shows("library", "It is black and white.", "saved")

	// The Core dies. All of its processes go with it, and what it had
	// acknowledged is there when it is started again, as are the windows.
	a.kill()
	a = d.launch(binary, data)
	a.shows(window, "It is black and white.", "saved")
	if got := a.value("SELECT count(*) FROM note WHERE body LIKE '%black and white%'"); got != "1" {
		t.Errorf("%s notes have the sentence", got)
	}

	// A note that means harm is shown, and does none.
	try(t, "the hostile note", search("hostile harm stranger"), a.showing("library", "If you can read this in peace, it worked"))
	a.shows("library", "If you can read this in peace, it worked", "saved")

	// Asked to end, it ends well.
	below := children(a.Process.Pid)
	if err := a.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-a.waited
	if a.err != nil {
		t.Errorf("the app ended with %v", a.err)
	}
	a.gone(below)
}
