package egress

import (
	"io"
	"net"
	"testing"
)

// TestOwn has names below "localhost" be served here, refused, or judged by the
// rules: no resolver ever hears of them, whatever it would say.
func TestOwn(t *testing.T) {
	resolver := &names{answers: map[string][][]string{}}
	for _, name := range []string{"own.localhost.", "off.localhost.", "dev.localhost.", "none.localhost.", "a.own.localhost."} {
		resolver.answers[name] = [][]string{{"93.184.216.34"}}
	}
	f := newFixture(t, resolver, rulesOf(t, "*://*", "http://dev.localhost:1420"), nil)
	f.proxy.opts.Own = func(name string, port uint16) (func(net.Conn), string) {
		switch {
		case name == "own.localhost" && port == 80:
			return func(c net.Conn) { io.WriteString(c, "hello") }, ""
		case name == "off.localhost":
			return nil, "it is switched off"
		}
		return nil, ""
	}
	for _, test := range []struct {
		name  string
		port  uint16
		reply int
	}{
		{"own.localhost", 80, replyDone},
		{"OWN.localhost", 80, replyDone},
		{"own.localhost", 81, replyDenied},
		{"off.localhost", 80, replyDenied},
		{"none.localhost", 80, replyDenied},
		{"a.own.localhost", 80, replyDenied},
		{"dev.localhost", 1420, replyDone},
	} {
		c := f.open()
		if got := ask(t, c, nameRequest(test.name, test.port)); got != test.reply {
			t.Errorf("%s:%d: reply %d, want %d", test.name, test.port, got, test.reply)
		}
		if test.reply == replyDone && test.port == 80 {
			if got, _ := io.ReadAll(c); string(got) != "hello" {
				t.Errorf("%s: %q", test.name, got)
			}
		}
	}
	f.waitRefused("it is switched off")
	resolver.mu.Lock()
	defer resolver.mu.Unlock()
	if len(resolver.asked) > 0 {
		t.Errorf("a resolver was asked for %q", resolver.asked)
	}
	if f.dialled[0] != "127.0.0.1:1420" {
		t.Errorf("connected to %s, want 127.0.0.1:1420", f.dialled)
	}
}
