package config

import "strings"

// check refuses what no single key of a window can be blamed for, and values
// whose form the tags cannot describe.
func (w *Window) check(d *decoder, n *node, path string) {
	checkLabel(d, n.getOr("label"), joinKey(path, "label"), w.Label)
	if w.Parent != "" {
		parentPath := joinKey(path, "parent")
		checkLabel(d, n.getOr("parent"), parentPath, w.Parent)
		if w.Parent == w.Label {
			d.report(n.getOr("parent"), parentPath, "a window cannot be its own parent")
		}
	}
	if w.URL == "" {
		d.report(n.getOr("url"), joinKey(path, "url"), "empty address: leave the key out for index.html")
	}

	if w.X != nil && w.Y == nil && isNil(n, "y") {
		d.report(n.getOr("x"), joinKey(path, "x"), "x without y: a position needs both")
	}
	if w.Y != nil && w.X == nil && isNil(n, "x") {
		d.report(n.getOr("y"), joinKey(path, "y"), "y without x: a position needs both")
	}
	w.checkLimit(d, n, path, "minWidth", w.MinWidth, "maxWidth", w.MaxWidth)
	w.checkLimit(d, n, path, "minHeight", w.MinHeight, "maxHeight", w.MaxHeight)
	if w.AlwaysOnTop && w.AlwaysOnBottom {
		d.report(n.getOr("alwaysOnBottom"), joinKey(path, "alwaysOnBottom"), "alwaysOnTop and alwaysOnBottom exclude each other")
	}

	if w.ProxyURL != "" && !hasHost(w.ProxyURL, "http", "socks5") {
		d.report(n.getOr("proxyUrl"), joinKey(path, "proxyUrl"), "bad proxy %q: want http://host:port or socks5://host:port", w.ProxyURL)
	}
	if w.DataDirectory != "" && !isSubPath(w.DataDirectory) {
		d.report(n.getOr("dataDirectory"), joinKey(path, "dataDirectory"),
			"bad path %q: want a path below the app's local data directory, without ..", w.DataDirectory)
	}
}

// checkLimit refuses a lower limit above the upper one.
func (w *Window) checkLimit(d *decoder, n *node, path, lowKey string, low *float64, highKey string, high *float64) {
	if low != nil && high != nil && *low > *high {
		d.report(n.getOr(lowKey), joinKey(path, lowKey), "%g is more than %s, which is %g", *low, highKey, *high)
	}
}

// checkLabel refuses a label that Tauri would not take.
func checkLabel(d *decoder, n *node, path, label string) {
	for _, c := range label {
		if !isAlphanumeric(c) && !strings.ContainsRune("-/:_", c) {
			d.report(n, path, "bad label %q: %q is not allowed, only letters, digits and any of - / : _", label, c)
			return
		}
	}
	if label == "" {
		d.report(n, path, "empty label: leave the key out for \"main\"")
	}
}

// isNil reports whether a member is missing or null, as opposed to refused.
func isNil(n *node, key string) bool {
	v := n.get(key)
	return v == nil || v.kind == nullKind
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
