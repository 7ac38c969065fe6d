package websocket_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/websocket"
)

const limit = 64 << 10

var options = websocket.Options{Host: "bytes.localhost", MaxMessage: limit, Origin: func(o string) bool { return o == "app://localhost" }}

// good is the request of RFC 6455, section 1.3, and answer what it has to get.
const (
	good = "GET / HTTP/1.1\r\nHost: bytes.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: app://localhost\r\nSec-WebSocket-Version: 13\r\n\r\n"
	answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)

// conn is a connection whose client has said in, and what it got.
type conn struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.Write(p) }
func (c *conn) Close() error                { return nil }

func TestAccept(t *testing.T) {
	for _, test := range []struct{ name, request, status string }{
		{"good", good, "101"},
		{"with what browsers add", strings.Replace(good, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: x\r\nCookie: a=b\r\n\r\n", 1), "101"},
		{"names in other letters", strings.NewReplacer("Upgrade: websocket", "upgrade: WebSocket", "Connection: Upgrade", "connection: keep-alive, upgrade").Replace(good), "101"},
		{"POST", strings.Replace(good, "GET", "POST", 1), "400"},
		{"another path", strings.Replace(good, "GET /", "GET /x", 1), "400"},
		{"a whole address", strings.Replace(good, "GET /", "GET http://bytes.localhost/", 1), "400"},
		{"HTTP/1.0", strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1), "400"},
		{"another host", strings.Replace(good, "Host: bytes", "Host: evil", 1), "400"},
		{"two hosts", strings.Replace(good, "Host:", "Host: bytes.localhost\r\nHost:", 1), "400"},
		{"no host", strings.Replace(good, "Host: bytes.localhost\r\n", "", 1), "400"},
		{"fetch", strings.Replace(good, "Upgrade: websocket\r\n", "", 1), "400"},
		{"no upgrade", strings.Replace(good, "Connection: Upgrade", "Connection: close", 1), "400"},
		{"an old version", strings.Replace(good, "13", "8", 1), "400"},
		{"no key", strings.Replace(good, "Sec-WebSocket-Key", "X", 1), "400"},
		{"a short key", strings.Replace(good, "dGhlIHNhbXBsZSBub25jZQ==", "dGhl", 1), "400"},
		{"a body", strings.Replace(good, "\r\n\r\n", "\r\nContent-Length: 3\r\n\r\nabc", 1), "400"},
		{"another origin", strings.Replace(good, "app://localhost", "https://evil.example", 1), "403"},
		{"a sandboxed frame", strings.Replace(good, "app://localhost", "null", 1), "403"},
		{"no origin", strings.Replace(good, "Origin: app://localhost\r\n", "", 1), "403"},
		{"two origins", strings.Replace(good, "Origin:", "Origin: app://localhost\r\nOrigin:", 1), "403"},
		{"a long request", strings.Replace(good, "\r\n\r\n", "\r\nX: "+strings.Repeat("a", 32<<10)+"\r\n\r\n", 1), "400"},
		{"said before the answer", good + "\x81\x80aaaa", ""},
		{"nothing", "", ""},
		{"not HTTP", "\x16\x03\x01\r\n\r\n", "400"},
	} {
		c := &conn{in: strings.NewReader(test.request)}
		ws, err := websocket.Accept(c, options)
		got := c.out.String()
		if test.status == "101" {
			if err != nil || got != answer {
				t.Errorf("%s: %v, answered %q", test.name, err, got)
			}
			continue
		}
		if ws != nil || err == nil || test.status == "" && got != "" || !strings.HasPrefix(strings.TrimPrefix(got, "HTTP/1.1 "), test.status) {
			t.Errorf("%s: %v, answered %q, want status %q", test.name, err, got, test.status)
		}
	}
}

// client makes a frame of a client, masked.
func client(first byte, data string) string {
	b := []byte{first}
	switch n := len(data); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d} // as in RFC 6455, section 5.7
	b = append(b, mask[:]...)
	for i := range len(data) {
		b = append(b, data[i]^mask[i%4])
	}
	return string(b)
}

