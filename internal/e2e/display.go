// Package e2e tests the whole house: a Core, real hosts, real windows of the
// real engine on a virtual display with a window manager.
//
// A test package calls Main from its TestMain, and Start in each test; it then
// runs JavaScript in the app's pages with Page.Run.
package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
)

// Main runs the tests of a package with a display of their own. In a host
// process it runs the host instead, and in that of a worker the worker.
func Main(m *testing.M, workers ...mullion.AnyWorker) {
	mullion.Main(func(context.Context) error {
		d, err := StartDisplay()
		if err != nil {
			if os.Getenv("CI") != "" {
				return fmt.Errorf("e2e: %w", err)
			}
			fmt.Println("e2e: no display, tests with windows are skipped:", err)
			os.Setenv("E2E_SKIP", err.Error())
		}
		code := m.Run()
		d.Stop()
		os.Exit(code)
		return nil
	}, workers...)
}

// Display is a virtual display with a window manager.
type Display struct {
	name    string   // such as ":99"
	options []string // of Xvfb
	procs   []program
}

type program struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has
}

// StartDisplay starts a display and points this process to it. The options
// are more of Xvfb's.
func StartDisplay(options ...string) (*Display, error) {
	return (&Display{options: options}).begin()
}

// StartLastingDisplay is StartDisplay for a display that is to be stopped and
// started again: other displays, which take the first name that is free, do
// not get its name meanwhile.
func StartLastingDisplay(options ...string) (*Display, error) {
	return (&Display{name: fmt.Sprintf(":%d", 1000+os.Getpid()%30_000), options: options}).begin()
}

func (d *Display) begin() (*Display, error) {
	if err := d.startServer(); err != nil {
		return nil, err
	}
	os.Setenv("DISPLAY", d.name)
	os.Unsetenv("WAYLAND_DISPLAY")
	if err := d.startManager(); err != nil {
		d.Stop()
		return nil, err
	}
	return d, nil
}

// Name is what programs find the display by, such as ":99".
func (d *Display) Name() string { return d.name }

// Restart starts a display that was stopped again, under its old name.
func (d *Display) Restart() error {
	if err := d.startServer(); err != nil {
		return err
	}
	return d.startManager()
}

// startServer starts Xvfb and waits until it takes connections. It chooses a
// name if there is none.
func (d *Display) startServer() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	args := []string{"-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"}
	args = append(args, d.options...)
	if d.name != "" {
		args = append([]string{d.name}, args...)
	}
	x := exec.Command("Xvfb", args...)
	x.ExtraFiles = []*os.File{w}
	err = d.start(x)
	w.Close()
	if err != nil {
		return err
	}
	r.SetReadDeadline(time.Now().Add(Timeout))
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Stop()
		return fmt.Errorf("Xvfb did not start: %w", err)
	}
	d.name = ":" + strings.TrimSpace(number)
	return nil
}

// startManager starts the window manager and waits until it is up, which is
// when the root window names it.
func (d *Display) startManager() error {
	env := append(os.Environ(), "DISPLAY="+d.name)
	m := exec.Command("openbox", "--sm-disable")
	m.Env = env
	if err := d.start(m); err != nil {
		return err
	}
	return WaitFor(Timeout, func() error {
		ask := exec.Command("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
		ask.Env = env
		out, err := ask.Output()
		if err != nil || !strings.Contains(string(out), "window id") {
			return fmt.Errorf("window manager: %s %v", out, err)
		}
		return nil
	})
}

// start starts a program that ends with this process.
func (d *Display) start(c *exec.Cmd) error {
	endWithUs(c)
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// The signal is tied to the thread that forks, so it has to live on.
		runtime.LockOSThread()
		err := c.Start()
		started <- err
		if err == nil {
			_ = c.Wait() // it is killed
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	d.procs = append(d.procs, program{c, ended})
	return nil
}

// Stop ends the display at once, and waits until it is gone. It may be called
// on nil.
func (d *Display) Stop() {
	if d == nil {
		return
	}
	for _, p := range slices.Backward(d.procs) {
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	d.procs = nil
}

// PIDs are the processes of the display.
func (d *Display) PIDs() (pids []int) {
	for _, p := range d.procs {
		pids = append(pids, p.cmd.Process.Pid)
	}
	return pids
}

// WaitFor calls f until it returns nil, or returns its last error after a
// while.
func WaitFor(limit time.Duration, f func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := f()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("after %s", limit), err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
