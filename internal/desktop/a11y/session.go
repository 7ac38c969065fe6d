package a11y

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

// patience bounds each step of the search. Where a desktop is that slow, a
// program that has no accessibility is better than none.
const patience = time.Second

// onSessionBus asks the session bus for the address. That starts the
// accessibility bus if it is not there yet.
func onSessionBus() (address string) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	conn, err := bus.Connect(ctx)
	if err != nil {
		return ""
	}
	defer conn.Close()
	object := conn.Object(busName, "/org/a11y/bus")
	if object.CallWithContext(ctx, "org.a11y.Bus.GetAddress", 0).Store(&address) != nil {
		return ""
	}
	return address
}

// watchSessionBus calls changed each time somebody begins to offer the
// accessibility bus on the session bus, and when another session bus comes, until ctx
// ends. From the call of watching on, nothing is missed.
func watchSessionBus(ctx context.Context, watching, changed func()) {
	begin, stop := context.WithTimeout(ctx, patience)
	conn, err := bus.Connect(begin)
	if err == nil {
		followOwner(ctx, begin, conn, watching, changed)
	}
	stop()
	watching()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(busPause):
		}
		conn, err := bus.Await(ctx)
		if err != nil {
			return
		}
		begin, stop := context.WithTimeout(ctx, patience)
		followOwner(ctx, begin, conn, changed, changed)
		stop()
	}
}

// busPause is the time between the end of a session bus and the search for another
// one.
const busPause = 2 * time.Second

// followOwner does it on one connection, which it closes, until that ends.
func followOwner(ctx, begin context.Context, conn *dbus.Conn, watching, changed func()) {
	defer conn.Close()
	signals := make(chan *dbus.Signal, 10)
	conn.Signal(signals)
	if conn.AddMatchSignalContext(begin, dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, busName)) != nil {
		return
	}
	watching()
	for {
		select {
		case <-ctx.Done():
			return
		case s, open := <-signals:
			if !open {
				return
			}
			if s.Name != "org.freedesktop.DBus.NameOwnerChanged" || len(s.Body) != 3 {
				continue
			}
			if owner, _ := s.Body[2].(string); owner != "" {
				changed()
			}
		}
	}
}

// busName is who offers the accessibility bus on the session bus.
const busName = "org.a11y.Bus"
