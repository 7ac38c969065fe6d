package globalshortcut_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin/bus"
	"github.com/mullion-dev/mullion/plugin/globalshortcut"
	"github.com/mullion-dev/mullion/plugin/internal/bustest"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

// startBus makes a bus of the test's own the session bus, as on a desktop with
// Wayland.
func startBus(t *testing.T) (address string) {
	t.Helper()
	address = bustest.Start(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	t.Setenv("WAYLAND_DISPLAY", "wayland-of-a-test")
	return address
}

// portal is a desktop that has shortcuts. Its exported methods are those of
// org.freedesktop.portal.GlobalShortcuts.
type portal struct {
	conn *dbus.Conn

	mu       sync.Mutex
	answer   uint32            // guarded by mu; 0 is yes, 1 is no
	silent   bool              // guarded by mu; the user does not answer
	sessions []dbus.ObjectPath // guarded by mu
	closed   []dbus.ObjectPath // guarded by mu
	bound    []portalShortcut  // guarded by mu
	app      string            // guarded by mu
}

type portalShortcut struct {
	Name    string
	Details map[string]dbus.Variant
}

const portalPath = "/org/freedesktop/portal/desktop"

func startPortal(t *testing.T, address string) *portal {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := &portal{conn: conn}
	for name, value := range map[string]any{
		"org.freedesktop.portal.GlobalShortcuts": p, "org.freedesktop.DBus.Properties": portalProperties{}, "org.freedesktop.host.portal.Registry": portalRegistry{p},
	} {
		if err := conn.Export(value, portalPath, name); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := conn.RequestName("org.freedesktop.portal.Desktop", 0); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatal(r, err)
	}
	return p
}

type portalProperties struct{}

func (portalProperties) Get(string, string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(uint32(1)), nil
}

type portalRegistry struct{ p *portal }

func (r portalRegistry) Register(app string, _ map[string]dbus.Variant) *dbus.Error {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	r.p.app = app
	return nil
}

type portalSession struct {
	p    *portal
	path dbus.ObjectPath
}

func (s portalSession) Close() *dbus.Error {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.closed = append(s.p.closed, s.path)
	return nil
}

// respond answers as portals do: by a signal of an object that the caller can name
// before.
func (p *portal) respond(sender dbus.Sender, options map[string]dbus.Variant, code uint32, results map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	path := dbus.ObjectPath(portalPath + "/request/" + strings.ReplaceAll(strings.TrimPrefix(string(sender), ":"), ".", "_") + "/" + options["handle_token"].Value().(string))
	p.mu.Lock()
	silent := p.silent
	p.mu.Unlock()
	if !silent {
		_ = p.conn.Emit(path, "org.freedesktop.portal.Request.Response", code, results)
	}
	return path, nil
}

func (p *portal) CreateSession(sender dbus.Sender, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	p.mu.Lock()
	path := dbus.ObjectPath(fmt.Sprintf("%s/session/%d", portalPath, len(p.sessions)))
	p.sessions = append(p.sessions, path)
	p.mu.Unlock()
	if err := p.conn.Export(portalSession{p, path}, path, "org.freedesktop.portal.Session"); err != nil {
		return "", dbus.MakeFailedError(err)
	}
	return p.respond(sender, options, 0, map[string]dbus.Variant{"session_handle": dbus.MakeVariant(string(path))})
}

func (p *portal) BindShortcuts(sender dbus.Sender, _ dbus.ObjectPath, list []portalShortcut, _ string, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	p.mu.Lock()
	code := p.answer
	p.bound = append(p.bound, list...)
	p.mu.Unlock()
	return p.respond(sender, options, code, map[string]dbus.Variant{"shortcuts": dbus.MakeVariant(list)})
}

func (p *portal) tell(t *testing.T, signal string, session dbus.ObjectPath, name string) {
	t.Helper()
	if err := p.conn.Emit(portalPath, "org.freedesktop.portal.GlobalShortcuts."+signal, session, name, uint64(1), map[string]dbus.Variant{}); err != nil {
		t.Fatal(err)
	}
}

func (p *portal) set(answer uint32, silent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer, p.silent = answer, silent
}

// TestPortal: on Wayland the desktop is asked, and tells.
func TestPortal(t *testing.T) {
	address := startBus(t)
	s := globalshortcut.New()
	t.Cleanup(func() { s.Plugin().Stop(context.Background()) })
	if _, err := s.Register(t.Context(), "F7", func(globalshortcut.Event) {}); err == nil || !strings.Contains(err.Error(), "GlobalShortcuts") {
		t.Errorf("without a portal: %v", err)
	}
	p := startPortal(t, address)
	h, r := register(t, s, "CommandOrControl+Alt+PageUp")
	p.mu.Lock()
	session, bound := p.sessions[0], p.bound
	p.mu.Unlock()
	if len(bound) != 1 || bound[0].Details["preferred_trigger"].Value() != "CTRL+ALT+Page_Up" || bound[0].Name != "control+alt+PageUp" {
		t.Errorf("bound is %v", bound)
	}
	p.tell(t, "Activated", session, bound[0].Name)
	p.tell(t, "Deactivated", session, bound[0].Name)
	h.next(t, "control+alt+PageUp Pressed", "control+alt+PageUp Released")
	// What is of others, and what others tell.
	other, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var names []string
	if err := other.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		message := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldDestination: dbus.MakeVariant(name), dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath(portalPath)),
			dbus.FieldInterface: dbus.MakeVariant("org.freedesktop.portal.GlobalShortcuts"), dbus.FieldMember: dbus.MakeVariant("Activated"),
			dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(session, "", uint64(1), map[string]dbus.Variant{})),
		}, Body: []any{session, bound[0].Name, uint64(1), map[string]dbus.Variant{}}}
		if c := other.Send(message, nil); c != nil && c.Err != nil {
			t.Fatal(c.Err)
		}
	}
	if err := other.BusObject().Call("org.freedesktop.DBus.GetId", 0).Err; err != nil { // the bus has passed them on
		t.Fatal(err)
	}
	p.tell(t, "Activated", session+"0", bound[0].Name)
	p.tell(t, "Activated", session, "F12")
	p.tell(t, "Deactivated", session, bound[0].Name)
	h.next(t, "control+alt+PageUp Released")
	r.Unregister()
	x11test.Wait(t, "the session is closed", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.closed) == 1 && p.closed[0] == session
	})
	p.set(1, false)
	if _, err := s.Register(t.Context(), "F8", func(globalshortcut.Event) {}); err == nil || !strings.Contains(err.Error(), "the user has refused it") {
		t.Errorf("refused: %v", err)
	}
	p.set(0, true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Register(ctx, "F8", func(globalshortcut.Event) {}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
	p.set(0, false)
	register(t, s, "F8")
	// With the portal its shortcuts are gone, and a new one is asked anew.
	if err := p.conn.Close(); err != nil {
		t.Fatal(err)
	}
	x11test.Wait(t, "the shortcuts are gone", func() bool { there, _ := s.Registered("F8"); return !there })
	p = startPortal(t, address)
	h, _ = register(t, s, "F8")
	p.mu.Lock()
	session = p.sessions[0]
	p.mu.Unlock()
	p.tell(t, "Activated", session, "F8")
	h.next(t, "F8 Pressed")
	if len(h) > 0 {
		t.Errorf("%d further events", len(h))
	}
}

// TestNoBus: without a session bus there is an error that says so, and no bus is
// started.
func TestNoBus(t *testing.T) {
	t.Setenv("WAYLAND_DISPLAY", "wayland-of-a-test")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if _, err := globalshortcut.New().Register(t.Context(), "F7", func(globalshortcut.Event) {}); !errors.Is(err, bus.ErrNoBus) {
		t.Errorf("got %v", err)
	}
}
