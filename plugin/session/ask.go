package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin/bus"
)

// savers are the services for the screen saver, in the order in which they are
// asked.
var savers = []struct {
	name, iface string
	path        dbus.ObjectPath
}{
	{"org.gnome.ScreenSaver", "org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"},
	{"org.freedesktop.ScreenSaver", "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"},
}

// isAbsent reports whether an error means that a machine does not have a service,
// or only one that cannot do it.
func isAbsent(err error) bool {
	return bus.IsMissing(err) || bus.IsUnknown(err) || errors.Is(err, ErrNoService)
}

// lacking is the error where all services were asked that could do it.
func lacking(what, services string, errs ...error) error {
	for _, err := range errs {
		if err != nil && !isAbsent(err) {
			return fmt.Errorf("%s: %w", what, err) // a service is there, and this is what it says
		}
	}
	return fmt.Errorf("%s: %w (%s would): %w", what, ErrNoService, services, errors.Join(errs...))
}

// Locked reports whether the screen is locked, by logind; by the screen saver
// where there is none, which may also be on without a lock.
func (s *Session) Locked(ctx context.Context) (locked bool, err error) {
	err = s.on(ctx, "system", func(conn *dbus.Conn) error {
		own, err := s.ownSession(ctx, conn)
		if err != nil {
			return err
		}
		return bus.Property(ctx, conn.Object(login, own), login+".Session", "LockedHint", &locked)
	})
	if err == nil {
		return locked, nil
	}
	errs := []error{err}
	for _, saver := range savers {
		err := s.on(ctx, "session", func(conn *dbus.Conn) error {
			return bus.Call(ctx, conn.Object(saver.name, saver.path), saver.iface+".GetActive", nil, &locked)
		})
		if err == nil {
			return locked, nil
		}
		errs = append(errs, err)
	}
	return false, lacking("is the screen locked", "logind or a screen saver", errs...)
}

// on calls f with the connection to a bus.
func (s *Session) on(ctx context.Context, which string, f func(conn *dbus.Conn) error) error {
	if s.app == nil {
		return errors.New("the session is there once the app runs")
	}
	conn, err := s.connection(ctx, which)
	if err != nil {
		return err
	}
	return f(conn)
}

// Idle returns how long the user has touched neither mouse nor keyboard. Mutter
// tells it exactly; logind tells it only once the desktop takes the user for away,
// and it is 0 before.
func (s *Session) Idle(ctx context.Context) (time.Duration, error) {
	var ms uint64
	exact := s.on(ctx, "session", func(conn *dbus.Conn) error {
		return bus.Call(ctx, conn.Object("org.gnome.Mutter.IdleMonitor", "/org/gnome/Mutter/IdleMonitor/Core"), "org.gnome.Mutter.IdleMonitor.GetIdletime", nil, &ms)
	})
	if exact == nil {
		return sensible(float64(ms) / 1000), nil
	}
	var idle bool
	var since uint64 // microseconds since 1970
	err := s.on(ctx, "system", func(conn *dbus.Conn) error {
		own, err := s.ownSession(ctx, conn)
		if err != nil {
			return err
		}
		o := conn.Object(login, own)
		return errors.Join(bus.Property(ctx, o, login+".Session", "IdleHint", &idle), bus.Property(ctx, o, login+".Session", "IdleSinceHint", &since))
	})
	switch {
	case err != nil:
		return 0, lacking("how long the user is away", "GNOME or logind", exact, err)
	case !idle:
		return 0, nil
	}
	return sensible(float64(time.Now().UnixMicro())/1e6 - float64(since)/1e6), nil
}

// sensible is a duration of so many seconds that fits.
func sensible(seconds float64) time.Duration {
	const most = 10 * 365 * 24 * 3600
	return time.Duration(max(min(seconds, most), 0) * float64(time.Second))
}

// Network tells how the machine is connected, by NetworkManager or the desktop
// portal.
func (s *Session) Network(ctx context.Context) (n Network, err error) {
	var state, metered uint32
	byManager := s.on(ctx, "system", func(conn *dbus.Conn) error {
		o := conn.Object(networkManager, networkManagerPath)
		_ = bus.Property(ctx, o, networkManager, "Metered", &metered) // which old ones do not have
		return bus.Property(ctx, o, networkManager, "State", &state)
	})
	if byManager == nil {
		const site = 60 // NM_STATE_CONNECTED_SITE: more than this machine and its link
		const yes, probably = 1, 3
		return Network{Online: state >= site, Metered: metered == yes || metered == probably}, nil
	}
	var status map[string]dbus.Variant
	byPortal := s.on(ctx, "session", func(conn *dbus.Conn) error {
		return bus.Call(ctx, conn.Object(portal, portalPath), "org.freedesktop.portal.NetworkMonitor.GetStatus", nil, &status)
	})
	if byPortal != nil {
		return n, lacking("how the machine is connected", "NetworkManager or the desktop portal", byManager, byPortal)
	}
	n.Online, _ = status["available"].Value().(bool)
	n.Metered, _ = status["metered"].Value().(bool)
	return n, nil
}

// Battery tells how the battery is, by UPower. A machine without one is no error.
func (s *Session) Battery(ctx context.Context) (b Battery, err error) {
	var all map[string]dbus.Variant
	err = s.on(ctx, "system", func(conn *dbus.Conn) error {
		if err := bus.Property(ctx, conn.Object(upower, upowerPath), upower, "OnBattery", &b.OnBattery); err != nil {
			return err
		}
		return bus.Call(ctx, conn.Object(upower, displayDevice), properties+".GetAll", []any{upower + ".Device"}, &all)
	})
	if err != nil {
		return Battery{}, lacking("how the battery is", "UPower", err)
	}
	b.State = "unknown"
	b.Present, _ = all["IsPresent"].Value().(bool)
	if kind, _ := all["Type"].Value().(uint32); !b.Present || kind == 0 || kind == 1 { // unknown, or line power
		b.Present = false
		return b, nil
	}
	charge, _ := all["Percentage"].Value().(float64)
	b.Charge = max(min(charge, 100), 0)
	b.Empty, _ = all["TimeToEmpty"].Value().(int64)
	b.Full, _ = all["TimeToFull"].Value().(int64)
	b.Empty, b.Full = max(b.Empty, 0), max(b.Full, 0)
	state, _ := all["State"].Value().(uint32)
	if name, ok := states[state]; ok {
		b.State = name
	}
	return b, nil
}

// states are those of org.freedesktop.UPower.Device.
var states = map[uint32]string{1: "charging", 2: "discharging", 3: "empty", 4: "full", 5: "pending", 6: "pending"}
