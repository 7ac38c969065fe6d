package websocket_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	gorilla "github.com/gorilla/websocket"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/websocket"
)

func app(w *websocket.WebSockets, scope string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.websocket", "build": {"frontendDist": "ui"}, "app": {"windows": [{}, {"label": "other"}]}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><title>WebSocket</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["*"], "permissions": ["core:default",
				{"identifier": "websocket:default"` + scope + `}]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(w.Plugin())
		return a.Run(ctx)
	}
}

func start(t *testing.T, scope string) *mulliontest.App {
	t.Helper()
	return mulliontest.Start(t, app(websocket.New(), scope), nil)
}

const here = `, "allow": [{"url": "ws://127.0.0.1:*"}, "wss://127.0.0.1:*"], "deny": ["ws://127.0.0.1:*/secret"]`

type m map[string]any

// connect connects a page, and returns the channel of what it receives.
func connect(p *mulliontest.Page, url string, config any) (id uint32, in *mulliontest.Channel, err error) {
	in = p.Channel()
	err = p.Call("plugin:websocket|connect", m{"url": url, "onMessage": in, "config": config}, &id)
	return id, in, err
}

func send(p *mulliontest.Page, id uint32, kind string, data any) error {
	return p.Call("plugin:websocket|send", m{"id": id, "message": m{"type": kind, "data": data}}, nil)
}

func next(t *testing.T, in *mulliontest.Channel, want string) {
	t.Helper()
	var got jsontext.Value
	if !in.Next(&got) {
		t.Errorf("the channel has ended; want %s", want)
	} else if !strings.HasPrefix(string(got), want) {
		t.Errorf("got %.200s, want %s", got, want)
	}
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

// peer is a server whose handler has the connection. going counts them.
func peer(t *testing.T, handle func(c *gorilla.Conn, r *http.Request)) (url string, going *atomic.Int64) {
	t.Helper()
	going = new(atomic.Int64)
	s := httptest.NewServer(handler(going, handle))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http", "ws", 1), going
}

func handler(going *atomic.Int64, handle func(c *gorilla.Conn, r *http.Request)) http.Handler {
	up := gorilla.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, Subprotocols: []string{"chat"}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		going.Add(1)
		defer going.Add(-1)
		defer c.Close()
		handle(c, r)
	})
}

// echo sends back what it gets, and tells of pings and pongs.
func echo(c *gorilla.Conn, r *http.Request) {
	c.SetPingHandler(func(data string) error { return c.WriteMessage(gorilla.TextMessage, []byte("ping "+data)) })
	c.SetPongHandler(func(data string) error { return c.WriteMessage(gorilla.TextMessage, []byte("pong "+data)) })
	hello := fmt.Sprintf("%s own=%s host=%t protocol=%s origin=%s", r.URL, r.Header.Get("X-Own"), r.Host != "evil", c.Subprotocol(), r.Header.Get("Origin"))
	if err := c.WriteMessage(gorilla.TextMessage, []byte(hello)); err != nil {
		return
	}
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			return
		}
		if err := c.WriteMessage(kind, data); err != nil {
			return
		}
		if string(data) == "ping me" {
			if err := c.WriteControl(gorilla.PingMessage, []byte("p"), time.Now().Add(time.Minute)); err != nil {
				return
			}
		}
	}
}

