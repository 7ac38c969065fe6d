// Package reach connects plugins to the servers that capabilities allow for a
// page, and to no others.
//
// A [Scope] judges twice: the address that a page gives, and what its name has
// led to, on the socket that is about to connect. So a name that leads elsewhere
// the second time gains nothing.
package reach

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
)

// maxURL is how long an address may be, in bytes.
const maxURL = 64 << 10

// NotAllowedError is what a scope refuses.
type NotAllowedError struct {
	// URL is the address, Why is empty where no pattern is for it.
	URL, Why string

	missing []string // the patterns to add, if that helps
}

// ForPage is an error for the page whose call it is: with the entries that would
// allow what a scope refuses. command is whose scope that is.
func ForPage(err error, command string) error {
	refused, ok := errors.AsType[*NotAllowedError](err)
	if !ok {
		return err
	}
	e := &capability.OutOfScopeError{Err: refused, Command: command}
	for _, p := range refused.missing {
		e.Allow = append(e.Allow, map[string]string{"url": p})
	}
	return e
}

func (e *NotAllowedError) Error() string {
	// Pages of published apps look for these words.
	text := "url not allowed on the configured scope: " + e.URL
	if e.Why != "" {
		text += ": " + e.Why
	}
	return text
}

// Scope is which servers a command may connect to for its caller. Denials win.
// Addresses that are not those of a server on the net, such as the machine
// itself and its own network, are in it only if a pattern has that very host,
// without a wildcard. It is safe for concurrent use. A nil Scope allows nothing.
type Scope struct {
	allow, deny []pattern
	unlimited   []string // the patterns of allow where there were none

	// Interfaces are the addresses of this machine; nil is net.InterfaceAddrs.
	Interfaces func() ([]net.Addr, error)
}

// special says what keeps an address from being that of a server on the net, as
// the proxy of hosts does.
func (s *Scope) special(addr netip.Addr) string {
	if what := capability.SpecialUse(addr); what != "" {
		return what
	}
	interfaces := s.Interfaces
	if interfaces == nil {
		interfaces = net.InterfaceAddrs
	}
	list, err := interfaces()
	if err != nil {
		return fmt.Sprintf("perhaps an address of this machine (%v)", err)
	}
	return capability.OwnNetwork(addr, list)
}

// refuse is the error for an address that a pattern for its very host would allow.
func (s *Scope) refuse(u *url.URL, why string) error {
	return &NotAllowedError{URL: u.String(), Why: why, missing: append([]string{u.Scheme + "://" + u.Host + "/*"}, s.unlimited...)}
}

type pattern struct {
	capability.URLPattern
	host capability.Host // zero if the host has a wildcard
}

// NewScope makes a scope of patterns, see [capability.URLPattern].
func NewScope(allow, deny []string) (*Scope, error) {
	s := &Scope{}
	for _, list := range []struct {
		texts []string
		to    *[]pattern
	}{{allow, &s.allow}, {deny, &s.deny}} {
		for _, text := range list.texts {
			p, err := capability.ParseURLPattern(text)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, pattern{p, fixedHost(text)})
		}
	}
	return s, nil
}

// OrAll is [NewScope] for plugins of which the published ones have no scope:
// without patterns in allow it is all servers on the net, by these schemes.
func OrAll(allow, deny []string, schemes ...string) (*Scope, error) {
	if len(allow) > 0 {
		return NewScope(allow, deny)
	}
	var all []string
	for _, scheme := range schemes {
		all = append(all, scheme+"://*:*")
	}
	s, err := NewScope(all, deny)
	if err == nil {
		s.unlimited = all
	}
	return s, err
}

// Patterns reads the entries of a scope of capabilities: patterns, or objects
// with the key url.
func Patterns(entries []jsontext.Value) ([]string, error) {
	var list []string
	for _, e := range entries {
		var text string
		var err error
		switch e.Kind() {
		case '{':
			var o struct {
				URL *string `json:"url"`
			}
			if err = json.Unmarshal(e, &o, json.RejectUnknownMembers(true)); err == nil && o.URL == nil {
				err = errors.New(`the key "url" is missing`)
			}
			if err == nil {
				text = *o.URL
			}
		case '"':
			err = json.Unmarshal(e, &text)
		default:
			err = errors.New("neither a string nor an object")
		}
		if err != nil {
			return nil, fmt.Errorf(`scope of addresses: %s: want "https://example.com/*" or {"url": "https://example.com/*"}: %w`, e, err)
		}
		list = append(list, text)
	}
	return list, nil
}

// fixedHost returns the host of a pattern, the zero Host if it has a wildcard.
func fixedHost(text string) capability.Host {
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		rest = rest[:i]
	}
	h, err := capability.ParseHost(rest)
	if err != nil { // a wildcard, or an escape
		return capability.Host{}
	}
	return h
}

