package x11

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/internal/display"
)

var desk *display.Display

func TestMain(m *testing.M) {
	var err error
	if desk, err = display.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	desk.Stop()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// dial connects to the server of the tests.
func dial() (net.Conn, error) {
	return net.Dial("unix", "/tmp/.X11-unix/X"+strings.TrimPrefix(desk.Name(), ":"))
}

// refusals are what a guard tells of.
type refusals struct {
	mu   sync.Mutex
	list []string
}

func (r *refusals) add(request, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, request+": "+why)
}

// has reports whether a request was refused.
func (r *refusals) has(request string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.list {
		if strings.HasPrefix(line, request+": ") {
			return true
		}
	}
	return false
}

// host is a guard with a way to connect through it.
type host struct {
	*Guard
	refused refusals
	socket  string
}

func newHost(t testing.TB, config Config) *host {
	t.Helper()
	h := &host{socket: filepath.Join(t.TempDir(), "X")}
	config.Dial, config.Refused = dial, h.refused.add
	var err error
	if h.Guard, err = New(config); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", h.socket)
	if err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	clients.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			clients.Go(func() {
				if err := h.Serve(conn); err != nil {
					h.refused.add("connection", err.Error())
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		h.Close()
		clients.Wait()
	})
	return h
}

// connect connects as the host's toolkit.
func (h *host) connect(t testing.TB) *peer {
	t.Helper()
	conn, err := net.Dial("unix", h.socket)
	if err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, conn)
	p.other = outside(t)
	return p
}

// outside connects as another program of the user.
func outside(t testing.TB) *peer {
	t.Helper()
	conn, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, conn)
}

// peer is a client of the display, as bare as the protocol.
type peer struct {
	t      testing.TB
	conn   net.Conn
	in     *bufio.Reader
	setup  *setup
	last   uint32 // id
	seq    uint16
	events [][]byte
	errors []byte // their codes
	gone   bool   // it has no use for answers any more
	other  *peer  // who shows windows that the guard would not, for tests of other rules
}

func newPeer(t testing.TB, conn net.Conn) *peer {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	p := &peer{t: t, conn: conn, in: bufio.NewReader(conn)}
	if _, err := conn.Write(hello(nil)); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.setup, err = readSetup(p.in); err != nil {
		t.Fatal(err)
	}
	p.last = p.setup.base
	return p
}

func (p *peer) root() uint32 { return p.setup.screens[0].root }

func (p *peer) id() uint32 { p.last++; return p.last }

func (p *peer) send(requests ...[]byte) {
	p.t.Helper()
	for _, b := range requests {
		p.seq++
		if _, err := p.conn.Write(b); err != nil {
			p.t.Fatal(err)
		}
	}
}

// ask returns the reply to a request, or nil and the code of an error.
func (p *peer) ask(request []byte) (reply []byte, code byte) {
	p.t.Helper()
	p.send(request)
	for {
		b := make([]byte, 32)
		if _, err := io.ReadFull(p.in, b); err != nil {
			p.t.Fatalf("%d.%d: %v", request[0], request[1], err)
		}
		b = append(b, make([]byte, packetRest(b))...)
		if _, err := io.ReadFull(p.in, b[32:]); err != nil {
			p.t.Fatal(err)
		}
		mine := order.Uint16(b[2:]) == p.seq
		switch {
		case b[0] == packetReply && mine:
			return b, 0
		case b[0] == packetError && mine:
			return nil, b[1]
		case b[0] == packetReply:
			p.t.Fatalf("a reply to request %d, and %d was the last", order.Uint16(b[2:]), p.seq)
		case b[0] == packetError:
			p.errors = append(p.errors, b[1])
		default:
			p.events = append(p.events, b)
		}
	}
}

// sync waits until the server has served all, and returns the events since the
// last time.
func (p *peer) sync() (events [][]byte) {
	p.t.Helper()
	if _, code := p.ask(getInputFocus); code != 0 {
		p.t.Fatalf("GetInputFocus: error %d", code)
	}
	events, p.events = p.events, nil
	return events
}

// got reports whether an event has come.
func (p *peer) got(kind byte) bool {
	p.t.Helper()
	const rounds = 50 // input may come some rounds after the server was told of it
	for range rounds {
		for _, e := range p.sync() {
			if e[0]&0x7f == kind {
				return true
			}
		}
	}
	return false
}

func (p *peer) atom(name string) uint32 {
	p.t.Helper()
	r, code := p.ask(named(16, name))
	if code != 0 {
		p.t.Fatalf("atom %s: error %d", name, code)
	}
	return order.Uint32(r[8:])
}

// opcode returns the number of an extension, 0 if there is none, and of its
// first event.
func (p *peer) opcode(name string) (major, event byte) {
	p.t.Helper()
	r, code := p.ask(named(98, name))
	if code != 0 || r[8] == 0 {
		return 0, 0
	}
	return r[9], r[10]
}

