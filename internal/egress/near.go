package egress

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/mullion-dev/mullion/capability"
)

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
	return capability.OwnNetwork(addr, list)
}
