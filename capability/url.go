package capability

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// address is an absolute URL with an authority, taken apart and normalised so
// that two spellings of one resource compare equal.
//
// The parser is our own because a permission must not rest on how lenient a
// general one is: what browsers, servers and net/url read differently (a
// backslash before the path, a host in octal, credentials, a slash too many,
// encoded dots) is refused or brought into one form here.
type address struct {
	scheme   string // lower case
	host     string // lower case, ASCII; IPv6 in brackets
	port     string // never empty for a scheme that has a default port
	path     string // begins with / for schemes of the web
	query    string // without ?
	fragment string // without #
}

var errNotPlain = errors.New("a control character, a space or a backslash")

// defaultPorts has the schemes that the URL standard calls special, but for file.
var defaultPorts = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

func parseAddress(raw string) (address, error) {
	var u address
	scheme, rest, found := strings.Cut(raw, "://")
	if !found {
		return u, errors.New("no ://")
	}
	if !isScheme(scheme) {
		return u, fmt.Errorf("scheme %s", quoteShort(scheme))
	}
	u.scheme = strings.ToLower(scheme)
	rest, u.fragment, _ = strings.Cut(rest, "#")
	rest, u.query, _ = strings.Cut(rest, "?")
	for _, r := range rest {
		if r <= ' ' || r == 0x7f || r == '\\' {
			return u, errNotPlain
		}
	}
	for _, r := range u.query + u.fragment {
		if r < ' ' || r == 0x7f {
			return u, errNotPlain
		}
	}
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, u.path = rest[:i], rest[i:]
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		if strings.Contains(authority[:i], "@") {
			return u, errors.New("two @ in the authority")
		}
		authority = authority[i+1:]
	}
	port, special := defaultPorts[u.scheme]
	host, written, err := splitPort(authority)
	if err != nil {
		return u, err
	}
	if u.host, err = normalHost(host, special); err != nil {
		return u, err
	}
	if u.port = port; written != "" {
		n, err := strconv.ParseUint(written, 10, 16)
		if err != nil || !isDigit(written[0]) {
			return u, fmt.Errorf("port %s", quoteShort(written))
		}
		u.port = strconv.FormatUint(n, 10)
	}
	if u.path == "" && (special || u.scheme == "file") {
		u.path = "/"
	}
	if u.path, err = normalPath(u.path); err != nil {
		return u, err
	}
	if u.query, err = normalEscapes(u.query); err != nil {
		return u, err
	}
	u.fragment, err = normalEscapes(u.fragment)
	return u, err
}

// NormalURL returns the one spelling of an absolute URL with a host, by which
// [URLPattern] judges it: the case of scheme and host, the default port, dot
// segments and escapes that need none do not count. What programs are known to
// read in different ways is an error: credentials, backslashes, a final dot of
// the host, and names outside of ASCII, which are written as xn--….
func NormalURL(raw string) (string, error) {
	u, err := parseAddress(raw)
	if err != nil {
		return "", fmt.Errorf("address %s: %w", quoteShort(raw), err)
	}
	_, rest, _ := strings.Cut(raw, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if strings.Contains(rest, "@") {
		return "", errors.New("an address with credentials")
	}
	text := u.origin() + u.path
	if u.query != "" {
		text += "?" + u.query
	}
	if u.fragment != "" {
		text += "#" + u.fragment
	}
	return text, nil
}

// origin returns scheme, host and port as a browser writes them.
func (u address) origin() string {
	if u.port == "" || u.port == defaultPorts[u.scheme] {
		return u.scheme + "://" + u.host
	}
	return u.scheme + "://" + u.host + ":" + u.port
}

// opaqueOrigin is what browsers write for a page without an origin of its own.
const opaqueOrigin = "null"

// originOf returns the origin of a URL for people to read.
func originOf(raw string) string {
	u, err := parseAddress(raw)
	if err != nil {
		return opaqueOrigin
	}
	return u.origin()
}

func isScheme(s string) bool {
	for i, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || !('0' <= r && r <= '9' || r == '+' || r == '-' || r == '.')) {
			return false
		}
	}
	return s != ""
}

