package ending_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// counting is such an app that runs.
type counting struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
}

// count starts one, as the leader of a group like those of a shell.
func count(t *testing.T, dir string, prepare func(*exec.Cmd)) *counting {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	c := &counting{t, exec.Command("/proc/self/exe"), make(chan string, 1000)}
	c.cmd.Env = append(os.Environ(), counterVariable+"="+dir)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.Stderr = os.Stderr
	if prepare != nil {
		prepare(c.cmd)
	}
	out, err := c.cmd.StdoutPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill() // if it is still there
		for range c.lines {
		}
		_ = c.cmd.Wait()
	})
	return c
}

// loaded is how lines begin that say that the page is there. What it has stored
// may not be on disk yet when a host is killed.
const loaded = "loaded "

// expect waits for a line that begins like that.
func (c *counting) expect(want string) {
	c.t.Helper()
	for {
		select {
		case l, ok := <-c.lines:
			if strings.HasPrefix(l, want) {
				return
			}
			if !ok {
				c.t.Fatalf("the app has ended: %v; waiting for %q", c.cmd.Wait(), want)
			}
			c.t.Logf("the app says %q", l)
		case <-time.After(e2e.Timeout):
			c.t.Fatalf("the app does not say %q", want)
		}
	}
}

// hosts are the children of the app.
func (c *counting) hosts() (pids []int) {
	for _, p := range e2e.Processes() {
		if p.Parent == c.cmd.Process.Pid && p.State != 'Z' {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// killHosts ends the app's hosts at once, with their guards. One may end with
// another one, before its turn.
func (c *counting) killHosts() {
	c.t.Helper()
	killed := 0
	for _, pid := range c.hosts() {
		switch err := e2e.TryKill(pid); {
		case err == nil:
			killed++
		case !errors.Is(err, os.ErrProcessDone):
			c.t.Fatal(err)
		}
	}
	if killed == 0 {
		c.t.Fatal("there was no host")
	}
}

// signal sends a signal to the whole group, as a terminal does, and waits for
// the app to end in order, with nothing left behind.
func (c *counting) signal(s syscall.Signal) {
	c.t.Helper()
	family := e2e.Descendants(c.cmd.Process.Pid)
	if err := syscall.Kill(-c.cmd.Process.Pid, s); err != nil {
		c.t.Fatal(err)
	}
	c.ended(s.String(), family)
}

// ended waits for the app to end in order.
func (c *counting) ended(why string, family []e2e.Process) {
	c.t.Helper()
	c.expect("ended")
	for range c.lines {
	}
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("after %s the app ended with %v", why, err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		for _, p := range e2e.Processes() {
			for _, was := range family {
				if p.PID == was.PID && p.Name == was.Name && p.State != 'Z' {
					return fmt.Errorf("%s is left", p.Name)
				}
			}
		}
		return nil
	}); err != nil {
		c.t.Error(err)
	}
}

// TestEndingSignals: each way to ask a program to end ends it in order, also if
// the whole group of processes is asked, and what pages store is kept.
func TestEndingSignals(t *testing.T) {
	dir := t.TempDir()
	ending := []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM}
	// Signals that the tests ignore, as nohup has them, their children would, too;
	// those that they wait for are as usual in the children.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, ending[0], ending[1], ending[2])
	t.Cleanup(func() { signal.Stop(heard) })
	for n, s := range ending {
		c := count(t, dir, nil)
		c.expect(fmt.Sprint(loaded, n+1))
		c.signal(s)
	}
}

// TestIgnoredSignal: what an app was started to ignore, as nohup has it, does
// not end it.
func TestIgnoredSignal(t *testing.T) {
	c := count(t, t.TempDir(), func(cmd *exec.Cmd) {
		cmd.Args = []string{"sh", "-c", `trap "" HUP; exec "$0"`, cmd.Path}
		cmd.Path = "/bin/sh"
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Args[3] = exe
	})
	c.expect("loaded 1")
	if err := syscall.Kill(-c.cmd.Process.Pid, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	c.killHosts() // the page comes back if the Core is there
	c.expect(loaded)
	c.signal(syscall.SIGTERM)
}

// TestNobodyReadsTheLog: an app lives when the reader of its standard error
// goes, and when it is there and does not read.
func TestNobodyReadsTheLog(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(r, w *os.File) error
	}{
		{"gone", func(r, _ *os.File) error { return r.Close() }},
		{"full", func(_, w *os.File) error {
			// A pipe takes what is written until it is full.
			c, err := w.SyscallConn()
			if err != nil {
				return err
			}
			return errors.Join(err, c.Write(func(fd uintptr) bool {
				for b := make([]byte, 4096); ; {
					if _, err := syscall.Write(int(fd), b); err != nil {
						if len(b) == 1 {
							return true
						}
						b = b[:1]
					}
				}
			}))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			// The app gets a description of its own, which blocks as usual.
			own, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", w.Fd()), os.O_WRONLY|syscall.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer own.Close()
			c := count(t, t.TempDir(), func(cmd *exec.Cmd) { cmd.Stderr = w })
			c.expect("loaded 1")
			if err := test.spoil(r, own); err != nil {
				t.Fatal(err)
			}
			for range 3 { // each is a line of the log, and more
				c.killHosts()
				c.expect(loaded)
			}
			c.signal(syscall.SIGTERM)
		})
	}
}

// TestClosedDescriptors: an app that is started without standard input, output
// and error takes none of its own files for these.
func TestClosedDescriptors(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := dir + "/out"
	if err := syscall.Mkfifo(out, 0o600); err != nil {
		t.Fatal(err)
	}
	c := count(t, dir+"/data", func(cmd *exec.Cmd) {
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", `exec "$0" <&- >&- 2>&-`, exe}
		cmd.Env = append(cmd.Env, counterOutVariable+"="+out)
	})
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for range c.lines { // its output was closed
	}
	lines := bufio.NewReader(f)
	read := func(want string) {
		t.Helper()
		f.SetReadDeadline(time.Now().Add(e2e.Timeout))
		if l, err := lines.ReadString('\n'); !strings.HasPrefix(l, want) {
			t.Fatalf("the app says %q, %v, instead of %q", l, err, want)
		}
	}
	read("loaded 1")
	for fd := range 3 {
		if to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", c.cmd.Process.Pid, fd)); err != nil || to != os.DevNull {
			t.Errorf("descriptor %d is %q, %v", fd, to, err)
		}
	}
	c.killHosts()
	read(loaded)
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	read("ended")
	if err := c.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestSignalAtStart: an app that is asked to end before it has begun ends in
// order, too.
func TestSignalAtStart(t *testing.T) {
	c := count(t, t.TempDir(), func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, counterEarlyVariable+"=1") })
	c.ended("an early SIGTERM", nil)
	if h := c.hosts(); len(h) != 0 {
		t.Errorf("processes are left: %v", h)
	}
}
