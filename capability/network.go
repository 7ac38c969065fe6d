package capability

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// A NetworkRule names servers that a host process may connect to: the scope of
// sandbox:allow-network.
//
//	scheme://host[:port]
//
// The scheme is http, https, ws or wss; http and ws mean a connection in the
// clear, https and wss one by TLS. The host is a name, an address, or *.name
// for all names below that one, itself excluded. Without a port it is the
// default port of the scheme; * means all ports. A path would be a promise
// that nobody can keep, for the way to a server is all that is granted: it is
// refused, but for "/" and "/*".
//
// The one rule for every server is *://*. It stands for all names and all
// public addresses, on all ports; it never reaches the machine itself or its
// own network.
//
// The zero NetworkRule matches nothing. NetworkRules can be compared.
type NetworkRule struct {
	scheme string
	host   string // a name or an address in its one spelling, "" for all
	below  bool   // names below host, not host itself
	port   uint16 // 0 for all
}

// Transport is what a connection carries.
type Transport uint8

// The transports. A rule with the scheme * is for both.
const (
	Plain Transport = 1 << iota
	TLS
)

// transports are the schemes of network rules.
var transports = map[string]Transport{"http": Plain, "ws": Plain, "https": TLS, "wss": TLS, "*": Plain | TLS}

// everything is the rule for all servers.
const everything = "*://*"

// ParseNetworkRule parses a rule.
func ParseNetworkRule(text string) (NetworkRule, error) {
	r, err := parseNetworkRule(text)
	if err != nil {
		return NetworkRule{}, fmt.Errorf("network rule %s: %w", quoteShort(text), err)
	}
	return r, nil
}

func parseNetworkRule(text string) (r NetworkRule, err error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return r, errors.New("want scheme://host")
	}
	if r.scheme = strings.ToLower(scheme); transports[r.scheme] == 0 {
		return r, fmt.Errorf("scheme %s: want http, https, ws or wss", quoteShort(scheme))
	}
	if text == everything {
		return r, nil
	}
	authority, path, _ := strings.Cut(rest, "/")
	if path != "" && path != "*" || strings.ContainsAny(authority, "?#") {
		return r, errors.New("a connection has no path: name scheme, host and port only")
	}
	if r.scheme == "*" {
		return r, fmt.Errorf("name the scheme; only %s, which stands for every server, goes without", everything)
	}
	host, port, err := splitPort(authority)
	if err != nil {
		return r, err
	}
	if r.port, err = rulePort(r.scheme, port, strings.HasSuffix(authority, ":")); err != nil {
		return r, err
	}
	if host == "*" {
		return r, fmt.Errorf("name the host; only %s stands for every server", everything)
	}
	host, r.below = strings.CutPrefix(host, "*.")
	h, err := ParseHost(host)
	if err != nil {
		return r, err
	}
	if r.host = h.String(); r.below && (h.addr.IsValid() || !strings.Contains(r.host, ".")) {
		return r, errors.New("a wildcard needs a name of two labels or more behind it, such as *.example.com")
	}
	return r, nil
}

// rulePort returns the port of a rule, 0 for all.
func rulePort(scheme, port string, open bool) (uint16, error) {
	switch {
	case open:
		return 0, errors.New("no port after the colon")
	case port == "*":
		return 0, nil
	case port == "":
		port = defaultPorts[scheme]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return 0, errors.New("a port is a number from 1 to 65535, or *")
	}
	return uint16(n), nil
}

// String returns the rule in its one spelling.
func (r NetworkRule) String() string {
	switch {
	case r == NetworkRule{}:
		return ""
	case r.host == "":
		return everything
	}
	s := r.scheme + "://"
	if r.below {
		s += "*."
	}
	if strings.Contains(r.host, ":") {
		s += "[" + r.host + "]"
	} else {
		s += r.host
	}
	switch port := strconv.Itoa(int(r.port)); {
	case r.port == 0:
		return s + ":*"
	case port != defaultPorts[r.scheme]:
		return s + ":" + port
	}
	return s
}

