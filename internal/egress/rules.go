package egress

import (
	"fmt"
	"net/netip"

	"github.com/mullion-dev/mullion/capability"
)

// rules decide on servers and addresses.
type rules struct{ connect, refuse []capability.NetworkRule }

// localhost is the one name that is not looked up: RFC 6761, section 6.3, says
// that it always means this machine.
var localhost, _ = capability.ParseHost("localhost")

var loopback = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// refused is why a connection is not allowed.
type refused struct {
	reason string
	rule   string // that would allow it, if there is one
}

func (e *refused) Error() string { return e.reason }

// suggest refuses, and names the rule that is likely meant. scheme is guessed
// from the port if it is not known.
func suggest(reason, scheme string, q request) *refused {
	if scheme == "" {
		scheme = "http"
		if q.port == 443 || q.port == 8443 {
			scheme = "https"
		}
	}
	rule, err := capability.ParseNetworkRule(scheme + "://" + q.String())
	if err != nil {
		return &refused{reason: reason}
	}
	return &refused{reason, rule.String()}
}

// server returns what a connection to the server may carry. The error is a
// *refused.
func (r rules) server(q request) (capability.Transport, error) {
	var may capability.Transport
	for _, rule := range r.connect {
		if rule.Match(q.host, q.port) && (q.host != localhost || rule.Names(q.host)) {
			may |= rule.Transports()
		}
	}
	if may == 0 {
		return 0, suggest("no rule allows it", "", q)
	}
	return r.without(may, q.host, q.port)
}

// without takes away what rules refuse.
func (r rules) without(may capability.Transport, h capability.Host, port uint16) (capability.Transport, error) {
	for _, rule := range r.refuse {
		if rule.Match(h, port) {
			if may &^= rule.Transports(); may == 0 {
				return 0, &refused{reason: fmt.Sprintf("denied by %s", rule)}
			}
		}
	}
	return may, nil
}

// address returns what of may a connection to an address of the server may
// carry. The error is a *refused.
func (r rules) address(may capability.Transport, q request, addr netip.Addr) (capability.Transport, error) {
	h := capability.AddrHost(addr)
	if special := specialUse(addr); special != "" && q.host != localhost {
		var named capability.Transport
		for _, rule := range r.connect {
			if rule.Names(h) && rule.Match(h, q.port) {
				named |= rule.Transports()
			}
		}
		if may &= named; may == 0 {
			reason := fmt.Sprintf("%s is %s, which only a rule with that very address allows", addr, special)
			return 0, suggest(reason, "", request{h, q.port})
		}
	}
	return r.without(may, h, q.port)
}

// ranges are addresses that are not those of a server on the net, by the
// registries of IANA for special-purpose addresses (RFC 6890) and multicast.
var ranges = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an unspecified address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "an address of a carrier's own network"},
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved address"},
	{netip.MustParsePrefix("192.0.2.0/24"), "an address for documents"},
	{netip.MustParsePrefix("192.88.99.0/24"), "a relay to IPv6"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},
	{netip.MustParsePrefix("198.18.0.0/15"), "an address for benchmarks"},
	{netip.MustParsePrefix("198.51.100.0/24"), "an address for documents"},
	{netip.MustParsePrefix("203.0.113.0/24"), "an address for documents"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"},
	{netip.MustParsePrefix("2001::/23"), "a reserved address"}, // Teredo, benchmarks, ORCHID
	{netip.MustParsePrefix("2001:db8::/32"), "an address for documents"},
	{netip.MustParsePrefix("3fff::/20"), "an address for documents"},
	{netip.MustParsePrefix("::1/128"), "a loopback address"},
	{netip.MustParsePrefix("::/128"), "an unspecified address"},
	{netip.MustParsePrefix("fc00::/7"), "a private address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
}

var (
	unicast = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixTo4  = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

// specialUse says what keeps an address from being that of a server on the
// net, "" if nothing does.
func specialUse(addr netip.Addr) string {
	if addr.Zone() != "" {
		return "an address with a zone"
	}
	for _, r := range ranges {
		if r.prefix.Contains(addr) {
			return r.what
		}
	}
	if addr.Is4() {
		return ""
	}
	b := addr.As16()
	switch {
	case addr.Is4In6():
		return "an IPv4 address dressed as IPv6"
	case nat64.Contains(addr):
		return embedded(b[12:])
	case sixTo4.Contains(addr):
		return embedded(b[2:6])
	case !unicast.Contains(addr):
		return "a reserved address"
	}
	return ""
}

// embedded judges an IPv6 address by the IPv4 address in it.
func embedded(b []byte) string {
	addr, _ := netip.AddrFromSlice(b)
	if what := specialUse(addr); what != "" {
		return fmt.Sprintf("a form of %s, %s", addr, what)
	}
	return ""
}
