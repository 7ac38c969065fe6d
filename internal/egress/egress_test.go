package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/capability"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// timeout bounds what a test waits for.
const timeout = 20 * time.Second

// names is a resolver with answers of its own. Each call takes the next list,
// and the last one stays.
type names struct {
	mu      sync.Mutex
	answers map[string][][]string // guarded by mu
	asked   []string              // guarded by mu
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, host)
	lists := n.answers[host]
	if len(lists) == 0 {
		return nil, errors.New("no such host")
	}
	if len(lists) > 1 {
		n.answers[host] = lists[1:]
	}
	var addrs []netip.Addr
	for _, a := range lists[0] {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, nil
}

// fixture is a proxy whose connections all end at one server of the test.
type fixture struct {
	t      *testing.T
	proxy  *Proxy
	listen net.Listener
	server net.Listener // what was dialled is connected to it

	mu      sync.Mutex
	dialled []string  // guarded by mu
	fail    error     // guarded by mu; of dials
	refused []Refusal // guarded by mu
}

func rulesOf(t *testing.T, texts ...string) (list []capability.NetworkRule) {
	t.Helper()
	for _, text := range texts {
		r, err := capability.ParseNetworkRule(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func newFixture(t *testing.T, resolver *names, connect, refuse []capability.NetworkRule) *fixture {
	f := &fixture{t: t, listen: listen(t), server: listen(t)}
	f.proxy = New(Options{
		Connect: connect, Refuse: refuse, Resolver: resolver,
		Interfaces: func() ([]net.Addr, error) {
			return []net.Addr{&net.IPNet{IP: net.ParseIP("20.30.40.50"), Mask: net.CIDRMask(24, 32)}, &net.IPNet{IP: net.ParseIP("2a00::5"), Mask: net.CIDRMask(64, 128)}}, nil
		},
		Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			f.mu.Lock()
			f.dialled = append(f.dialled, to.String())
			fail := f.fail
			f.mu.Unlock()
			if fail != nil {
				return nil, fail
			}
			return new(net.Dialer).DialContext(ctx, "tcp", f.server.Addr().String())
		},
		Refused: func(r Refusal) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.refused = append(f.refused, r)
		},
	})
	done := make(chan error, 1)
	go func() { done <- f.proxy.Serve(f.listen) }()
	t.Cleanup(func() {
		f.proxy.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return f
}

// open connects to the proxy.
func (f *fixture) open() *net.TCPConn {
	f.t.Helper()
	c, err := net.Dial("tcp", f.listen.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(timeout))
	f.t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func nameRequest(name string, port uint16) []byte {
	b := append([]byte{5, 1, 0, 5, 1, 0, 3, byte(len(name))}, name...)
	return append(b, byte(port>>8), byte(port))
}

func addrRequest(addr string, port uint16) []byte {
	a := netip.MustParseAddr(addr)
	kind := byte(typeIPv4)
	if a.Is6() {
		kind = typeIPv6
	}
	b := append([]byte{5, 1, 0, 5, 1, 0, kind}, a.AsSlice()...)
	return append(b, byte(port>>8), byte(port))
}

// ask sends greeting and request, and returns the reply's code, or -1 if there
// was none.
func ask(t *testing.T, c net.Conn, request []byte) int {
	t.Helper()
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(io.LimitReader(c, 2+10))
	if err != nil || len(got) != 12 {
		return -1
	}
	if want := []byte{5, 0, 5, got[3], 0, 1, 0, 0, 0, 0, 0, 0}; !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
	return int(got[3])
}

func (f *fixture) refusals() []Refusal {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Refusal(nil), f.refused...)
}

func (f *fixture) waitRefused(reason string) Refusal {
	f.t.Helper()
	for end := time.Now().Add(timeout); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for _, r := range f.refusals() {
			if strings.Contains(r.Reason, reason) {
				return r
			}
		}
	}
	f.t.Fatalf("nothing was refused for %q, but %q", reason, f.refusals())
	return Refusal{}
}

func public() *names {
	return &names{answers: map[string][][]string{
		"a.dev.":      {{"93.184.216.34"}},
		"x.a.dev.":    {{"::ffff:93.184.216.35"}},
		"two.dev.":    {{"127.0.0.1", "2606:2800:220:1::1"}},
		"rebind.dev.": {{"93.184.216.34"}, {"127.0.0.1"}},
		"local.dev.":  {{"127.0.0.1"}},
		"lan.dev.":    {{"192.168.1.5"}},
		"near.dev.":   {{"2a00::7"}},
		"nat64.dev.":  {{"64:ff9b::a00:1"}},
		"empty.dev.":  {{}},
	}}
}

func TestConnect(t *testing.T) {
	for _, test := range []struct {
		name            string
		connect, refuse []string
		request         []byte
		code            int
		dialled         []string
		refused         Refusal
	}{
		{name: "name", connect: []string{"http://a.dev"}, request: nameRequest("A.dev.", 80), dialled: []string{"93.184.216.34:80"}},
		{name: "wildcard", connect: []string{"http://*.a.dev"}, request: nameRequest("x.a.dev", 80), dialled: []string{"93.184.216.35:80"}},
		{name: "wildcard is not for the name itself", connect: []string{"http://*.a.dev"}, request: nameRequest("a.dev", 80), code: replyDenied,
			refused: Refusal{"a.dev:80", "no rule allows it", "http://a.dev"}},
		{name: "other port", connect: []string{"https://a.dev"}, request: nameRequest("a.dev", 8443), code: replyDenied,
			refused: Refusal{"a.dev:8443", "no rule allows it", "https://a.dev:8443"}},
		{name: "nothing granted", request: nameRequest("a.dev", 443), code: replyDenied,
			refused: Refusal{"a.dev:443", "no rule allows it", "https://a.dev"}},
		{name: "denied", connect: []string{"*://*"}, refuse: []string{"https://*.dev.a", "http://a.dev:*", "https://a.dev:*"}, request: nameRequest("a.dev", 80), code: replyDenied,
			refused: Refusal{"a.dev:80", "denied by https://a.dev:*", ""}},
		{name: "denied by address", connect: []string{"*://*"}, refuse: []string{"*://*"}, request: nameRequest("a.dev", 80), code: replyDenied,
			refused: Refusal{"a.dev:80", "denied by *://*", ""}},
		{name: "one of two addresses", connect: []string{"http://two.dev"}, request: nameRequest("two.dev", 80), dialled: []string{"[2606:2800:220:1::1]:80"}},
		{name: "a name for this machine", connect: []string{"http://local.dev"}, request: nameRequest("local.dev", 80), code: replyDenied,
			refused: Refusal{"local.dev:80", "127.0.0.1 is a loopback address, which only a rule with that very address allows", "http://127.0.0.1"}},
		{name: "everything is not this machine", connect: []string{"*://*"}, request: nameRequest("local.dev", 80), code: replyDenied,
			refused: Refusal{"local.dev:80", "127.0.0.1 is a loopback address, which only a rule with that very address allows", "http://127.0.0.1"}},
		{name: "everything is not localhost", connect: []string{"*://*"}, request: nameRequest("localhost", 80), code: replyDenied,
			refused: Refusal{"localhost:80", "no rule allows it", "http://localhost"}},
		{name: "nor its addresses", connect: []string{"*://*"}, request: addrRequest("127.0.0.1", 80), code: replyDenied,
			refused: Refusal{"127.0.0.1:80", "127.0.0.1 is a loopback address, which only a rule with that very address allows", "http://127.0.0.1"}},
		{name: "a name in the own network", connect: []string{"http://lan.dev:5173"}, request: nameRequest("lan.dev", 5173), code: replyDenied,
			refused: Refusal{"lan.dev:5173", "192.168.1.5 is a private address, which only a rule with that very address allows", "http://192.168.1.5:5173"}},
		{name: "the name and the address", connect: []string{"http://lan.dev:5173", "http://192.168.1.5:5173"}, request: nameRequest("lan.dev", 5173), dialled: []string{"192.168.1.5:5173"}},
		{name: "the address on another port", connect: []string{"http://lan.dev:5173", "http://192.168.1.5"}, request: nameRequest("lan.dev", 5173), code: replyDenied,
			refused: Refusal{"lan.dev:5173", "192.168.1.5 is a private address, which only a rule with that very address allows", "http://192.168.1.5:5173"}},
		{name: "this machine by an address of the net", connect: []string{"*://*"}, request: addrRequest("20.30.40.50", 80), code: replyDenied,
			refused: Refusal{"20.30.40.50:80", "20.30.40.50 is an address of this machine, which only a rule with that very address allows", "http://20.30.40.50"}},
		{name: "a neighbour", connect: []string{"*://*"}, request: addrRequest("20.30.40.51", 80), code: replyDenied,
			refused: Refusal{"20.30.40.51:80", "20.30.40.51 is an address in a network of this machine, which only a rule with that very address allows", "http://20.30.40.51"}},
		{name: "a neighbour that is named", connect: []string{"http://20.30.40.51"}, request: addrRequest("20.30.40.51", 80), dialled: []string{"20.30.40.51:80"}},
		{name: "beyond the own network", connect: []string{"*://*"}, request: addrRequest("20.30.41.51", 80), dialled: []string{"20.30.41.51:80"}},
		{name: "a name for a neighbour", connect: []string{"http://near.dev"}, request: nameRequest("near.dev", 80), code: replyDenied,
			refused: Refusal{"near.dev:80", "2a00::7 is an address in a network of this machine, which only a rule with that very address allows", "http://[2a00::7]"}},
		{name: "the name and the address of a neighbour", connect: []string{"http://near.dev", "http://[2a00::7]"}, request: nameRequest("near.dev", 80), dialled: []string{"[2a00::7]:80"}},
		{name: "NAT64 of this machine", connect: []string{"*://*"}, request: addrRequest("64:ff9b::141e:2832", 80), code: replyDenied,
			refused: Refusal{"[64:ff9b::141e:2832]:80", "64:ff9b::141e:2832 is an address of this machine, which only a rule with that very address allows", "http://[64:ff9b::141e:2832]"}},
		{name: "NAT64 of a private address", connect: []string{"http://nat64.dev"}, request: nameRequest("nat64.dev", 80), code: replyDenied,
			refused: Refusal{"nat64.dev:80", "64:ff9b::a00:1 is a form of 10.0.0.1, a private address, which only a rule with that very address allows", "http://[64:ff9b::a00:1]"}},
		{name: "localhost", connect: []string{"http://localhost:5173"}, request: nameRequest("localhost", 5173), dialled: []string{"127.0.0.1:5173"}},
		{name: "below localhost", connect: []string{"http://*.dev.localhost"}, request: nameRequest("localhost", 80), code: replyDenied,
			refused: Refusal{"localhost:80", "no rule allows it", "http://localhost"}},
		{name: "an address that is named", connect: []string{"http://127.0.0.1:5173"}, request: addrRequest("127.0.0.1", 5173), dialled: []string{"127.0.0.1:5173"}},
		{name: "the same as a name", connect: []string{"http://127.0.0.1:5173"}, request: nameRequest("127.0.0.1", 5173), dialled: []string{"127.0.0.1:5173"}},
		{name: "the loopback address beside it", connect: []string{"http://127.0.0.1:5173"}, request: addrRequest("127.0.0.2", 5173), code: replyDenied,
			refused: Refusal{"127.0.0.2:5173", "no rule allows it", "http://127.0.0.2:5173"}},
		{name: "localhost is not its address", connect: []string{"http://127.0.0.1:5173"}, request: nameRequest("localhost", 5173), code: replyDenied,
			refused: Refusal{"localhost:5173", "no rule allows it", "http://localhost:5173"}},
		{name: "IPv6", connect: []string{"http://[::1]:5173"}, request: addrRequest("::1", 5173), dialled: []string{"[::1]:5173"}},
		{name: "IPv4 in IPv6", connect: []string{"http://127.0.0.1:5173", "*://*"}, request: addrRequest("::ffff:127.0.0.1", 5173), code: replyDenied,
			refused: Refusal{`"::ffff:127.0.0.1":5173`, `host "::ffff:127.0.0.1": write it as 127.0.0.1`, ""}},
		{name: "no such name", connect: []string{"http://none.dev"}, request: nameRequest("none.dev", 80), code: replyNoHost},
		{name: "a name without an address", connect: []string{"http://empty.dev"}, request: nameRequest("empty.dev", 80), code: replyNoHost},
		{name: "port 0", connect: []string{"*://*"}, request: nameRequest("a.dev", 0), code: replyDenied, refused: Refusal{"a.dev:0", "port 0", ""}},
		{name: "listening", connect: []string{"*://*"}, request: replace(nameRequest("a.dev", 80), 4, 2), code: replyCommand,
			refused: Refusal{"", "command 2; only connecting by TCP is supported", ""}},
		{name: "UDP", connect: []string{"*://*"}, request: replace(nameRequest("a.dev", 80), 4, 3), code: replyCommand,
			refused: Refusal{"", "command 3; only connecting by TCP is supported", ""}},
		{name: "reserved byte", connect: []string{"*://*"}, request: replace(nameRequest("a.dev", 80), 5, 1), code: replyFailure,
			refused: Refusal{"", "malformed request", ""}},
		{name: "unknown type", connect: []string{"*://*"}, request: replace(nameRequest("a.dev", 80), 6, 2), code: replyType,
			refused: Refusal{"", "address of type 2", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, public(), rulesOf(t, test.connect...), rulesOf(t, test.refuse...))
			if got := ask(t, f.open(), test.request); got != test.code {
				t.Errorf("reply %d, want %d", got, test.code)
			}
			var want []Refusal
			if test.refused != (Refusal{}) {
				want = []Refusal{test.refused}
				f.waitRefused(test.refused.Reason)
			}
			if d := cmp.Diff(want, f.refusals()); d != "" {
				t.Error(d)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if d := cmp.Diff(test.dialled, f.dialled); d != "" {
				t.Error(d)
			}
		})
	}
}

func replace(b []byte, i int, c byte) []byte { b[i] = c; return b }

// TestNames sends names that no browser would.
func TestNames(t *testing.T) {
	f := newFixture(t, public(), rulesOf(t, "*://*", "http://127.0.0.1:*", "http://[::1]:*"), nil)
	for _, name := range []string{
		"", ".", "a..dev", "a.dev..", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.2", "127.0.0.01",
		"[::1]", "::1%lo", "::ffff:127.0.0.1", "::ffff:7f00:1", "fe80::1%25eth0", "bücher.dev", "a.dev\x00.evil", "a.dev ", "a.dev/", "user@a.dev",
		"a.dev:80", strings.Repeat("a", 64) + ".dev", strings.Repeat("a.", 127) + "b", "\xff\xfe",
	} {
		if got := ask(t, f.open(), nameRequest(name, 80)); got != replyDenied {
			t.Errorf("%q: reply %d", name, got)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.dialled) != 0 {
		t.Errorf("dialled %q", f.dialled)
	}
}

// TestResolveOnce checks that the address that was judged is dialled, and that
// a name that changes is judged anew.
func TestResolveOnce(t *testing.T) {
	n := public()
	f := newFixture(t, n, rulesOf(t, "http://rebind.dev"), nil)
	if got := ask(t, f.open(), nameRequest("rebind.dev", 80)); got != replyDone {
		t.Errorf("first: reply %d", got)
	}
	if got := ask(t, f.open(), nameRequest("rebind.dev", 80)); got != replyDenied {
		t.Errorf("second: reply %d", got)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := cmp.Diff([]string{"93.184.216.34:80"}, f.dialled); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"rebind.dev.", "rebind.dev."}, n.asked); d != "" {
		t.Errorf("lookups: %s", d)
	}
}

func TestDialErrors(t *testing.T) {
	f := newFixture(t, public(), rulesOf(t, "*://*"), nil)
	for _, test := range []struct {
		err  error
		code int
	}{{syscall.ECONNREFUSED, replyNoServer}, {syscall.ENETUNREACH, replyNoHost}} {
		f.mu.Lock()
		f.fail = &net.OpError{Op: "dial", Err: test.err}
		f.mu.Unlock()
		if got := ask(t, f.open(), nameRequest("two.dev", 80)); got != test.code {
			t.Errorf("%v: reply %d", test.err, got)
		}
	}
	if r := f.refusals(); len(r) > 0 {
		t.Errorf("refused: %q", r)
	}
}

func TestGreetings(t *testing.T) {
	f := newFixture(t, public(), rulesOf(t, "*://*"), nil)
	for _, test := range []struct{ send, want string }{
		{"\x04\x01", ""}, {"GET / HTTP/1.1\r\n", ""}, {"\x05\x01\x02", "\x05\xff"}, {"\x05\x00", "\x05\xff"},
	} {
		c := f.open()
		if _, err := io.WriteString(c, test.send); err != nil {
			t.Fatal(err)
		}
		c.CloseWrite()
		// What was sent beyond what was read may reset the connection.
		if got, _ := io.ReadAll(c); string(got) != test.want {
			t.Errorf("%q: got %q, want %q", test.send, got, test.want)
		}
	}
}

// TestTransport sends what the rule is not for.
func TestTransport(t *testing.T) {
	hello := string(clientHelloFor(t, "a.dev"))
	for _, test := range []struct{ name, rule, send, refused, rulePrefix string }{
		{"HTTP", "http://a.dev:1", "GET / HTTP/1.1\r\n", "", ""},
		{"TLS", "https://a.dev:1", hello, "", ""},
		{"either", "*://*", hello, "", ""},
		{"without a name", "https://a.dev:1", string(clientHelloFor(t, "")), "", ""},
		{"HTTP where TLS is due", "https://a.dev:1", "GET / HTTP/1.1\r\n", "it is not encrypted", "http://a.dev:1"},
		{"TLS where HTTP is due", "ws://a.dev:1", hello, "it is encrypted", "https://a.dev:1"},
		{"another name", "https://a.dev:1", string(clientHelloFor(t, "b.dev")), `asks for the server "b.dev"`, ""},
		{"another name with everything", "*://*", string(clientHelloFor(t, "b.dev")), `asks for the server "b.dev"`, ""},
		{"neither", "*://*", "\x00\x01", "neither HTTP nor TLS", ""},
		{"SSH", "http://a.dev:1", "ssh-2.0", "neither HTTP nor TLS", ""},
		{"broken hello", "https://a.dev:1", "\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", "not with a ClientHello", ""},
		{"endless hello", "https://a.dev:1", "\x16\x03\x01\x00\x05\x01\xff\xff\xff\x00", "not with a ClientHello", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, public(), rulesOf(t, test.rule), nil)
			c := f.open()
			if got := ask(t, c, nameRequest("a.dev", 1)); got != replyDone {
				t.Fatalf("reply %d", got)
			}
			server, err := f.server.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			server.SetDeadline(time.Now().Add(timeout))
			for _, part := range []string{test.send[:1], test.send[1:]} {
				if _, err := io.WriteString(c, part); err != nil {
					t.Fatal(err)
				}
			}
			if test.refused == "" {
				got := make([]byte, len(test.send))
				if _, err := io.ReadFull(server, got); err != nil || string(got) != test.send {
					t.Errorf("the server got %q, %v", got, err)
				}
				return
			}
			if r := f.waitRefused(test.refused); r.Server != "a.dev:1" || r.Rule != test.rulePrefix {
				t.Errorf("refused: %+v", r)
			}
			if got, err := io.ReadAll(server); err != nil || len(got) > 0 {
				t.Errorf("the server got %q, %v", got, err)
			}
		})
	}
}

