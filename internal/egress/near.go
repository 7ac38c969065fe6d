package egress

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/mullion-dev/mullion/capability"
)

// A machine may have addresses of the net itself, and neighbours that have
// some: servers that trust those who reach them without a router between.

// forms of an IPv4 address in one of IPv6, by where it is.
var forms = []struct {
	prefix netip.Prefix
	begins int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // RFC 3056
}

// near says what makes an address one of this machine or of a network that it
// is in, "" if nothing does. interfaces are the addresses of the machine, with
// the networks that these are in.
func near(addr netip.Addr, interfaces []net.Addr) string {
	addr = addr.Unmap()
	for _, f := range forms {
		if f.prefix.Contains(addr) {
			b := addr.As16()
			addr = netip.AddrFrom4([4]byte(b[f.begins:]))
		}
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

// special says what keeps an address from being that of a server on the net.
// interfaces tells the addresses of this machine, which may change at any time.
func special(addr netip.Addr, interfaces func() ([]net.Addr, error)) string {
	if what := capability.SpecialUse(addr); what != "" {
		return what
	}
	list, err := interfaces()
	if err != nil {
		return fmt.Sprintf("perhaps an address of this machine (%v)", err)
	}
	return near(addr, list)
}
