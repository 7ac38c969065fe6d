package config

import (
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// check refuses what no single key of a window can be blamed for, and values
// whose form the tags cannot describe.
func (w *Window) check(d *decoder, n *document.Node, path string) {
	checkLabel(d, n.GetOr("label"), document.JoinKey(path, "label"), w.Label)
	if w.Parent != "" {
		parentPath := document.JoinKey(path, "parent")
		checkLabel(d, n.GetOr("parent"), parentPath, w.Parent)
		if w.Parent == w.Label {
			d.Report(n.GetOr("parent"), parentPath, "a window cannot be its own parent")
		}
	}
	if w.URL == "" {
		d.Report(n.GetOr("url"), document.JoinKey(path, "url"), "empty address: leave the key out for index.html")
	}

	if w.X != nil && w.Y == nil && isNil(n, "y") {
		d.Report(n.GetOr("x"), document.JoinKey(path, "x"), "x without y: a position needs both")
	}
	if w.Y != nil && w.X == nil && isNil(n, "x") {
		d.Report(n.GetOr("y"), document.JoinKey(path, "y"), "y without x: a position needs both")
	}
	w.checkLimit(d, n, path, "minWidth", w.MinWidth, "maxWidth", w.MaxWidth)
	w.checkLimit(d, n, path, "minHeight", w.MinHeight, "maxHeight", w.MaxHeight)
	if w.AlwaysOnTop && w.AlwaysOnBottom {
		d.Report(n.GetOr("alwaysOnBottom"), document.JoinKey(path, "alwaysOnBottom"), "alwaysOnTop and alwaysOnBottom exclude each other")
	}

	if isText(n, "proxyUrl") && !hasHost(w.ProxyURL, "http", "socks5") {
		d.Report(n.GetOr("proxyUrl"), document.JoinKey(path, "proxyUrl"), "bad proxy %q: want http://host:port or socks5://host:port", w.ProxyURL)
	}
	if w.DataDirectory != "" && !isSubPath(w.DataDirectory) {
		d.Report(n.GetOr("dataDirectory"), document.JoinKey(path, "dataDirectory"),
			"bad path %q: want a path below the app's local data directory, without ..", w.DataDirectory)
	}
}

// checkLimit refuses a lower limit above the upper one.
func (w *Window) checkLimit(d *decoder, n *document.Node, path, lowKey string, low *float64, highKey string, high *float64) {
	if low != nil && high != nil && *low > *high {
		d.Report(n.GetOr(lowKey), document.JoinKey(path, lowKey), "%g is more than %s, which is %g", *low, highKey, *high)
	}
}

// checkLabel refuses a label that Tauri would not take.
func checkLabel(d *decoder, n *document.Node, path, label string) {
	for _, c := range label {
		if !isAlphanumeric(c) && !strings.ContainsRune("-/:_", c) {
			d.Report(n, path, "bad label %q: %q is not allowed, only letters, digits and any of - / : _", label, c)
			return
		}
	}
	if label == "" {
		d.Report(n, path, "empty label: leave the key out for \"main\"")
	}
}

// isText reports whether there is a string, be it empty: what is not there, or
// is of another type, has no address to find wrong.
func isText(n *document.Node, key string) bool {
	v := n.Get(key)
	return v != nil && v.Kind == document.String
}

// isNil reports whether a member is missing or null, as opposed to refused.
func isNil(n *document.Node, key string) bool {
	v := n.Get(key)
	return v == nil || v.Kind == document.Null
}

// isSubPath reports whether a path of any system stays below the directory it
// is joined to.
func isSubPath(path string) bool {
	path = strings.ReplaceAll(path, `\`, "/")
	if strings.HasPrefix(path, "/") || strings.Contains(path, ":") {
		return false
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." {
			return false
		}
	}
	return true
}