// create returns the request for a window with values by mask.
func create(id, parent uint32, x, y, w, h int, mask uint32, values ...uint32) []byte {
	const inputOutput = 1
	return build(1, 0, append([]uint32{id, parent, pack(x, y), pack(w, h), pack(0, inputOutput), 0, mask}, values...)...)
}

const (
	backPixmap = 1 << 0
	backPixel  = 1 << 1
	override   = 1 << 9
	eventMask  = 1 << 11
)

// window makes a window that no window manager looks after, and shows it.
func (p *peer) window(x, y, w, h int, colour uint32, events uint32) uint32 {
	p.t.Helper()
	id := p.id()
	p.send(create(id, p.root(), x, y, w, h, backPixel|override|eventMask, colour, 1, events))
	p.show(id)
	p.sync()
	return id
}

// show shows windows, whether the guard lets them be seen or not.
func (p *peer) show(ids ...uint32) {
	p.t.Helper()
	p.events = append(p.events, p.sync()...)
	for _, id := range ids {
		if p.other != nil {
			p.other.send(build(8, 0, id))
			p.other.sync()
		}
		p.send(build(8, 0, id))
	}
}

// pixel returns the colour of a place in a window or pixmap.
func (p *peer) pixel(of uint32, x, y int) uint32 {
	p.t.Helper()
	r, code := p.ask(build(73, 2, of, pack(x, y), pack(1, 1), 0xffffffff))
	if code != 0 || len(r) < 36 {
		return 0
	}
	return order.Uint32(r[32:]) & 0xffffff
}

// property returns a property of a window; nil if there is none.
func (p *peer) property(window, name uint32) []byte {
	p.t.Helper()
	r, code := p.ask(build(20, 0, window, name, 0, 0, 1000))
	if code != 0 || r[1] == 0 {
		return nil
	}
	return r[32 : 32+int(order.Uint32(r[16:]))*int(r[1])/8]
}

// setProperty returns the request that sets a property.
func setProperty(window, name, kind uint32, value ...uint32) []byte {
	return build(18, 0, append([]uint32{window, name, kind, 32, uint32(len(value))}, value...)...)
}

// event returns the request that sends an event.
func event(to, mask uint32, e ...uint32) []byte {
	b := make([]uint32, 8)
	copy(b, e)
	return build(25, 0, append([]uint32{to, mask}, b...)...)
}

// messageTo returns the request that sends a ClientMessage about a window.
func messageTo(to, mask, about, kind uint32, data ...uint32) []byte {
	var head [4]byte
	head[0], head[1] = eventClientMessage, 32
	return event(to, mask, append([]uint32{order.Uint32(head[:]), about, kind}, data...)...)
}

// user is what a person does: input by XTEST, from outside.
type user struct {
	*peer
	test byte
}

func newUser(t testing.TB) *user {
	p := outside(t)
	u := &user{peer: p}
	u.test, _ = p.opcode("XTEST")
	if u.test == 0 {
		t.Fatal("the server has no XTEST")
	}
	return u
}

func (u *user) fake(kind, detail byte, x, y int) {
	u.t.Helper()
	var head [4]byte
	head[0], head[1] = kind, detail
	u.send(build(u.test, 2, order.Uint32(head[:]), 0, u.root(), 0, 0, pack(x, y), 0, 0))
	u.sync()
}

func (u *user) move(x, y int)       { u.t.Helper(); u.fake(6, 0, x, y) }
func (u *user) press(button byte)   { u.t.Helper(); u.fake(eventButtonPress, button, 0, 0) }
func (u *user) letGo(button byte)   { u.t.Helper(); u.fake(eventButtonRelease, button, 0, 0) }
func (u *user) click(b byte)        { u.t.Helper(); u.press(b); u.letGo(b) }
func (u *user) focus(window uint32) { u.t.Helper(); u.send(build(42, 1, window, 0)); u.sync() }

// keys presses keys in order, and lets them go in the other.
func (u *user) keys(symbols ...uint32) {
	u.t.Helper()
	var codes []byte
	for _, s := range symbols {
		codes = append(codes, u.code(s))
	}
	for _, c := range codes {
		u.fake(eventKeyPress, c, 0, 0)
	}
	for i := range codes {
		u.fake(eventKeyRelease, codes[len(codes)-1-i], 0, 0)
	}
}

func (u *user) code(symbol uint32) byte {
	u.t.Helper()
	var head [4]byte
	head[0], head[1] = u.setup.minKey, u.setup.maxKey-u.setup.minKey+1
	r, _ := u.ask(build(101, 0, order.Uint32(head[:])))
	k := newKeyboard(u.setup.minKey, int(r[1]), r[32:])
	for code := u.setup.minKey; code < u.setup.maxKey; code++ {
		if s := k.symbols[code]; len(s) > 0 && s[0] == symbol {
			return code
		}
	}
	u.t.Fatalf("no key has the symbol %#x", symbol)
	return 0
}

const (
	keyControl = 0xffe3
	keyShift   = 0xffe1
)
