package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/internal/bustest"
	"github.com/mullion-dev/mullion/plugin/session"
)

func soon() time.Time { return time.Now().Add(50 * time.Millisecond) }

func run(s *session.Session) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.awake", "productName": "Awake", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "default"}, {"label": "plain"}]}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>awake</title><p>there`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default",
				"session:default", "session:allow-idle-time", "session:allow-inhibit"]}`)},
			"capabilities/default.json": {Data: []byte(`{"identifier": "default", "windows": ["default"], "permissions": ["core:default", "session:default"]}`)},
			"capabilities/plain.json":   {Data: []byte(`{"identifier": "plain", "windows": ["plain"], "permissions": ["core:default"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(s.Plugin())
		return app.Run(ctx)
	}
}

// start starts an app. One bus is that of the system and that of the session.
func start(t *testing.T, add func(s *services)) (*mulliontest.App, *session.Session, *services) {
	t.Helper()
	address := bustest.Start(t)
	t.Setenv("XDG_SESSION_ID", "")
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
	d := newServices(t, address)
	add(d)
	s := session.New()
	app := mulliontest.Start(t, run(s), nil)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address) // an app without windows has no bus otherwise
	return app, s, d
}

type args map[string]any

// wait waits until f is true, with the services locked.
func (s *services) wait(what string, f func() bool) {
	s.t.Helper()
	mulliontest.Wait(s.t, time.Minute, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !f() {
			return errors.New(what)
		}
		return nil
	})
}

// next waits for an event.
func next(t *testing.T, events <-chan session.Event) session.Event {
	t.Helper()
	var e session.Event
	mulliontest.Wait(t, time.Minute, func() error {
		select {
		case e = <-events:
			return nil
		default:
			return errors.New("there is no event")
		}
	})
	return e
}

// TestEvents: the app and its pages hear of all, before the machine sleeps.
func TestEvents(t *testing.T) {
	app, s, d := start(t, func(d *services) { d.logind(); d.networkManager(); d.upower() })
	page := app.Page("main")
	channels := map[session.Kind]*mulliontest.Channel{}
	for _, kind := range []session.Kind{session.Lock, session.Unlock, session.Suspend, session.Resume, session.NetworkChanged, session.BatteryChanged} {
		channels[kind] = page.Channel()
		if err := page.Call("plugin:session|register_listener", args{"event": kind, "handler": channels[kind]}, nil); err != nil {
			t.Fatal(err)
		}
	}
	d.wait("the app has no delay", func() bool { return len(d.given) == 1 })
	if g := d.inhibition(0); g.what != "sleep" || g.mode != "delay" || g.who != "Awake" {
		t.Errorf("got %+v", g)
	}
	events := make(chan session.Event, 100)
	hold := make(chan struct{})
	s.OnEvent(func(session.Event) { panic("as tested") })
	off := s.OnEvent(func(e session.Event) {
		events <- e
		if e.Kind == session.Suspend {
			<-hold
		}
	})
	// Whoever asks hears the same.
	mulliontest.Wait(t, time.Minute, func() error {
		b, err := s.Battery(t.Context())
		want := session.Battery{Present: true, OnBattery: true, Charge: 55.5, State: "discharging", Empty: 3600}
		if err != nil || b != want {
			return fmt.Errorf("%+v, %w", b, err)
		}
		return nil
	})
	// The first look at the battery, which comes last, is no event: it has to be over.
	tick := 0
	mulliontest.Wait(t, time.Minute, func() error {
		tick++
		d.set(devicePath, "org.freedesktop.UPower.Device", "Percentage", 50+float64(tick%2))
		select {
		case e := <-events:
			if e.Kind != session.BatteryChanged || e.Battery == nil || e.Battery.Charge < 50 {
				t.Errorf("got %+v", e)
			}
			return nil
		default:
			return errors.New("no event of the battery")
		}
	})
	var heard session.Battery
	if channels[session.BatteryChanged].Next(&heard); heard.Charge < 50 || heard.State != "discharging" {
		t.Errorf("the page heard %+v", heard)
	}
	kinds := func(want session.Kind, check func(e session.Event) bool) {
		t.Helper()
		for {
			e := next(t, events)
			if e.Kind == session.BatteryChanged && want != e.Kind {
				continue // of the loop above
			}
			if e.Kind != want || check != nil && !check(e) {
				t.Errorf("got %+v, want %s", e, want)
			}
			return
		}
	}
	d.set(sessionPath, "org.freedesktop.login1.Session", "LockedHint", true)
	kinds(session.Lock, nil)
	var locked bool
	if err := page.Call("plugin:session|locked", nil, &locked); err != nil || !locked {
		t.Errorf("locked: %v, %v", locked, err)
	}
	var none any
	channels[session.Lock].Next(&none)
	d.set(sessionPath, "org.freedesktop.login1.Session", "LockedHint", true) // the same again is no event
	d.set(sessionPath, "org.freedesktop.login1.Session", "LockedHint", false)
	kinds(session.Unlock, nil)
	d.mu.Lock()
	d.props[nmPath]["State"] = uint32(20)
	d.mu.Unlock()
	d.emit(nmPath, "org.freedesktop.NetworkManager.StateChanged", uint32(20))
	kinds(session.NetworkChanged, func(e session.Event) bool { return e.Network != nil && !e.Network.Online })
	d.set(nmPath, "org.freedesktop.NetworkManager", "State", uint32(70))
	kinds(session.NetworkChanged, func(e session.Event) bool { return e.Network.Online && !e.Network.Metered })

	// The machine sleeps only once everybody has returned.
	d.emit(managerPath, "org.freedesktop.login1.Manager.PrepareForSleep", true)
	kinds(session.Suspend, nil)
	channels[session.Suspend].Next(&none)
	if d.inhibition(0).ended() {
		t.Error("the machine sleeps before the app is ready")
	}
	close(hold)
	mulliontest.Wait(t, time.Minute, func() error {
		if !d.inhibition(0).ended() {
			return errors.New("the machine is kept awake")
		}
		return nil
	})
	d.emit(managerPath, "org.freedesktop.login1.Manager.PrepareForSleep", false)
	kinds(session.Resume, nil)
	channels[session.Resume].Next(&none)
	d.wait("no new delay", func() bool { return len(d.given) == 2 })
	off()
	if strings.Count(app.Log(), "function=OnEvent") == 0 {
		t.Error("the log has no word of the panic")
	}
	if err := app.Stop(); err != nil {
		t.Fatal(err)
	}
	mulliontest.Wait(t, time.Minute, func() error {
		if !d.inhibition(1).ended() {
			return errors.New("the delay is there after the app")
		}
		return nil
	})
}

