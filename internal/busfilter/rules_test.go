package busfilter

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

// signatureOf is that of the arguments of a method.
func signatureOf(member string) string {
	if a, ok := ofBus[member]; ok {
		return a.signatures[0]
	}
	for e, a := range ofRegistry {
		if e.member == member {
			return a.signatures[0]
		}
	}
	return ""
}

// put writes values as the body of a message.
func put(order binary.ByteOrder, values ...any) []byte {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b = append(append(appendUint(order, b, uint32(len(v))), v...), 0)
		case uint32:
			b = appendUint(order, b, v)
		}
	}
	return b
}

// atBus returns a connection that has said hello as :1.7, beside one that is
// :1.8, and knows the registry as :1.2.
func atBus(t testing.TB) *conn {
	g := NewGroups(func(string) {})
	group, _ := g.join("bus")
	other := newConn(group)
	hello(t, other, ":1.8")
	c := newConn(group)
	hello(t, c, ":1.7")
	q := call(busName, busPath, busName, "GetNameOwner")
	q.serial = 2
	if v := c.toBus(q, put(q.order, registryName)); !v.pass {
		t.Fatal(v)
	}
	a := answer(busName, 2)
	if body := put(a.order, ":1.2"); c.readsIn(a) == 0 || !c.toHost(a, body).pass {
		t.Fatal("the answer is refused")
	}
	return c
}

// TestNameToCome: a web process is called by the name that it has asked for, a moment
// before it has it.
func TestNameToCome(t *testing.T) {
	c := atBus(t)
	web := c.group.owner(":1.8")
	embedded := func() verdict {
		return c.toBus(call(webProcess, "/org/a11y/webkit/accessible/1", "org.a11y.atspi.Socket", "Embedded"), nil)
	}
	c.group.all.patience = time.Millisecond
	if v := embedded(); v != deny {
		t.Errorf("to a name that is nobody's: %+v", v)
	}
	c.group.all.patience = await.Limit
	time.AfterFunc(10*time.Millisecond, func() { c.group.give(webProcess, web) })
	if v := embedded(); !v.pass {
		t.Errorf("to one that it gets then: %+v", v)
	}
}

func hello(t testing.TB, c *conn, name string) {
	t.Helper()
	h := call(busName, busPath, busName, "Hello")
	if v := c.toBus(h, nil); !v.pass {
		t.Fatalf("hello: %+v", v)
	}
	a := answer(busName, h.serial)
	if c.readsIn(a) == 0 || !c.toHost(a, put(a.order, name)).pass {
		t.Fatal("the answer to hello is refused")
	}
}

func call(to, path, iface, member string) *header {
	return &header{order: binary.LittleEndian, kind: methodCall, serial: 1, path: path, iface: iface, member: member, destination: to, signature: signatureOf(member)}
}

func answer(from string, to uint32) *header {
	return &header{order: binary.LittleEndian, kind: methodReturn, serial: 50, replySerial: to, sender: from, destination: ":1.7"}
}

const webProcess = "dev.mullion.hello.Sandboxed.WebProcess-9b1038c7-5393-4be0-9a42-ac2eba26eb76"