// Transports returns what connections under the rule may carry.
func (r NetworkRule) Transports() Transport { return transports[r.scheme] }

// Match reports whether the rule is for that server. The rule for every server
// matches addresses too; which of them are out of its reach is for the caller
// to say, by [NetworkRule.Names].
func (r NetworkRule) Match(h Host, port uint16) bool {
	if r == (NetworkRule{}) || h == (Host{}) || r.port != 0 && r.port != port {
		return false
	}
	switch {
	case r.host == "":
		return true
	case r.below:
		return !h.addr.IsValid() && strings.HasSuffix(h.String(), "."+r.host)
	}
	return r.host == h.String()
}

// Names reports whether the rule names that very host, not by a wildcard.
func (r NetworkRule) Names(h Host) bool { return r.host != "" && !r.below && r.host == h.String() }

// A Host is a name or an address in its one spelling. Hosts can be compared.
type Host struct {
	name string
	addr netip.Addr
}

// The longest name and the longest label, by RFC 1035, section 2.3.4.
const (
	maxName  = 253
	maxLabel = 63
)

// ParseHost reads a host as a browser hands it to a proxy. Case and one final
// dot do not count. What only something that is no browser would write is
// refused: addresses in octal, hexadecimal or with parts left out, IPv4
// addresses dressed as IPv6, zones, and names outside of ASCII.
func ParseHost(text string) (Host, error) {
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") && strings.Contains(text, ":") {
		text = text[1 : len(text)-1]
	}
	if strings.Contains(text, ":") {
		return parseIPv6(text)
	}
	name := strings.TrimSuffix(strings.ToLower(text), ".")
	if name == "" {
		return Host{}, errors.New("no host")
	}
	if len(name) > maxName {
		return Host{}, fmt.Errorf("host %s is longer than %d bytes", quoteShort(text), maxName)
	}
	for label := range strings.SplitSeq(name, ".") {
		if err := checkLabel(label); err != nil {
			return Host{}, fmt.Errorf("host %s: %w", quoteShort(text), err)
		}
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; !isDigit(last[0]) {
		return Host{name: name}, nil
	} else if strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x") {
		return Host{name: name}, nil
	}
	addr, err := netip.ParseAddr(name)
	if err != nil {
		return Host{}, fmt.Errorf("host %s is no address of four decimal numbers", quoteShort(text))
	}
	return Host{addr: addr}, nil
}

func parseIPv6(text string) (Host, error) {
	addr, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return Host{}, fmt.Errorf("host %s is no address", quoteShort(text))
	case addr.Zone() != "":
		return Host{}, fmt.Errorf("host %s: zones are not supported", quoteShort(text))
	case addr.Is4In6():
		return Host{}, fmt.Errorf("host %s: write it as %s", quoteShort(text), addr.Unmap())
	}
	return Host{addr: addr}, nil
}

func checkLabel(label string) error {
	switch {
	case label == "":
		return errors.New("an empty label")
	case len(label) > maxLabel:
		return fmt.Errorf("a label is longer than %d bytes", maxLabel)
	case label[0] == '-' || label[len(label)-1] == '-':
		return errors.New("a hyphen at the start or end of a label")
	}
	for _, r := range label {
		if r != '-' && r != '_' && !isAlphanumeric(r) {
			return fmt.Errorf("character %q (names outside of ASCII are written as xn--…)", r)
		}
	}
	return nil
}

// AddrHost returns the host of an address. One that [ParseHost] would refuse
// gives the zero Host, which no rule matches.
func AddrHost(addr netip.Addr) Host {
	if addr.Is4In6() || addr.Zone() != "" {
		return Host{}
	}
	return Host{addr: addr}
}

// Addr returns the address, which is not valid if the host is a name.
func (h Host) Addr() netip.Addr { return h.addr }

// String returns the host without brackets.
func (h Host) String() string {
	if h.addr.IsValid() {
		return h.addr.String()
	}
	return h.name
}