// splitPort splits "host:port", where an IPv6 host stands in brackets.
func splitPort(authority string) (host, port string, err error) {
	after := 0
	if strings.HasPrefix(authority, "[") {
		if after = strings.IndexByte(authority, ']') + 1; after == 0 {
			return "", "", errors.New("'[' is not closed")
		}
	}
	host, port, found := strings.Cut(authority[after:], ":")
	if after > 0 && host != "" || strings.Contains(port, ":") {
		return "", "", fmt.Errorf("host %s", quoteShort(authority))
	}
	if found && port == "" && after+len(host) == 0 {
		return "", "", errors.New("a port without a host")
	}
	return authority[:after+len(host)], port, nil
}

// normalHost returns the one spelling of a host that others are compared
// with. Names outside of ASCII must have been converted, as engines do, and a
// final dot is refused: it makes another origin of the same host.
func normalHost(host string, special bool) (string, error) {
	if strings.HasPrefix(host, "[") {
		ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", fmt.Errorf("host %s", quoteShort(host))
		}
		return "[" + ip.String() + "]", nil
	}
	host = strings.ToLower(host)
	for _, r := range host {
		if !isHostRune(r) {
			return "", fmt.Errorf("host %s: character %q (names outside of ASCII are written as xn--…)", quoteShort(host), r)
		}
	}
	if strings.HasSuffix(host, ".") {
		return "", fmt.Errorf("host %s ends in a dot", quoteShort(host))
	}
	if !special {
		return host, nil
	}
	if host == "" {
		return "", errors.New("no host")
	}
	return normalIPv4(host)
}

func isHostRune(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.' || r == '_' || r == '~' || r == '+'
}

// normalIPv4 brings the many spellings of an IPv4 address (0x7f.1 for
// 127.0.0.1) into the usual one, by the rules of the URL standard: a host whose
// last part is a number is an address or an error. Other names pass unchanged.
func normalIPv4(host string) (string, error) {
	parts := strings.Split(host, ".")
	if last := parts[len(parts)-1]; !isDigit(last[0]) || strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x") {
		return host, nil
	}
	if len(parts) > 4 {
		return "", fmt.Errorf("host %s is not an address", quoteShort(host))
	}
	var ip uint64
	for i, part := range parts {
		base := 10
		switch {
		case strings.HasPrefix(part, "0x"):
			part, base = part[2:], 16
			if part == "" {
				part = "0"
			}
		case len(part) > 1 && part[0] == '0':
			base = 8
		}
		n, err := strconv.ParseUint(part, base, 32)
		limit := uint64(255)
		if i == len(parts)-1 {
			limit = 1<<(8*(5-len(parts))) - 1
		}
		if err != nil || n > limit {
			return "", fmt.Errorf("host %s is not an address", quoteShort(host))
		}
		if i == len(parts)-1 {
			ip |= n
		} else {
			ip |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}).String(), nil
}

// normalPath normalises escapes and removes dot segments. A segment that turns
// into a step upwards once its encoded slashes are decoded is refused: some
// servers do decode them.
func normalPath(path string) (string, error) {
	path, err := normalEscapes(path)
	if err != nil || path == "" {
		return path, err
	}
	var kept []string
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if s == ".." && len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
			continue
		}
		if strings.Contains(s, "%2F") || strings.Contains(s, "%5C") {
			decoded := strings.NewReplacer("%2F", "/", "%5C", "/").Replace(s)
			for part := range strings.SplitSeq(decoded, "/") {
				if part == ".." {
					return "", errors.New("an encoded step upwards")
				}
			}
		}
		kept = append(kept, s)
	}
	return "/" + strings.Join(kept, "/"), nil
}

// normalEscapes decodes the percent escapes of characters that need none, by
// RFC 3986, section 6.2.2, writes the others in upper case, and encodes what
// is not ASCII. A percent sign that begins no escape stays.
func normalEscapes(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errors.New("invalid UTF-8")
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && hexValue(s[i+1]) >= 0 && hexValue(s[i+2]) >= 0 {
			decoded := byte(hexValue(s[i+1])<<4 | hexValue(s[i+2]))
			i += 2
			if isUnreserved(decoded) {
				b.WriteByte(decoded)
			} else {
				b.WriteString(string([]byte{'%', digits[decoded>>4], digits[decoded&15]}))
			}
			continue
		}
		if c >= utf8.RuneSelf {
			b.WriteString(string([]byte{'%', digits[c>>4], digits[c&15]}))
			continue
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

func isUnreserved(c byte) bool {
	return isAlphanumeric(rune(c)) || c == '-' || c == '.' || c == '_' || c == '~'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hexValue returns the value of a hexadecimal digit, or -1.
func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