// opened is a WebSocket whose client says frames once it is open.
func opened(t testing.TB, frames string) (*websocket.Conn, *conn) {
	t.Helper()
	c := &conn{in: strings.NewReader(good)}
	ws, err := websocket.Accept(c, options)
	if err != nil {
		t.Fatal(err)
	}
	c.out.Reset()
	c.in = strings.NewReader(frames)
	return ws, c
}

func TestReceive(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 4000) // more than a length of two bytes says
	for _, test := range []struct{ name, frames, want, sent string }{
		{"the text of RFC 6455", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "t:Hello|EOF!", ""},
		{"nothing at all", client(0x82, ""), "b:|EOF!", ""},
		{"of all lengths", client(0x82, long[:125]) + client(0x82, long[:126]) + client(0x82, long[:127]) + client(0x82, long[:65]), "b:" + long[:125] + "|b:" + long[:126] + "|b:" + long[:127] + "|b:" + long[:65] + "|EOF!", ""},
		{"long", client(0x82, long), "b:" + long + "|EOF!", ""},
		{"in parts", client(0x01, "He") + client(0x00, "l") + client(0x80, "lo"), "t:Hello|EOF!", ""},
		{"a ping in between", client(0x01, "He") + client(0x89, "x") + client(0x80, "llo"), "t:Hello|EOF!", "\x8a\x01x"},
		{"a pong", client(0x8a, "x") + client(0x81, "a"), "t:a|EOF!", ""},
		{"closed", client(0x81, "a") + client(0x88, "\x03\xe8bye") + client(0x81, "b"), "t:a|EOF", "\x88\x02\x03\xe8"},
		{"closed without a word", client(0x88, ""), "EOF", "\x88\x00"},
		{"too long", client(0x82, strings.Repeat("a", limit+1)), "long", ""},
		{"too long in parts", client(0x02, strings.Repeat("a", limit)) + client(0x80, "a"), "long", ""},
		{"too long, it says", "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", "long", ""},
		{"more than there can be", "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffaaaa", "error", ""},
		{"not masked", "\x81\x01a", "error", ""},
		{"reserved bits", client(0xC1, "a"), "error", ""},
		{"an unknown opcode", client(0x83, "a"), "error", ""},
		{"an unknown opcode of control", client(0x8b, "a"), "error", ""},
		{"control in parts", client(0x09, "a"), "error", ""},
		{"long control", client(0x89, strings.Repeat("a", 126)), "error", ""},
		{"a length in too many bytes", "\x82\xfe\x00\x05\x00\x00\x00\x00hello", "error", ""},
		{"a length in far too many bytes", "\x82\xff\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00\x00hello", "error", ""},
		{"a part of nothing", client(0x80, "a"), "error", ""},
		{"a message in a message", client(0x01, "a") + client(0x81, "b"), "error", ""},
		{"text that is none", client(0x81, "\xff"), "error", ""},
		{"cut off", client(0x81, "hello")[:8], "EOF!", ""},
	} {
		ws, c := opened(t, test.frames)
		var got []string
		for {
			m, text, err := ws.Receive(func(n int) []byte { return make([]byte, n) })
			if err != nil {
				got = append(got, map[bool]string{true: "long"}[errors.Is(err, websocket.ErrTooLong)])
				if errors.Is(err, io.EOF) {
					got[len(got)-1] = "EOF"
				} else if errors.Is(err, io.ErrUnexpectedEOF) {
					got[len(got)-1] = "EOF!"
				} else if got[len(got)-1] == "" {
					got[len(got)-1] = "error"
				}
				break
			}
			got = append(got, map[bool]string{true: "t:", false: "b:"}[text]+string(m))
		}
		if s := strings.Join(got, "|"); s != test.want {
			t.Errorf("%s: got %.100q, want %.100q", test.name, s, test.want)
		}
		if s := c.out.String(); s != test.sent {
			t.Errorf("%s: sent %q, want %q", test.name, s, test.sent)
		}
	}
}

