package egress

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/mullion-dev/mullion/capability"
)

// rules decide on servers and addresses.
type rules struct {
	connect, refuse []capability.NetworkRule
	// interfaces are the addresses of this machine.
	interfaces func() ([]net.Addr, error)
}

// localhost is the one name that is not looked up: RFC 6761, section 6.3, says
// that it always means this machine.
var localhost, _ = capability.ParseHost("localhost")

// belowLocalhost reports whether the name ends in ".localhost", which RFC 6761 gives
// the same meaning. No resolver is asked about it, and no network can answer.
func belowLocalhost(h capability.Host) bool { return strings.HasSuffix(h.String(), ".localhost") }

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
		if rule.Match(q.host, q.port) && (q.host != localhost && !belowLocalhost(q.host) || rule.Names(q.host)) {
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
	if special := special(addr, r.interfaces); special != "" && q.host != localhost && !belowLocalhost(q.host) {
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