// TestRelay checks both directions, and that each ends by itself.
func TestRelay(t *testing.T) {
	f := newFixture(t, public(), rulesOf(t, "http://a.dev"), nil)
	for _, serverFirst := range []bool{false, true} {
		c := f.open()
		if got := ask(t, c, nameRequest("a.dev", 80)); got != replyDone {
			t.Fatalf("reply %d", got)
		}
		accepted, err := f.server.Accept()
		if err != nil {
			t.Fatal(err)
		}
		server := accepted.(*net.TCPConn)
		server.SetDeadline(time.Now().Add(timeout))
		if _, err := io.WriteString(c, "A"); err != nil {
			t.Fatal(err)
		}
		one, two := c, server
		if serverFirst {
			one, two = server, c
		}
		large := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
		sent := make(chan error, 1)
		go func() {
			_, err := one.Write(large)
			sent <- errors.Join(err, one.CloseWrite())
		}()
		got, err := io.ReadAll(two)
		if err := errors.Join(err, <-sent); err != nil {
			t.Fatal(err)
		}
		if !serverFirst {
			got = bytes.TrimPrefix(got, []byte("A"))
		}
		if !bytes.Equal(got, large) {
			t.Errorf("got %d bytes of %d", len(got), len(large))
		}
		// The other direction is still open.
		if _, err := io.WriteString(two, "back"); err != nil {
			t.Fatal(err)
		}
		two.CloseWrite()
		if got, err := io.ReadAll(one); err != nil || strings.TrimPrefix(string(got), "A") != "back" {
			t.Errorf("back: %q, %v", got, err)
		}
		server.Close()
	}
}

