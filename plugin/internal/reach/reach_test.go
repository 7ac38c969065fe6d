package reach_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

func scope(t *testing.T, allow, deny []string) *reach.Scope {
	t.Helper()
	s, err := reach.NewScope(allow, deny)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCheck(t *testing.T) {
	all := []string{"*://*:*"}
	for _, test := range []struct {
		allow, deny []string
		url         string
		want        string // part of the error; "" is allowed
	}{
		{nil, nil, "https://example.com/", "not allowed"},
		{all, nil, "https://example.com/", ""},
		{all, []string{"https://*.example.com"}, "https://a.example.com/", "not allowed"},
		{all, []string{"https://a.example.com"}, "https://a.example.com./", "not allowed"},
		{[]string{"https://*.tauri.app"}, []string{"https://private.tauri.app"}, "https://v2.tauri.app/x?y#z", ""},
		{[]string{"https://*.tauri.app"}, nil, "https://tauri.app.evil.com/", "not allowed"},
		{[]string{"https://a.com"}, nil, "https://a.com:8443/", "not allowed"},
		{[]string{"https://a.com/public/*"}, nil, "https://a.com/public/../secret", "not allowed"},
		{[]string{"https://a.com/public/*"}, nil, "https://a.com/public/%2e%2e/secret", "not allowed"},
		{[]string{"https://a.com/public/*"}, nil, "https://a.com/public/..%2fsecret", "not allowed"},
		{[]string{"https://a.com"}, nil, "https://a.com@evil.com/", "credentials"},
		{[]string{"https://a.com"}, nil, `https://evil.com\@a.com/`, "invalid"},
		{[]string{"https://a.com/*"}, nil, `https://a.com/\evil.com`, "backslash"},
		{all, nil, "http://localhost/", "this machine"},
		{all, nil, "http://LOCALHOST./", "this machine"},
		{all, nil, "http://%6cocalhost/", "invalid"},
		{all, nil, "http://app.localhost/", "this machine"},
		{all, nil, "http://127.0.0.1/", "loopback"},
		{all, nil, "http://[::1]/", "loopback"},
		{all, nil, "http://[::ffff:127.0.0.1]/", "write it as"},
		{all, nil, "http://[fe80::1%25eth0]/", "zones"},
		{all, nil, "http://2130706433/", "no address"},
		{all, nil, "http://0x7f.1/", "no address"},
		{all, nil, "http://0177.0.0.1/", "no address"},
		{all, nil, "http://127.1/", "no address"},
		{all, nil, "http://169.254.169.254/latest/meta-data", "link-local"},
		{all, nil, "http://[64:ff9b::a9fe:a9fe]/", "form of 169.254.169.254"},
		{all, nil, "http://ｌocalhost/", "character"},
		{all, nil, "http://localhost:0/", "port"},
		{all, nil, "http://a.com:99999/", "port"},
		{all, nil, "ftp://a.com/", "scheme ftp not supported"},
		{all, nil, "http:a.com", "form"},
		{all, nil, "http:///a", "form"},
		{[]string{"http://localhost:*"}, nil, "http://localhost:8080/a", ""},
		{[]string{"http://localhost:*"}, nil, "http://127.0.0.1:8080/a", "not allowed"},
		{[]string{"http://192.168.1.5"}, nil, "http://192.168.1.5/", ""},
		{[]string{"http://192.168.1.*"}, nil, "http://192.168.1.5/", "private"},
		{[]string{"http://[::1]:*/api/*"}, nil, "http://[0:0::1]:5/api/x", ""},
		{[]string{"http://[::1]:*/api/*"}, nil, "http://[::1]:5/", "not allowed"},
		{append(all, "http://localhost:1/a"), nil, "http://localhost:1/b", "this machine"},
	} {
		u, err := reach.ParseURL(test.url, "http", "https")
		if err == nil {
			err = scope(t, test.allow, test.deny).Check(u)
		}
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s within %q but not %q: got %v, want %q", test.url, test.allow, test.deny, err, test.want)
		}
	}
}