// TestCalls: what a host may ask, and of whom.
func TestCalls(t *testing.T) {
	const root, registry = "/org/a11y/atspi/accessible/root", "/org/a11y/atspi/registry"
	bus := func(member string, values ...any) (*header, []byte) {
		h := call(busName, busPath, busName, member)
		return h, put(h.order, values...)
	}
	to := func(dest, path, iface, member string, values ...any) func() (*header, []byte) {
		return func() (*header, []byte) { h := call(dest, path, iface, member); return h, put(h.order, values...) }
	}
	of := func(member string, values ...any) func() (*header, []byte) {
		return func() (*header, []byte) { return bus(member, values...) }
	}
	for _, tt := range []struct {
		what string
		make func() (*header, []byte)
		pass bool
	}{
		{"match of the registry", of("AddMatch", "type='signal', interface='org.a11y.atspi.Registry', sender='org.a11y.atspi.Registry'"), true},
		{"match of the registry by number", of("AddMatch", "type='signal',interface='org.a11y.atspi.DeviceEventListener',sender=':1.2'"), true},
		{"match of the registry's end", of("AddMatch", "type='signal', arg0='org.a11y.atspi.Registry', interface='org.freedesktop.DBus', member='NameOwnerChanged'"), true},
		{"match of one's own end", of("AddMatch", "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0=':1.8'"), true},
		{"match of the end of others", of("AddMatch", "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0=':1.9'"), false},
		{"match of the end of others by namespace", of("AddMatch", "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0namespace=':1'"), false},
		{"match of one's own end by namespace", of("AddMatch", "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0namespace=':1.8'"), true},
		{"match of the end of all", of("AddMatch", "type='signal',interface='org.freedesktop.DBus',member='NameOwnerChanged'"), false},
		{"match of events", of("AddMatch", "type='signal',interface='org.a11y.atspi.Event.Object'"), false},
		{"match of events of the registry", of("AddMatch", "type='signal',sender='org.a11y.atspi.Registry',interface='org.a11y.atspi.Event.Object'"), false},
		{"match of the registry's by anybody", of("AddMatch", "type='signal',interface='org.a11y.atspi.Registry'"), false},
		{"match of all", of("AddMatch", "type='signal'"), false},
		{"match of calls", of("AddMatch", "type='method_call',interface='org.a11y.atspi.Registry',sender='org.a11y.atspi.Registry'"), false},
		{"match of nothing", of("AddMatch", ""), false},
		{"match without an argument", of("AddMatch"), false},
		{"match with too many", of("AddMatch", "type='signal', interface='org.a11y.atspi.Registry', sender='org.a11y.atspi.Registry'", "x"), false},
		{"match taken away that was never made", of("RemoveMatch", "type='signal'"), false},
		{"owner of the registry", of("GetNameOwner", registryName), true},
		{"owner of another name", of("GetNameOwner", "org.gnome.Terminal"), false},
		{"owner of the bus", of("NameHasOwner", "org.freedesktop.systemd1"), false},
		{"start of the registry", of("StartServiceByName", registryName, uint32(0)), true},
		{"start of another service", of("StartServiceByName", "org.freedesktop.systemd1", uint32(0)), false},
		{"name of a web process", of("RequestName", webProcess, uint32(4)), true},
		{"name of a web process that another may take", of("RequestName", webProcess, uint32(5)), false},
		{"name of a web process, taken from another", of("RequestName", webProcess, uint32(6)), false},
		{"name of the registry", of("RequestName", registryName, uint32(3)), false},
		{"name of anything", of("RequestName", "org.gnome.Orca", uint32(4)), false},
		{"name much like that of a web process", of("RequestName", "a.Sandboxed.WebProcess-9b1038c7-5393-4be0-9a42-ac2eba26eb7.", uint32(4)), false},
		{"names", of("ListNames"), false},
		{"credentials of others", of("GetConnectionCredentials", ":1.2"), false},
		{"process of others", of("GetConnectionUnixProcessID", ":1.2"), false},
		{"environment of services", of("UpdateActivationEnvironment"), false},
		{"a monitor", to(busName, busPath, "org.freedesktop.DBus.Monitoring", "BecomeMonitor"), false},
		{"hello to another interface", to(busName, busPath, "org.freedesktop.DBus.Properties", "Hello"), false},
		{"hello to another path", to(busName, "/", busName, "Hello"), false},
		{"hello to nobody", to("", busPath, busName, "Hello"), false},
		{"hello without an interface", to(busName, busPath, "", "Hello"), false},

		{"embed", to(registryName, root, "org.a11y.atspi.Socket", "Embed", ":1.7", root), true},
		{"embed by number", to(":1.2", root, "org.a11y.atspi.Socket", "Embed", ":1.8", root), true},
		{"embed another program", to(registryName, root, "org.a11y.atspi.Socket", "Embed", ":1.9", root), false},
		{"embed nothing", to(registryName, root, "org.a11y.atspi.Socket", "Embed"), false},
		{"unembed", to(registryName, root, "org.a11y.atspi.Socket", "Unembed", ":1.7", root), true},
		{"unembed another program", to(registryName, root, "org.a11y.atspi.Socket", "Unembed", ":1.9", root), false},
		{"events asked for", to(registryName, registry, "org.a11y.atspi.Registry", "GetRegisteredEvents"), true},
		{"events asked for, by number", to(":1.2", registry, "org.a11y.atspi.Registry", "GetRegisteredEvents"), true},
		{"events to hear", to(registryName, registry, "org.a11y.atspi.Registry", "RegisterEvent", "object:"), false},
		{"listeners", to(registryName, deviceController, "org.a11y.atspi.DeviceEventController", "GetKeystrokeListeners"), true},
		{"a key, told", to(registryName, deviceController, "org.a11y.atspi.DeviceEventController", "NotifyListenersSync", "x"), true},
		{"a key to hear", to(registryName, deviceController, "org.a11y.atspi.DeviceEventController", "RegisterKeystrokeListener"), false},
		{"a key, made", to(registryName, deviceController, "org.a11y.atspi.DeviceEventController", "GenerateKeyboardEvent"), false},
		{"a click, made", to(registryName, deviceController, "org.a11y.atspi.DeviceEventController", "GenerateMouseEvent"), false},
		{"listeners at another path", to(registryName, registry, "org.a11y.atspi.DeviceEventController", "GetKeystrokeListeners"), false},
		{"listeners without an interface", to(registryName, deviceController, "", "GetKeystrokeListeners"), false},
		{"all programs", to(registryName, root, "org.a11y.atspi.Accessible", "GetChildren"), false},
		{"properties of the registry", to(registryName, root, "org.freedesktop.DBus.Properties", "GetAll"), false},

		{"a connection of its own", to(":1.8", "/any", "any.thing", "Works"), true},
		{"another program", to(":1.9", root, "org.a11y.atspi.Accessible", "GetChildren"), false},
		{"a name that is not its own", to(webProcess, root, "org.a11y.atspi.Socket", "Embedded"), false},
		{"another service", to("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "StartUnit"), false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for name, order := range orders {
				c := atBus(t)
				h, body := tt.make()
				if order != h.order {
					h.order = order
					body = reorder(t, body)
				}
				h.body = uint32(len(body))
				if c.reads(h) == 0 {
					body = nil
				}
				h.serial = 9
				v := c.toBus(h, body)
				if v.pass != tt.pass || !tt.pass && v.error != accessDenied {
					t.Errorf("%s: %+v", name, v)
				}
				if _, asked := c.asked[9]; asked != tt.pass {
					t.Errorf("%s: its answer is waited for: %v", name, asked)
				}
			}
		})
	}
}

