package busfilter

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
	"testing"
)

// atInput returns a connection to an input method that has said hello, and has made
// a context with the path of own.
func atInput(t testing.TB, d *daemon) *typist {
	t.Helper()
	c := newTypist(d, newOwners(), nil)
	hello := request1(1, busName, busPath, busName, "Hello", "")
	if v := c.toBus(hello, []byte{}); !v.pass {
		t.Fatalf("hello: %+v", v)
	}
	if a := answer(busName, 1); !c.toHost(a, put(a.order, ":1.7")).pass {
		t.Fatal("the answer to hello")
	}
	makes(t, c, 2, own, daemonName)
	return c
}

const (
	own        = "/own/1"
	foreign1   = "/own/2"
	daemonName = ":1.2"
)

// makes has a daemon answer that it has made a context.
func makes(t testing.TB, c *typist, serial uint32, path, from string) {
	t.Helper()
	h := request1(serial, c.daemon.names[0], c.daemon.create.path, c.daemon.create.iface, c.daemon.create.member, c.daemon.signature)
	if v := c.toBus(h, nil); !v.pass || h.flags&noAutoStart == 0 {
		t.Fatalf("make a context: %+v, flags %d", v, h.flags)
	}
	a := answer(from, serial)
	if c.readsIn(a) == 0 || !c.toHost(a, put(a.order, path)).pass {
		t.Fatal("the answer with a context")
	}
}

func request1(serial uint32, to, path, iface, member, signature string) *header {
	return &header{order: binary.LittleEndian, kind: methodCall, serial: serial, path: path, iface: iface, member: member, destination: to, signature: signature}
}

