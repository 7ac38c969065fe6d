package busfilter

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// victim is another program of the user on the bus: a window with a secret in it
// and a button.
type victim struct {
	conn *dbus.Conn
	mu   sync.Mutex
	done []string // what was done to it; guarded by mu
}

const (
	victimPath = "/org/a11y/atspi/accessible/root"
	secret     = "a secret"
)

func (v *victim) note(what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done = append(v.done, what)
}

func (v *victim) was(what string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Contains(strings.Join(v.done, "\n"), what)
}

func (v *victim) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done = nil
}

func (v *victim) GetRole() (uint32, *dbus.Error)             { return 75, nil }
func (v *victim) DoAction(int32) (bool, *dbus.Error)         { v.note("pressed"); return true, nil }
func (v *victim) GetText(int32, int32) (string, *dbus.Error) { return secret, nil }
func (v *victim) SetTextContents(s string) (bool, *dbus.Error) {
	v.note("wrote " + s)
	return true, nil
}
func (v *victim) Get(string, string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(secret), nil
}
func (v *victim) Set(string, string, dbus.Variant) *dbus.Error { return nil }

func startVictim(t *testing.T, a *session.Accessibility) *victim {
	t.Helper()
	v := &victim{conn: a.Connect()}
	for _, iface := range []string{"Accessible", "Action", "Text", "EditableText"} {
		if err := v.conn.Export(v, victimPath, "org.a11y.atspi."+iface); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.conn.Export(v, victimPath, "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	v.embed(t)
	return v
}

func (v *victim) embed(t *testing.T) {
	t.Helper()
	root := v.conn.Object(registryName, victimPath)
	if err := root.Call("org.a11y.atspi.Socket.Embed", 0, object{v.name(), victimPath}).Err; err != nil {
		t.Fatal(err)
	}
}

func (v *victim) name() string { return v.conn.Names()[0] }

// typed tells of something that the user has typed.
func (v *victim) typed() {
	_ = v.conn.Emit(victimPath, "org.a11y.atspi.Event.Object.TextChanged", "insert", int32(0), int32(1), dbus.MakeVariant(secret), map[string]dbus.Variant{})
}

// attack is what code in a host does on the bus. It succeeds with nil.
type attack struct {
	name string
	do   func(c *dbus.Conn, v *victim) error
}

var errNothing = errors.New("nothing came of it")

// answered is the success of an attack that is a call.
func answered(c *dbus.Conn, dest string, path dbus.ObjectPath, method string, args ...any) error {
	call := c.Object(dest, path).Go(method, 0, make(chan *dbus.Call, 1), args...)
	select {
	case <-call.Done:
		return call.Err
	case <-time.After(patience):
		return errNothing
	}
}

// refusedTime is how long a refused attacker waits that gets no answer. patience is how long one waits: that, or until it
// hangs where it is to succeed.
const refusedTime = 2 * time.Second

var patience = refusedTime

// unhindered does what is to succeed.
func unhindered(attack func() error) error {
	patience = await.Limit
	defer func() { patience = refusedTime }()
	return attack()
}

// endsRegistry is the success of a call whose arguments the registry does not
// expect: it ends, and no reader finds any program.
func endsRegistry(c *dbus.Conn, v *victim, path dbus.ObjectPath, method string, args ...any) error {
	c.Object(registryName, path).Go(method, dbus.FlagNoReplyExpected, nil, args...)
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		var owned bool
		if err := v.conn.BusObject().Call(busName+".NameHasOwner", 0, registryName).Store(&owned); err == nil && !owned {
			return nil
		}
	}
	return errNothing
}

// hears is the success of an attack that listens.
func hears(c *dbus.Conn, cause func(), what string) error {
	signals := make(chan *dbus.Signal, 100)
	c.Signal(signals)
	defer c.RemoveSignal(signals)
	late := time.After(patience)
	cause()
	for {
		select {
		case s := <-signals:
			if s != nil && strings.Contains(fmt.Sprint(s.Name, s.Sender, s.Body), what) {
				return nil
			}
		case <-late:
			return errNothing
		}
	}
}

func match(c *dbus.Conn, rule string) {
	c.BusObject().Call("org.freedesktop.DBus.AddMatch", 0, rule)
}

var attacks = []attack{
	{"list the programs", func(c *dbus.Conn, v *victim) error {
		return answered(c, registryName, victimPath, "org.a11y.atspi.Accessible.GetChildren")
	}},
	{"list the names", func(c *dbus.Conn, v *victim) error { return answered(c, busName, busPath, busName+".ListNames") }},
	{"read the tree of another program", func(c *dbus.Conn, v *victim) error {
		return answered(c, v.name(), victimPath, "org.a11y.atspi.Accessible.GetRole")
	}},
	{"read a property of another program", func(c *dbus.Conn, v *victim) error {
		return answered(c, v.name(), victimPath, "org.freedesktop.DBus.Properties.Get", "org.a11y.atspi.Accessible", "Name")
	}},
	{"read the text of another program", func(c *dbus.Conn, v *victim) error {
		return answered(c, v.name(), victimPath, "org.a11y.atspi.Text.GetText", int32(0), int32(-1))
	}},
	{"press a button of another program", func(c *dbus.Conn, v *victim) error {
		err := answered(c, v.name(), victimPath, "org.a11y.atspi.Action.DoAction", int32(0))
		if v.was("pressed") {
			return nil
		}
		return errors.Join(err, errNothing)
	}},
	{"press a button without waiting for an answer", func(c *dbus.Conn, v *victim) error {
		c.Object(v.name(), victimPath).Go("org.a11y.atspi.Action.DoAction", dbus.FlagNoReplyExpected, nil, int32(0))
		for late := time.Now().Add(patience); !v.was("pressed"); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(late) {
				return errNothing
			}
		}
		return nil
	}},
	{"overwrite the text of another program", func(c *dbus.Conn, v *victim) error {
		err := answered(c, v.name(), victimPath, "org.a11y.atspi.EditableText.SetTextContents", "owned")
		if v.was("wrote owned") {
			return nil
		}
		return errors.Join(err, errNothing)
	}},
	{"hear what is typed in another program", func(c *dbus.Conn, v *victim) error {
		match(c, "type='signal',interface='org.a11y.atspi.Event.Object'")
		return hears(c, v.typed, secret)
	}},
	{"hear all signals", func(c *dbus.Conn, v *victim) error {
		match(c, "type='signal'")
		return hears(c, v.typed, secret)
	}},
	{"hear events by an empty rule", func(c *dbus.Conn, v *victim) error {
		match(c, "")
		return hears(c, v.typed, secret)
	}},
	{"eavesdrop", func(c *dbus.Conn, v *victim) error {
		return answered(c, busName, busPath, busName+".AddMatch", "eavesdrop='true',type='method_call'")
	}},
	{"register for events", func(c *dbus.Conn, v *victim) error {
		return answered(c, registryName, "/org/a11y/atspi/registry", registryInterface+".RegisterEvent", "object:text-changed", []string{}, "")
	}},
	{"listen to keys", func(c *dbus.Conn, v *victim) error {
		return answered(c, registryName, deviceController, "org.a11y.atspi.DeviceEventController.RegisterKeystrokeListener",
			dbus.ObjectPath("/a"), []struct {
				A, B int32
				C    string
				D    int32
			}{}, uint32(0), uint32(3), struct{ A, B, C bool }{true, true, true})
	}},
	{"generate a key", func(c *dbus.Conn, v *victim) error {
		return answered(c, registryName, deviceController, "org.a11y.atspi.DeviceEventController.GenerateKeyboardEvent", int32(65), "", uint32(3))
	}},
	{"generate a click", func(c *dbus.Conn, v *victim) error {
		return answered(c, registryName, deviceController, "org.a11y.atspi.DeviceEventController.GenerateMouseEvent", int32(1), int32(1), "b1c")
	}},
	{"own a name", func(c *dbus.Conn, v *victim) error {
		return answered(c, busName, busPath, busName+".RequestName", "org.gnome.Orca.Service", uint32(4))
	}},
	{"own the registry's name", func(c *dbus.Conn, v *victim) error {
		return answered(c, busName, busPath, busName+".RequestName", registryName, uint32(0))
	}},
	{"become a monitor", func(c *dbus.Conn, v *victim) error {
		return answered(c, busName, busPath, "org.freedesktop.DBus.Monitoring.BecomeMonitor", []string{}, uint32(0))
	}},
	{"learn who is there", func(c *dbus.Conn, v *victim) error {
		return answered(c, busName, busPath, busName+".GetConnectionUnixProcessID", v.name())
	}},
	{"ask for the owner of another name", func(c *dbus.Conn, v *victim) error {
		return answered(c, busName, busPath, busName+".GetNameOwner", v.name())
	}},
	{"change the environment of services", func(c *dbus.Conn, v *victim) error {
		return answered(c, busName, busPath, busName+".UpdateActivationEnvironment", map[string]string{"MULLION_ATTACK": "1"})
	}},
	{"talk to a service", func(c *dbus.Conn, v *victim) error {
		return answered(c, "test.Service", "/", "test.Service.Do")
	}},
	{"take another program off the tree", func(c *dbus.Conn, v *victim) error {
		c.Object(registryName, victimPath).Go("org.a11y.atspi.Socket.Unembed", dbus.FlagNoReplyExpected, nil, object{v.name(), victimPath})
		for late := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
			var children []object
			err := v.conn.Object(registryName, victimPath).Call("org.a11y.atspi.Accessible.GetChildren", 0).Store(&children)
			if err == nil && !strings.Contains(fmt.Sprint(children), v.name()+" ") {
				return nil
			}
			if time.Now().After(late) {
				return errNothing
			}
		}
	}},
	{"end the registry by the report of a key", func(c *dbus.Conn, v *victim) error {
		return endsRegistry(c, v, deviceController, "org.a11y.atspi.DeviceEventController.NotifyListenersAsync", "x")
	}},
	{"end the registry by an object", func(c *dbus.Conn, v *victim) error {
		return endsRegistry(c, v, victimPath, "org.a11y.atspi.Socket.Embed", c.Names()[0], dbus.ObjectPath("/a"))
	}},
	{"fill the tree with programs", func(c *dbus.Conn, v *victim) error {
		root := c.Object(registryName, victimPath)
		for range 1000 {
			root.Go("org.a11y.atspi.Socket.Embed", dbus.FlagNoReplyExpected, nil, object{c.Names()[0], "/a"})
		}
		for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
			var children []object
			err := v.conn.Object(registryName, victimPath).Call("org.a11y.atspi.Accessible.GetChildren", 0).Store(&children)
			if err == nil && len(children) > 1000 {
				return nil
			}
		}
		return errNothing
	}},
	{"speak for the registry", func(c *dbus.Conn, v *victim) error {
		match := "type='signal',interface='org.a11y.atspi.Registry',member='EventListenerRegistered',sender='" + c.Names()[0] + "'"
		if err := v.conn.BusObject().Call(busName+".AddMatch", 0, match).Err; err != nil {
			return err
		}
		return hears(v.conn, func() {
			_ = c.Emit("/org/a11y/atspi/registry", registryInterface+".EventListenerRegistered", "forged", "object:")
		}, "forged")
	}},
	{"tell readers another name of a button of another program", func(c *dbus.Conn, v *victim) error {
		if err := v.conn.BusObject().Call(busName+".AddMatch", 0, "type='signal',interface='org.a11y.atspi.Cache'").Err; err != nil {
			return err
		}
		its := object{v.name(), victimPath}
		return hears(v.conn, func() {
			_ = c.Emit("/org/a11y/atspi/cache", "org.a11y.atspi.Cache.AddAccessible", item{Object: its, Application: its, Parent: its, Name: "forged"})
		}, "forged")
	}},
	{"show a button of another program as its own", func(c *dbus.Conn, v *victim) error {
		if err := c.Export(shows{object{v.name(), victimPath}}, victimPath, "org.a11y.atspi.Accessible"); err != nil {
			return err
		}
		var got []object
		return v.conn.Object(c.Names()[0], victimPath).Call("org.a11y.atspi.Accessible.GetChildren", 0).Store(&got)
	}},
	{"have a reader start a program", func(c *dbus.Conn, v *victim) error {
		address := applicationAddress{"unixexec:path=/bin/sh,argv1=-c,argv2=id"}
		if err := c.Export(address, victimPath, "org.a11y.atspi.Application"); err != nil {
			return err
		}
		var got string
		err := v.conn.Object(c.Names()[0], victimPath).Call("org.a11y.atspi.Application.GetApplicationBusAddress", 0).Store(&got)
		if err == nil && got != address.text {
			err = errNothing
		}
		return err
	}},
}