// reorder turns the words of a body around; all of ours begin with the length of
// a text.
func reorder(t *testing.T, body []byte) []byte {
	var values []any
	v := valuesOf(body)
	for v.at < len(body) {
		n := len(body) - v.at
		if n <= 7 && len(values) > 0 && (v.at+3)&^3+4 == len(body) {
			values = append(values, v.uint())
			continue
		}
		values = append(values, v.text())
	}
	if v.broken {
		t.Fatalf("%q", body)
	}
	return put(binary.BigEndian, values...)
}

func valuesOf(b []byte) *values { return &values{order: binary.LittleEndian, b: b} }

// TestOwnName: the host reaches its web process by the name that this has got.
func TestOwnName(t *testing.T) {
	for result, own := range map[uint32]bool{1: true, 2: false, 3: false, 4: true} {
		c := atBus(t)
		h := call(busName, busPath, busName, "RequestName")
		h.serial = 5
		if v := c.toBus(h, put(h.order, webProcess, uint32(4))); !v.pass {
			t.Fatal(v)
		}
		a := answer(busName, 5)
		if c.readsIn(a) == 0 || !c.toHost(a, put(a.order, result)).pass {
			t.Fatal("the answer is refused")
		}
		h = call(webProcess, "/a", "org.a11y.atspi.Socket", "Embedded")
		if v := c.toBus(h, nil); v.pass != own {
			t.Errorf("result %d: %+v", result, v)
		}
		c.end()
		if c.group.isOwn(webProcess) || c.group.isOwn(":1.7") || !c.group.isOwn(":1.8") {
			t.Errorf("after the end: %v", c.group.own)
		}
	}
}

