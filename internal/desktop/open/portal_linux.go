package open

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

// The interfaces are described in
// https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.OpenURI.html
// and https://www.freedesktop.org/wiki/Specifications/file-manager-interface/
const (
	portalName      = "org.freedesktop.portal.Desktop"
	portalPath      = "/org/freedesktop/portal/desktop"
	portalOpen      = "org.freedesktop.portal.OpenURI."
	portalRequest   = "org.freedesktop.portal.Request"
	portalFailed    = 2 // in a response; 0 is success, 1 that the user wants none
	managerName     = "org.freedesktop.FileManager1"
	managerPath     = "/org/freedesktop/FileManager1"
	managerShow     = "org.freedesktop.FileManager1.ShowItems"
	callTimeout     = 25 * time.Second // as that of the bus for starting a service
	responseTimeout = 2 * time.Minute  // of a user who is asked for a program
)

// byPortal has the desktop portal open something.
func byPortal(ctx context.Context, r Request) error {
	conn, err := bus.Connect(ctx)
	if err != nil {
		return lacking{fmt.Errorf("open %s: the desktop portal: %w", r, err)}
	}
	defer conn.Close()
	if r.Address != "" {
		return ask(ctx, conn, r, "OpenURI", r.Address)
	}
	file := r.File
	if file == nil {
		fd, err := unix.Open(r.Path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open %s: %w", r, err)
		}
		file = os.NewFile(uintptr(fd), r.Path)
		defer file.Close()
	}
	return ask(ctx, conn, r, "OpenFile", dbus.UnixFD(file.Fd()))
}

// ask makes a request to the portal, and waits until the user has decided if the
// portal asks for a program: it takes a request back when who made it leaves
// the bus.
func ask(ctx context.Context, conn *dbus.Conn, r Request, method string, what any) error {
	responses := make(chan *dbus.Signal, 16)
	conn.Signal(responses)
	// Signals come to this connection alone, so the rule need not name the request.
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(portalName), dbus.WithMatchInterface(portalRequest)); err != nil {
		return fmt.Errorf("open %s: the desktop portal: %w", r, err)
	}
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var request dbus.ObjectPath
	err := conn.Object(portalName, portalPath).CallWithContext(call, portalOpen+method, 0, "", what, map[string]dbus.Variant{}).Store(&request)
	if bus.IsUnknownService(err) || isUnknownMethod(err) {
		return lacking{fmt.Errorf("open %s: the desktop portal: %w", r, err)}
	}
	if err != nil {
		return fmt.Errorf("open %s: the desktop portal: %w", r, err)
	}
	timer := time.NewTimer(responseTimeout)
	defer timer.Stop()
	for {
		select {
		case s, ok := <-responses:
			if !ok {
				return fmt.Errorf("open %s: the session bus has gone", r)
			}
			if s.Path != request || s.Name != portalRequest+".Response" || len(s.Body) == 0 {
				continue
			}
			if code, _ := s.Body[0].(uint32); code == portalFailed {
				return fmt.Errorf("open %s: the desktop portal has no program for it, or it did not start", r)
			}
			return nil
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func isUnknownMethod(err error) bool {
	var e dbus.Error
	return errors.As(err, &e) && slices.Contains([]string{
		"org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface", "org.freedesktop.DBus.Error.UnknownObject",
	}, e.Name)
}

// reveal asks the file manager, and opens the folders if there is none that can
// select files.
func reveal(ctx context.Context, paths []string) error {
	err := showItems(ctx, paths)
	if err == nil || ctx.Err() != nil {
		return err
	}
	var folders []string
	for _, p := range paths {
		if f := filepath.Dir(p); !slices.Contains(folders, f) {
			folders = append(folders, f)
		}
	}
	for _, f := range folders {
		if other := start(ctx, Request{Path: f}); other != nil {
			return errors.Join(err, other)
		}
	}
	return nil
}

func showItems(ctx context.Context, paths []string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := bus.Connect(ctx)
	if err != nil {
		return fmt.Errorf("show files: %w", lacking{err})
	}
	defer conn.Close()
	addresses := make([]string, len(paths))
	for i, p := range paths {
		addresses[i] = FileURL(p)
	}
	err = conn.Object(managerName, managerPath).CallWithContext(ctx, managerShow, 0, addresses, "").Err
	if bus.IsUnknownService(err) {
		return fmt.Errorf("show files: no file manager answers: %w", errors.ErrUnsupported)
	}
	if err != nil {
		return fmt.Errorf("show files: the file manager: %w", err)
	}
	return nil
}
