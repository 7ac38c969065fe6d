package busfilter

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// pair returns the ends of a connection.
func pair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("unix", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	late := time.Now().Add(time.Minute) // to end a hang
	a.SetDeadline(late)
	b.SetDeadline(late)
	return a, b
}

// link is a host and a bus, played by the test, with the filter between them.
type link struct {
	host, bus         net.Conn
	fromHost, fromBus *bufio.Reader // what arrives at the bus, and at the host
	ended             chan error
}

func startLink(t testing.TB, g *Groups) *link {
	host, client := pair(t)
	bus, server := pair(t)
	l := &link{host: host, bus: bus, fromHost: bufio.NewReader(bus), fromBus: bufio.NewReader(host), ended: make(chan error, 1)}
	go func() { l.ended <- g.Relay(Accessibility, client, server) }()
	return l
}

// begin says what clients and the bus say before the first message.
func (l *link) begin(t testing.TB) *link {
	t.Helper()
	if c, err := l.fromHost.ReadByte(); c != 0 || err != nil {
		t.Fatal(c, err)
	}
	if line, err := readLine(l.fromHost); line != fmt.Sprintf("AUTH EXTERNAL %x", strconv.Itoa(os.Geteuid())) {
		t.Fatalf("the bus is told %q, %v", line, err)
	}
	io.WriteString(l.bus, "OK 1234\r\n")
	if line, err := readLine(l.fromHost); line != "BEGIN" {
		t.Fatalf("the bus is told %q, %v", line, err)
	}
	io.WriteString(l.host, "\x00AUTH EXTERNAL 30\r\n")
	if line, err := readLine(l.fromBus); line != "OK 1234" {
		t.Fatalf("the host is told %q, %v", line, err)
	}
	io.WriteString(l.host, "NEGOTIATE_UNIX_FD\r\n")
	if line, err := readLine(l.fromBus); line != "ERROR" {
		t.Fatalf("the host is told %q, %v", line, err)
	}
	io.WriteString(l.host, "BEGIN\r\n")
	return l
}

func send(t testing.TB, to net.Conn, h *header, body []byte) {
	t.Helper()
	h.body = uint32(len(body))
	if h.body > 0 && h.signature == "" {
		h.signature = "s"
	}
	if _, err := to.Write(append(h.bytes(), body...)); err != nil {
		t.Error(err)
	}
}

func receive(t testing.TB, from *bufio.Reader) (*header, []byte) {
	t.Helper()
	h, err := readHeader(from)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, h.body)
	if _, err := io.ReadFull(from, b); err != nil {
		t.Fatal(err)
	}
	return h, b
}

// sayHello has the host get a name.
func (l *link) sayHello(t testing.TB, name string) {
	t.Helper()
	send(t, l.host, call(busName, busPath, busName, "Hello"), nil)
	if h, _ := receive(t, l.fromHost); h.member != "Hello" || h.destination != busName {
		t.Fatalf("the bus gets %v", h)
	}
	send(t, l.bus, answer(busName, 1), put(binary.LittleEndian, name))
	if h, b := receive(t, l.fromBus); h.replySerial != 1 || !bytes.Contains(b, []byte(name)) {
		t.Fatalf("the host gets %v", h)
	}
}

