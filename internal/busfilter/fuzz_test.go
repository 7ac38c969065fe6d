package busfilter

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"sync/atomic"
	"testing"
)

// seeds are messages of both directions, one after the other.
func seeds() [][]byte {
	var all [][]byte
	add := func(h *header, body []byte) {
		h.body = uint32(len(body))
		if h.body > 0 {
			h.signature = "s"
		}
		all = append(all, append(h.bytes(), body...))
	}
	for _, order := range orders {
		h := call(busName, busPath, busName, "AddMatch")
		h.order = order
		add(h, put(order, "type='signal', interface='org.a11y.atspi.Registry', sender='org.a11y.atspi.Registry'"))
		h = call(busName, busPath, busName, "RequestName")
		h.order, h.serial = order, 3
		add(h, put(order, webProcess, uint32(4)))
		h = call(registryName, "/org/a11y/atspi/accessible/root", "org.a11y.atspi.Socket", "Embed")
		h.order = order
		add(h, put(order, ":1.7", "/a"))
		h = call(":1.7", "/a", "org.a11y.atspi.Text", "GetText")
		h.order, h.sender = order, ":1.9"
		add(h, nil)
		add(&header{order: order, kind: methodReturn, serial: 4, replySerial: 3, destination: ":1.9", sender: busName}, put(order, uint32(1)))
		add(&header{order: order, kind: signal, serial: 4, path: "/a", iface: "org.a11y.atspi.Event.Object", member: "M"}, put(order, "x"))
		add(&header{order: order, kind: signal, serial: 4, path: busPath, iface: busName, member: "NameOwnerChanged", sender: busName}, put(order, registryName, "", ":1.4"))
	}
	all = append(all, bytes.Join(all, nil))
	return all
}

// through puts a stream through one direction, and returns the messages that
// came out: whole ones, but for the last where the stream broke off in it.
func through(t *testing.T, d *direction, stream []byte) (passed []*header, refusals int) {
	var to, back bytes.Buffer
	d.from, d.to, d.back = bufio.NewReader(bytes.NewReader(stream)), &outlet{w: &to}, &outlet{w: &back}
	d.refused = func(h *header) { _ = h.String() }
	err := d.pump()
	if err == nil {
		t.Fatal("the stream has no end")
	}
	out := bytes.NewReader(to.Bytes())
	for out.Len() > 0 {
		h, err := readHeader(out)
		if err != nil {
			t.Fatalf("what came out is no message: %v", err)
		}
		passed = append(passed, h)
		if n, _ := io.CopyN(io.Discard, out, int64(h.body)); n < int64(h.body) && err != io.EOF && out.Len() > 0 {
			t.Fatal("a message is cut")
		}
	}
	for back.Len() > 0 {
		h, err := readHeader(&back)
		if err != nil || h.kind != methodError {
			t.Fatalf("a refusal: %v, %v", h, err)
		}
		refusals++
		back.Next(int(h.body))
	}
	return passed, refusals
}

// FuzzToBus: whatever a host writes, the bus gets what is in the lists.
func FuzzToBus(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		c := atBus(t)
		passed, _ := through(t, &direction{held: new(atomic.Int64), reads: c.reads, judge: c.toBus}, stream)
		for _, h := range passed {
			ok := false
			switch h.kind {
			case methodCall:
				_, method := ofBus[h.member]
				_, registry := ofRegistry[endpoint{h.path, h.iface, h.member}]
				ok = h.destination == busName && h.iface == busName && method || c.group.isRegistry(h.destination) && registry || c.group.isOwn(h.destination)
			case signal:
				ok = h.iface == "org.a11y.atspi.Cache" || strings.HasPrefix(h.iface, "org.a11y.atspi.Event.")
			}
			if !ok || h.sender != "" || h.descriptors != 0 {
				t.Fatalf("passed on: %+v", h)
			}
		}
	})
}

// FuzzToHost: whatever the bus says, the filter stays whole, and knows no names
// but those that the bus has told of.
func FuzzToHost(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		c := atBus(t)
		c.asked[3] = question{method: "RequestName", name: webProcess}
		passed, _ := through(t, &direction{held: new(atomic.Int64), reads: c.readsIn, judge: c.toHost}, stream)
		answers := 0
		for _, h := range passed {
			if h.descriptors != 0 {
				t.Fatalf("passed on: %+v", h)
			}
			if h.kind == methodReturn || h.kind == methodError {
				answers++
			}
		}
		if answers > 1 {
			t.Fatalf("%d answers to one call", answers)
		}
		for name := range c.names {
			if name != ":1.7" && name != webProcess {
				t.Fatalf("it has the name %q", name)
			}
		}
	})
}

// FuzzAuthentication: whoever is admitted has authenticated, and nothing is read
// beyond the line that begins.
func FuzzAuthentication(f *testing.F) {
	f.Add([]byte("\x00AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nl\x01\x00\x01"))
	f.Add([]byte("\x00AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		r := bufio.NewReader(bytes.NewReader(said))
		var answers bytes.Buffer
		if admit(r, &answers, "id") != nil {
			return
		}
		rest, _ := io.ReadAll(r)
		before := said[:len(said)-len(rest)]
		if !bytes.HasSuffix(before, []byte("\nBEGIN\r\n")) || !bytes.Contains(answers.Bytes(), []byte("OK id\r\n")) {
			t.Fatalf("admitted by %q, answered %q", before, answers.Bytes())
		}
	})
}