func TestPage(t *testing.T) {
	url, going := peer(t, echo)
	a := start(t, here)
	p := a.Page("main")
	id, in, err := connect(p, url+"/a?b", m{"headers": [][2]string{{"X-Own", "mine"}, {"Host", "evil"}, {"Sec-WebSocket-Protocol", "chat"}, {"Upgrade", "x"}, {"Sec-WebSocket-Key", "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	next(t, in, `{"type":"Text","data":"/a?b own=mine host=true protocol=chat origin="}`)
	for _, test := range []struct {
		kind string
		data any
		want string
	}{
		{"Text", "h\u00e9 \"q\"", `{"type":"Text","data":"h` + "\u00e9" + ` \"q\""}`},
		{"Text", "", `{"type":"Text","data":""}`},
		{"Binary", []int{0, 1, 255}, `{"type":"Binary","data":[0,1,255]}`},
		{"Binary", []int{}, `{"type":"Binary","data":[]}`},
		{"Ping", []int{97}, `{"type":"Text","data":"ping a"}`},
		{"Pong", []int{98}, `{"type":"Text","data":"pong b"}`},
		{"Text", strings.Repeat("x", 3<<20), `{"type":"Text","data":"xxxxxx`},
		{"Text", "ping me", `{"type":"Text","data":"ping me"}`},
	} {
		if err := send(p, id, test.kind, test.data); err != nil {
			t.Errorf("%s: %v", test.kind, err)
		}
		next(t, in, test.want)
	}
	next(t, in, `{"type":"Ping","data":[112]}`)
	next(t, in, `{"type":"Text","data":"pong p"}`) // the answer by itself
	if err := send(p, id, "Close", m{"code": 1000, "reason": "Disconnected by client"}); err != nil {
		t.Error(err)
	}
	next(t, in, `{"type":"Close","data":{"code":1000,"reason":""}}`)
	refused(t, "after its end", send(p, id, "Text", "x"), fmt.Sprintf("connection not found for the given id: %d", id))
	if in.Next(nil) {
		t.Error("there is more after the end")
	}
	mulliontest.Wait(t, 0, func() error {
		if n := going.Load(); n > 0 {
			return fmt.Errorf("%d connections", n)
		}
		return nil
	})
}

func TestEnds(t *testing.T) {
	url, _ := peer(t, func(c *gorilla.Conn, r *http.Request) {
		switch r.URL.Path {
		case "/code":
			c.WriteControl(gorilla.CloseMessage, gorilla.FormatCloseMessage(4001, "enough"), time.Now().Add(time.Minute))
			c.ReadMessage()
		case "/bare":
			c.WriteControl(gorilla.CloseMessage, nil, time.Now().Add(time.Minute))
			c.ReadMessage()
		case "/reset":
		case "/text":
			c.WriteMessage(gorilla.TextMessage, []byte("\xff"))
			c.ReadMessage()
		case "/long":
			c.WriteMessage(gorilla.BinaryMessage, make([]byte, 2000))
			c.ReadMessage()
		case "/longest":
			c.WriteMessage(gorilla.BinaryMessage, bytes.Repeat([]byte{255}, 8<<18))
			c.ReadMessage()
		case "/longer":
			c.WriteMessage(gorilla.BinaryMessage, bytes.Repeat([]byte{255}, 8<<18-100))
			c.WriteMessage(gorilla.TextMessage, bytes.Repeat([]byte{'x'}, 8_000_000))
			c.WriteMessage(gorilla.BinaryMessage, bytes.Repeat([]byte{255}, 16<<20))
			c.ReadMessage()
		case "/deaf":
			<-r.Context().Done()
		}
	})
	p := start(t, here).Page("main")
	for _, test := range []struct {
		path   string
		config m
		want   string
	}{
		{"/code", nil, `{"type":"Close","data":{"code":4001,"reason":"enough"}}`},
		{"/bare", nil, `{"type":"Close","data":null}`},
		{"/reset", nil, `"the connection was reset`},
		{"/text", nil, `"a text that is not UTF-8"`},
		{"/long", m{"maxMessageSize": 1000}, `"a message that is longer than maxMessageSize"`},
		{"/long", m{"maxFrameSize": 1000}, `"a frame of 2000 bytes, which is longer than maxFrameSize"`},
		{"/long", m{"maxFrameSize": "none", "maxMessageSize": "none"}, `{"type":"Binary","data":[0,0,`},
		{"/long", m{"maxFrameSize": 2000, "maxMessageSize": uint64(1) << 60, "readBufferSize": 1, "writeBufferSize": uint64(1) << 60}, `{"type":"Binary","data":[0,0,`},
	} {
		_, in, err := connect(p, url+test.path, test.config)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
			continue
		}
		next(t, in, test.want)
	}
	_, in, err := connect(p, url+"/longest", nil)
	if err != nil {
		t.Fatal(err)
	}
	next(t, in, `"a message of 2097152 bytes, which is too long for a page`)
	if _, in, err = connect(p, url+"/longer", nil); err != nil {
		t.Fatal(err)
	}
	next(t, in, `{"type":"Binary","data":[255,255,`)
	next(t, in, `{"type":"Text","data":"xxxx`)
	next(t, in, `"a message of 16777216 bytes, which is too long for a page`)
	_, _, err = connect(p, url+"/moved", nil)
	refused(t, "a redirect", err, "HTTP error: 302")
	_, _, err = connect(p, url+"/code", m{"maxMessageSize": "all"})
	refused(t, "a bad size", err, "none")
}

func TestGo(t *testing.T) {
	s := httptest.NewUnstartedServer(handler(new(atomic.Int64), echo))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that does not trust it
	s.StartTLS()
	t.Cleanup(s.Close)
	url := strings.Replace(s.URL, "https", "wss", 1)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	if _, err := websocket.Dial(t.Context(), url, websocket.Config{}); err == nil {
		t.Error("an unknown authority is trusted")
	}
	c, err := websocket.Dial(t.Context(), url, websocket.Config{RootCAs: roots, Header: http.Header{"Origin": {"https://a"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	receive := func(want string) {
		t.Helper()
		if m, err := c.Receive(t.Context()); err != nil || string(m.Data) != want {
			t.Errorf("got %q, %v, want %q", m.Data, err, want)
		}
	}
	receive("/ own= host=true protocol= origin=https://a")
	if err := c.Send(t.Context(), websocket.Message{Data: []byte("hi")}); err != nil {
		t.Error(err)
	}
	receive("hi")
	if err := c.Send(t.Context(), websocket.Message{Kind: websocket.Close, Code: 1000}); err != nil {
		t.Error(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || m.Kind != websocket.Close || m.Code != 1000 {
		t.Errorf("got %+v, %v", m, err)
	}
	if _, err := c.Receive(t.Context()); !errors.Is(err, websocket.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := c.Send(t.Context(), websocket.Message{}); !errors.Is(err, websocket.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestBackPressure: a server that sends faster than somebody receives waits, and
// so does who sends faster than the server reads.
func TestBackPressure(t *testing.T) {
	wrote := make(chan int, 1)
	url, _ := peer(t, func(c *gorilla.Conn, r *http.Request) {
		if r.URL.Path == "/deaf" {
			<-wrote
			return
		}
		n := 0
		for b := make([]byte, 1<<20); n < 1<<30; n += len(b) {
			_ = c.SetWriteDeadline(time.Now().Add(2 * time.Second))
			if err := c.WriteMessage(gorilla.BinaryMessage, b); err != nil {
				break
			}
		}
		wrote <- n
	})
	c, err := websocket.Dial(t.Context(), url, websocket.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if n := <-wrote; n > 64<<20 {
		t.Errorf("the server could send %d bytes that nobody has received", n)
	}
	c.Close()
	if c, err = websocket.Dial(t.Context(), url+"/deaf", websocket.Config{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	n := 0
	for ; n < 1<<10 && err == nil; n++ {
		err = c.Send(ctx, websocket.Message{Kind: websocket.Binary, Data: make([]byte, 1<<20)})
	}
	if n > 64 || !errors.Is(err, websocket.ErrClosed) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("could send %d MiB, %v", n, err)
	}
	wrote <- 0
}

// TestAttacks is what a page, or a server, may try.
func TestAttacks(t *testing.T) {
	url, going := peer(t, func(c *gorilla.Conn, r *http.Request) {
		for {
			if _, _, err := c.ReadMessage(); err != nil {
				return
			}
		}
	})
	a := start(t, `, "allow": ["ws://127.0.0.1:*/ok", "ws://*:*/ok"], "deny": ["ws://127.0.0.1:*/secret*"]`)
	p := a.Page("main")
	for _, address := range []string{
		url, url + "/", url + "/secret", url + "/ok/../secret", url + "/%6fk/x", strings.Replace(url, "ws", "wss", 1) + "/ok", strings.Replace(url, "ws", "http", 1) + "/ok",
		strings.Replace(url, "127.0.0.1", "localhost", 1) + "/ok", strings.Replace(url, "127.0.0.1", "2130706433", 1) + "/ok", strings.Replace(url, "127.0.0.1", "0x7f.1", 1) + "/ok",
		strings.Replace(url, "127.0.0.1", "[::ffff:127.0.0.1]", 1) + "/ok", strings.Replace(url, "127.0.0.1", "[::1]", 1) + "/ok", strings.Replace(url, "127.0.0.1", "a@127.0.0.1", 1) + "/ok",
		url + `\@evil.test/ok`, "ws://169.254.169.254/ok", "ws://10.0.0.1/ok", "file:///ok", "", "ws://", "ws:///ok", url + "/ok\r\nX: y", url + "/ok?" + strings.Repeat("x", 70_000),
	} {
		if _, _, err := connect(p, address, nil); err == nil {
			t.Errorf("%.100q is allowed", address)
		}
	}
	for _, config := range []any{
		m{"headers": [][2]string{{"X", "a\r\nY: b"}}}, m{"headers": [][2]string{{"X\r\nY", "b"}}}, m{"headers": make([][2]string, 1000)}, m{"headers": m{"X": "y"}},
		m{"headers": [][2]string{{"X", strings.Repeat("a", 1<<20)}}}, m{"maxMessageSize": -1}, m{"maxMessageSize": 1e30}, m{"maxFrameSize": true}, m{"readBufferSize": -1}, m{"unknown": 1}, 1, "x",
	} {
		if _, _, err := connect(p, url+"/ok", config); err == nil {
			t.Errorf("%.100s is allowed", fmt.Sprint(config))
		}
	}
	if n := going.Load(); n > 0 {
		t.Errorf("%d connections", n)
	}
	id, _, err := connect(p, url+"/ok", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		kind string
		data any
	}{
		{"Text", 1}, {"Text", nil}, {"Binary", "x x"}, {"Binary", []int{256}}, {"Binary", []int{-1}}, {"Ping", make([]int, 126)}, {"Pong", make([]int, 126)}, {"Frame", nil}, {"", nil},
		{"Close", m{"code": 0, "reason": ""}}, {"Close", m{"code": 1005, "reason": ""}}, {"Close", m{"code": 1006, "reason": ""}}, {"Close", m{"code": 70000, "reason": ""}},
		{"Close", m{"code": 1000, "reason": strings.Repeat("x", 124)}}, {"Close", m{"code": "1000"}}, {"Close", 1},
	} {
		if err := send(p, id, test.kind, test.data); err == nil {
			t.Errorf("%s of %.100s is sent", test.kind, fmt.Sprint(test.data))
		}
	}
	for _, other := range []uint32{id, id + 1, 0, 1 << 31} {
		refused(t, "another page", send(a.Page("other"), other, "Text", "x"), "connection not found")
	}
	if err := send(p, id, "Text", "still there"); err != nil {
		t.Error(err)
	}

	many(t)

	// A flood, and the page ends in the middle of it.
	n := 1
	for ; n < 300; n++ {
		if _, _, err = connect(p, url+"/ok", nil); err != nil {
			break
		}
	}
	refused(t, fmt.Sprintf("connection %d", n+1), err, "128 connections; end some of them")
	if n != 128 {
		t.Errorf("%d connections", n)
	}
	if _, _, err := connect(a.Page("other"), url+"/ok", nil); err != nil {
		t.Errorf("another page: %v", err)
	}
	w, err := a.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	mulliontest.Wait(t, 0, func() error {
		if n := going.Load(); n != 1 {
			return fmt.Errorf("%d connections; one is that of the other page", n)
		}
		return nil
	})
}

// many has eight servers send 14 MiB each to a page that takes nothing: four of
// them are read, and the others wait until those were sent on.
func many(t *testing.T) {
	t.Helper()
	var sent atomic.Int64
	url, _ := peer(t, func(c *gorilla.Conn, _ *http.Request) {
		if err := c.WriteMessage(gorilla.BinaryMessage, make([]byte, 14<<20)); err == nil {
			sent.Add(1)
		}
		_, _, _ = c.ReadMessage()
	})
	conns, take, free := websocket.DialShared(t.Context(), t, url, 8)
	arrived := func(want int64) {
		t.Helper()
		mulliontest.Wait(t, 0, func() error {
			if n := sent.Load(); n < want {
				return fmt.Errorf("%d messages were read", n)
			}
			return nil
		})
	}
	arrived(4)
	time.Sleep(200 * time.Millisecond) // for those that must not come
	if n := sent.Load(); n != 4 {
		t.Errorf("%d messages of 14 MiB are kept", n)
	}
	for _, c := range conns {
		go take(c)
	}
	arrived(8)
	mulliontest.Wait(t, 0, func() error {
		if n := free(); n != 64<<20 {
			return fmt.Errorf("%d bytes of the budget are free", n)
		}
		return nil
	})
}

// TestHostileServers: none of them makes the app keep more than its limits.
func TestHostileServers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var what atomic.Value
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			begin, rest, _ := strings.Cut(what.Load().(string), "…")
			_, err = io.WriteString(c, begin)
			for n := 0; rest != "" && err == nil && n < 1<<28; n += len(rest) {
				_, err = io.WriteString(c, rest)
			}
			if err == nil {
				_, _ = c.Read(make([]byte, 1))
			}
			c.Close()
		}
	}()
	defer func() { l.Close(); <-done }()
	for _, answer := range []string{
		"HTTP/1.1 101 Switching Protocols\r\n…X: " + strings.Repeat("y", 1000) + "\r\n", "HTTP/1.1 101 …" + strings.Repeat("y", 10_000), "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n…" + strings.Repeat("y", 10_000),
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n", "SSH-2.0-x\r\n\r\n", "\r\n\r\n",
	} {
		what.Store(answer)
		if c, err := websocket.Dial(t.Context(), "ws://"+l.Addr().String(), websocket.Config{}); err == nil {
			c.Close()
			t.Errorf("%.100q is taken for a handshake", answer)
		}
	}
}
