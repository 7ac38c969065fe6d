package core_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// wsClient is the bridge's end of a WebSocket, or that of somebody in its place.
type wsClient struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// dialSocket opens a WebSocket for pages of an origin, in a host. It is nil where
// that is refused.
func (p *pair) dialSocket(t *testing.T, host, origin string) *wsClient {
	t.Helper()
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close() })
	client.SetDeadline(time.Now().Add(await.Limit))
	if !p.ServeOwn(t.Context(), host, "bytes.localhost", 80, server) {
		t.Fatal("nobody answers")
	}
	go fmt.Fprintf(client, "GET / HTTP/1.1\r\nHost: bytes.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: %s\r\n\r\n", origin)
	c := &wsClient{t, client, bufio.NewReader(client)}
	r, err := http.ReadResponse(c.r, nil)
	if err != nil || r.StatusCode != http.StatusSwitchingProtocols {
		client.Close()
		return nil
	}
	return c
}

// send sends a message; its mask is nothing.
func (c *wsClient) send(text bool, data []byte) {
	h := []byte{0x82, 0x80 | 127}
	if text {
		h[0] = 0x81
	}
	switch n := len(data); {
	case n < 126:
		h[1] = 0x80 | byte(n)
	case n < 1<<16:
		h[1] = 0x80 | 126
		h = binary.BigEndian.AppendUint16(h, uint16(n))
	default:
		h = binary.BigEndian.AppendUint64(h, uint64(n))
	}
	_, _ = c.conn.Write(append(append(h, 0, 0, 0, 0), data...)) // who hangs up is seen by closed
}

func (c *wsClient) say(format string, args ...any) { c.send(true, fmt.Appendf(nil, format, args...)) }

// piece sends bytes of a call.
func (c *wsClient) piece(call uint64, data string) {
	c.send(false, append(binary.LittleEndian.AppendUint64(nil, call), data...))
}

// receive reads the next message.
func (c *wsClient) receive() (data string, text bool, err error) {
	var h [2]byte
	if _, err := io.ReadFull(c.r, h[:]); err != nil {
		return "", false, err
	}
	size := uint64(h[1])
	if size >= 126 {
		b := make([]byte, 8)
		if _, err := io.ReadFull(c.r, b[map[uint64]int{126: 6, 127: 0}[size]:]); err != nil {
			return "", false, err
		}
		size = binary.BigEndian.Uint64(b)
	}
	b := make([]byte, size)
	_, err = io.ReadFull(c.r, b)
	return string(b), h[0]&0xf == 1, err
}

// hears waits for a text.
func (c *wsClient) hears(want string) {
	c.t.Helper()
	if got, text, err := c.receive(); err != nil || !text || got != want {
		c.t.Fatalf("heard %.50q, %v; want %q", got, err, want)
	}
}

// closed waits until the Core has hung up.
func (c *wsClient) closed() {
	c.t.Helper()
	for {
		if _, _, err := c.receive(); err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				c.t.Error("the connection goes on")
			}
			return
		}
	}
}

// socketed is a page of the app whose commands take bytes ("take") and answer with
// a stream ("fail"), and which has a WebSocket.
func socketed(t *testing.T) (p *pair, g *page, c *wsClient, started <-chan upload, log *logBuffer) {
	if runtime.GOOS != "linux" {
		t.Skip("hosts of this system have none")
	}
	bodies := make(chan upload, 10)
	log = &logBuffer{}
	p = newPair(t, everything, core.Options{Log: slog.New(slog.NewTextHandler(log, nil))}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			switch {
			case m.Body != nil:
				u := upload{m.Body, ctx, make(chan struct{})}
				bodies <- u
				select {
				case <-u.end:
				case <-ctx.Done():
				}
				return ipc.Result{}, nil
			case m.Name == "fail":
				data := bytesOf(3<<20+5, 1)
				return ipc.Result{Stream: io.NopCloser(strings.NewReader(data)), StreamSize: int64(len(data))}, nil
			}
			return next(ctx, m)
		})
	})
	p.proxied.Store(true)
	g = p.open("main", "app://localhost/")
	c = p.dialSocket(t, "app", "app://localhost")
	if c == nil {
		t.Fatal("refused")
	}
	c.say("%s", g.ticket())
	c.hears("o 0")
	return p, g, c, bodies, log
}