// TestForPage: the entries that a refusal proposes allow what was refused, and all
// that was allowed before.
func TestForPage(t *testing.T) {
	for _, test := range []struct {
		allow, deny []string
		url         string
		want        int // entries
	}{
		{[]string{"https://a.com"}, nil, "https://b.com:8443/x?y", 1},
		{[]string{"https://a.com"}, nil, "http://[::1]:5/", 1},
		{nil, nil, "http://localhost:3000/a", 3},
		{nil, nil, "http://192.168.1.5/", 3},
		{[]string{"https://*"}, []string{"https://b.com"}, "https://b.com/", 0},
	} {
		s, err := reach.OrAll(test.allow, test.deny, "https", "http")
		if err != nil {
			t.Fatal(err)
		}
		u, err := reach.ParseURL(test.url, "http", "https")
		if err != nil {
			t.Fatal(err)
		}
		e, ok := errors.AsType[*capability.OutOfScopeError](reach.ForPage(s.Check(u), "plugin:x|y"))
		if !ok || e.Command != "plugin:x|y" || len(e.Allow) != test.want {
			t.Errorf("%s within %q: got %+v, want %d entries", test.url, test.allow, e, test.want)
			continue
		}
		var texts []string
		for _, entry := range e.Allow {
			texts = append(texts, entry.(map[string]string)["url"])
		}
		wider, err := reach.OrAll(append(texts, test.allow...), test.deny, "https", "http")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{test.url, "https://a.com/"} {
			u, err := reach.ParseURL(text, "http", "https")
			if err == nil {
				err = wider.Check(u)
			}
			if err != nil && test.want > 0 {
				t.Errorf("%s with %q: %v", text, texts, err)
			}
		}
	}
	if err := errors.New("x"); reach.ForPage(err, "") != err {
		t.Error("another error is changed")
	}
}

func TestPatterns(t *testing.T) {
	got, err := reach.Patterns([]jsontext.Value{jsontext.Value(`"https://a"`), jsontext.Value(`{"url": "https://b"}`)})
	if err != nil || len(got) != 2 || got[0] != "https://a" || got[1] != "https://b" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{`1`, `{}`, `{"path": "a"}`, `{"url": "a", "b": 1}`, `null`, `[]`} {
		if _, err := reach.Patterns([]jsontext.Value{jsontext.Value(bad)}); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

// resolver answers all names with addresses, by the function.
func resolver(t *testing.T, lookup func(name string) netip.Addr) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			reply := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true}, Questions: m.Questions}
			if a := lookup(q.Name.String()); q.Type == dnsmessage.TypeA && a.Is4() {
				reply.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: a.As4()},
				}}
			}
			if out, err := reply.Pack(); err == nil {
				_, _ = c.WriteTo(out, from)
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

// server counts requests.
func server(t *testing.T) (s *httptest.Server, port string, hits func() int) {
	t.Helper()
	got := make(chan struct{}, 1000)
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got <- struct{}{} }))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s, u.Port(), func() int { return len(got) }
}

// TestRebinding: what a name leads to is judged when it is connected to.
func TestRebinding(t *testing.T) {
	_, port, hits := server(t)
	r := resolver(t, func(string) netip.Addr { return netip.MustParseAddr("127.0.0.1") })
	get := func(allow, deny []string, address string) error {
		tr := reach.NewTransport(reach.TransportOptions{Scope: scope(t, allow, deny), Resolver: r, Proxy: func(*url.URL) (*url.URL, error) { return nil, nil }})
		defer tr.Close()
		resp, err := (&http.Client{Transport: tr}).Get(address)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	rebound := "http://rebound.test:" + port + "/"
	for _, test := range []struct{ allow, deny []string }{
		{allow: []string{"http://*:*"}},
		{allow: []string{"http://rebound.test:*"}},
		{allow: []string{"http://rebound.test:*", "http://localhost:*"}},
		{allow: []string{"http://rebound.test:*", "http://127.0.0.1"}},
		{allow: []string{"http://rebound.test:*", "http://127.0.0.1:*/only/*"}},
		{allow: []string{"http://rebound.test:*", "https://127.0.0.1:*"}},
		{allow: []string{"http://rebound.test:*", "http://127.0.0.1:*"}, deny: []string{"http://127.0.0.1:" + port}},
	} {
		err := get(test.allow, test.deny, rebound)
		if refused, ok := errors.AsType[*reach.NotAllowedError](err); !ok || !strings.Contains(refused.URL, "127.0.0.1") || hits() > 0 {
			t.Errorf("%q: got %v, %d requests", test.allow, err, hits())
		}
	}
	if err := get([]string{"http://rebound.test:*", "http://127.0.0.1:*"}, nil, rebound); err != nil || hits() != 1 {
		t.Errorf("both allowed: %v, %d requests", err, hits())
	}
	if err := get([]string{"http://localhost:*"}, nil, "http://localhost:"+port); err != nil || hits() != 2 {
		t.Errorf("localhost: %v, %d requests", err, hits())
	}
}

// TestProxyChosen: a proxy that a page chooses has to be in the scope.
func TestProxyChosen(t *testing.T) {
	s, _, hits := server(t)
	proxy, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		allow []string
		want  int
	}{{[]string{"http://a.test"}, 0}, {[]string{"http://*:*"}, 0}, {[]string{"http://a.test", s.URL}, 1}} {
		before := hits()
		tr := reach.NewTransport(reach.TransportOptions{Scope: scope(t, test.allow, nil), Proxy: func(*url.URL) (*url.URL, error) { return proxy, nil }})
		resp, err := (&http.Client{Transport: tr}).Get("http://a.test/")
		if err == nil {
			resp.Body.Close()
		}
		tr.Close()
		if got := hits() - before; got != test.want || (err == nil) != (test.want == 1) {
			t.Errorf("%q: %d requests, %v", test.allow, got, err)
		}
	}
}