// TestAnswers: each answer is passed on once, and only to who has asked.
func TestAnswers(t *testing.T) {
	c := atBus(t)
	in := call(":1.7", "/a", "org.a11y.atspi.Accessible", "GetChildren")
	in.sender, in.serial = ":1.9", 44
	out := func(to string, serial uint32) bool {
		return c.toBus(&header{order: binary.LittleEndian, kind: methodReturn, serial: 3, destination: to, replySerial: serial}, nil).pass
	}
	if out(":1.9", 44) {
		t.Error("an answer before the call")
	}
	if v := c.toHost(in, nil); !v.pass {
		t.Fatal(v)
	}
	if out(":1.9", 45) || out(":1.2", 44) || out("", 44) {
		t.Error("an answer to another call")
	}
	if !out(":1.9", 44) || out(":1.9", 44) {
		t.Error("the answer, and a second one")
	}
	if in.flags = noReplyExpected; !c.toHost(in, nil).pass || out(":1.9", 44) {
		t.Error("an answer that is not wanted")
	}
	if c.toHost(answer(":1.2", 77), nil).pass {
		t.Error("an answer to what was not asked")
	}
	h := call(registryName, "/org/a11y/atspi/registry", registryInterface, "GetRegisteredEvents")
	h.serial = 77
	if !c.toBus(h, nil).pass || !c.toHost(answer(":1.3", 77), nil).pass || c.toHost(answer(":1.3", 77), nil).pass {
		t.Error("the answer, and a second one")
	}
	if !c.group.isRegistry(":1.3") {
		t.Error("who answers for the registry is not known")
	}
}

