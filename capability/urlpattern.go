package capability

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A URLPattern tells which URLs a remote capability or an http scope is for.
//
// It is the string form of the URL Pattern standard without its groups and
// regular expressions, which are refused:
//
//	scheme://host[:port][/path][?query][#fragment]
//
// In each part * stands for any run of characters, slashes and dots included.
// A host without a port means the default port of the scheme; write
// http://localhost:* for all. A missing path, query or fragment means any, as
// does the path "/". A pattern's https://*.site.dev does not match
// https://site.dev. A backslash makes the character after it stand for itself.
//
// URLs are brought into a normal form first, and those that browsers and
// servers are known to read in different ways match no pattern at all.
//
// The zero URLPattern matches nothing. A URLPattern is immutable and safe for
// concurrent use.
type URLPattern struct {
	pattern                                   string
	scheme, host, port, path, query, fragment wildcard
}

// ParseURLPattern parses a pattern.
func ParseURLPattern(pattern string) (URLPattern, error) {
	p, err := parseURLPattern(pattern)
	if err != nil {
		return URLPattern{}, fmt.Errorf("URL pattern %s: %w", quoteShort(pattern), err)
	}
	return p, nil
}

// String returns the pattern as it was given to [ParseURLPattern].
func (p URLPattern) String() string { return p.pattern }

// Match reports whether the URL fits. A string that is not an absolute URL
// with an authority (about:blank, data:…) fits no pattern.
func (p URLPattern) Match(rawURL string) bool {
	u, err := parseAddress(rawURL)
	return err == nil && p.match(u)
}

func (p URLPattern) match(u address) bool {
	if p.pattern == "" || !p.scheme.match(u.scheme) || !p.host.match(u.host) {
		return false
	}
	if p.port.empty() {
		if u.port != defaultPorts[u.scheme] {
			return false
		}
	} else if !p.port.match(u.port) {
		return false
	}
	return p.path.match(u.path) && p.query.match(u.query) && p.fragment.match(u.fragment)
}