func TestHeader(t *testing.T) {
	h, err := reach.Header([][2]string{{"X-A", "caf\u00e9"}, {"x-a", "\u20ac"}})
	if err != nil || h["X-A"][0] != "caf\xe9" || h["X-A"][1] != "\xe2\x82\xac" {
		t.Errorf("got %q, %v", h, err)
	}
	if got := reach.Fields(h); got[0] != [2]string{"x-a", "caf\u00e9"} {
		t.Errorf("got %q", got)
	}
	for _, bad := range [][2]string{{"", "a"}, {"a b", "a"}, {"a:", "a"}, {"a\r\nb", "a"}, {"a", "b\r\nc: d"}, {"a", "\x00"}, {"a", "\x7f"}, {"ä", "a"}} {
		if _, err := reach.Header([][2]string{bad}); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if _, err := reach.Header(make([][2]string, 300)); err == nil || !strings.Contains(err.Error(), "300 header fields") {
		t.Errorf("many fields: %v", err)
	}
	if _, err := reach.Header([][2]string{{"a", strings.Repeat("a", 200_000)}}); err == nil {
		t.Error("a long field is accepted")
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"http://a.com/b?c#d", `http://a\b@c`, "http://[::1]:80", "http://0x7f.1", "http://a/?q q", "http://%41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := reach.ParseURL(raw, "http", "https")
		if err != nil {
			return
		}
		again, err := reach.ParseURL(u.String(), "http", "https")
		if err != nil || again.String() != u.String() {
			t.Errorf("%q: %q, then %v, %v", raw, u, again, err)
		}
		if strings.ContainsAny(u.RequestURI(), " \r\n\x00") {
			t.Errorf("%q: %q", raw, u.RequestURI())
		}
	})
}

// TestOwnNetwork: this machine and its neighbours are out of reach also by
// addresses of the net, unless a pattern has the very address and port.
func TestOwnNetwork(t *testing.T) {
	interfaces := func() ([]net.Addr, error) {
		return []net.Addr{
			&net.IPNet{IP: net.ParseIP("2a00::1"), Mask: net.CIDRMask(64, 128)},
			&net.IPNet{IP: net.ParseIP("8.8.4.4"), Mask: net.CIDRMask(24, 32)},
		}, nil
	}
	broken := func() ([]net.Addr, error) { return nil, errors.New("out of order") }
	for _, test := range []struct {
		allow      []string
		url        string
		interfaces func() ([]net.Addr, error)
		want       string // part of the error; "" is allowed
	}{
		{[]string{"*://*:*"}, "http://8.8.8.8/", interfaces, ""},
		{[]string{"*://*:*"}, "http://8.8.4.4/", interfaces, "an address of this machine"},
		{[]string{"*://*:*"}, "http://8.8.4.7/", interfaces, "in a network of this machine"},
		{[]string{"*://*:*"}, "http://[2a00::7]/", interfaces, "in a network of this machine"},
		{[]string{"*://*:*"}, "http://[64:ff9b::808:407]/", interfaces, "in a network of this machine"},
		{[]string{"*://*:*", "http://8.8.4.7:8080"}, "http://8.8.4.7:8080/", interfaces, ""},
		{[]string{"*://*:*", "http://8.8.4.7:8080"}, "http://8.8.4.7:8081/", interfaces, "in a network of this machine"},
		{[]string{"*://*:*"}, "http://8.8.8.8/", broken, "out of order"},
	} {
		s := scope(t, test.allow, nil)
		s.Interfaces = test.interfaces
		u, err := reach.ParseURL(test.url, "http")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(u); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s by %q: got %v, want %q", test.url, test.allow, err, test.want)
		}
	}
}

// TestNameOfNeighbour: a name that leads to a neighbour needs a pattern for its
// address, on that port.
func TestNameOfNeighbour(t *testing.T) {
	s := scope(t, []string{"*://*:*"}, nil)
	s.Interfaces = func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("8.8.4.4"), Mask: net.CIDRMask(24, 32)}}, nil
	}
	d := reach.Dialer{Scope: s, Resolver: resolver(t, func(string) netip.Addr { return netip.MustParseAddr("8.8.4.7") })}
	if _, err := d.Dial(t.Context(), "http", "near.dev:80"); err == nil || !strings.Contains(err.Error(), "a network of this machine") {
		t.Errorf("got %v", err)
	}
}
