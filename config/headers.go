package config

import (
	"slices"
	"strings"
)

// Header is one header for the answers of the app's protocol.
type Header struct {
	Name, Value string
}

// Headers are headers in file order. The configuration has an object; a value
// is a string, an array (joined by commas) or an object (its pairs written
// "key value" and joined by semicolons).
type Headers []Header

// headerNames lists what may be set: headers about the relation between
// origins. Others are the business of the protocol itself.
func headerNames() []string {
	return []string{
		"Access-Control-Allow-Credentials",
		"Access-Control-Allow-Headers",
		"Access-Control-Allow-Methods",
		"Access-Control-Expose-Headers",
		"Access-Control-Max-Age",
		"Cross-Origin-Embedder-Policy",
		"Cross-Origin-Opener-Policy",
		"Cross-Origin-Resource-Policy",
		"Permissions-Policy",
		"Service-Worker-Allowed",
		"Timing-Allow-Origin",
		"X-Content-Type-Options",
		"Tauri-Custom-Header",
	}
}

func (h *Headers) decode(d *decoder, n *node, path string) {
	if !d.want(n, path, objectKind) {
		return
	}
	names := headerNames()
	for _, m := range n.members {
		memberPath := joinKey(path, m.name)
		if !slices.Contains(names, m.name) {
			d.reportAt(m.pos, memberPath, "header that cannot be set here%s: want one of %s", didYouMean(m.name, names), quoteList(names))
			continue
		}
		if m.value.kind == nullKind {
			continue
		}
		value := d.headerValue(m.value, memberPath)
		if strings.ContainsFunc(value, isControl) {
			d.report(m.value, memberPath, "control character in the value of a header")
			continue
		}
		*h = append(*h, Header{m.name, value})
	}
}

// headerValue writes a value as it stands in the header.
func (d *decoder) headerValue(n *node, path string) string {
	switch n.kind {
	case stringKind:
		return n.text
	case arrayKind:
		return strings.Join(d.strings(n, path, "an array"), ", ")
	case objectKind:
		var pairs []string
		for _, m := range n.members {
			if d.want(m.value, joinKey(path, m.name), stringKind) {
				pairs = append(pairs, m.name+" "+m.value.text)
			}
		}
		return strings.Join(pairs, "; ")
	}
	d.report(n, path, "want a string, an array of strings or an object of strings, not %s", n.kind)
	return ""
}

// isControl reports whether c would end or break a line.
func isControl(c rune) bool {
	return c < ' ' || c == 0x7f
}