func parseURLPattern(pattern string) (URLPattern, error) {
	var p URLPattern
	p.pattern = pattern
	tokens, err := tokenize(pattern)
	if err != nil {
		return p, err
	}
	i := tokens.index("://")
	if i < 0 {
		return p, errors.New("want scheme://host")
	}
	scheme, rest := tokens[:i], tokens[i+3:]
	rest, fragment := rest.cut('#')
	rest, query, err := rest.cutQuery()
	if err != nil {
		return p, err
	}
	authority, path := rest, patternTokens(nil)
	if i := rest.index("/"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if err := p.setScheme(scheme); err != nil {
		return p, err
	}
	if err := p.setAuthority(authority); err != nil {
		return p, err
	}
	if err := p.setPath(path); err != nil {
		return p, err
	}
	if p.query, err = query.wildcard(normalEscapes); err != nil {
		return p, err
	}
	if p.fragment, err = fragment.wildcard(normalEscapes); err != nil {
		return p, err
	}
	for _, part := range []*wildcard{&p.query, &p.fragment} {
		if part.empty() {
			*part = anything
		}
	}
	return p, nil
}

func (p *URLPattern) setScheme(tokens patternTokens) (err error) {
	if p.scheme, err = tokens.wildcard(lower); err != nil {
		return err
	}
	if sample := strings.Join(p.scheme.pieces, "a"); !isScheme(sample) {
		return errors.New("malformed scheme")
	}
	return nil
}

func (p *URLPattern) setAuthority(tokens patternTokens) (err error) {
	host, port := tokens, patternTokens(nil)
	colon := tokens.lastIndex(':')
	if bracket := tokens.lastIndex(']'); colon > bracket {
		if host, port = tokens[:colon], tokens[colon+1:]; len(port) == 0 {
			return errors.New("no port after the colon")
		}
	}
	if p.port, err = port.wildcard(nil); err != nil {
		return err
	}
	for _, piece := range p.port.pieces {
		if strings.Trim(piece, "0123456789") != "" || len(piece) > 5 {
			return errors.New("a port is a number or *")
		}
	}
	if p.port.fixed() && !p.port.empty() {
		n, err := strconv.ParseUint(p.port.pieces[0], 10, 16)
		if err != nil {
			return errors.New("a port is at most 65535")
		}
		p.port.pieces = []string{strconv.FormatUint(n, 10)}
	}
	if p.host, err = host.wildcard(lower); err != nil {
		return err
	}
	special := p.scheme.fixed() && defaultPorts[p.scheme.pieces[0]] != ""
	if p.host.fixed() {
		normal, err := normalHost(p.host.pieces[0], special)
		if err != nil {
			return err
		}
		p.host.pieces = []string{normal}
		return nil
	}
	for _, piece := range p.host.pieces {
		for _, r := range piece {
			if !isHostRune(r) {
				return fmt.Errorf("character %q in the host (names outside of ASCII are written as xn--…)", r)
			}
		}
	}
	return nil
}

func (p *URLPattern) setPath(tokens patternTokens) (err error) {
	if p.path, err = tokens.wildcard(normalEscapes); err != nil {
		return err
	}
	if p.path.empty() || p.path.fixed() && p.path.pieces[0] == "/" {
		p.path = anything
		return nil
	}
	for segment := range strings.SplitSeq(strings.Join(p.path.pieces, "*"), "/") {
		if segment == "." || segment == ".." {
			return errors.New("a dot segment in the path, which no URL keeps")
		}
	}
	return nil
}

func lower(s string) (string, error) { return strings.ToLower(s), nil }

// patternToken is one byte of a pattern that stands for itself, or a *.
type patternToken struct {
	char    byte
	any     bool
	escaped bool
}

type patternTokens []patternToken

func tokenize(pattern string) (patternTokens, error) {
	var tokens patternTokens
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c <= ' ' || c == 0x7f:
			return nil, errors.New("a space or a control character")
		case c == '*':
			tokens = append(tokens, patternToken{any: true})
		case c == '\\':
			if i++; i == len(pattern) || pattern[i] <= ' ' || pattern[i] >= 0x7f {
				return nil, errors.New(`nothing to escape after \`)
			}
			tokens = append(tokens, patternToken{char: pattern[i], escaped: true})
		case strings.IndexByte("(){}", c) >= 0:
			return nil, fmt.Errorf("%q: groups and regular expressions are not supported; list one pattern for each case", c)
		default:
			tokens = append(tokens, patternToken{char: c})
		}
	}
	return tokens, nil
}

// index returns where the text stands, unescaped, or -1.
func (t patternTokens) index(text string) int {
next:
	for i := 0; i+len(text) <= len(t); i++ {
		for j := range len(text) {
			if t[i+j] != (patternToken{char: text[j]}) {
				continue next
			}
		}
		return i
	}
	return -1
}

func (t patternTokens) lastIndex(char byte) int {
	for i := len(t) - 1; i >= 0; i-- {
		if t[i] == (patternToken{char: char}) {
			return i
		}
	}
	return -1
}

func (t patternTokens) cut(char byte) (before, after patternTokens) {
	if i := t.index(string(char)); i >= 0 {
		return t[:i], t[i+1:]
	}
	return t, nil
}

// cutQuery cuts at the ? that begins the query. The standard reads a ?
// straight after a * as "at most once", people read it as a query: where the
// two come to different results the pattern is refused. \? is always a query
// in the standard, so that there is a way to say it.
func (t patternTokens) cutQuery() (before, after patternTokens, err error) {
	for i, token := range t {
		if token.any || token.char != '?' {
			continue
		}
		if i > 0 && t[i-1].any && !token.escaped {
			for _, rest := range t[i+1:] {
				if !rest.any {
					return nil, nil, errors.New(`"*?" is ambiguous; write "*\\?" to begin a query after a wildcard`)
				}
			}
		}
		return t[:i], t[i+1:], nil
	}
	return t, nil, nil
}

// wildcard joins the tokens to pieces, each normalised by itself.
func (t patternTokens) wildcard(normal func(string) (string, error)) (wildcard, error) {
	w := wildcard{pieces: []string{""}}
	for _, token := range t {
		if token.any {
			w.pieces = append(w.pieces, "")
		} else {
			w.pieces[len(w.pieces)-1] += string([]byte{token.char})
		}
	}
	if normal != nil {
		for i, piece := range w.pieces {
			var err error
			if w.pieces[i], err = normal(piece); err != nil {
				return w, err
			}
		}
	}
	return w, nil
}

// wildcard is text with gaps that take any run of characters: one between
// each two pieces.
type wildcard struct{ pieces []string }

var anything = wildcard{pieces: []string{"", ""}}

func (w wildcard) empty() bool { return len(w.pieces) == 1 && w.pieces[0] == "" }

func (w wildcard) fixed() bool { return len(w.pieces) == 1 }

func (w wildcard) match(s string) bool {
	first, rest := w.pieces[0], w.pieces[1:]
	s, ok := strings.CutPrefix(s, first)
	if !ok || len(rest) == 0 {
		return ok && s == ""
	}
	last := rest[len(rest)-1]
	if s, ok = strings.CutSuffix(s, last); !ok {
		return false
	}
	for _, piece := range rest[:len(rest)-1] {
		i := strings.Index(s, piece)
		if i < 0 {
			return false
		}
		s = s[i+len(piece):]
	}
	return true
}