// TestRelay: what may pass passes whole, also with long bodies; what may not is
// answered, and the messages behind it pass.
func TestRelay(t *testing.T) {
	var log strings.Builder
	g := NewGroups(func(line string) { log.WriteString(line + "\n") })
	l := startLink(t, g).begin(t)
	l.sayHello(t, ":1.7")

	refused := call("org.freedesktop.systemd1", "/a", "a.b", "StartUnit")
	refused.serial = 2
	send(t, l.host, refused, put(refused.order, strings.Repeat("x", 100_000)))
	h, body := receive(t, l.fromBus)
	if h.kind != methodError || h.errorName != accessDenied || h.replySerial != 2 || h.sender != "org.freedesktop.systemd1" || valuesOf(body).text() != deny.text {
		t.Errorf("the host gets %+v, %q", h, body)
	}
	silent := *refused
	silent.serial, silent.flags = 3, noReplyExpected
	send(t, l.host, &silent, nil)
	send(t, l.host, &header{order: binary.LittleEndian, kind: signal, serial: 4, path: "/a", iface: "a.b", member: "C"}, nil)

	text := strings.Repeat("text ", 200_000)
	told, long := event(t, binary.LittleEndian, eventInterface+"Object", "TextChanged", "insert", int32(0), int32(1), dbus.MakeVariant(text), object{":1.7", "/a"})
	told.serial, told.sender = 5, ":1.9"
	go send(t, l.host, told, long)
	h, body = receive(t, l.fromHost)
	if h.serial != 5 || h.sender != "" || !bytes.Equal(body, long) {
		t.Errorf("the bus gets %+v, with %d bytes", h, len(body))
	}

	in := call(":1.7", "/a", "org.a11y.atspi.Application", "GetApplicationBusAddress")
	in.sender, in.serial = ":1.9", 70
	send(t, l.bus, in, nil)
	if h, _ := receive(t, l.fromHost); h.kind != methodError || h.destination != ":1.9" || h.replySerial != 70 || h.errorName != notSupported {
		t.Errorf("the bus gets %+v", h)
	}
	in = call(":1.7", "/a", "org.a11y.atspi.Text", "GetText")
	in.sender, in.serial = ":1.9", 71
	send(t, l.bus, in, nil)
	if h, _ := receive(t, l.fromBus); h.member != "GetText" || h.sender != ":1.9" {
		t.Errorf("the host gets %+v", h)
	}
	a := &header{order: binary.LittleEndian, kind: methodReturn, serial: 6, replySerial: 71, destination: ":1.9"}
	long = put(a.order, text)
	go send(t, l.host, a, long)
	if h, body := receive(t, l.fromHost); h.replySerial != 71 || !bytes.Equal(body, long) {
		t.Errorf("the bus gets %+v, with %d bytes", h, len(body))
	}
	l.host.Close()
	if err := <-l.ended; err != nil {
		t.Error(err)
	}
	for _, want := range []string{`"StartUnit" of "org.freedesktop.systemd1"`, `the signal "a.b"."C"`, "GetApplicationBusAddress"} {
		if n := strings.Count(log.String(), want); n != 1 {
			t.Errorf("the log has %d times %q:\n%s", n, want, &log)
		}
	}
	if len(g.byGUID) != 0 {
		t.Error("a group is left")
	}
}

// TestTwo: the connections of a host reach each other, and nobody else does by
// their names at another bus.
func TestTwo(t *testing.T) {
	g := NewGroups(func(string) {})
	a, b := startLink(t, g).begin(t), startLink(t, g).begin(t)
	a.sayHello(t, ":1.7")
	b.sayHello(t, ":1.8")
	h := call(":1.8", "/a", "org.a11y.atspi.Socket", "Embedded")
	h.serial = 2
	send(t, a.host, h, put(h.order, "/a"))
	if h, _ := receive(t, a.fromHost); h.member != "Embedded" {
		t.Errorf("the bus gets %v", h)
	}
	b.host.Close()
	<-b.ended
	h = call(":1.8", "/a", "org.a11y.atspi.Socket", "Embedded")
	h.serial = 3
	send(t, a.host, h, nil)
	if h, _ := receive(t, a.fromBus); h.errorName != accessDenied {
		t.Errorf("after its end the host gets %+v", h)
	}
	other, leave := g.join("5678")
	if other.isOwn(":1.7") {
		t.Error("another bus has the names of this one")
	}
	leave()
}

// TestMalformedEnds: a connection on which no message begins is closed at both
// ends.
func TestMalformedEnds(t *testing.T) {
	for _, bad := range []string{strings.Repeat("x", 64), "l\x01\x00\x01"} {
		l := startLink(t, NewGroups(func(string) {})).begin(t)
		io.WriteString(l.host, bad)
		if len(bad) < fixedSize {
			l.host.(*net.UnixConn).CloseWrite()
		}
		if err := <-l.ended; err == nil {
			t.Errorf("%.8q: no error", bad)
		}
		for _, end := range []io.Reader{l.fromHost, l.fromBus} {
			if n, err := io.Copy(io.Discard, end); n != 0 || err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("%.8q: %d bytes, %v", bad, n, err)
			}
		}
	}
}

