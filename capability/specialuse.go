package capability

import (
	"fmt"
	"net"
	"net/netip"
)

// specialRanges are addresses that are not those of a server on the net, by the
// registries of IANA for special-purpose addresses (RFC 6890) and multicast.
var specialRanges = []struct {
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

// SpecialUse says what keeps an address from being that of a server on the net:
// "a loopback address", "a private address", … It is "" if nothing does. What
// connects to servers for pages asks it about the address that a name has led
// to, just before it connects: before that, a name can lead elsewhere.
func SpecialUse(addr netip.Addr) string {
	if addr.Zone() != "" {
		return "an address with a zone"
	}
	for _, r := range specialRanges {
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
	if what := SpecialUse(addr); what != "" {
		return fmt.Sprintf("a form of %s, %s", addr, what)
	}
	return ""
}

// OwnNetwork says what makes an address one of this machine or of a network that
// it is in, "" if nothing does. A machine may have addresses of the net itself,
// and so may its neighbours: servers that trust those who reach them without a
// router between. interfaces are as [net.InterfaceAddrs] returns them; they may
// change at any time. What asks [SpecialUse] asks this, too.
func OwnNetwork(addr netip.Addr, interfaces []net.Addr) string {
	addr = addr.Unmap()
	b := addr.As16()
	switch {
	case nat64.Contains(addr):
		addr = netip.AddrFrom4([4]byte(b[12:]))
	case sixTo4.Contains(addr):
		addr = netip.AddrFrom4([4]byte(b[2:6]))
	}
	what := ""
	for _, i := range interfaces {
		n, ok := i.(*net.IPNet)
		if !ok {
			continue
		}
		own, ok := netip.AddrFromSlice(n.IP)
		bits, _ := n.Mask.Size()
		switch own = own.Unmap(); {
		case !ok:
		case own == addr:
			return "an address of this machine"
		case bits > 0 && netip.PrefixFrom(own, bits).Contains(addr):
			what = "an address in a network of this machine"
		}
	}
	return what
}