// ParseURL reads an address as [Normal] wants it.
func ParseURL(raw string, schemes ...string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, fmt.Errorf("the address has %d bytes; at most %d are allowed", len(raw), maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	return Normal(u, schemes...)
}

// Normal returns the one spelling of an address, whose scheme has to be one of
// those given. What clients and servers are known to read in different ways is
// an error: credentials, backslashes, hosts in other spellings than the usual.
func Normal(u *url.URL, schemes ...string) (*url.URL, error) {
	if !slices.Contains(schemes, u.Scheme) {
		return nil, fmt.Errorf("scheme %s not supported", u.Scheme)
	}
	switch {
	case u.Opaque != "" || u.Host == "":
		return nil, errors.New("an address has the form " + schemes[0] + "://host/path")
	case u.User != nil:
		return nil, errors.New("credentials in an address are not supported; give a header Authorization")
	case strings.Contains(u.Path, `\`):
		return nil, errors.New("a backslash in the path of an address; write %5C")
	case !utf8.ValidString(u.Path) && u.RawPath == "", len(u.RawQuery)+len(u.Path) > maxURL:
		return nil, errors.New("the address is not UTF-8 or too long")
	}
	h, err := capability.ParseHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	n := *u
	if n.Host = h.String(); strings.Contains(n.Host, ":") {
		n.Host = "[" + n.Host + "]"
	}
	if p := u.Port(); p != "" {
		port, err := strconv.ParseUint(p, 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("port %q of an address: want a number from 1 to 65535", p)
		}
		if p = strconv.FormatUint(port, 10); p != defaultPort(u.Scheme) {
			n.Host += ":" + p
		}
	}
	n.RawQuery = plainQuery(u.RawQuery)
	return &n, nil
}

// plainQuery encodes what would break the first line of a request, as browsers
// do. Other bytes stay as they are.
func plainQuery(q string) string {
	var b strings.Builder
	for i := range len(q) {
		if c := q[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '#' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// defaultPort is that of a scheme.
func defaultPort(scheme string) string {
	switch scheme {
	case "http", "ws":
		return "80"
	case "https", "wss":
		return "443"
	case "socks5", "socks5h":
		return "1080"
	}
	return ""
}

// Check judges an address, which has to be of the form that [Normal] returns.
// The error is a *[NotAllowedError].
func (s *Scope) Check(u *url.URL) error {
	text := u.String()
	switch {
	case s == nil || matches(s.deny, text):
		return &NotAllowedError{URL: text}
	case !matches(s.allow, text):
		return s.refuse(u, "")
	}
	h, err := capability.ParseHost(u.Hostname())
	if err != nil {
		return &NotAllowedError{URL: text, Why: err.Error()}
	}
	what := ""
	if isLocal(h) {
		what = "this machine"
	} else if h.Addr().IsValid() {
		what = s.special(h.Addr())
	}
	if what != "" && !slices.ContainsFunc(s.allow, func(p pattern) bool { return p.host == h && p.Match(text) }) {
		return s.refuse(u, fmt.Sprintf("%s is %s, which only a pattern with that very host allows", h, what))
	}
	return nil
}

func matches(list []pattern, text string) bool {
	return slices.ContainsFunc(list, func(p pattern) bool { return p.Match(text) })
}

// isLocal reports whether a name always means this machine, by RFC 6761,
// section 6.3.
func isLocal(h capability.Host) bool {
	return h.String() == "localhost" || strings.HasSuffix(h.String(), ".localhost")
}

// checkAddr judges an address that a host of an address that was allowed has
// led to.
func (s *Scope) checkAddr(scheme string, h capability.Host, to netip.AddrPort) error {
	// As an address by itself, for which a pattern has to be: one with a path is
	// for that path only, which says nothing of others.
	text := fmt.Sprintf("%s://%s/", scheme, to)
	if matches(s.deny, text) {
		return &NotAllowedError{URL: text, Why: fmt.Sprintf("this is where %s leads", h)}
	}
	what := s.special(to.Addr())
	if what == "" || h.Addr() == to.Addr() || isLocal(h) && to.Addr().IsLoopback() {
		return nil
	}
	named := capability.AddrHost(to.Addr())
	if named != (capability.Host{}) && slices.ContainsFunc(s.allow, func(p pattern) bool { return p.host == named && p.Match(text) }) {
		return nil
	}
	return s.refuse(&url.URL{Scheme: scheme, Host: to.String(), Path: "/"}, fmt.Sprintf("%s leads to %s, %s, which only a pattern with that very address allows", h, to.Addr(), what))
}
