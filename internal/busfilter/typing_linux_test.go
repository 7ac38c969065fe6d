package busfilter

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// writing is another program of the user, in which pinyin is composed, and what a
// host has of the same input method.
type writing struct {
	daemon *daemon
	victim *field
}

// field is a context of a program.
type field struct {
	conn    *dbus.Conn
	daemon  *daemon
	path    dbus.ObjectPath
	signals chan *dbus.Signal
}

// openField makes a context as toolkits do.
func openField(c *dbus.Conn, d *daemon, name string) (*field, error) {
	var argument any = name
	answer := []any{new(dbus.ObjectPath)}
	if d == ofFcitx {
		type pair struct{ A, B string }
		argument = []pair{{"program", name}, {"display", "x11:"}}
		answer = append(answer, new([]byte))
	}
	o := c.Object(d.names[0], dbus.ObjectPath(d.create.path))
	if err := o.Call(d.create.iface+"."+d.create.member, 0, argument).Store(answer...); err != nil {
		return nil, err
	}
	x := &field{conn: c, daemon: d, path: *answer[0].(*dbus.ObjectPath), signals: make(chan *dbus.Signal, 1000)}
	c.Signal(x.signals)
	match := fmt.Sprintf("type='signal',sender='%s',interface='%s',path='%s'", d.names[0], d.face, x.path)
	if err := c.BusObject().Call(busName+".AddMatch", 0, match).Err; err != nil {
		return nil, err
	}
	const preedit, surrounding, focus = 1, 1 << 5, 1 << 3
	var err error
	if d == ofFcitx {
		err = x.do("SetCapability", uint64(1<<1|1<<4))
	} else {
		err = x.do("SetCapabilities", uint32(preedit|focus|surrounding))
	}
	return x, errors.Join(err, x.do("FocusIn"))
}

// do calls a method of the context.
func (x *field) do(member string, args ...any) error {
	return x.conn.Object(x.daemon.names[0], x.path).Call(x.daemon.face+"."+member, 0, args...).Err
}

// types presses keys.
func (x *field) types(keys string) error {
	for _, k := range keys {
		for _, release := range []bool{false, true} {
			if x.daemon == ofFcitx {
				if err := x.do("ProcessKeyEvent", uint32(k), uint32(0), uint32(0), release, uint32(0)); err != nil {
					return err
				}
				continue
			}
			state := uint32(0)
			if release {
				state = 1 << 30
			}
			if err := x.do("ProcessKeyEvent", uint32(k), uint32(0), state); err != nil {
				return err
			}
		}
	}
	return nil
}

// composed reports whether a signal has what is composed of nihao.
func composed(s *dbus.Signal) bool {
	said := fmt.Sprint(s.Body)
	return strings.Contains(said, "你好") || strings.Contains(said, "ni hao")
}

// composing waits for such a signal of the context.
func (x *field) composing() error {
	late := time.After(refusedTime)
	for {
		select {
		case s := <-x.signals:
			if s == nil || s.Path != x.path {
				continue
			}
			if composed(s) {
				return nil
			}
		case <-late:
			return errNothing
		}
	}
}

// composes types until the input method composes: it takes a moment to begin.
func (x *field) composes(t testing.TB, m *session.InputMethod) {
	t.Helper()
	var err error
	for range 20 {
		if err = errors.Join(x.do("FocusIn"), m.Use(), x.do("Reset"), x.types("nihao")); err == nil {
			if err = x.composing(); err == nil {
				return
			}
		}
	}
	t.Fatalf("nothing is composed: %v", err)
}

// typingAttack is what code in a host does on the bus of an input method. It
// succeeds with nil.
type typingAttack struct {
	name string
	on   *daemon // nil for all
	do   func(c *dbus.Conn, w *writing) error
}

func ibusProperty(c *dbus.Conn, name string) error {
	return answered(c, ofIBus.names[0], dbus.ObjectPath(ofIBus.create.path), properties+".Get", ofIBus.create.iface, name)
}

func ibusMethod(c *dbus.Conn, name string, args ...any) error {
	return answered(c, ofIBus.names[0], dbus.ObjectPath(ofIBus.create.path), ofIBus.create.iface+"."+name, args...)
}

func fcitxController(c *dbus.Conn, name string, args ...any) error {
	return answered(c, "org.fcitx.Fcitx5", "/controller", "org.fcitx.Fcitx.Controller1."+name, args...)
}

// overhears is the success of an attack that hears what another program composes.
func overhears(c *dbus.Conn, w *writing) error {
	signals := make(chan *dbus.Signal, 1000)
	c.Signal(signals)
	defer c.RemoveSignal(signals)
	if err := errors.Join(w.victim.do("FocusIn"), w.victim.do("Reset"), w.victim.types("nihao")); err != nil {
		return err
	}
	late := time.After(patience)
	for {
		select {
		case s := <-signals:
			if s != nil && composed(s) {
				return nil
			}
		case <-late:
			return errNothing
		}
	}
}