// TestClose checks that Close ends what is under way, at every stage.
func TestClose(t *testing.T) {
	f := newFixture(t, public(), rulesOf(t, "http://a.dev"), nil)
	silent, asked := f.open(), f.open()
	if got := ask(t, asked, nameRequest("a.dev", 80)); got != replyDone {
		t.Fatalf("reply %d", got)
	}
	open := f.open()
	if got := ask(t, open, nameRequest("a.dev", 80)); got != replyDone {
		t.Fatalf("reply %d", got)
	}
	io.WriteString(open, "GET")
	f.proxy.Close()
	for i, c := range []net.Conn{silent, asked, open} {
		if got, err := io.ReadAll(c); len(got) > 0 || errors.Is(err, syscall.ETIMEDOUT) || err != nil && isTimeout(err) {
			t.Errorf("%d: got %q, %v", i, got, err)
		}
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func TestTooMany(t *testing.T) {
	f := newFixture(t, public(), nil, nil)
	for range maxConnections {
		f.open()
	}
	for end := time.Now().Add(timeout); ; time.Sleep(time.Millisecond) {
		f.proxy.mu.Lock()
		n := f.proxy.active
		f.proxy.mu.Unlock()
		if n == maxConnections {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d connections", n)
		}
	}
	if got, err := io.ReadAll(f.open()); len(got) > 0 || isTimeout(err) {
		t.Errorf("one more: %q, %v", got, err)
	}
	f.waitRefused("too many connections")
}

func FuzzRequest(f *testing.F) {
	for _, b := range [][]byte{nameRequest("a.dev", 443), addrRequest("127.0.0.1", 80), addrRequest("::ffff:10.0.0.1", 80), nameRequest("", 1), {5, 1, 0, 9}} {
		f.Add(b[min(3, len(b)):])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		q, err := readRequest(r)
		var bad *requestError
		switch {
		case errors.As(err, &bad):
			if bad.reply == replyDone {
				t.Fatalf("%x: refused by saying yes", b)
			}
		case err != nil:
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%x: %v", b, err)
			}
		default:
			if q.port == 0 || q.host == (capability.Host{}) {
				t.Fatalf("%x: %+v", b, q)
			}
			if again, err := capability.ParseHost(q.host.String()); err != nil || again != q.host {
				t.Fatalf("%x: %s, %v", b, again, err)
			}
			if rest := fmt.Sprint(q); rest == "" || r.Len() > len(b)-8 {
				t.Fatalf("%x: read %d bytes", b, len(b)-r.Len())
			}
		}
	})
}
