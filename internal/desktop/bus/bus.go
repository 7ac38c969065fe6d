// Package bus connects the app's own process to the message bus of the user's
// session. Hosts have no bus: what they want of the desktop goes through the
// Core.
package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"
)

// ErrNoBus is returned where there is no message bus to talk to: none is named,
// or nothing answers where it should be.
var ErrNoBus = errors.New("there is no D-Bus session bus; start the app from a desktop session, or with dbus-run-session")

// Connect makes a connection of its own to the session bus, on systems that
// have one; elsewhere the error wraps errors.ErrUnsupported. Signals arrive in
// the order in which they were sent. The connection stays when ctx ends: ctx
// bounds how long connecting may take.
func Connect(ctx context.Context) (*dbus.Conn, error) {
	address, err := sessionAddress()
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancel(context.Background())
	stop := context.AfterFunc(ctx, end)
	conn, err := dbus.Connect(address, dbus.WithContext(life), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if !stop() {
		if err == nil {
			conn.Close()
		}
		end()
		return nil, fmt.Errorf("connect to the session bus at %q: %w", address, context.Cause(ctx))
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("%w; connecting to %q: %w", ErrNoBus, address, err)
	}
	context.AfterFunc(conn.Context(), end)
	return conn, nil
}

// IsUnknownService reports whether an error of a call means that nobody has
// the name that was called, and that nobody could be started for it.
func IsUnknownService(err error) bool {
	var e dbus.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Name {
	case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
		"org.freedesktop.DBus.Error.Spawn.ExecFailed", "org.freedesktop.DBus.Error.Spawn.ServiceNotFound":
		return true
	}
	return false
}
