package session_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// services are those of a desktop, on one connection. Those that a test does not
// add are not there.
type services struct {
	t    *testing.T
	conn *dbus.Conn

	mu      sync.Mutex
	props   map[dbus.ObjectPath]map[string]any // of all interfaces of an object
	given   []*inhibition
	closed  []string // handles of the portal, and cookies of the screen saver
	cookies uint32
	hold    chan struct{}  // logind answers once it is closed; nil: at once
	callers map[string]int // by unique name: who inhibits by the portal
}

// inhibition is one that logind has handed out.
type inhibition struct {
	what, who, why, mode string
	read, write          *os.File
}

// ended reports whether the other end of the descriptor is closed.
func (i *inhibition) ended() bool {
	i.write.Close() // ours
	i.read.SetReadDeadline(soon())
	_, err := i.read.Read(make([]byte, 1))
	return err != nil && !os.IsTimeout(err)
}

func (s *services) inhibition(n int) *inhibition {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given[n]
}

func newServices(t *testing.T, address string) *services {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &services{t: t, conn: conn, props: map[dbus.ObjectPath]map[string]any{}, callers: map[string]int{}}
}

func (s *services) own(name string) {
	s.t.Helper()
	if r, err := s.conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		s.t.Fatalf("%s: %v %v", name, r, err)
	}
}

func (s *services) export(path dbus.ObjectPath, iface string, methods map[string]any) {
	s.t.Helper()
	if err := s.conn.ExportMethodTable(methods, path, iface); err != nil {
		s.t.Fatal(err)
	}
}

// object has properties.
func (s *services) object(path dbus.ObjectPath, props map[string]any) {
	s.t.Helper()
	s.mu.Lock()
	s.props[path] = props
	s.mu.Unlock()
	s.export(path, "org.freedesktop.DBus.Properties", map[string]any{
		"Get": func(_, name string) (dbus.Variant, *dbus.Error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			v, ok := s.props[path][name]
			if !ok {
				return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
			}
			return dbus.MakeVariant(v), nil
		},
		"GetAll": func(string) (map[string]dbus.Variant, *dbus.Error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			all := map[string]dbus.Variant{}
			for name, v := range s.props[path] {
				all[name] = dbus.MakeVariant(v)
			}
			return all, nil
		},
	})
}

// set changes a property, and says so.
func (s *services) set(path dbus.ObjectPath, iface, name string, v any) {
	s.t.Helper()
	s.mu.Lock()
	s.props[path][name] = v
	s.mu.Unlock()
	s.emit(path, "org.freedesktop.DBus.Properties.PropertiesChanged", iface, map[string]dbus.Variant{name: dbus.MakeVariant(v)}, []string{})
}

func (s *services) emit(path dbus.ObjectPath, name string, values ...any) {
	s.t.Helper()
	if err := s.conn.Emit(path, name, values...); err != nil {
		s.t.Error(err)
	}
}

const (
	managerPath = dbus.ObjectPath("/org/freedesktop/login1")
	sessionPath = dbus.ObjectPath("/org/freedesktop/login1/session/_33")
	nmPath      = dbus.ObjectPath("/org/freedesktop/NetworkManager")
	powerPath   = dbus.ObjectPath("/org/freedesktop/UPower")
	devicePath  = dbus.ObjectPath("/org/freedesktop/UPower/devices/DisplayDevice")
	portalPath  = dbus.ObjectPath("/org/freedesktop/portal/desktop")
)

func (s *services) logind() {
	s.object(sessionPath, map[string]any{"LockedHint": false, "IdleHint": false, "IdleSinceHint": uint64(0)})
	s.export(managerPath, "org.freedesktop.login1.Manager", map[string]any{
		"GetSession":      func(string) (dbus.ObjectPath, *dbus.Error) { return sessionPath, nil },
		"GetSessionByPID": func(uint32) (dbus.ObjectPath, *dbus.Error) { return sessionPath, nil },
		"Inhibit": func(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
			read, write, err := os.Pipe()
			if err != nil {
				return 0, dbus.MakeFailedError(err)
			}
			fd := dbus.UnixFD(write.Fd()) // ended may close it from now on
			s.mu.Lock()
			s.given = append(s.given, &inhibition{what, who, why, mode, read, write})
			hold := s.hold
			s.mu.Unlock()
			if hold != nil {
				<-hold
			}
			return fd, nil
		},
	})
	s.own("org.freedesktop.login1")
}

func (s *services) networkManager() {
	s.object(nmPath, map[string]any{"State": uint32(70), "Metered": uint32(4)})
	s.own("org.freedesktop.NetworkManager")
}

func (s *services) upower() {
	s.object(powerPath, map[string]any{"OnBattery": true})
	s.object(devicePath, map[string]any{
		"IsPresent": true, "Type": uint32(2), "Percentage": 55.5, "State": uint32(2), "TimeToEmpty": int64(3600), "TimeToFull": int64(0),
	})
	s.own("org.freedesktop.UPower")
}

func (s *services) portal(withInhibit bool) {
	status := map[string]dbus.Variant{"available": dbus.MakeVariant(true), "metered": dbus.MakeVariant(true), "connectivity": dbus.MakeVariant(uint32(4))}
	s.export(portalPath, "org.freedesktop.portal.NetworkMonitor", map[string]any{
		"GetStatus": func() (map[string]dbus.Variant, *dbus.Error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if v, ok := s.props[portalPath]["available"]; ok {
				status["available"] = dbus.MakeVariant(v)
			}
			return status, nil
		},
	})
	if withInhibit {
		s.export(portalPath, "org.freedesktop.portal.Inhibit", map[string]any{
			"Inhibit": func(sender dbus.Sender, _ string, flags uint32, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.cookies++
				s.callers[string(sender)] = int(flags)
				path := dbus.ObjectPath(fmt.Sprintf("/org/freedesktop/portal/desktop/request/r%d", s.cookies))
				_ = s.conn.ExportMethodTable(map[string]any{"Close": func() *dbus.Error {
					s.mu.Lock()
					defer s.mu.Unlock()
					s.closed = append(s.closed, string(path))
					return nil
				}}, path, "org.freedesktop.portal.Request")
				return path, nil
			},
		})
	}
	s.own("org.freedesktop.portal.Desktop")
}

func (s *services) screenSaver() {
	s.export("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", map[string]any{
		"Inhibit": func(app, reason string) (uint32, *dbus.Error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.cookies++
			return s.cookies, nil
		},
		"UnInhibit": func(cookie uint32) *dbus.Error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.closed = append(s.closed, fmt.Sprint("cookie ", cookie))
			return nil
		},
		"GetActive": func() (bool, *dbus.Error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			active, _ := s.props["/org/freedesktop/ScreenSaver"]["active"].(bool)
			return active, nil
		},
	})
	s.own("org.freedesktop.ScreenSaver")
}

func (s *services) mutter(ms uint64) {
	s.export("/org/gnome/Mutter/IdleMonitor/Core", "org.gnome.Mutter.IdleMonitor", map[string]any{
		"GetIdletime": func() (uint64, *dbus.Error) { return ms, nil },
	})
	s.own("org.gnome.Mutter.IdleMonitor")
}