// TestMute: a host does not wait for a bus that takes connections and says
// nothing, or nothing more.
func TestMute(t *testing.T) {
	usual := busTime
	busTime = 100 * time.Millisecond
	t.Cleanup(func() { busTime = usual })
	end := func(l *link) {
		t.Helper()
		select {
		case err := <-l.ended:
			if err == nil {
				t.Error("it ends without an error")
			}
		case <-time.After(20 * time.Second):
			t.Error("the host waits")
		}
	}
	end(startLink(t, NewGroups(func(string) {})))
	l := startLink(t, NewGroups(func(string) {})).begin(t)
	time.Sleep(2 * busTime) // it may say hello late
	send(t, l.host, call(busName, busPath, busName, "Hello"), nil)
	receive(t, l.fromHost)
	end(l)
	l = startLink(t, NewGroups(func(string) {})).begin(t)
	l.sayHello(t, ":1.7")
	time.Sleep(2 * busTime) // the bus may be silent then
	in := call(":1.7", "/a", "org.a11y.atspi.Text", "GetText")
	in.sender = ":1.9"
	send(t, l.bus, in, nil)
	receive(t, l.fromBus)
}

// TestUnread: a host that asks and never reads its refusals is not waited for
// with ever more memory.
func TestUnread(t *testing.T) {
	o := &outlet{w: io.Discard}
	o.turn.Lock() // a message is on its way
	var err error
	n := 0
	for ; err == nil; n++ {
		err = o.inject(refusal(1, "a", "b", deny))
	}
	if !errors.Is(err, errUnread) || len(o.waiting) > maxInjected || n < 10 {
		t.Errorf("%d refusals, %d bytes, %v", n, len(o.waiting), err)
	}
	o.turn.Unlock()
	if err := o.flush(); err != nil || len(o.waiting) != 0 {
		t.Errorf("%d bytes wait, %v", len(o.waiting), err)
	}
}

// TestAdmit is what clients may say before they begin.
func TestAdmit(t *testing.T) {
	for said, want := range map[string]string{
		"\x00AUTH EXTERNAL 31303030\r\nBEGIN\r\n":                        "OK id",
		"\x00AUTH\r\nAUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n":                 "REJECTED EXTERNAL|DATA|OK id",
		"\x00AUTH EXTERNAL\r\nDATA 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n": "DATA|OK id|ERROR",
		"\x00AUTH DBUS_COOKIE_SHA1 30\r\nAUTH EXTERNAL 30\r\nBEGIN\r\n":  "REJECTED EXTERNAL|OK id",
		"\x00AUTH EXTERNAL 30\r\nCANCEL\r\nBEGIN\r\n":                    "OK id|REJECTED EXTERNAL|ERROR!",
		"\x00BEGIN\r\n":                                  "ERROR!",
		"\x00DATA\r\n":                                   "ERROR!",
		"AUTH EXTERNAL 30\r\nBEGIN\r\n":                  "!",
		"\x00AUTH EXTERNAL 30\n":                         "!",
		"\x00" + strings.Repeat("x", 2*maxLine) + "\r\n": "!",
		"\x00" + strings.Repeat("x\r\n", 2*maxLines):     strings.Repeat("ERROR|", maxLines-1) + "ERROR!",
	} {
		var answers strings.Builder
		err := admit(bufio.NewReader(strings.NewReader(said)), &answers, "id")
		got := strings.ReplaceAll(strings.TrimSuffix(answers.String(), "\r\n"), "\r\n", "|")
		if err != nil {
			got += "!"
		}
		if got != want {
			t.Errorf("%.60q: %q, want %q", said, got, want)
		}
	}
}

// TestGreet is what a bus may answer.
func TestGreet(t *testing.T) {
	for said, want := range map[string]string{
		"DATA\r\nOK id\r\n":       "",
		"OK id\r\n":               "id",
		"REJECTED EXTERNAL\r\n":   "",
		"DATA\r\n":                "",
		"OK id\n":                 "",
		strings.Repeat("x", 5000): "",
	} {
		guid, err := greet(bufio.NewReader(strings.NewReader(said)), io.Discard)
		if guid != want || (err == nil) != (want != "") {
			t.Errorf("%.30q: %q, %v", said, guid, err)
		}
	}
}
