package x11

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
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
	return newPeer(t, conn)
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

// peer is a client of the display.
type peer struct {
	*xgb.Conn
	t    testing.TB
	root xproto.Window
}

func newPeer(t testing.TB, conn net.Conn) *peer {
	t.Helper()
	x, err := xgb.NewConnNet(conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return &peer{x, t, xproto.Setup(x).DefaultScreen(x).Root}
}

// window makes a window that is mapped, at a place, with a colour.
func (p *peer) window(x, y, w, h int, colour uint32) xproto.Window {
	p.t.Helper()
	id, err := xproto.NewWindowId(p.Conn)
	if err != nil {
		p.t.Fatal(err)
	}
	const override = 1
	err = xproto.CreateWindowChecked(p.Conn, 0, id, p.root, int16(x), int16(y), uint16(w), uint16(h), 0, xproto.WindowClassInputOutput, 0,
		xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{colour, override}).Check()
	if err == nil {
		err = xproto.MapWindowChecked(p.Conn, id).Check()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// sync waits until the server has seen all.
func (p *peer) sync() {
	p.t.Helper()
	if _, err := xproto.GetInputFocus(p.Conn).Reply(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) atom(name string) xproto.Atom {
	p.t.Helper()
	r, err := xproto.InternAtom(p.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		p.t.Fatal(err)
	}
	return r.Atom
}
