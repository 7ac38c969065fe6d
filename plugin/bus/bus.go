// Package bus connects plugins to the message buses of a Linux desktop: that of
// the user's session, and that of the system.
package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// ErrNoBus is wrapped where there is no message bus to talk to: none is named, or
// nothing answers where it should be.
var ErrNoBus = errors.New("there is no D-Bus message bus")

// Session makes a connection of its own to the session bus. On systems without
// one the error wraps errors.ErrUnsupported. ctx bounds how long connecting may
// take; the connection stays when it ends. Signals arrive in the order in which
// they were sent.
func Session(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" || strings.HasPrefix(address, "autolaunch:") {
		// Where systemd puts it. Nothing is started: an app that brings its own
		// bus would be alone on it.
		socket := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")
		if info, err := os.Stat(socket); !filepath.IsAbs(socket) || err != nil || info.Mode().Type() != os.ModeSocket {
			address = ""
		} else {
			address = "unix:path=" + dbus.EscapeBusAddressValue(socket)
		}
	}
	if strings.HasPrefix(address, "disabled:") {
		address = ""
	}
	return connect(ctx, address, "session")
}

// System does the same for the bus of the system.
func System(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SYSTEM_BUS_ADDRESS")
	if address == "" {
		address = "unix:path=/run/dbus/system_bus_socket"
		if _, err := os.Stat("/run/dbus/system_bus_socket"); err != nil {
			address = "unix:path=/var/run/dbus/system_bus_socket"
		}
	}
	return connect(ctx, address, "system")
}

func connect(ctx context.Context, address, which string) (*dbus.Conn, error) {
	switch {
	case runtime.GOOS != "linux":
		return nil, fmt.Errorf("%s has no %s bus: %w", runtime.GOOS, which, errors.ErrUnsupported)
	case address == "":
		return nil, fmt.Errorf("%w of the %s; start the app from a desktop session, or with dbus-run-session", ErrNoBus, which)
	}
	life, end := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, end)
	conn, err := dbus.Connect(address, dbus.WithContext(life), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if !stop() {
		if err == nil {
			conn.Close()
		}
		end()
		return nil, fmt.Errorf("connect to the %s bus: %w", which, context.Cause(ctx))
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("%w of the %s that answers: %w", ErrNoBus, which, err)
	}
	context.AfterFunc(conn.Context(), end)
	return conn, nil
}

// callTimeout is how long a service may take to answer.
const callTimeout = 25 * time.Second

// Call calls a method and reads what it returns into results, which are pointers.
// It waits for 25 seconds, or until ctx ends.
func Call(ctx context.Context, o dbus.BusObject, method string, args []any, results ...any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	call := o.CallWithContext(ctx, method, 0, args...)
	if call.Err != nil {
		return call.Err
	}
	return call.Store(results...)
}

// Property reads a property into a pointer.
func Property(ctx context.Context, o dbus.BusObject, iface, name string, to any) error {
	var v dbus.Variant
	if err := Call(ctx, o, "org.freedesktop.DBus.Properties.Get", []any{iface, name}, &v); err != nil {
		return err
	}
	if err := v.Store(to); err != nil {
		return fmt.Errorf("property %s.%s: %w", iface, name, err)
	}
	return nil
}

// IsMissing reports whether an error of a call means that nobody has the name
// that was called, and that nobody could be started for it.
func IsMissing(err error) bool {
	name := nameOf(err)
	return name == "org.freedesktop.DBus.Error.ServiceUnknown" || name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
		strings.HasPrefix(name, "org.freedesktop.DBus.Error.Spawn.")
}

// IsUnknown reports whether an error of a call means that what has the name does
// not know the object, the method or the property.
func IsUnknown(err error) bool {
	switch nameOf(err) {
	case "org.freedesktop.DBus.Error.UnknownMethod", "org.freedesktop.DBus.Error.UnknownInterface", "org.freedesktop.DBus.Error.UnknownObject",
		"org.freedesktop.DBus.Error.UnknownProperty", "org.freedesktop.DBus.Error.NoSuchObject":
		return true
	}
	return false
}

// nameOf is the name of an error that came over the bus, or empty.
func nameOf(err error) string {
	var e dbus.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Name
}