// TestReceiveBounds has a client announce more than it may: nothing is made for it.
func TestReceiveBounds(t *testing.T) {
	ws, _ := opened(t, client(0x82, strings.Repeat("a", 100)))
	ws.Limit(99)
	_, _, err := ws.Receive(func(n int) []byte { t.Errorf("%d bytes were made", n); return make([]byte, n) })
	if !errors.Is(err, websocket.ErrTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestSend(t *testing.T) {
	for _, n := range []int{0, 1, 117, 118, 65527, 65528, 70_000} {
		ws, c := opened(t, "")
		data := bytes.Repeat([]byte{'x'}, n)
		if err := ws.Send(false, []byte("headhead"), data); err != nil {
			t.Fatal(err)
		}
		got := c.out.Bytes()
		size, at := uint64(got[1]), 2
		switch size {
		case 126:
			size, at = uint64(binary.BigEndian.Uint16(got[2:])), 4
		case 127:
			size, at = binary.BigEndian.Uint64(got[2:]), 10
		}
		if got[0] != 0x82 || size != uint64(n+8) || string(got[at:]) != "headhead"+string(data) {
			t.Errorf("%d bytes: a frame % x… of %d", n, got[:min(len(got), 12)], len(got))
		}
		if at == 4 && n+8 < 126 || at == 10 && n+8 < 1<<16 {
			t.Errorf("%d bytes: a length of %d bytes", n, at-2)
		}
	}
}

// FuzzReceive has a client say anything. Whatever is received fits, and nothing
// but pongs and the end is said.
func FuzzReceive(f *testing.F) {
	f.Add([]byte(client(0x01, "He") + client(0x89, "x") + client(0x80, "llo")))
	f.Add([]byte(client(0x82, strings.Repeat("a", 300)) + client(0x88, "\x03\xe8")))
	f.Add([]byte("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, in []byte) {
		ws, c := opened(t, string(in))
		for {
			m, _, err := ws.Receive(func(n int) []byte {
				if n > len(in) && n > limit {
					t.Errorf("%d bytes were made", n)
				}
				return make([]byte, n/2)
			})
			if err != nil {
				break
			}
			if len(m) > limit || len(m) > len(in) {
				t.Errorf("a message of %d bytes", len(m))
			}
		}
		for out := c.out.Bytes(); len(out) > 0; out = out[2+int(out[1]):] {
			if out[0] != 0x8a && out[0] != 0x88 || out[1] > 125 {
				t.Fatalf("said % x", out)
			}
		}
	})
}

// FuzzAccept has a client ask for a WebSocket in any way.
func FuzzAccept(f *testing.F) {
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, in []byte) {
		c := &conn{in: bytes.NewReader(in)}
		ws, err := websocket.Accept(c, options)
		if (ws == nil) != (err != nil) || ws != nil && !bytes.Contains(in, []byte("app://localhost")) {
			t.Errorf("got %v, %v", ws, err)
		}
	})
}

// TestTogether has many send at once, while the client pings.
func TestTogether(t *testing.T) {
	client1, server := net.Pipe()
	defer client1.Close()
	defer server.Close()
	client1.SetDeadline(time.Now().Add(time.Minute))
	go io.WriteString(client1, good)
	accepted := make(chan *websocket.Conn, 1)
	go func() {
		ws, _ := websocket.Accept(server, options)
		accepted <- ws
	}()
	if _, err := io.ReadFull(client1, make([]byte, len(answer))); err != nil {
		t.Fatal(err)
	}
	ws := <-accepted
	if ws == nil {
		t.Fatal("refused")
	}
	go ws.Receive(func(n int) []byte { return make([]byte, n) })
	for i := range 8 {
		go func() {
			for range 20 {
				ws.Send(false, bytes.Repeat([]byte{byte(i)}, 8), bytes.Repeat([]byte{byte(i)}, 100*i))
			}
		}()
	}
	go func() {
		for range 10 {
			io.WriteString(client1, client(0x89, "ping"))
		}
	}()
	for range 8*20 + 10 {
		head := make([]byte, 2)
		if _, err := io.ReadFull(client1, head); err != nil {
			t.Fatal(err)
		}
		size := int(head[1])
		if size == 126 {
			if _, err := io.ReadFull(client1, head); err != nil {
				t.Fatal(err)
			}
			size = int(binary.BigEndian.Uint16(head))
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(client1, data); err != nil {
			t.Fatal(err)
		}
		if string(data) != "ping" && !bytes.Equal(data, bytes.Repeat(data[:1], size)) {
			t.Fatal("messages are mixed")
		}
	}
}
