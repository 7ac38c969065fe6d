package session

import (
	"maps"
	"sync"

	"github.com/godbus/dbus/v5"
)

const (
	settingsPath = "/org/freedesktop/portal/desktop"
	settingsName = "org.freedesktop.portal.Settings"
)

// Values are settings, by namespace and key.
type Values map[string]map[string]any

// Settings is a desktop portal that tells settings.
type Settings struct {
	bus  *Bus
	conn *dbus.Conn

	mu     sync.Mutex
	values Values        // guarded by mu
	asked  int           // guarded by mu
	hung   chan struct{} // guarded by mu; nil while it answers
}

// StartSettings puts a desktop portal on the bus that tells these settings.
func (b *Bus) StartSettings(values Values) *Settings {
	b.t.Helper()
	s := &Settings{bus: b, conn: b.Connect(), values: Values{}}
	for space, all := range values {
		s.values[space] = maps.Clone(all)
	}
	methods := map[string]any{"ReadAll": s.readAll}
	if err := s.conn.ExportMethodTable(methods, settingsPath, settingsName); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(s.Answer)
	b.own(s.conn, "org.freedesktop.portal.Desktop")
	return s
}

func (s *Settings) readAll(namespaces []string) (map[string]map[string]dbus.Variant, *dbus.Error) {
	s.mu.Lock()
	s.asked++
	hung := s.hung
	s.mu.Unlock()
	if hung != nil {
		<-hung
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]map[string]dbus.Variant{}
	for _, space := range namespaces {
		for key, value := range s.values[space] {
			if out[space] == nil {
				out[space] = map[string]dbus.Variant{}
			}
			out[space][key] = dbus.MakeVariant(value)
		}
	}
	return out, nil
}

// Set changes a setting, and tells so.
func (s *Settings) Set(namespace, key string, value any) {
	s.bus.t.Helper()
	s.mu.Lock()
	if s.values[namespace] == nil {
		s.values[namespace] = map[string]any{}
	}
	s.values[namespace][key] = value
	s.mu.Unlock()
	if err := s.conn.Emit(settingsPath, settingsName+".SettingChanged", namespace, key, dbus.MakeVariant(value)); err != nil {
		s.bus.t.Error(err)
	}
}

// Hang has it give no answers until Answer is called, or the test ends.
func (s *Settings) Hang() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hung == nil {
		s.hung = make(chan struct{})
	}
}

// Answer has it answer again, also what it was asked meanwhile.
func (s *Settings) Answer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hung != nil {
		close(s.hung)
		s.hung = nil
	}
}

// Asked is how often it was asked.
func (s *Settings) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Stop takes it off the bus.
func (s *Settings) Stop() { s.conn.Close() }
