package login

import (
	"context"
	"os"
	"slices"

	"github.com/godbus/dbus/v5"
)

// Names of systemd-logind; see org.freedesktop.login1(5).
const (
	logind         = "org.freedesktop.login1"
	logindPath     = "/org/freedesktop/login1"
	logindManager  = logind + ".Manager"
	logindSession  = logind + ".Session"
	busProperties  = "org.freedesktop.DBus.Properties"
	closingSession = "closing"
)

// graphical are the types of sessions that end with their display. An app that
// was started from another one, as over SSH, may well show windows elsewhere
// when that ends.
var graphical = []string{"x11", "wayland", "mir"}

// watchSystem waits for logind to end the session of this process, where there
// is one.
func (s *Session) watchSystem(ctx context.Context) {
	conn, err := dbus.ConnectSystemBus(dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
	if err != nil {
		return
	}
	defer conn.Close()
	manager := conn.Object(logind, logindPath)
	var path dbus.ObjectPath
	err = manager.CallWithContext(ctx, logindManager+".GetSession", 0, os.Getenv("XDG_SESSION_ID")).Store(&path)
	if err != nil {
		err = manager.CallWithContext(ctx, logindManager+".GetSessionByPID", 0, uint32(os.Getpid())).Store(&path)
	}
	if err != nil {
		return
	}
	session := conn.Object(logind, path)
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	if conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(logind), dbus.WithMatchObjectPath(logindPath), dbus.WithMatchMember("SessionRemoved")) != nil ||
		conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(logind), dbus.WithMatchObjectPath(path), dbus.WithMatchMember("PropertiesChanged")) != nil {
		return
	}
	// Asked after that, so that nothing is missed in between.
	var owner string
	var all map[string]dbus.Variant
	if conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, logind).Store(&owner) != nil ||
		session.CallWithContext(ctx, busProperties+".GetAll", 0, logindSession).Store(&all) != nil {
		return
	}
	kind, _ := all["Type"].Value().(string)
	user, _ := all["User"].Value().([]any) // number and path
	if !slices.Contains(graphical, kind) || len(user) == 0 || user[0] != uint32(os.Geteuid()) {
		return
	}
	id, _ := all["Id"].Value().(string)
	state, _ := all["State"].Value().(string)
	for state != closingSession {
		select {
		case m, ok := <-signals:
			if !ok {
				return // the bus is gone, which says nothing
			}
			if m.Sender != owner {
				continue
			}
			switch {
			case m.Name == logindManager+".SessionRemoved" && len(m.Body) > 0 && m.Body[0] == id:
				state = closingSession
			case m.Name == busProperties+".PropertiesChanged" && m.Path == path:
				if session.CallWithContext(ctx, busProperties+".Get", 0, logindSession, "State").Store(&state) != nil {
					return
				}
			}
		case <-ctx.Done():
			return
		}
	}
	s.mu.Lock()
	s.removed = id
	s.mu.Unlock()
	s.poke()
}