// TestTypist: what a host may say to an input method, and what not.
func TestTypist(t *testing.T) {
	text := func(kind string, attached uint32, attributes string) []byte {
		var b []byte
		b = append(b, byte(len("(sa{sv}sv)")))
		b = append(append(b, "(sa{sv}sv)"...), 0)
		b = pad(b, 8)
		b = append(b, put(binary.LittleEndian, kind)...)
		b = appendUint(binary.LittleEndian, b, attached)
		b = pad(b, 8)
		b = appendUint(binary.LittleEndian, b, 3)
		b = append(b, "abc\x00"...)
		b = append(b, byte(len(attributes)))
		b = append(append(b, attributes...), 0)
		b = pad(b, 8)
		b = appendUint(binary.LittleEndian, b, uint32(len("IBusAttrList")))
		b = append(append(b, "IBusAttrList"...), 0)
		b = appendUint(binary.LittleEndian, b, 0)
		b = pad(b, 8)
		for range 3 {
			b = appendUint(binary.LittleEndian, b, 0)
		}
		return b
	}
	property := func(iface, name, kind string) []byte {
		b := put(binary.LittleEndian, iface, name)
		return append(append(append(b, byte(len(kind))), kind...), 0, 0, 0, 0, 0, 0)
	}
	for _, tt := range []struct {
		what                           string
		d                              *daemon
		to, path, iface, member, takes string
		body                           []byte
		pass                           bool
	}{
		{"a key", ofIBus, "", own, ibusContext, "ProcessKeyEvent", "uuu", nil, true},
		{"a key by number", ofIBus, daemonName, own, ibusContext, "ProcessKeyEvent", "uuu", nil, true},
		{"a key with other arguments", ofIBus, "", own, ibusContext, "ProcessKeyEvent", "uu", nil, false},
		{"a key for another's field", ofIBus, "", foreign1, ibusContext, "ProcessKeyEvent", "uuu", nil, false},
		{"a key for another program", ofIBus, ":1.9", own, ibusContext, "ProcessKeyEvent", "uuu", nil, false},
		{"the focus", ofIBus, "", own, ibusContext, "FocusIn", "", nil, true},
		{"the focus of another's field", ofIBus, "", foreign1, ibusContext, "FocusOut", "", nil, false},
		{"another's composing", ofIBus, "", foreign1, ibusContext, "Reset", "", nil, false},
		{"the end of another's field", ofIBus, "", foreign1, ibusDestroy.iface, ibusDestroy.member, "", nil, false},
		{"the end of its own", ofIBus, "", own, ibusDestroy.iface, ibusDestroy.member, "", nil, true},
		{"an engine", ofIBus, "", own, ibusContext, "SetEngine", "s", nil, false},
		{"which engine", ofIBus, "", own, ibusContext, "GetEngine", "", nil, false},
		{"an engine's menu", ofIBus, "", own, ibusContext, "PropertyActivate", "su", nil, false},
		{"what a field is for", ofIBus, "", own, properties, "Set", "ssv", property(ibusContext, "ContentType", "(uu)"), true},
		{"that it asks what comes of keys", ofIBus, "", own, properties, "Set", "ssv", property(ibusContext, "EffectivePostProcessKeyEvent", "(b)"), true},
		{"what has come of a key", ofIBus, "", own, properties, "Get", "ss", put(binary.LittleEndian, ibusContext, "PostProcessKeyEvent"), true},
		{"what has come of another's", ofIBus, "", foreign1, properties, "Get", "ss", put(binary.LittleEndian, ibusContext, "PostProcessKeyEvent"), false},
		{"the engine as a property", ofIBus, "", own, properties, "Get", "ss", put(binary.LittleEndian, ofIBus.create.iface, "GlobalEngine"), false},
		{"another property", ofIBus, "", own, properties, "Set", "ssv", property(ibusContext, "EffectivePostProcessKeyEvent", "(uu)"), false},
		{"a property of another type", ofIBus, "", own, properties, "Set", "ssv", property(ibusContext, "ContentType", "s"), false},
		{"a property of the daemon", ofIBus, "", own, properties, "Set", "ssv", property(ofIBus.create.iface, "ContentType", "(uu)"), false},
		{"a property of another's field", ofIBus, "", foreign1, properties, "Set", "ssv", property(ibusContext, "ContentType", "(uu)"), false},
		{"text", ofIBus, "", own, ibusContext, "SetSurroundingText", "vuu", text("IBusText", 0, "(sa{sv}av)"), true},
		{"no text", ofIBus, "", own, ibusContext, "SetSurroundingText", "vuu", text("IBusComponent", 0, "(sa{sv}av)"), false},
		{"text with something attached", ofIBus, "", own, ibusContext, "SetSurroundingText", "vuu", text("IBusText", 8, "(sa{sv}av)"), false},
		{"text with other attributes", ofIBus, "", own, ibusContext, "SetSurroundingText", "vuu", text("IBusText", 0, "(sa{sv})"), false},
		{"text that is cut", ofIBus, "", own, ibusContext, "SetSurroundingText", "vuu", text("IBusText", 0, "(sa{sv}av)")[:60], false},
		{"text that is not read", ofIBus, "", own, ibusContext, "SetSurroundingText", "vuu", nil, false},
		{"the engine of all", ofIBus, "", ofIBus.create.path, ofIBus.create.iface, "SetGlobalEngine", "s", nil, false},
		{"an engine of its own", ofIBus, "", ofIBus.create.path, ofIBus.create.iface, "RegisterComponent", "v", nil, false},
		{"the daemon's properties", ofIBus, "", ofIBus.create.path, properties, "Get", "ss", nil, false},

		{"a key", ofFcitx, "", own, fcitxContext, "ProcessKeyEvent", "uuubu", nil, true},
		{"a key by number", ofFcitx, daemonName, own, fcitxContext, "ProcessKeyEvent", "uuubu", nil, true},
		{"a key by the portal's name", ofFcitx, "org.freedesktop.portal.Fcitx", own, fcitxContext, "ProcessKeyEvent", "uuubu", nil, true},
		{"a key for another's field", ofFcitx, "", foreign1, fcitxContext, "ProcessKeyEvent", "uuubu", nil, false},
		{"a key for another program", ofFcitx, ":1.9", own, fcitxContext, "ProcessKeyEvent", "uuubu", nil, false},
		{"properties of its own", ofFcitx, "", own, properties, "GetAll", "s", put(binary.LittleEndian, fcitxContext), true},
		{"properties of another kind", ofFcitx, "", own, properties, "GetAll", "s", put(binary.LittleEndian, "org.kde.Item"), false},
		{"properties of another's", ofFcitx, "", foreign1, properties, "GetAll", "s", nil, false},
		{"the end of another's field", ofFcitx, "", foreign1, fcitxContext, "DestroyIC", "", nil, false},
		{"the controller", ofFcitx, "", "/controller", "org.fcitx.Fcitx.Controller1", "Exit", "", nil, false},
		{"another service", ofFcitx, "org.freedesktop.systemd1", own, fcitxContext, "FocusIn", "", nil, false},
		{"the version", ofFcitx, "", ofFcitx.create.path, ofFcitx.create.iface, "Version", "", nil, true},

		{"whose the daemon's name is", ofFcitx, busName, busPath, busName, "GetNameOwner", "s", put(binary.LittleEndian, "org.fcitx.Fcitx5"), true},
		{"whose another name is", ofFcitx, busName, busPath, busName, "GetNameOwner", "s", put(binary.LittleEndian, "org.gnome.Shell"), false},
		{"a name", ofFcitx, busName, busPath, busName, "RequestName", "su", put(binary.LittleEndian, "org.fcitx.Fcitx5", uint32(0)), false},
		{"a start", ofFcitx, busName, busPath, busName, "StartServiceByName", "su", put(binary.LittleEndian, "org.fcitx.Fcitx5", uint32(0)), false},
		{"all names", ofFcitx, busName, busPath, busName, "ListNames", "", []byte{}, false},
		{"a monitor", ofFcitx, busName, busPath, "org.freedesktop.DBus.Monitoring", "BecomeMonitor", "asu", nil, false},
	} {
		c := atInput(t, tt.d)
		to := tt.to
		if to == "" {
			to = tt.d.names[0]
		}
		h := request1(9, to, tt.path, tt.iface, tt.member, tt.takes)
		h.body = uint32(len(tt.body))
		v := c.toBus(h, tt.body)
		if v.pass != tt.pass {
			t.Errorf("%s, %s: %+v", tt.what, tt.d.names[0], v)
		}
		if v.pass && tt.path == own && h.destination != daemonName {
			t.Errorf("%s goes to %q", tt.what, h.destination)
		}
		if !tt.pass && v.error == "" {
			t.Errorf("%s, %s: no answer", tt.what, tt.d.names[0])
		}
	}
}