var typingAttacks = []typingAttack{
	{"end the field of another program", ofIBus, func(c *dbus.Conn, w *writing) error {
		return answered(c, w.daemon.names[0], w.victim.path, "org.freedesktop.IBus.Service.Destroy")
	}},
	{"find the field that has the keyboard", ofIBus, func(c *dbus.Conn, w *writing) error { return ibusProperty(c, "CurrentInputContext") }},
	{"which engine the user has", ofIBus, func(c *dbus.Conn, w *writing) error { return ibusProperty(c, "GlobalEngine") }},
	{"which engines there are", ofIBus, func(c *dbus.Conn, w *writing) error { return ibusProperty(c, "Engines") }},
	{"change the engine of all programs", ofIBus, func(c *dbus.Conn, w *writing) error { return ibusMethod(c, "SetGlobalEngine", "xkb:us::eng") }},
	{"become an input method, which gets the keys of all programs", ofIBus, func(c *dbus.Conn, w *writing) error {
		return ibusMethod(c, "RegisterComponent", evilComponent())
	}},
	{"take the name of the panel, which is told what is composed", ofIBus, func(c *dbus.Conn, w *writing) error {
		return answered(c, busName, busPath, busName+".RequestName", "org.freedesktop.IBus.Panel", uint32(0))
	}},
	{"take the name of the settings", ofIBus, func(c *dbus.Conn, w *writing) error {
		return answered(c, busName, busPath, busName+".RequestName", "org.freedesktop.IBus.Config", uint32(0))
	}},
	{"end the daemon", ofIBus, func(c *dbus.Conn, w *writing) error { return ibusMethod(c, "Exit", false) }},
	{"have one's own field do something that concerns all", ofIBus, func(c *dbus.Conn, w *writing) error {
		x, err := openField(c, w.daemon, "own")
		if err != nil {
			return err
		}
		return x.do("SetEngine", "xkb:us::eng")
	}},
	{"use what is in the engine's menu", ofIBus, func(c *dbus.Conn, w *writing) error {
		x, err := openField(c, w.daemon, "own")
		if err != nil {
			return err
		}
		return x.do("PropertyActivate", "setup", uint32(0))
	}},
	{"end the daemon by what is no text", ofIBus, func(c *dbus.Conn, w *writing) error {
		x, err := openField(c, w.daemon, "own")
		if err != nil {
			return err
		}
		err = x.do("SetSurroundingText", dbus.MakeVariant(struct{ A string }{"IBusText"}), uint32(0), uint32(0))
		if c.Connected() {
			return cmp.Or(err, errNothing)
		}
		return nil
	}},
	{"learn who there is", nil, func(c *dbus.Conn, w *writing) error { return answered(c, busName, busPath, busName+".ListNames") }},
	{"learn which process a program is", ofFcitx, func(c *dbus.Conn, w *writing) error {
		return answered(c, busName, busPath, busName+".GetConnectionUnixProcessID", w.victim.conn.Names()[0])
	}},
	{"own a name", nil, func(c *dbus.Conn, w *writing) error {
		return answered(c, busName, busPath, busName+".RequestName", "test.Service", uint32(0))
	}},
	{"hear what engines say", ofIBus, func(c *dbus.Conn, w *writing) error { match(c, "type='signal'"); return overhears(c, w) }},
	{"become a monitor", ofFcitx, func(c *dbus.Conn, w *writing) error {
		return answered(c, busName, busPath, "org.freedesktop.DBus.Monitoring.BecomeMonitor", []string{}, uint32(0))
	}},
	{"hear what another program composes", ofFcitx, func(c *dbus.Conn, w *writing) error {
		return answered(c, busName, busPath, busName+".AddMatch", "type='signal',eavesdrop='true',interface='"+fcitxContext+"'")
	}},
	{"call a service", ofFcitx, func(c *dbus.Conn, w *writing) error { return answered(c, "test.Other", "/", "test.Other.Do") }},
	{"call a program by its number", ofFcitx, func(c *dbus.Conn, w *writing) error {
		return answered(c, w.victim.conn.Names()[0], "/", "test.Other.Do")
	}},
	{"change the environment of services", ofFcitx, func(c *dbus.Conn, w *writing) error {
		return answered(c, busName, busPath, busName+".UpdateActivationEnvironment", map[string]string{"MULLION_ATTACK": "1"})
	}},
	{"read all about the fields of all programs", ofFcitx, func(c *dbus.Conn, w *writing) error { return fcitxController(c, "DebugInfo") }},
	{"which input method the user has", ofFcitx, func(c *dbus.Conn, w *writing) error { return fcitxController(c, "CurrentInputMethod") }},
	{"change it", ofFcitx, func(c *dbus.Conn, w *writing) error { return fcitxController(c, "SetCurrentIM", "keyboard-us") }},
	{"switch it off", ofFcitx, func(c *dbus.Conn, w *writing) error { return fcitxController(c, "Deactivate") }},
	{"read its settings", ofFcitx, func(c *dbus.Conn, w *writing) error { return fcitxController(c, "GetConfig", "fcitx://config/global") }},
	{"change its settings", ofFcitx, func(c *dbus.Conn, w *writing) error {
		return fcitxController(c, "SetConfig", "fcitx://config/global", dbus.MakeVariant(map[string]dbus.Variant{}))
	}},
	{"end it", ofFcitx, func(c *dbus.Conn, w *writing) error { return fcitxController(c, "Exit") }},
}

