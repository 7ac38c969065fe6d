package egress

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

// TestEncodeRequest checks that the proxy reads what Dial writes.
func TestEncodeRequest(t *testing.T) {
	for _, tt := range []struct{ server, want string }{
		{"example.com:443", "example.com:443"},
		{"192.0.2.1:80", "192.0.2.1:80"},
		{"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
		{"[fe80::1%eth0]:80", ""},
		{"example.com", ""},
		{"example.com:0", ""},
		{"example.com:65536", ""},
		{"example.com:https", ""},
		{":80", ""},
		{strings.Repeat("a", 256) + ":80", ""},
	} {
		b, err := encodeRequest(tt.server)
		if err != nil {
			if tt.want != "" {
				t.Errorf("%s: %v", tt.server, err)
			}
			continue
		}
		if q, err := readRequest(bytes.NewReader(b)); err != nil || q.String() != tt.want {
			t.Errorf("%s: %s, %v, want %q", tt.server, q, err, tt.want)
		}
	}
}

// TestDialEnds checks that Dial does not outlive its context, whatever is at
// the address of the proxy.
func TestDialEnds(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.Read(make([]byte, 3)) // and not a word
		cancel()
		conn.Read(make([]byte, 1))
	}()
	if _, err := Dial(ctx, l.Addr().String(), "example.com:443"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