// TestIncoming: what a host is told, and what may be called of it.
func TestIncoming(t *testing.T) {
	in := func(kind byte, sender, path, iface, member string) *header {
		return &header{order: binary.LittleEndian, kind: kind, serial: 9, sender: sender, destination: ":1.7", path: path, iface: iface, member: member}
	}
	for _, tt := range []struct {
		what   string
		h      *header
		values []any
		want   verdict
	}{
		{"a reader looks", in(methodCall, ":1.9", "/a", "org.a11y.atspi.Accessible", "GetChildren"), nil, pass},
		{"a reader reads", in(methodCall, ":1.9", "/a", "org.freedesktop.DBus.Properties", "Get"), nil, pass},
		{"another interface", in(methodCall, ":1.9", "/a", "org.gtk.Actions", "Activate"), nil, deny},
		{"no interface", in(methodCall, ":1.9", "/a", "", "GetChildren"), nil, deny},
		{"an address is asked for", in(methodCall, ":1.9", "/a", "org.a11y.atspi.Application", "GetApplicationBusAddress"), nil, verdict{error: notSupported, text: "the program is on this bus only"}},
		{"a listener", in(signal, ":1.2", "/org/a11y/atspi/registry", registryInterface, "EventListenerRegistered"), nil, pass},
		{"a listener by another program", in(signal, ":1.9", "/org/a11y/atspi/registry", registryInterface, "EventListenerRegistered"), nil, drop},
		{"a listener for keys", in(signal, ":1.2", deviceController, listenerInterface, "KeystrokeListenerRegistered"), nil, pass},
		{"an event of another program", in(signal, ":1.9", "/a", "org.a11y.atspi.Event.Object", "TextChanged"), nil, drop},
		{"an event of the registry", in(signal, ":1.2", "/a", "org.a11y.atspi.Event.Object", "ChildrenChanged"), nil, drop},
		{"a name", in(signal, busName, busPath, busName, "NameAcquired"), nil, pass},
		{"the registry comes", in(signal, busName, busPath, busName, "NameOwnerChanged"), []any{registryName, "", ":1.5"}, pass},
		{"another comes", in(signal, busName, busPath, busName, "NameOwnerChanged"), []any{":1.9", "", ":1.9"}, drop},
		{"what is not well formed", in(signal, busName, busPath, busName, "NameOwnerChanged"), []any{registryName}, drop},
		{"another signal of the bus", in(signal, busName, busPath, busName, "ActivatableServicesChanged"), nil, drop},
		{"another kind", in(9, ":1.2", "/a", registryInterface, "X"), nil, drop},
	} {
		c := atBus(t)
		var body []byte
		if tt.values != nil {
			body = put(tt.h.order, tt.values...)
			if c.readsIn(tt.h) == 0 {
				t.Errorf("%s: the body is not read", tt.what)
			}
		}
		if got := c.toHost(tt.h, body); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.what, got, tt.want)
		}
	}
	c := atBus(t)
	c.toHost(in(signal, busName, busPath, busName, "NameOwnerChanged"), put(binary.LittleEndian, registryName, "", ":1.5"))
	if !c.group.isRegistry(":1.5") {
		t.Error("the new registry is not known")
	}
}

// TestEvents: what a host tells others.
func TestEvents(t *testing.T) {
	c := atBus(t)
	own := object{":1.7", "/a"}
	added := item{Object: own, Application: own, Parent: own}
	say := func(to, iface, member string, values ...any) verdict {
		h, body := event(t, binary.LittleEndian, iface, member, values...)
		h.destination, h.sender = to, ":1.9"
		return c.toBus(h, body)
	}
	about := func(value any) []any { return []any{"x", int32(1), int32(2), dbus.MakeVariant(value), own} }
	for _, value := range []any{int32(1), "text", own, struct{ X, Y, W, H int32 }{}, 1.5} {
		if v := say("", eventInterface+"Object", "M", about(value)...); v != pass {
			t.Errorf("an event with %T: %+v", value, v)
		}
	}
	for what, values := range map[string][]any{
		"numbers in the place of a reference":   about(struct{ X, Y uint64 }{1, 2}),
		"a text alone":                          about(struct{ X string }{"x"}),
		"no value":                              {"x", int32(1), int32(2)},
		"a text":                                {"x"},
		"a reference in the place of the value": {"x", int32(1), int32(2), own, own},
		"numbers in the place of its sender":    {"x", int32(1), int32(2), dbus.MakeVariant("x"), struct{ X, Y uint64 }{}},
	} {
		if v := say("", eventInterface+"Object", "M", values...); v != drop {
			t.Errorf("an event with %s: %+v", what, v)
		}
	}
	for to, want := range map[string]bool{"": true, ":1.9": false, ":1.8": false} {
		if v := say(to, cacheInterface, "AddAccessible", added); v.pass != want {
			t.Errorf("an object for %q: %+v", to, v)
		}
	}
	if say("", cacheInterface, "RemoveAccessible", own) != pass || say("", cacheInterface, "RemoveAccessible", added).pass || say("", cacheInterface, "X", own).pass {
		t.Error("what is cached")
	}
	for _, iface := range []string{
		registryInterface, listenerInterface, "org.a11y.atspi.Socket", busName, "org.a11y.atspi.EventX",
		eventInterface + "ScreenReader", eventInterface + "Mouse", eventInterface + "Keyboard",
	} {
		if v := say("", iface, "M", about(own)...); v != drop {
			t.Errorf("%s: %+v", iface, v)
		}
	}
	in := call(":1.7", "/a", "org.a11y.atspi.Accessible", "GetChildren")
	in.sender = ":1.9"
	if c.toHost(in, nil); !say(":1.9", eventInterface+"Object", "M", about(own)...).pass {
		t.Error("an event for who has called is not passed on")
	}
}