type shows struct{ child object }

// GetChildren answers readers with an object of another program.
func (s shows) GetChildren() ([]object, *dbus.Error) { return []object{s.child}, nil }

type applicationAddress struct{ text string }

// GetApplicationBusAddress answers readers, which connect to what they are told.
func (a applicationAddress) GetApplicationBusAddress() (string, *dbus.Error) { return a.text, nil }

// atAccessibility is a bus with a victim and a service on it.
func atAccessibility(t *testing.T) (*session.Accessibility, *victim) {
	t.Helper()
	a := session.StartBus(t).StartAccessibility()
	service := a.Connect()
	if _, err := service.RequestName("test.Service", 0); err != nil {
		t.Fatal(err)
	}
	if err := service.Export(doer{}, "/", "test.Service"); err != nil {
		t.Fatal(err)
	}
	return a, startVictim(t, a)
}

type doer struct{}

// Do does nothing.
func (doer) Do() *dbus.Error { return nil }

// filtered returns a connection to the bus as a host has it.
func filtered(t *testing.T, a *session.Accessibility, g *Groups) *dbus.Conn {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		path := strings.TrimPrefix(strings.Split(a.Address(), ",")[0], "unix:path=")
		bus, err := net.Dial("unix", path)
		if err != nil {
			client.Close()
			return
		}
		if err := g.Relay(Accessibility, client, bus); err != nil {
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

// TestAttacks has code on the bus do to other programs what it could do as a
// host, without the filter and through it.
func TestAttacks(t *testing.T) {
	for _, tt := range attacks {
		t.Run(tt.name, func(t *testing.T) {
			a, v := atAccessibility(t)
			if err := tt.do(filtered(t, a, NewGroups(func(string) {})), v); err == nil {
				t.Error("through the filter it succeeds")
			} else {
				t.Log(err)
			}
			v.forget()
			if err := unhindered(func() error { return tt.do(a.Connect(), v) }); err != nil {
				t.Errorf("without the filter: %v; an attack that cannot succeed proves nothing", err)
			}
		})
	}
}