// TestTypistRules: what a host may listen to.
func TestTypistRules(t *testing.T) {
	for rule, want := range map[string]bool{
		"type='signal',sender='org.freedesktop.IBus',interface='org.freedesktop.IBus.InputContext',path='/own/1'":                              true,
		"type='signal',sender='" + daemonName + "',interface='org.freedesktop.IBus.InputContext',path='/own/1'":                                true,
		"type='signal',sender='org.freedesktop.IBus',interface='org.freedesktop.IBus.InputContext',path='/own/2'":                              false,
		"type='signal',sender='org.freedesktop.IBus',interface='org.freedesktop.IBus.InputContext'":                                            false,
		"type='signal',sender='org.freedesktop.IBus',interface='org.freedesktop.IBus.Engine',path='/own/1'":                                    false,
		"type='signal',interface='org.freedesktop.IBus.InputContext',path='/own/1'":                                                            false,
		"type='method_call',sender='org.freedesktop.IBus',interface='org.freedesktop.IBus.InputContext',path='/own/1'":                         false,
		"type='signal',sender='org.freedesktop.IBus',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path='/own/1'":     true,
		"type='signal',sender='org.freedesktop.IBus',interface='org.freedesktop.IBus',path='/org/freedesktop/IBus'":                            true,
		"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.IBus'":   true,
		"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.freedesktop.Notify'": false,
		"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged'":                               false,
		"type='signal'": false,
		"":              false,
	} {
		c := atInput(t, ofIBus)
		add := request1(9, busName, busPath, busName, "AddMatch", "s")
		if v := c.toBus(add, put(add.order, rule)); v.pass != want {
			t.Errorf("%s: %+v", rule, v)
		}
		remove := request1(10, busName, busPath, busName, "RemoveMatch", "s")
		for _, left := range []bool{want, false} {
			if v := c.toBus(remove, put(add.order, rule)); v.pass != left {
				t.Errorf("take away %s: %+v", rule, v)
			}
			remove.serial++
		}
	}
}