// ticket draws a ticket as the bridge does.
func (g *page) ticket() string { return g.say("t " + g.doc) }

// announce begins a call whose bytes come by the WebSocket.
func (g *page) announce(size int) (call uint64) {
	g.last++
	g.view.Send(fmt.Sprintf(`c %s %d %ds ["take",null]`, g.doc, g.last, size))
	return uint64(g.last)
}

// TestSocketBody sends the bytes of a call by a WebSocket, no more at once than is
// allowed, and the rest by the host when the WebSocket ends.
func TestSocketBody(t *testing.T) {
	for _, cut := range []bool{false, true} {
		_, g, c, started, _ := socketed(t)
		data := bytesOf(5<<20+3, 1)
		call := g.announce(len(data))
		go func() {
			acked := 0
			for sent := 0; sent < len(data); {
				if cut && sent > 3<<20 {
					c.conn.Close()
					g.rest(int(call), data)
					return
				}
				n := min(core.SocketPiece, len(data)-sent)
				for sent+n-acked > core.SocketWindow {
					text, _, err := c.receive()
					k := 0
					if _, scan := fmt.Sscanf(text, fmt.Sprintf("k %d %%d", call), &k); err != nil || scan != nil {
						t.Errorf("heard %q, %v", text, err)
						return
					}
					acked += k
				}
				c.piece(call, data[sent:sent+n])
				sent += n
			}
			_, _ = io.Copy(io.Discard, c.r)
		}()
		u := wait(t, started)
		got, err := io.ReadAll(u.body)
		if err != nil || string(got) != data {
			t.Errorf("cut off: %v: %d bytes, %v: not those that were sent", cut, len(got), err)
		}
		close(u.end)
	}
}

// TestSocketStream reads a stream by a WebSocket, and the rest by the host when the
// WebSocket ends.
func TestSocketStream(t *testing.T) {
	want := bytesOf(3<<20+5, 1)
	for _, cut := range []bool{false, true} {
		_, g, c, _, _ := socketed(t)
		var id, size int
		if _, err := fmt.Sscanf(g.call(`["fail",null]`), "s%d %d", &id, &size); err != nil || size != len(want) {
			t.Fatal(err, size)
		}
		c.say("f %d", id)
		var got strings.Builder
		for got.Len() < size {
			data, text, err := c.receive()
			if err != nil || text || binary.LittleEndian.Uint64([]byte(data)) != uint64(id) {
				t.Fatalf("got %.20q, %v", data, err)
			}
			got.WriteString(data[8:])
			if cut && got.Len() >= 5<<19 { // the rest needs no credit
				c.conn.Close()
				break
			}
			c.say("k %d %d", id, len(data)-8)
		}
		if cut {
			r := g.fetchFrom(id, got.Len())
			if r.Status != 200 || r.Err != nil || len(r.Body) == 0 {
				t.Fatalf("the rest: %d, %v", r.Status, r.Err)
			}
			got.Write(r.Body[1:])
		} else {
			c.hears(fmt.Sprintf("e %d", id))
		}
		if got.String() != want {
			t.Errorf("cut off: %v: %d bytes, not those that were sent", cut, got.Len())
		}
	}
}

