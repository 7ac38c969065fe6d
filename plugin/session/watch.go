package session

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin/bus"
)

// The services, with their objects.
const (
	login     = "org.freedesktop.login1"
	loginPath = dbus.ObjectPath("/org/freedesktop/login1")

	networkManager     = "org.freedesktop.NetworkManager"
	networkManagerPath = dbus.ObjectPath("/org/freedesktop/NetworkManager")

	upower        = "org.freedesktop.UPower"
	upowerPath    = dbus.ObjectPath("/org/freedesktop/UPower")
	displayDevice = dbus.ObjectPath("/org/freedesktop/UPower/devices/DisplayDevice")

	portal     = "org.freedesktop.portal.Desktop"
	portalPath = dbus.ObjectPath("/org/freedesktop/portal/desktop")

	properties = "org.freedesktop.DBus.Properties"
)

// suspendTimeout is how long the machine is kept awake for those who are told that
// it will sleep. logind goes on after five seconds in any case.
const suspendTimeout = 4 * time.Second

// watch hears of what happens on a bus, as long as the app runs and there is one.
func (s *Session) watch(ctx context.Context, which string, hear func(context.Context, *dbus.Conn)) {
	for pause := time.Second; ctx.Err() == nil; pause = min(2*pause, time.Minute) {
		conn, err := s.connection(ctx, which)
		if err != nil {
			if pause == time.Second {
				s.log.Info("nothing is heard of the session by this bus", "bus", which, "error", err)
			}
		} else {
			began := time.Now()
			hear(ctx, conn)
			if time.Since(began) > time.Minute {
				pause = time.Second
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// match is a signal that is wanted: of which name, object, interface and member.
type match struct {
	sender, iface, member string
	path                  dbus.ObjectPath
	do                    func(s *dbus.Signal)
}

// hear calls the functions of signals until the connection or the app ends. before
// is called when no signal can be missed any more.
func hear(ctx context.Context, conn *dbus.Conn, matches []match, before func()) error {
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	defer conn.RemoveSignal(signals)
	for _, m := range matches {
		if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(m.sender), dbus.WithMatchObjectPath(m.path),
			dbus.WithMatchInterface(m.iface), dbus.WithMatchMember(m.member)); err != nil {
			return err
		}
	}
	before()
	for {
		select {
		case got, ok := <-signals:
			if !ok {
				return nil
			}
			for _, m := range matches {
				// A signal that is sent to this connection alone comes whatever the
				// rules are, and anybody may send one.
				if got.Path == m.path && got.Name == m.iface+"."+m.member && owns(ctx, conn, m.sender, got.Sender) {
					m.do(got)
				}
			}
		case <-conn.Context().Done():
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// owns reports whether a connection is who has a name.
func owns(ctx context.Context, conn *dbus.Conn, name, sender string) bool {
	var owner string
	err := bus.Call(ctx, conn.BusObject(), "org.freedesktop.DBus.GetNameOwner", []any{name}, &owner)
	return err == nil && owner == sender
}

func (s *Session) watchSystem(ctx context.Context, conn *dbus.Conn) {
	var delay *os.File // keeps the machine from sleeping before it was told
	take := func() { delay = s.delay(ctx, conn) }
	give := func() {
		if delay != nil {
			delay.Close()
			delay = nil
		}
	}
	defer give()
	matches := []match{
		{login, login + ".Manager", "PrepareForSleep", loginPath, func(got *dbus.Signal) {
			var sleeps bool
			if dbus.Store(got.Body, &sleeps) != nil {
				return
			}
			if !sleeps {
				s.emit(Event{Kind: Resume})
				if delay == nil {
					take()
				}
				return
			}
			select {
			case <-s.emit(Event{Kind: Suspend}):
			case <-time.After(suspendTimeout):
				s.log.Warn("the machine sleeps, though not everybody who is told of it has returned", "after", suspendTimeout)
			}
			give()
		}},
		{networkManager, networkManager, "StateChanged", networkManagerPath, func(*dbus.Signal) { s.tellNetwork(ctx) }},
		{networkManager, properties, "PropertiesChanged", networkManagerPath, func(*dbus.Signal) { s.tellNetwork(ctx) }},
		{upower, properties, "PropertiesChanged", displayDevice, func(*dbus.Signal) { s.tellBattery(ctx) }},
		{upower, properties, "PropertiesChanged", upowerPath, func(*dbus.Signal) { s.tellBattery(ctx) }},
	}
	if own, err := s.ownSession(ctx, conn); err == nil {
		matches = append(matches, match{login, properties, "PropertiesChanged", own, func(*dbus.Signal) { s.tellLocked(ctx) }})
	}
	err := hear(ctx, conn, matches, func() {
		take()
		s.tellLocked(ctx)
		s.tellNetwork(ctx)
		s.tellBattery(ctx)
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn("nothing is heard of the session by the bus of the system", "error", err)
	}
}

// watchSession hears of the network by the portal, and of the lock by the
// screen saver, where there are no other services for that.
func (s *Session) watchSession(ctx context.Context, conn *dbus.Conn) {
	matches := []match{
		{portal, "org.freedesktop.portal.NetworkMonitor", "changed", portalPath, func(*dbus.Signal) { s.tellNetwork(ctx) }},
	}
	for _, saver := range savers {
		matches = append(matches, match{saver.name, saver.iface, "ActiveChanged", saver.path, func(*dbus.Signal) { s.tellLocked(ctx) }})
	}
	if err := hear(ctx, conn, matches, func() { s.tellLocked(ctx); s.tellNetwork(ctx) }); err != nil && ctx.Err() == nil {
		s.log.Warn("nothing is heard of the session by its bus", "error", err)
	}
}

// delay has logind wait for us before the machine sleeps. There may be no logind.
func (s *Session) delay(ctx context.Context, conn *dbus.Conn) *os.File {
	file, err := s.lock(ctx, conn, "sleep", "is told before the machine sleeps", "delay")
	if err != nil {
		if !bus.IsMissing(err) && ctx.Err() == nil {
			s.log.Info("the machine may sleep before the app was told", "error", err)
		}
		return nil
	}
	return file
}

// ownSession is the object of logind for the session that the app is in, or for
// the one with the user's display where the app is in none.
func (s *Session) ownSession(ctx context.Context, conn *dbus.Conn) (own dbus.ObjectPath, err error) {
	manager := conn.Object(login, loginPath)
	if id := os.Getenv("XDG_SESSION_ID"); id != "" {
		if err = bus.Call(ctx, manager, login+".Manager.GetSession", []any{id}, &own); err == nil {
			return own, nil
		}
	}
	if err = bus.Call(ctx, manager, login+".Manager.GetSessionByPID", []any{uint32(os.Getpid())}, &own); err == nil {
		return own, nil
	}
	var display struct {
		ID   string
		Path dbus.ObjectPath
	}
	if perr := bus.Property(ctx, conn.Object(login, loginPath+"/user/self"), login+".User", "Display", &display); perr == nil && strings.HasPrefix(string(display.Path), string(loginPath)) {
		return display.Path, nil
	}
	return "", err
}

// changed notes a value that was read, and reports whether it is another one than
// that which was told last. The first one is no change.
func changed[T comparable](s *Session, last **T, now T) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := *last
	*last = &now
	return before != nil && *before != now
}

func (s *Session) tellLocked(ctx context.Context) {
	locked, err := s.Locked(ctx)
	if err != nil || !changed(s, &s.locked, locked) {
		return
	}
	kind := Unlock
	if locked {
		kind = Lock
	}
	s.emit(Event{Kind: kind})
}

func (s *Session) tellNetwork(ctx context.Context) {
	if n, err := s.Network(ctx); err == nil && changed(s, &s.network, n) {
		s.emit(Event{Kind: NetworkChanged, Network: &n})
	}
}

func (s *Session) tellBattery(ctx context.Context) {
	if b, err := s.Battery(ctx); err == nil && changed(s, &s.battery, b) {
		s.emit(Event{Kind: BatteryChanged, Battery: &b})
	}
}
