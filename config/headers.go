package config

import (
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
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

func (h *Headers) decode(d *decoder, n *document.Node, path string) {
	if !d.want(n, path, document.Object) {
		return
	}
	names := headerNames()
	for _, m := range n.Members {
		memberPath := document.JoinKey(path, m.Name)
		if !slices.Contains(names, m.Name) {
			d.ReportAt(m.Pos, memberPath, "header that cannot be set here%s: want one of %s", didYouMean(m.Name, names), quoteList(names))
			continue
		}
		if m.Value.Kind == document.Null {
			continue
		}
		value := d.headerValue(m.Value, memberPath)
		if strings.ContainsFunc(value, isControl) {
			d.Report(m.Value, memberPath, "control character in the value of a header")
			continue
		}
		*h = append(*h, Header{m.Name, value})
	}
}

// headerValue writes a value as it stands in the header.
func (d *decoder) headerValue(n *document.Node, path string) string {
	switch n.Kind {
	case document.String:
		return n.Text
	case document.Array:
		return strings.Join(d.strings(n, path, "an array"), ", ")
	case document.Object:
		var pairs []string
		for _, m := range n.Members {
			if d.want(m.Value, document.JoinKey(path, m.Name), document.String) {
				pairs = append(pairs, m.Name+" "+m.Value.Text)
			}
		}
		return strings.Join(pairs, "; ")
	}
	d.Report(n, path, "want a string, an array of strings or an object of strings, not %s", n.Kind)
	return ""
}

// isControl reports whether c would end or break a line.
func isControl(c rune) bool {
	return c < ' ' || c == 0x7f
}