// TestTypistKeys: a key is judged by its symbol, its number as the display has it, and
// what is held with it.
func TestTypistKeys(t *testing.T) {
	for d, number := range map[*daemon]uint32{ofIBus: 30, ofFcitx: 38} {
		c := atInput(t, d)
		c.typed = func(symbol, code, state uint32) bool { return symbol == 'a' && code == 38 && state == 4 }
		m := d.methods[method{d.face, "ProcessKeyEvent"}]
		for i, key := range [][3]uint32{{'a', number, 4}, {';', number, 4}, {'a', number + 1, 4}, {'a', number, 0}} {
			body := put(binary.LittleEndian, key[0], key[1], key[2])
			h := request1(uint32(20+i), d.names[0], own, d.face, "ProcessKeyEvent", m.signature)
			h.body = uint32(len(body))
			if c.reads(h) < h.body {
				t.Error("a key is not read")
			}
			if v := c.toBus(h, body); v.pass != (i == 0) {
				t.Errorf("%s: %v: %+v", d.names[0], key, v)
			}
			if v := c.toBus(h, nil); v.pass {
				t.Errorf("%s: a key that was not read", d.names[0])
			}
		}
	}
}

// TestTypistSignals: a host hears what is said of its own contexts, by their daemon.
func TestTypistSignals(t *testing.T) {
	c := atInput(t, ofFcitx)
	hears := func(what, from, path, iface string, want bool) {
		t.Helper()
		h := &header{order: binary.LittleEndian, kind: signal, serial: 1, path: path, iface: iface, member: "CommitString", sender: from, destination: ":1.7"}
		if v := c.toHost(h, nil); v.pass != want {
			t.Errorf("%s: %+v", what, v)
		}
	}
	hears("its own", daemonName, own, fcitxContext, true)
	hears("another's", daemonName, foreign1, fcitxContext, false)
	hears("of another program", ":1.9", own, fcitxContext, false)
	hears("another interface", daemonName, own, "org.kde.StatusNotifierItem", false)
	if v := c.toHost(request1(1, ":1.7", own, fcitxContext, "FocusIn", ""), nil); v.pass {
		t.Error("it is called")
	}
	// A daemon that starts again gives paths to others.
	h := &header{order: binary.LittleEndian, kind: signal, serial: 1, path: busPath, iface: busName, member: "NameOwnerChanged", sender: busName, signature: "sss"}
	if c.readsIn(h) == 0 || !c.toHost(h, put(h.order, "org.fcitx.Fcitx5", daemonName, ":1.30")).pass {
		t.Error("it does not hear of the new daemon")
	}
	if c.toHost(h, put(h.order, "org.gnome.Shell", "", ":1.31")).pass {
		t.Error("it hears of others")
	}
	hears("of the new one", ":1.30", own, fcitxContext, false)
	k := request1(20, "org.fcitx.Fcitx5", own, fcitxContext, "ProcessKeyEvent", "uuubu")
	if v := c.toBus(k, nil); !v.pass || k.destination != daemonName {
		t.Errorf("a key goes to %q, %+v", k.destination, v)
	}
}