// evilComponent is a component with an engine, as IBus writes them: ibuscomponent.c.
func evilComponent() dbus.Variant {
	c := struct {
		Kind                                                      string
		Attached                                                  map[string]dbus.Variant
		Name, About, Version, License, Author, Home, Exec, Domain string
		Observed, Engines                                         []dbus.Variant
	}{"IBusComponent", map[string]dbus.Variant{}, "test.Evil", "", "", "", "", "", "", "", []dbus.Variant{}, []dbus.Variant{}}
	return dbus.MakeVariant(c)
}

// filteredTo returns a connection to a bus as a host has it.
func filteredTo(t testing.TB, kind Bus, address string, log func(string)) *dbus.Conn {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	socket := strings.Split(strings.TrimPrefix(address, "unix:"), ",")[0]
	if name, abstract := strings.CutPrefix(socket, "abstract="); abstract {
		socket = "@" + name
	}
	go func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		bus, err := net.Dial("unix", strings.TrimPrefix(socket, "path="))
		if err != nil {
			client.Close()
			return
		}
		if err := NewGroups(log).Relay(kind, client, bus); err != nil {
			t.Error(err)
		}
	}()
	c, err := dbus.Connect("unix:path=" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestAttacksTyping has code on the bus of an input method do what it could do as a
// host, through the filter and without it. Before and after them, the host composes.
func TestAttacksTyping(t *testing.T) {
	for kind, d := range map[Bus]*daemon{IBus: ofIBus, Fcitx: ofFcitx} {
		bus := session.StartBus(t)
		m := bus.IBus()
		if kind == Fcitx {
			m = bus.Fcitx()
		}
		m.Start()
		service := bus.Connect()
		if _, err := service.RequestName("test.Other", 0); err != nil {
			t.Fatal(err)
		}
		if err := service.Export(doer{}, "/", "test.Other"); err != nil {
			t.Fatal(err)
		}
		var w *writing
		program := func() {
			t.Helper()
			c := m.Connect()
			if err := c.Export(doer{}, "/", "test.Other"); err != nil {
				t.Fatal(err)
			}
			victim, err := openField(c, d, "victim")
			if err != nil {
				t.Fatal(err)
			}
			w = &writing{daemon: d, victim: victim}
		}
		program()
		w.victim.composes(t, m)
		var log []string
		host := filteredTo(t, kind, m.Address(), func(line string) { log = append(log, line) })
		own, err := openField(host, d, "host")
		if err != nil {
			t.Fatal(err, log)
		}
		own.composes(t, m)
		if len(log) > 0 {
			t.Errorf("refused: %q", log)
		}
		mine := slices.DeleteFunc(slices.Clone(typingAttacks), func(a typingAttack) bool { return a.on != nil && a.on != d })
		for _, a := range mine {
			t.Run(fmt.Sprintf("bus %d: %s", kind, a.name), func(t *testing.T) {
				if err := a.do(host, w); err == nil {
					t.Error("through the filter it succeeds")
				} else {
					t.Log(err)
				}
			})
		}
		own.composes(t, m)
		for _, a := range mine {
			t.Run(fmt.Sprintf("bus %d, without the filter: %s", kind, a.name), func(t *testing.T) {
				if err := w.victim.do("FocusIn"); err != nil {
					m.Stop()
					m.Start()
					program()
					w.victim.composes(t, m)
				}
				if err := unhindered(func() error { return a.do(m.Connect(), w) }); err != nil {
					t.Errorf("%v; an attack that cannot succeed proves nothing", err)
				}
			})
		}
	}
}

// BenchmarkKey is a key that the input method has nothing to do with, through the
// filter and without it.
func BenchmarkKey(b *testing.B) {
	m := session.StartBus(b).Fcitx()
	m.Start()
	for name, c := range map[string]*dbus.Conn{"bare": m.Connect(), "filtered": filteredTo(b, Fcitx, m.Address(), func(string) {})} {
		x, err := openField(c, ofFcitx, name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			const control = 1 << 2
			for b.Loop() {
				if err := x.do("ProcessKeyEvent", uint32('x'), uint32(0), uint32(control), false, uint32(0)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
