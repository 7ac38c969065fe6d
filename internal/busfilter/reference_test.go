package busfilter

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// event is a signal with values, as a library writes it.
func event(t testing.TB, order binary.ByteOrder, iface, member string, values ...any) (*header, []byte) {
	t.Helper()
	m := &dbus.Message{Type: dbus.TypeSignal, Body: values, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath("/a")), dbus.FieldInterface: dbus.MakeVariant(iface),
		dbus.FieldMember: dbus.MakeVariant(member), dbus.FieldSignature: dbus.MakeVariant(dbus.SignatureOf(values...)),
	}}
	var b bytes.Buffer
	if _, err := m.EncodeToWithFDs(&b, order); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	order.PutUint32(raw[8:], 3) // the library numbers what it sends
	r := bytes.NewReader(raw)
	h, err := readHeader(r)
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, r.Len())
	r.Read(body)
	return h, body
}

// object is how one is named: by its program, and there.
type object struct {
	Name string
	Path dbus.ObjectPath
}

// item is what Cache says of an object.
type item struct {
	Object, Application, Parent object
	Index, Count                int32
	Interfaces                  []string
	Name                        string
	Role                        uint32
	Description                 string
	States                      []uint32
}

// TestReferences: a host speaks of its own objects, in whatever they are wrapped.
func TestReferences(t *testing.T) {
	own := object{":1.7", "/a"}
	for _, tt := range []struct {
		what  string
		value func(o object) any
	}{
		{"itself", func(o object) any { return o }},
		{"a list", func(o object) any { return []object{own, o, own} }},
		{"a variant", func(o object) any { return dbus.MakeVariant(o) }},
		{"variants in each other", func(o object) any { return dbus.MakeVariant(dbus.MakeVariant([]object{o})) }},
		{"a dictionary", func(o object) any {
			return map[string]dbus.Variant{"x": dbus.MakeVariant(o)}
		}},
		{"relations", func(o object) any {
			return []struct {
				Kind uint32
				To   []object
			}{{1, nil}, {2, []object{own}}, {3, []object{o}}}
		}},
		{"a longer structure", func(o object) any {
			return struct {
				Name string
				Path dbus.ObjectPath
				More uint64
			}{o.Name, o.Path, 7}
		}},
		{"an object", func(o object) any {
			return item{Object: o, Application: own, Parent: own, Interfaces: []string{"a", "bc"}, Name: "x"}
		}},
		{"a parent", func(o object) any {
			return []item{{own, own, own, 1, 2, nil, "long name", 3, "", []uint32{1, 2}}, {own, own, o, 1, 2, nil, "", 3, "", nil}}
		}},
		{"behind all else", func(o object) any {
			return struct {
				A byte
				B bool
				C int16
				D int64
				E float64
				F []byte
				G []uint64
				H dbus.Signature
				I [][]string
				O object
			}{1, true, 2, 3, 4, []byte{1}, nil, dbus.ParseSignatureMust("a{sv}"), [][]string{{"x"}, nil}, o}
		}},
	} {
		for name, order := range orders {
			for to, want := range map[string]bool{":1.7": true, ":1.8": true, ":1.2": true, registryName: true, "": true, ":1.9": false, "org.gnome.Shell": false} {
				c := atBus(t)
				h, body := event(t, order, "org.a11y.atspi.Cache", "AddAccessible", "x", tt.value(object{to, "/a"}))
				if c.reads(h) == 0 {
					t.Fatalf("%s: it is not read", tt.what)
				}
				if got := c.refersToOwn(h, body); got != want {
					t.Errorf("%s of %q, %s: %v", tt.what, to, name, got)
				}
				if want {
					for n := range len(body) {
						if h.refersOnlyTo(c.group.mayRefer, body[:n]) {
							t.Fatalf("%s of %q, %s: %d of %d bytes are enough", tt.what, to, name, n, len(body))
						}
					}
				}
				if c.refersToOwn(h, nil) {
					t.Errorf("%s: unread it passes", tt.what)
				}
			}
		}
	}
}

// TestSpeaksOfEnded: a connection may speak of another one of the host that has
// just ended.
func TestSpeaksOfEnded(t *testing.T) {
	c := atBus(t)
	c.group.owner(":1.8").end()
	if !c.group.mayRefer(":1.8") || c.group.isOwn(":1.8") {
		t.Error("it may not, or may call it")
	}
	for range 3 * maxNames {
		c.group.forget(map[string]bool{strings.Repeat("x", len(c.group.past)): true})
	}
	if len(c.group.past) > maxNames {
		t.Errorf("%d names are remembered", len(c.group.past))
	}
}

// TestForeignAnswer: who has called a host that names objects of others gets an
// error, and the host's other messages pass.
func TestForeignAnswer(t *testing.T) {
	l := startLink(t, NewGroups(func(string) {})).begin(t)
	l.sayHello(t, ":1.7")
	for i, to := range []string{":1.9", ":1.7"} {
		in := call(":1.7", "/a", "org.a11y.atspi.Accessible", "GetChildAtIndex")
		in.sender, in.serial = ":1.9", uint32(70+i)
		send(t, l.bus, in, nil)
		receive(t, l.fromBus)
		a := &header{order: binary.LittleEndian, kind: methodReturn, serial: 6, replySerial: in.serial, destination: ":1.9", signature: "(so)"}
		send(t, l.host, a, put(a.order, to, "/a"))
		h, _ := receive(t, l.fromHost)
		if foreign := h.kind == methodError && h.errorName == accessDenied; h.destination != ":1.9" || h.replySerial != in.serial || foreign != (to == ":1.9") {
			t.Errorf("an object of %s: the bus gets %+v", to, h)
		}
	}
}

// TestTypeEnd is where types of signatures end.
func TestTypeEnd(t *testing.T) {
	for signature, want := range map[string]int{
		"": 0, "s": 1, "su": 1, "as": 2, "aas(so)": 3, "(so)u": 4, "((so)(so))": 10, "a{sv}i": 5, "a": 0, "(": 0, ")": 0, "()": 0, "(s": 0, "z": 0, "a(": 0, "v": 1,
	} {
		if got := typeEnd(signature); got != want {
			t.Errorf("%q: %d, want %d", signature, got, want)
		}
	}
}

// FuzzReferences: whatever the values are, they are walked to an end.
func FuzzReferences(f *testing.F) {
	for _, order := range orders {
		h, body := event(f, order, "a.b", "C", []object{{":1.7", "/a"}}, []uint64{1}, dbus.MakeVariant(map[string]dbus.Variant{"x": dbus.MakeVariant([]object{{":1.7", "/a"}})}))
		f.Add(h.signature, body, order == binary.BigEndian)
	}
	f.Fuzz(func(t *testing.T, signature string, body []byte, big bool) {
		h := &header{order: binary.LittleEndian, signature: signature}
		if big {
			h.order = binary.BigEndian
		}
		h.refersOnlyTo(func(string) bool { return true }, body)
	})
}