// TestDescriptors: there are none in either direction.
func TestDescriptors(t *testing.T) {
	c := atBus(t)
	h := call(":1.8", "/a", "a.b", "C")
	h.descriptors = 1
	if v := c.toBus(h, nil); v != deny {
		t.Errorf("to the bus: %+v", v)
	}
	if v := c.toHost(h, nil); v != deny {
		t.Errorf("to the host: %+v", v)
	}
}

// TestBounds: nothing that is remembered grows without end.
func TestBounds(t *testing.T) {
	c := atBus(t)
	for i := range 2 * maxUnsettled {
		h := call(":1.8", "/a", "a.b", "C")
		h.serial = uint32(i + 10)
		if v := c.toBus(h, nil); i > maxUnsettled && v != full {
			t.Fatalf("call %d: %+v", i, v)
		}
		h.iface, h.sender = "org.a11y.atspi.Action", fmt.Sprint(":2.", i)
		if v := c.toHost(h, nil); i > maxUnsettled && v != full {
			t.Fatalf("call %d that comes in: %+v", i, v)
		}
		h = call(busName, busPath, busName, "AddMatch")
		h.flags = noReplyExpected
		rule := fmt.Sprintf("type='signal',interface='org.a11y.atspi.Registry',sender='org.a11y.atspi.Registry',path='/%d'", i)
		if v := c.toBus(h, put(h.order, rule)); v.pass != (i < maxRules) {
			t.Fatalf("rule %d: %+v", i, v)
		}
		h = call(busName, busPath, busName, "RequestName")
		h.flags = noReplyExpected
		if v := c.toBus(h, put(h.order, webProcess, uint32(4))); v.pass != (i < maxRequests) {
			t.Fatalf("request %d for a name: %+v", i, v)
		}
		c.have(fmt.Sprint("name.", i))
		c.group.note(c.group.registries, maxNames, fmt.Sprint(":3.", i))
	}
	if len(c.asked) > maxUnsettled || len(c.called) > maxUnsettled || len(c.rules) > maxRules ||
		len(c.group.own) > maxNames || len(c.group.clients) > maxClients || len(c.group.registries) > maxNames {
		t.Errorf("%d asked, %d called, %d rules, %d names, %d clients, %d registries",
			len(c.asked), len(c.called), len(c.rules), len(c.group.own), len(c.group.clients), len(c.group.registries))
	}
	rule := "type='signal',interface='org.a11y.atspi.Registry',sender='org.a11y.atspi.Registry',path='/1'"
	h := call(busName, busPath, busName, "RemoveMatch")
	h.flags = noReplyExpected
	if v := c.toBus(h, put(h.order, rule)); !v.pass || c.toBus(h, put(h.order, rule)).pass {
		t.Error("a rule is taken away once")
	}
}

// TestEmbedded: a host is in the tree a few times, and again where the registry is
// another one.
func TestEmbedded(t *testing.T) {
	c := atBus(t)
	fill := func() (n int) {
		for range 3 * maxEmbedded {
			h := call(registryName, "/org/a11y/atspi/accessible/root", "org.a11y.atspi.Socket", "Embed")
			h.flags = noReplyExpected
			if c.toBus(h, put(h.order, ":1.7", "/a")).pass {
				n++
			}
		}
		return n
	}
	if n := fill(); n != maxEmbedded {
		t.Errorf("%d times", n)
	}
	h := &header{order: binary.LittleEndian, kind: signal, serial: 9, sender: busName, path: busPath, iface: busName, member: "NameOwnerChanged"}
	c.toHost(h, put(h.order, registryName, ":1.2", ":1.5"))
	if n := fill(); n != maxEmbedded {
		t.Errorf("%d times at another registry", n)
	}
}

