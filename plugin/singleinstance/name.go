package singleinstance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin/bus"
)

const (
	// busInterface is that of tauri-plugin-single-instance 2.
	busInterface = "org.SingleInstance.DBus"
	// signature is that of its one method.
	signature = "ass"
	// connectTime is how long the bus may take.
	connectTime = 5 * time.Second
)

// errTaken is returned where the name is another program's, which keeps it.
var errTaken = errors.New("another program has the name: an earlier edition of the app may run")

// objectPath is where the published plugin serves a name.
func objectPath(name string) dbus.ObjectPath {
	return dbus.ObjectPath("/" + strings.ReplaceAll(strings.ReplaceAll(name, ".", "/"), "-", "_"))
}

// serve takes the name on the session bus, and passes on what others say there.
func serve(ctx context.Context, name string, tell func(mullion.Instance) error) (conn *dbus.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err = bus.Session(ctx)
	if err != nil {
		return nil, err
	}
	// Conn.Export would have the linker keep the methods of all types, 1.4 MB.
	methods := map[string]any{"ExecuteCallback": (&served{conn, tell}).ExecuteCallback}
	err = conn.ExportMethodTable(methods, objectPath(name), busInterface)
	var reply dbus.RequestNameReply
	if err == nil {
		err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.RequestName", 0, name, dbus.NameFlagDoNotQueue).Store(&reply)
	}
	if err == nil && reply != dbus.RequestNameReplyPrimaryOwner {
		err = errTaken
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// served is the object on the bus.
type served struct {
	conn *dbus.Conn
	tell func(mullion.Instance) error
}

// ExecuteCallback is what a further start of the published plugin calls.
func (s *served) ExecuteCallback(m dbus.Message, sender dbus.Sender, args []string, dir string) *dbus.Error {
	err := s.ofUser(string(sender))
	if got, _ := m.Headers[dbus.FieldSignature].Value().(dbus.Signature); err == nil && got.String() != signature {
		err = fmt.Errorf("arguments of the types %s; want %s", got, signature) // the library would make strings of numbers
	}
	if err == nil {
		err = check(args, dir)
	}
	if err == nil {
		err = s.tell(mullion.Instance{Args: args, Dir: dir})
	}
	if err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

// ofUser refuses other users, whom a bus may be told to let in.
func (s *served) ofUser(sender string) error {
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	var uid uint32
	if err := s.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetConnectionUnixUser", 0, sender).Store(&uid); err != nil {
		return fmt.Errorf("who is that: %w", err)
	}
	if int(uid) != os.Getuid() {
		return errors.New("another user's program")
	}
	return nil
}