// TestFallbacks: the portal and the screen saver, where there is nothing else.
func TestFallbacks(t *testing.T) {
	app, s, d := start(t, func(d *services) { d.portal(true); d.screenSaver(); d.mutter(61_500) })
	ctx := t.Context()
	if n, err := s.Network(ctx); err != nil || !n.Online || !n.Metered {
		t.Errorf("network: %+v, %v", n, err)
	}
	if idle, err := s.Idle(ctx); err != nil || idle != 61_500*time.Millisecond {
		t.Errorf("idle: %v, %v", idle, err)
	}
	var ms int
	if err := app.Page("main").Call("plugin:session|idle_time", nil, &ms); err != nil || ms != 61_500 {
		t.Errorf("idle_time: %d, %v", ms, err)
	}
	if _, err := s.Battery(ctx); !errors.Is(err, session.ErrNoService) || !strings.Contains(err.Error(), "UPower") {
		t.Errorf("battery: %v", err)
	}
	events := make(chan session.Event, 100)
	s.OnEvent(func(e session.Event) { events <- e })
	active, online := false, true
	for _, kind := range []session.Kind{session.Lock, session.NetworkChanged} {
		mulliontest.Wait(t, time.Minute, func() error {
			d.mu.Lock()
			active, online = !active, !online
			d.props["/org/freedesktop/ScreenSaver"] = map[string]any{"active": active}
			d.props[portalPath] = map[string]any{"available": online}
			d.mu.Unlock()
			d.emit("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver.ActiveChanged", active)
			d.emit(portalPath, "org.freedesktop.portal.NetworkMonitor.changed")
			for {
				select {
				case e := <-events:
					if e.Kind == kind {
						return nil
					}
				default:
					return fmt.Errorf("no event %s", kind)
				}
			}
		})
	}
	if locked, err := s.Locked(ctx); err != nil || locked != active {
		t.Errorf("locked: %v, %v", locked, err)
	}
}