// TestSameRule: the bus keeps a rule as often as it was added.
func TestSameRule(t *testing.T) {
	c := atBus(t)
	do := func(member string, serial uint32, flags byte) verdict {
		h := call(busName, busPath, busName, member)
		h.serial, h.flags = serial, flags
		return c.toBus(h, put(h.order, "type='signal',interface='org.a11y.atspi.Registry',sender='org.a11y.atspi.Registry'"))
	}
	for i := range 2 * maxRules {
		if v := do("AddMatch", 1, noReplyExpected); v.pass != (i < maxRules) {
			t.Fatalf("rule %d: %+v", i, v)
		}
	}
	for i := range maxUnsettled {
		c.asked[uint32(i+100)] = question{}
	}
	if v := do("RemoveMatch", 5, 0); v != full {
		t.Fatalf("a question too many: %+v", v)
	}
	if v := do("AddMatch", 1, noReplyExpected); v != deny {
		t.Errorf("a rule that was not taken away makes room: %+v", v)
	}
	group := c.group
	c.end()
	if group.rules != 0 {
		t.Errorf("%d rules are left", group.rules)
	}
}

// TestComing: what a host sends itself and does not read stays bounded, for the
// bus holds it.
func TestComing(t *testing.T) {
	c := atBus(t)
	h := call(":1.8", "/a", "a.b", "C")
	h.flags, h.body = noReplyExpected, 1<<20-weight
	for i := range 6 {
		if v := c.toBus(h, nil); v.pass != (i < 4) || !v.pass && v != full {
			t.Fatalf("call %d of 1 MiB: %+v", i, v)
		}
	}
	c.called[caller{":1.8", 7}] = true
	a := answer("", 7)
	if a.destination, a.body = ":1.8", 1; c.toBus(a, nil).pass {
		t.Error("an answer passes that does not fit")
	}
	to := c.group.owner(":1.8")
	in := *h
	in.sender = ":1.9"
	if to.toHost(&in, nil); c.toBus(h, nil).pass {
		t.Error("what others send makes room")
	}
	in.sender = ":1.7"
	if to.toHost(&in, nil); !c.toBus(h, nil).pass || c.toBus(h, nil).pass {
		t.Error("what has arrived makes room for as much, and no more")
	}
	for range 10 {
		to.toHost(&in, nil)
	}
	if to.total != 0 || len(to.coming) != 0 {
		t.Errorf("%d bytes are counted: %v", to.total, to.coming)
	}
}

// TestTold: what others have to read is bounded, and comes back with time.
func TestTold(t *testing.T) {
	c := atBus(t)
	event := &header{kind: signal, body: 1<<20 - weight}
	passed := 0
	for range 100 {
		if c.group.mayTell(event) {
			passed++
		}
	}
	if passed < maxTold>>20 || passed > maxTold>>20+10 {
		t.Errorf("%d MiB of events at once", passed)
	}
	for range 10_000 {
		h := call(registryName, deviceController, "org.a11y.atspi.DeviceEventController", "NotifyListenersAsync")
		h.flags, h.body = noReplyExpected, maxRead
		if v := c.toBus(h, nil); v == full {
			passed = -1
			break
		}
	}
	if passed >= 0 {
		t.Error("keys are told without end")
	}
	now := time.Now()
	b := newBucket(10, 2, now)
	for _, tt := range []struct {
		n     int64
		after time.Duration
		want  bool
	}{{10, 0, true}, {1, 0, false}, {2, time.Second, true}, {1, 0, false}, {11, time.Hour, false}, {10, 0, true}, {1, 0, false}} {
		if now = now.Add(tt.after); b.take(tt.n, now) != tt.want {
			t.Errorf("%+v: not so", tt)
		}
	}
}
