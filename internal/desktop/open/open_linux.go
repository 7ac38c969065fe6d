package open

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

// settled is how long xdg-open may run before it is taken to have found a
// program. With some desktops it goes on for as long as the browser does.
const settled = 3 * time.Second

// start uses xdg-open, which every desktop knows, also inside of Flatpak and
// Snap; where it is not installed, the portal for addresses.
func start(ctx context.Context, address string) error {
	program, err := exec.LookPath("xdg-open")
	if err != nil {
		return askPortal(ctx, address)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// No shell is involved, and the address begins with its scheme, so that it
	// is never taken for an option.
	cmd := exec.Command(program, address)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // the browser stays when the app ends
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open %s: %w", short(address), err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the program
	timer := time.NewTimer(settled)
	defer timer.Stop()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("open %s: xdg-open: %w%s", short(address), err, meaning(err))
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

// askPortal has the desktop portal open the address.
func askPortal(ctx context.Context, address string) error {
	const name, path, method = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.OpenURI.OpenURI"
	conn, err := bus.Connect(ctx)
	if err != nil {
		return fmt.Errorf("open %s: xdg-open is not installed (package xdg-utils), and: %w", short(address), lacking{err})
	}
	defer conn.Close()
	call := conn.Object(name, path).CallWithContext(ctx, method, 0, "", address, map[string]dbus.Variant{})
	if bus.IsUnknownService(call.Err) {
		return fmt.Errorf("open %s: neither xdg-open (package xdg-utils) nor the desktop portal is there: %w", short(address), errors.ErrUnsupported)
	}
	if call.Err != nil {
		return fmt.Errorf("open %s: the desktop portal: %w", short(address), call.Err)
	}
	return nil
}