// TestInhibit: by the portal, by logind and the screen saver, and not at all. It
// ends with the page.
func TestInhibit(t *testing.T) {
	t.Run("portal", func(t *testing.T) {
		app, s, d := start(t, func(d *services) { d.logind(); d.portal(true) })
		i, err := s.Inhibit(t.Context(), session.Sleep|session.Idle, "a film")
		if err != nil {
			t.Fatal(err)
		}
		d.wait("nobody inhibits", func() bool {
			for _, flags := range d.callers {
				return flags == 12
			}
			return false
		})
		i.Release()
		i.Release()
		d.wait("the handle is open", func() bool { return len(d.closed) == 1 })
		var rid uint32
		page := app.Page("main")
		for range 2 {
			if err := page.Call("plugin:session|inhibit", args{"what": []string{"idle"}, "reason": "a film"}, &rid); err != nil {
				t.Fatal(err)
			}
		}
		if err := page.Call("plugin:resources|close", args{"rid": rid}, nil); err != nil {
			t.Fatal(err)
		}
		d.wait("the page's is open", func() bool { return len(d.closed) == 2 })
		w, err := app.Window("main")
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		d.wait("that of a page that is gone is open", func() bool { return len(d.closed) == 3 })
		if _, err := s.Inhibit(t.Context(), session.Idle, "a film"); err != nil {
			t.Fatal(err)
		}
		if err := app.Stop(); err != nil {
			t.Fatal(err)
		}
		d.wait("that of an app that has ended is open", func() bool { return len(d.closed) == 4 })
	})
	t.Run("logind and screen saver", func(t *testing.T) {
		_, s, d := start(t, func(d *services) { d.logind(); d.portal(false); d.screenSaver() })
		d.wait("the app has no delay", func() bool { return len(d.given) == 1 })
		i, err := s.Inhibit(t.Context(), session.Sleep|session.Idle, "a film")
		if err != nil {
			t.Fatal(err)
		}
		g := d.inhibition(1)
		if g.what != "sleep" || g.mode != "block" || g.why != "a film" || g.ended() {
			t.Errorf("got %+v", g)
		}
		i.Release()
		d.wait("it goes on", func() bool { return len(d.closed) == 1 && g.ended() })
	})
	t.Run("an answer that nobody waits for any more", func(t *testing.T) {
		_, s, d := start(t, func(d *services) { d.logind() })
		d.wait("the app has no delay", func() bool { return len(d.given) == 1 })
		hold := make(chan struct{})
		d.mu.Lock()
		d.hold = hold
		d.mu.Unlock()
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 1)
		go func() {
			_, err := s.Inhibit(ctx, session.Sleep, "a film")
			failed <- err
		}()
		d.wait("logind was not asked", func() bool { return len(d.given) == 2 })
		cancel()
		if err := <-failed; err == nil {
			t.Error("want an error")
		}
		close(hold)
		// The answer is on its way before this end of it is closed.
		for range 100 {
			if err := d.conn.Object("org.freedesktop.login1", managerPath).Call("org.freedesktop.DBus.Peer.Ping", 0).Err; err != nil {
				t.Fatal(err)
			}
		}
		mulliontest.Wait(t, time.Minute, func() error {
			if !d.inhibition(1).ended() {
				return errors.New("the machine is kept awake for nobody")
			}
			return nil
		})
	})
	t.Run("logind alone", func(t *testing.T) {
		_, s, d := start(t, func(d *services) { d.logind() })
		d.wait("the app has no delay", func() bool { return len(d.given) == 1 })
		if _, err := s.Inhibit(t.Context(), session.Idle, "a film"); err != nil || d.inhibition(1).what != "idle" {
			t.Errorf("%v", err)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		app, s, _ := start(t, func(*services) {})
		ctx := t.Context()
		_, locked := s.Locked(ctx)
		_, idle := s.Idle(ctx)
		_, network := s.Network(ctx)
		_, battery := s.Battery(ctx)
		_, inhibit := s.Inhibit(ctx, session.Idle|session.Sleep, "a film")
		for _, err := range []error{locked, idle, network, battery, inhibit} {
			if !errors.Is(err, session.ErrNoService) {
				t.Errorf("got %v", err)
			}
		}
		if err := app.Page("main").Call("plugin:session|battery", nil, nil); err == nil || !strings.Contains(err.Error(), "UPower would") {
			t.Errorf("got %v", err)
		}
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
		t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
		s = session.New()
		mulliontest.Start(t, run(s), nil)
		if _, err := s.Network(ctx); !errors.Is(err, session.ErrNoService) {
			t.Errorf("without a bus: %v", err)
		}
	})
}

