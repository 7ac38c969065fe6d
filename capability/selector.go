package capability

import (
	"fmt"
	"strings"
)

// A Caller is the page that sends a command. The Core fills it from what it
// knows and the host attests, never from what the page says of itself.
type Caller struct {
	// Window and Webview are labels. A caller without labels is never allowed anything.
	Window, Webview string
	// URL is the address of the page's document. It is what remote patterns
	// are compared with; for a local page it does not matter.
	URL string
	// Local says that the page belongs to the app: its full origin (scheme,
	// host and port) is one of the app's own.
	Local bool
}

// Origin describes where the page comes from, for messages: "local", or the
// origin of its URL.
func (c Caller) Origin() string {
	if c.Local {
		return "local"
	}
	return originOf(c.URL)
}

func (c Caller) describe() string {
	return fmt.Sprintf("window %q, webview %q, URL: %s", c.Window, c.Webview, c.Origin())
}

// visitor is a Caller whose URL is parsed at most once, and only when needed.
type visitor struct {
	Caller
	address address
	parsed  bool
	valid   bool
}

func (v *visitor) parse() bool {
	if !v.parsed {
		var err error
		v.address, err = parseAddress(v.URL)
		v.parsed, v.valid = true, err == nil
	}
	return v.valid
}

// selector tells whom one capability is for.
type selector struct {
	capability string
	file       string
	local      bool
	remote     []URLPattern
	windows    []Glob
	webviews   []Glob
	calls      bool // it grants something that pages can call
}

func newSelector(c *Capability) (*selector, error) {
	s := &selector{capability: c.Identifier, file: c.File, local: c.Local}
	for _, e := range c.Permissions {
		if !strings.HasPrefix(e.Identifier, "web:") && !strings.HasPrefix(e.Identifier, "sandbox:") {
			s.calls = true
		}
	}
	for _, pattern := range c.Remote {
		p, err := ParseURLPattern(pattern)
		if err != nil {
			return nil, err
		}
		s.remote = append(s.remote, p)
	}
	for _, list := range []struct {
		patterns []string
		to       *[]Glob
	}{{c.Windows, &s.windows}, {c.Webviews, &s.webviews}} {
		for _, pattern := range list.patterns {
			g, err := ParseGlob(pattern)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, g)
		}
	}
	return s, nil
}

func (s *selector) matches(v *visitor) bool {
	return s.matchesLabels(v.Window, v.Webview) && s.matchesOrigin(v)
}

func (s *selector) matchesLabels(window, webview string) bool {
	_, found := s.findLabel(window, webview)
	return found
}

func (s *selector) findLabel(window, webview string) (by *Glob, found bool) {
	if window == "" || webview == "" {
		return nil, false
	}
	if g := find(s.windows, window); g != nil {
		return g, true
	}
	if g := find(s.webviews, webview); g != nil {
		return g, true
	}
	return nil, false
}

func find(globs []Glob, label string) *Glob {
	for i := range globs {
		if globs[i].Match(label) {
			return &globs[i]
		}
	}
	return nil
}

// matchesOrigin keeps local and remote apart: no pattern covers a local page,
// and a page that is not local needs one.
func (s *selector) matchesOrigin(v *visitor) bool {
	if v.Local {
		return s.local
	}
	return s.findRemote(v) != nil
}

func (s *selector) findRemote(v *visitor) *URLPattern {
	if len(s.remote) == 0 || !v.parse() {
		return nil
	}
	for i := range s.remote {
		if s.remote[i].match(v.address) {
			return &s.remote[i]
		}
	}
	return nil
}

// names reports whether the selector covers the labels by naming one of them,
// not by a wildcard.
func (s *selector) names(window, webview string) bool {
	for _, g := range s.windows {
		if g.literal && g.Match(window) {
			return true
		}
	}
	for _, g := range s.webviews {
		if g.literal && g.Match(webview) {
			return true
		}
	}
	return false
}

// explainOrigin says which part of the selector decides on the caller's origin.
func (s *selector) explainOrigin(v *visitor) (bool, string) {
	switch {
	case v.Local && s.local:
		return true, "covers local pages"
	case v.Local:
		return false, "does not cover local pages"
	case len(s.remote) == 0:
		return false, "covers no remote pages"
	}
	if p := s.findRemote(v); p != nil {
		return true, fmt.Sprintf("remote %q matches", p.String())
	}
	if !v.valid {
		return false, "the page's URL is none that a pattern can match"
	}
	return false, fmt.Sprintf("remote %s does not match %s", quoteList(s.remote), quoteShort(v.address.origin()+v.address.path))
}

// explainLabels says which part of the selector decides on the caller's labels.
func (s *selector) explainLabels(v *visitor) (bool, string) {
	if len(s.windows)+len(s.webviews) == 0 {
		return false, "names neither windows nor webviews, so that it covers nobody"
	}
	if g, found := s.findLabel(v.Window, v.Webview); found {
		if find(s.windows, v.Window) == g {
			return true, fmt.Sprintf("windows: %q matches", g.String())
		}
		return true, fmt.Sprintf("webviews: %q matches", g.String())
	}
	var failed []string
	if len(s.windows) > 0 {
		failed = append(failed, fmt.Sprintf("windows %s does not match %q", quoteList(s.windows), v.Window))
	}
	if len(s.webviews) > 0 {
		failed = append(failed, fmt.Sprintf("webviews %s does not match %q", quoteList(s.webviews), v.Webview))
	}
	return false, strings.Join(failed, ", ")
}

func quoteList[T fmt.Stringer](list []T) string {
	quoted := make([]string, len(list))
	for i, v := range list {
		quoted[i] = fmt.Sprintf("%q", v.String())
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
