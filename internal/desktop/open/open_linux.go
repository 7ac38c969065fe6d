package open

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settled is how long xdg-open may run before it is taken to have found a
// program. With some desktops it goes on for as long as the browser does.
const settled = 3 * time.Second

// start uses the desktop portal where it opens things without a question, and
// xdg-open else, which every desktop knows; each stands in for the other.
func start(ctx context.Context, r Request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.Program != "" {
		return run(ctx, r, r.Program)
	}
	first, second := xdgOpen, byPortal
	if portalIsBetter(r) {
		first, second = second, first
	}
	err := first(ctx, r)
	if err == nil || ctx.Err() != nil {
		return err
	}
	other := second(ctx, r)
	switch {
	case other == nil:
		return nil
	case errors.Is(err, errors.ErrUnsupported) && errors.Is(other, errors.ErrUnsupported):
		return lacking{fmt.Errorf("open %s: xdg-open is not installed (package xdg-utils), and there is no desktop portal", r)}
	case errors.Is(other, errors.ErrUnsupported):
		return err
	case errors.Is(err, errors.ErrUnsupported):
		return other
	}
	return errors.Join(err, other)
}

// portalIsBetter reports whether the portal is asked first: in a sandbox, and
// for what it opens with the default program. For other things it may ask the
// user for a program each time, whatever the default is
// (should_use_default_app in src/open-uri.c of xdg-desktop-portal 1.18).
func portalIsBetter(r Request) bool {
	if _, err := os.Stat("/.flatpak-info"); err == nil || os.Getenv("SNAP") != "" {
		return true
	}
	if r.Path != "" {
		info, err := os.Stat(r.Path)
		return err == nil && info.IsDir()
	}
	scheme, _, _ := strings.Cut(r.Address, ":")
	return slices.Contains([]string{"http", "https", "mailto"}, scheme)
}

// run starts a program with what there is to open as its only argument. No
// shell is involved, and the argument begins with a scheme or a slash, so that it
// is never taken for an option.
func run(ctx context.Context, r Request, name string) error {
	cmd, err := command(r, name)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open %s: %w", r, err)
	}
	go func() { _ = cmd.Wait() }() // ends with the program; nobody asks how
	return ctx.Err()
}

func command(r Request, name string) (*exec.Cmd, error) {
	program, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", r, err)
	}
	cmd := exec.Command(program, r.Address+r.Path)
	cmd.Env = slices.DeleteFunc(os.Environ(), ownVariable)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // the program stays when the app ends
	return cmd, nil
}

// ownVariables are variables that are meant for the app's own process, by exact
// name or, with a trailing *, by prefix.
var ownVariables = []struct{ name, reason string }{
	{"MULLION_*", "what a process of the framework is for"},
	{"NOTIFY_SOCKET", "who has it can speak for the app to systemd (sd_notify(3))"},
	{"WATCHDOG_*", "likewise"},
	{"LISTEN_*", "sockets that systemd gave to the app (sd_listen_fds(3))"},
	{"DESKTOP_STARTUP_ID", "names one start, that of the app"},
	{"XDG_ACTIVATION_TOKEN", "likewise, under Wayland"},
}

func ownVariable(setting string) bool {
	name, _, _ := strings.Cut(setting, "=")
	for _, v := range ownVariables {
		prefix, any := strings.CutSuffix(v.name, "*")
		if name == v.name || any && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// xdgOpen waits for a moment to learn whether there is a program.
func xdgOpen(ctx context.Context, r Request) error {
	cmd, err := command(r, "xdg-open")
	if err != nil {
		return lacking{err}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open %s: %w", r, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the program
	timer := time.NewTimer(settled)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("open %s: xdg-open: %w%s", r, err, meaning(err))
		}
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// meaning explains the statuses that the manual page of xdg-open lists.
func meaning(err error) string {
	var e *exec.ExitError
	if errors.As(err, &e) {
		switch e.ExitCode() {
		case 3, 4:
			return ": no program is set for addresses of that kind, or it did not start"
		}
	}
	return ""
}

// lacking is an error for a program that the system does not have. It reads as
// the one inside.
type lacking struct{ error }

func (e lacking) Unwrap() []error { return []error{e.error, errors.ErrUnsupported} }