// TestSocketTickets: a WebSocket is of a document of the app that has asked for it,
// in its own host, and of no other.
func TestSocketTickets(t *testing.T) {
	p, g, _, _, _ := socketed(t)
	other := p.open("other", "app://localhost/")
	left := other.ticket()
	other.hello("app://localhost")
	spent := g.ticket()
	if c := p.dialSocket(t, "app", "app://localhost"); c != nil {
		c.say("%s", spent)
		c.hears("o 0")
	}
	w, err := p.OpenWindow(t.Context(), core.WindowOptions{
		State: wire.WindowState{Label: "mainly", Width: 9, Height: 9, Visible: true}, Webview: wire.WebviewState{URL: "app://localhost/"}, Isolate: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := p.page(w)
	for name, test := range map[string]struct{ origin, ticket string }{
		"spent":                      {"app://localhost", spent},
		"of a document that is left": {"app://localhost", left},
		"of another host":            {"app://localhost", elsewhere.ticket()},
		"guessed":                    {"app://localhost", strings.Repeat("A", 26)},
		"none":                       {"app://localhost", ""},
		"of another origin":          {"https://evil.example", g.ticket()},
		"of no origin":               {"null", g.ticket()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c := p.dialSocket(t, "app", test.origin); c != nil {
				c.say("%s", test.ticket)
				c.closed()
			}
		})
	}
}

// TestSocketAttacks: who holds the WebSocket, such as an engine's process for the
// network that was taken over, gets no further than its own transfers: it ends,
// and neither the host nor the call does.
func TestSocketAttacks(t *testing.T) {
	for name, test := range map[string]struct {
		want string // in the log; "" where nothing is said
		do   func(g *page, c *wsClient)
	}{
		"more than may be under way": {"that were not accepted", func(g *page, c *wsClient) {
			call := g.announce(100 << 20)
			for range 100 {
				c.piece(call, bytesOf(core.SocketPiece, 1))
			}
		}},
		"more than was announced": {"more than 100 bytes", func(g *page, c *wsClient) { c.piece(g.announce(100), bytesOf(101, 1)) }},
		"a long piece":            {"", func(g *page, c *wsClient) { c.piece(g.announce(2<<20), bytesOf(core.SocketPiece+1, 1)) }},
		"a long text":             {"", func(_ *page, c *wsClient) { c.say("f %s", strings.Repeat("1", 1<<20)) }},
		"no bytes":                {"a piece of 8 bytes", func(g *page, c *wsClient) { c.piece(g.announce(2<<20), "") }},
		"a call to come":          {"which there is not", func(g *page, c *wsClient) { c.piece(uint64(g.last+100), "x") }},
		"no number":               {"a piece of 7 bytes", func(_ *page, c *wsClient) { c.send(false, []byte("1234567")) }},
		"an unknown word":         {"x 1 2", func(_ *page, c *wsClient) { c.say("x 1 2") }},
		"a call":                  {"c 1 [", func(_ *page, c *wsClient) { c.say(`c 1 ["echo",null]`) }},
		"half a credit":           {"k 1", func(_ *page, c *wsClient) { c.say("k 1") }},
		"questions without end": {"", func(_ *page, c *wsClient) {
			for range 5000 {
				c.say("f 7")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, g, c, _, log := socketed(t)
			ended := make(chan struct{})
			go func() { test.do(g, c); close(ended) }()
			if name == "questions without end" {
				wait(t, ended) // nobody has listened: it is hung up on
			}
			c.closed()
			wait(t, ended)
			if got := g.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
				t.Errorf("a call afterwards: %s", got)
			}
			if test.want != "" {
				eventually(t, "a word in the log", func() bool { return log.contains(test.want) })
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if len(p.faults) > 0 {
				t.Errorf("faults: %+v", p.faults)
			}
		})
	}
}

// TestSocketsPending: who says no ticket keeps out no more than its own host, and
// that for some seconds.
func TestSocketsPending(t *testing.T) {
	p, _, _, _, _ := socketed(t)
	for i := range core.MaxSockets {
		if p.dialSocket(t, "app", "app://localhost") == nil {
			t.Fatalf("number %d is refused", i)
		}
	}
	if p.dialSocket(t, "app", "app://localhost") != nil {
		t.Error("there is no bound")
	}
}
