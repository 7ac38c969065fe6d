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
type Display struct{ procs []*exec.Cmd }

// StartDisplay starts a display and points this process to it.
func StartDisplay() (*Display, error) {
	d := &Display{}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset")
	x.ExtraFiles = []*os.File{w}
	err = d.start(x)
	w.Close()
	if err != nil {
		return nil, err
	}
	r.SetReadDeadline(time.Now().Add(Timeout))
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Stop()
		return nil, fmt.Errorf("Xvfb did not start: %w", err)
	}
	os.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
	os.Unsetenv("WAYLAND_DISPLAY")
	if err := d.start(exec.Command("openbox", "--sm-disable")); err != nil {
		d.Stop()
		return nil, err
	}
	// The window manager is up when the root window names it.
	if err := WaitFor(Timeout, func() error {
		out, err := exec.Command("xprop", "-root", "_NET_SUPPORTING_WM_CHECK").Output()
		if err != nil || !strings.Contains(string(out), "window id") {
			return fmt.Errorf("window manager: %s %v", out, err)
		}
		return nil
	}); err != nil {
		d.Stop()
		return nil, err
	}
	return d, nil
}

// start starts a program that ends with this process.
func (d *Display) start(c *exec.Cmd) error {
	endWithUs(c)
	started := make(chan error)
	go func() {
		// The signal is tied to the thread that forks, so it has to live on.
		runtime.LockOSThread()
		err := c.Start()
		started <- err
		if err == nil {
			c.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	d.procs = append(d.procs, c)
	return nil
}

// Stop ends the display. It may be called on nil.
func (d *Display) Stop() {
	if d == nil {
		return
	}
	for i := len(d.procs) - 1; i >= 0; i-- {
		d.procs[i].Process.Kill()
	}
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