// TestTypistLimits: what a host can make the filter and the daemon remember.
func TestTypistLimits(t *testing.T) {
	c := atInput(t, ofIBus)
	n := 1
	for serial := uint32(100); serial < 100+2*maxContexts; serial++ {
		h := request1(serial, c.daemon.names[0], c.daemon.create.path, c.daemon.create.iface, c.daemon.create.member, "s")
		if c.toBus(h, nil).pass {
			n++
		}
	}
	if n != maxContexts {
		t.Errorf("%d contexts", n)
	}
	rules := 0
	add := request1(5000, busName, busPath, busName, "AddMatch", "s")
	for range 2 * maxListening {
		if c.toBus(add, put(add.order, "type='signal',sender='org.freedesktop.IBus',interface='org.freedesktop.IBus.InputContext',path='/own/1'")).pass {
			rules++
		}
		add.serial++
	}
	if rules != maxListening {
		t.Errorf("%d rules", rules)
	}
	for range 3 * maxUnsettled {
		c.toBus(request1(uint32(1000+n), "", own, ibusContext, "FocusIn", ""), nil)
		c.toBus(request1(uint32(1000+n), c.daemon.names[0], own, ibusContext, "FocusIn", ""), nil)
		n++
	}
	if len(c.asked) > maxUnsettled {
		t.Errorf("%d calls", len(c.asked))
	}
}

// FuzzTyping: whatever a host writes, an input method gets what is in the lists;
// whatever it answers, the host has the contexts that it was given.
func FuzzTyping(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s, s, false)
	}
	for _, d := range []*daemon{ofIBus, ofFcitx} {
		for m, p := range d.methods {
			h := request1(7, d.names[0], own, m.iface, m.member, p.signature)
			made := answer(daemonName, 7)
			made.signature, made.body = "o", uint32(len(put(made.order, foreign1)))
			f.Add(h.bytes(), append(made.bytes(), put(made.order, foreign1)...), d == ofFcitx)
		}
		h := request1(7, d.names[0], d.create.path, d.create.iface, d.create.member, d.signature)
		s := &header{order: binary.LittleEndian, kind: signal, serial: 1, path: own, iface: d.face, member: "M", sender: daemonName}
		f.Add(h.bytes(), s.bytes(), d == ofFcitx)
	}
	f.Fuzz(func(t *testing.T, said, answered []byte, fcitx bool) {
		d := ofIBus
		if fcitx {
			d = ofFcitx
		}
		c := atInput(t, d)
		passed, _ := through(t, &direction{held: new(atomic.Int64), reads: c.reads, judge: c.toBus}, said)
		for _, h := range passed {
			_, known := d.methods[method{h.iface, h.member}]
			ofBus := h.destination == busName && h.iface == busName && slices.Contains([]string{"Hello", "AddMatch", "RemoveMatch", "GetNameOwner", "NameHasOwner"}, h.member)
			ofField := h.destination == daemonName && h.path == own && known
			creates := h.path == d.create.path && h.iface == d.create.iface && c.isDaemon(h.destination) && (h.member == d.create.member || h.member == d.version && h.member != "")
			if h.kind != methodCall || h.sender != "" || h.descriptors != 0 || !ofBus && !ofField && !creates {
				t.Fatalf("passed on: %+v", h)
			}
		}
		before := c.making + len(c.contexts)
		passed, _ = through(t, &direction{held: new(atomic.Int64), reads: c.readsIn, judge: c.toHost}, answered)
		for _, h := range passed {
			if h.kind == methodCall || h.kind == signal && h.sender != busName && c.context(h.path) == "" {
				t.Fatalf("the host gets: %+v", h)
			}
		}
		if c.making < 0 || c.making+len(c.contexts) > before {
			t.Fatalf("%d contexts on their way, and %d", c.making, len(c.contexts))
		}
	})
}
