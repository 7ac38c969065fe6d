// Package display gives tests a virtual display with a window manager, and
// the eyes and hands of its user.
//
// A test that needs a display depends on this package, and so can be told from
// one that does not: no other package starts a display.
package display

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
)

// Display is a virtual display with a window manager.
type Display struct {
	name    string   // such as ":99"
	options []string // of Xvfb
	server  []string // options of Xorg, which is the server then
	procs   []program
	bare    bool // there is no window manager
}

type program struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has
}

// Start starts a display and points this process to it. The options are more
// of Xvfb's.
func Start(options ...string) (*Display, error) {
	return (&Display{options: options}).begin()
}

// StartAny is Start, but does without a window manager where openbox is not
// installed: Activate then gives windows the keyboard itself.
func StartAny(options ...string) (*Display, error) {
	_, err := exec.LookPath("openbox")
	return (&Display{options: options, bare: err != nil}).begin()
}

// StartLasting is Start for a display that is to be stopped and started again:
// other displays, which take the first name that is free, do not get its name
// meanwhile.
func StartLasting(options ...string) (*Display, error) {
	return (&Display{name: fmt.Sprintf(":%d", 1000+os.Getpid()%30_000), options: options}).begin()
}

func (d *Display) begin() (*Display, error) {
	if err := d.startServer(); err != nil {
		return nil, err
	}
	os.Setenv("DISPLAY", d.name)
	for _, name := range []string{"WAYLAND_DISPLAY", "GTK_IM_MODULE", "XMODIFIERS"} {
		os.Unsetenv(name)
	}
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
	x := exec.Command("Xvfb", append([]string{"-screen", "0", "1280x1024x24"}, d.options...)...)
	if d.server != nil {
		x = exec.Command("Xorg", d.server...)
	}
	args := []string{"-displayfd", "3", "-nolisten", "tcp", "-noreset"}
	if d.name != "" {
		args = append(args, d.name)
	}
	x.Args = append(x.Args, args...)
	x.ExtraFiles = []*os.File{w}
	err = d.start(x)
	w.Close()
	if err != nil {
		return err
	}
	ctx, cancel := await.Context(context.Background(), await.Limit)
	defer cancel()
	context.AfterFunc(ctx, func() { r.SetReadDeadline(time.Now()) })
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Stop()
		return fmt.Errorf("%s did not start: %w", x.Args[0], err)
	}
	d.name = ":" + strings.TrimSpace(number)
	return nil
}

// startManager starts the window manager and waits until it does its work: a
// window that is mapped while it starts may never come up, though the root
// window names it by then.
func (d *Display) startManager() error {
	if d.bare {
		return nil
	}
	m := exec.Command("openbox", "--sm-disable")
	m.Env = append(os.Environ(), "DISPLAY="+d.name)
	if err := d.start(m); err != nil {
		return err
	}
	return await.Until(await.Limit, func() error {
		x, err := Connect(d.name)
		if err != nil {
			return err
		}
		defer x.Close() // and the window goes
		return x.tryManager()
	})
}

// Run starts one more program of the display, which ends with it.
func (d *Display) Run(c *exec.Cmd) error { return d.start(c) }

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
