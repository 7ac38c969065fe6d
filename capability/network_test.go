package capability

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNetworkRule(t *testing.T) {
	tests := []struct {
		rule    string
		spelled string // "" if as written
		is      Transport
		yes, no []string // host port
	}{
		{"https://api.example.com", "", TLS, []string{"api.example.com 443", "API.example.com. 443"},
			[]string{"api.example.com 80", "example.com 443", "x.api.example.com 443", "api.example.com.evil.com 443"}},
		{"HTTPS://API.example.com:443/", "https://api.example.com", TLS, []string{"api.example.com 443"}, nil},
		{"wss://a.dev/*", "wss://a.dev", TLS, []string{"a.dev 443"}, []string{"a.dev 80"}},
		{"ws://a.dev:8080", "", Plain, []string{"a.dev 8080"}, []string{"a.dev 80"}},
		{"https://*.example.com", "", TLS, []string{"a.example.com 443", "a.b.example.com 443"},
			[]string{"example.com 443", "badexample.com 443", "a.example.com.evil.com 443", "a.example.com 8443"}},
		{"http://localhost:*", "", Plain, []string{"localhost 1", "localhost 65535"}, []string{"a.localhost 80", "127.0.0.1 80"}},
		{"http://127.0.0.1:5173", "", Plain, []string{"127.0.0.1 5173"}, []string{"127.0.0.2 5173", "localhost 5173", "::1 5173"}},
		{"http://[0:0::1]:5173", "http://[::1]:5173", Plain, []string{"::1 5173", "[::1] 5173"}, []string{"127.0.0.1 5173", "::2 5173"}},
		{"https://xn--bcher-kva.example", "", TLS, []string{"XN--Bcher-kva.example 443"}, []string{"bucher.example 443"}},
		{"*://*", "", Plain | TLS, []string{"a.dev 1", "localhost 80", "::1 80"}, nil},
	}
	for _, test := range tests {
		r, err := ParseNetworkRule(test.rule)
		if err != nil {
			t.Error(err)
			continue
		}
		want := test.spelled
		if want == "" {
			want = test.rule
		}
		if r.String() != want || r.Transports() != test.is {
			t.Errorf("%s: got %s, %d, want %s, %d", test.rule, r, r.Transports(), want, test.is)
		}
		for i, list := range [][]string{test.yes, test.no} {
			for _, server := range list {
				h, port := hostPort(t, server)
				if got := r.Match(h, port); got != (i == 0) {
					t.Errorf("%s matches %s: %t", test.rule, server, got)
				}
			}
		}
	}
}

func hostPort(t *testing.T, server string) (Host, uint16) {
	t.Helper()
	host, port, _ := strings.Cut(server, " ")
	h, err := ParseHost(host)
	if err != nil {
		t.Fatal(err)
	}
	var n uint16
	for _, c := range port {
		n = n*10 + uint16(c-'0')
	}
	return h, n
}

func TestNetworkRuleRefused(t *testing.T) {
	for _, test := range []struct{ rule, reason string }{
		{"", "want scheme://host"},
		{"api.example.com", "want scheme://host"},
		{"ftp://a.dev", "want http, https"},
		{"*://a.dev", "name the scheme"},
		{"https://*", "name the host"},
		{"https://*:*", "name the host"},
		{"https://*.com", "two labels"},
		{"https://*.1.2.3.4", "two labels"},
		{"https://a.*.com", "character '*'"},
		{"https://a*.com", "character '*'"},
		{"https://a.dev/v1", "no path"},
		{"https://a.dev?q", "no path"},
		{"https://a.dev:", "no port"},
		{"https://a.dev:0", "a port is"},
		{"https://a.dev:65536", "a port is"},
		{"https://a.dev:80*", "a port is"},
		{"https://user@a.dev", "character '@'"},
		{"https://", "no host"},
		{"https://a..dev", "empty label"},
		{"https://bücher.example", "xn--"},
		{"http://0x7f.1", "four decimal numbers"},
		{"http://127.1", "four decimal numbers"},
		{"http://0177.0.0.1", "four decimal numbers"},
		{"http://2130706433", "four decimal numbers"},
		{"http://[::ffff:127.0.0.1]", "write it as 127.0.0.1"},
		{"http://[fe80::1%25eth0]", "zones"},
		{"http://[fe80::1%eth0]", "zones"},
		{"http://[::1", "not closed"},
	} {
		if _, err := ParseNetworkRule(test.rule); err == nil || !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%q: got %v, want %s", test.rule, err, test.reason)
		}
	}
}

func TestParseHostRefused(t *testing.T) {
	for _, host := range []string{
		"", ".", "..", "a..b", "a.dev..", "-a.dev", "a-.dev", "a b", "a/b", "a\x00.dev", "a.dev\n", "é.dev", "\xff",
		"1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "0x1", "a.0x7f", "4294967295", "1.2.3.4x:", "::g", "[a.dev]",
		"::ffff:10.0.0.1", "::1%lo", strings.Repeat("a", 64) + ".dev", strings.Repeat("a.", 127) + "a",
	} {
		if h, err := ParseHost(host); err == nil {
			t.Errorf("%q is taken for %s", host, h)
		}
	}
	if AddrHost(netip.MustParseAddr("::ffff:10.0.0.1")) != (Host{}) {
		t.Error("a mapped address has a host")
	}
}

func FuzzNetworkRule(f *testing.F) {
	for _, s := range []string{"https://api.example.com", "http://localhost:*", "http://[::1]:80", "*://*", "wss://*.a.dev:8443/*", "http://0x7f.1", "://", "http://a:b@c"} {
		f.Add(s, "a.dev", uint16(443))
	}
	f.Fuzz(func(t *testing.T, text, host string, port uint16) {
		h, hostErr := ParseHost(host)
		if hostErr == nil {
			if again, err := ParseHost(h.String()); err != nil || again != h {
				t.Fatalf("%q is %s, which is %s, %v", host, h, again, err)
			}
		}
		r, err := ParseNetworkRule(text)
		if err != nil {
			if r != (NetworkRule{}) {
				t.Fatalf("%q: an error and a rule", text)
			}
			return
		}
		if again, err := ParseNetworkRule(r.String()); err != nil || again != r {
			t.Fatalf("%q is %s, which is %s, %v", text, r, again, err)
		}
		if hostErr == nil && r.Match(h, port) && r.String() != "*://*" && !r.below && !r.Names(h) {
			t.Fatalf("%s matches %s without naming it", r, h)
		}
		if r.Match(Host{}, port) {
			t.Fatalf("%s matches nothing", r)
		}
	})
}