// TestAttacks: pages, and programs on the bus, that are hostile.
func TestAttacks(t *testing.T) {
	app, s, d := start(t, func(d *services) { d.logind(); d.networkManager(); d.upower(); d.portal(true) })
	d.wait("the app has no delay", func() bool { return len(d.given) == 1 })
	for what, call := range map[string]struct {
		page, command string
		args          args
		want          string
	}{
		"without permission":   {"plain", "network", nil, "not allowed"},
		"inhibit by default":   {"default", "inhibit", args{"what": []string{"idle"}, "reason": "x"}, "not allowed"},
		"idle time by default": {"default", "idle_time", nil, "not allowed"},
		"listen":               {"plain", "register_listener", args{"event": "lock", "handler": "__CHANNEL__:1"}, "not allowed"},
		"another event":        {"main", "register_listener", args{"event": "shutdown", "handler": "__CHANNEL__:1"}, "there is no event"},
		"something else":       {"main", "inhibit", args{"what": []string{"handle-power-key"}, "reason": "x"}, "nothing that the machine can be kept from"},
		"several at once":      {"main", "inhibit", args{"what": []string{"sleep:shutdown"}, "reason": "x"}, "nothing that the machine can be kept from"},
		"nothing":              {"main", "inhibit", args{"what": []string{}, "reason": "x"}, "Sleep, Idle or both"},
		"no reason":            {"main", "inhibit", args{"what": []string{"idle"}, "reason": " "}, "give a reason"},
		"long reason":          {"main", "inhibit", args{"what": []string{"idle"}, "reason": strings.Repeat("x", 4096)}, "at most 256 bytes"},
		"NUL":                  {"main", "inhibit", args{"what": []string{"idle"}, "reason": "a\x00b"}, "one line of text"},
		"lines":                {"main", "inhibit", args{"what": []string{"idle"}, "reason": "a\nb"}, "one line of text"},
		"many things":          {"main", "inhibit", args{"what": slices.Repeat([]string{"idle", "x"}, 5000), "reason": "a"}, "nothing that the machine"},
	} {
		if err := app.Page(call.page).Call("plugin:session|"+call.command, call.args, nil); err == nil || !strings.Contains(err.Error(), call.want) {
			t.Errorf("%s: got %v, want %q", what, err, call.want)
		}
	}

	// A flood of inhibitions has an end, and is gone with its page.
	before := descriptors(t)
	page := app.Page("main")
	made := 0
	for range 70 {
		err := page.Call("plugin:session|inhibit", args{"what": []string{"idle", "sleep"}, "reason": "mine"}, nil)
		if err == nil {
			made++
		} else if !strings.Contains(err.Error(), "64 inhibitions already") {
			t.Fatal(err)
		}
	}
	if made != 64 {
		t.Errorf("%d inhibitions", made)
	}
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	d.wait("some go on", func() bool { return len(d.closed) == 64 })
	mulliontest.Wait(t, time.Minute, func() error {
		if now := descriptors(t); now > before+5 {
			return fmt.Errorf("%d descriptors, %d before", now, before)
		}
		return nil
	})

	// Others on the bus pretend to be services, by signals to this connection alone.
	events := make(chan session.Event, 100)
	s.OnEvent(func(e session.Event) { events <- e })
	liar := newServices(t, os.Getenv("DBUS_SYSTEM_BUS_ADDRESS"))
	var names []string
	if err := liar.conn.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&names); err != nil {
		t.Fatal(err)
	}
	lie := func(path dbus.ObjectPath, iface, member string, values ...any) {
		for _, to := range names {
			if strings.HasPrefix(to, ":") {
				m := &dbus.Message{Type: dbus.TypeSignal, Body: values, Headers: map[dbus.HeaderField]dbus.Variant{
					dbus.FieldPath: dbus.MakeVariant(path), dbus.FieldInterface: dbus.MakeVariant(iface), dbus.FieldMember: dbus.MakeVariant(member),
					dbus.FieldDestination: dbus.MakeVariant(to), dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(values...)),
				}}
				liar.conn.Send(m, nil)
			}
		}
	}
	lie(managerPath, "org.freedesktop.login1.Manager", "PrepareForSleep", true)
	liar.emit(managerPath, "org.freedesktop.login1.Manager.PrepareForSleep", true)

	// Values that make no sense, and then ones that do: nothing of the lies is heard.
	for _, bad := range []any{"text", uint32(9), []string{"a"}} {
		d.emit(managerPath, "org.freedesktop.login1.Manager.PrepareForSleep", bad)
		d.set(sessionPath, "org.freedesktop.login1.Session", "LockedHint", bad)
		d.set(devicePath, "org.freedesktop.UPower.Device", "TimeToEmpty", bad)
		d.set(nmPath, "org.freedesktop.NetworkManager", "State", bad)
	}
	d.set(sessionPath, "org.freedesktop.login1.Session", "IdleHint", true)
	for _, since := range []uint64{0, 1 << 63, 1<<64 - 1} {
		d.set(sessionPath, "org.freedesktop.login1.Session", "IdleSinceHint", since)
		if idle, err := s.Idle(t.Context()); err != nil || idle < 0 || idle > 20*365*24*time.Hour {
			t.Errorf("idle since %d: %v, %v", since, idle, err)
		}
	}
	d.set(sessionPath, "org.freedesktop.login1.Session", "LockedHint", true)
	for {
		e := next(t, events)
		if e.Kind == session.Lock {
			break
		}
		if e.Kind == session.Suspend {
			t.Error("a lie is believed")
		}
		if text, err := json.Marshal(e); err != nil {
			t.Errorf("%s, %v", text, err)
		}
	}
	if d.inhibition(0).ended() {
		t.Error("a lie has taken the delay away")
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("only Linux tells what is open: ", err)
	}
	return len(entries)
}
