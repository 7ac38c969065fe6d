// Package csp makes the Content-Security-Policy header for the pages of an
// app. Get a policy from [Parse], [FromMap] or [Default] and call
// [Policy.ForHTML] for each answer that is HTML:
//
//	header, body := policy.ForHTML(html, nil)
//	answer.Header.Set(csp.Header, header)
//
// The HTML is the app's own and so trusted: the scripts and styles written in
// it are let through by hashes and nonces, without the author having to list
// them. What comes into the page later is not in the policy and is refused by
// the engine.
package csp

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// Header is the name of the header.
const Header = "Content-Security-Policy"

// Policy is a Content-Security-Policy. A nil Policy is none at all: its header
// is empty and HTML passes unchanged. A Policy does not change; it is safe for
// concurrent use.
type Policy struct {
	directives []directive
	exemption  Exemption
	warnings   []string
}

// A directive is a name in lower case and its sources.
type directive struct {
	name    string
	sources []string
}

// Exemption says which directives [Policy.ForHTML] leaves as they are written.
// A directive that has 'unsafe-inline' needs none: it gets neither hashes nor
// nonces, since engines ignore 'unsafe-inline' beside them.
type Exemption struct {
	// All leaves the whole policy, and the HTML too.
	All bool
	// Directives leaves these, script-src or style-src.
	Directives []string
}

// Default is the policy for an app that says nothing about one. It lets the
// libraries of front ends work as they are, and holds two lines: code comes
// only from the app's own files, and nothing goes to the net.
//
// The app's files come from app://localhost, which is 'self', and the user's
// files from asset://localhost, which engines without schemes of an app's own
// know as http(s)://asset.localhost.
func Default() *Policy {
	const asset = "asset: http://asset.localhost https://asset.localhost"
	return &Policy{directives: []directive{
		// What is not named below, as frames and the manifest: files of the
		// app.
		{"default-src", []string{"'self'"}},
		// No eval, no inline code but that of the HTML, nothing from the net,
		// and nothing of the user's: a downloaded file must never run.
		// Compiling WebAssembly is allowed: only a script that runs already
		// can do it, and a module does nothing but what that script hands it.
		{"script-src", []string{"'self'", "'wasm-unsafe-eval'"}},
		// Libraries of components (MUI, styled-components, Monaco) write their
		// styles by script, which is inline style to an engine. What makes a
		// smuggled style dangerous elsewhere, that it sends what it sees away
		// by loading pictures and fonts, cannot happen here: none of the
		// directives lets anything out.
		{"style-src", []string{"'self'", "'unsafe-inline'"}},
		// Pictures and media are shown, not run: also those made by scripts
		// and those of the user. The net is left out because an address in a
		// picture carries data away.
		{"img-src", strings.Fields("'self' data: blob: " + asset)},
		{"media-src", strings.Fields("'self' data: blob: " + asset)},
		// Style sheets carry small fonts as data.
		{"font-src", []string{"'self'", "data:"}},
		// A page talks to the program over the bridge, which is no connection.
		// What the page itself has made (data:, blob:) can be read back.
		// Files of the user can be fetched as they can be shown: the scope of
		// the asset protocol judges both, and only pages of the app may read
		// the answer. Nothing that was read can go to the net.
		{"connect-src", strings.Fields("'self' data: blob: " + asset)},
		// Editors, players and compilers start workers from text (blob:). Only
		// a script that runs already can make such an address. The worker
		// lives under this policy too, and has neither the page nor the
		// bridge. No data:, which markup could carry.
		{"worker-src", []string{"'self'", "blob:"}},
		// Plug-ins have no place in an app, and elude the rest.
		{"object-src", []string{"'none'"}},
		// A <base> put in by an attacker would send relative addresses of
		// scripts elsewhere.
		{"base-uri", []string{"'none'"}},
		// The two below do not fall back to default-src. Only the app may
		// frame itself; a page of somebody else's in a frame cannot.
		{"frame-ancestors", []string{"'self'"}},
		// A form put in by an attacker cannot send what is typed elsewhere.
		{"form-action", []string{"'self'"}},
	}}
}

// Parse reads a policy in the syntax of the header. It refuses what cannot be
// meant, such as self without its quotes, and what cannot stand in a header;
// the error joins all of it. What engines ignore is in [Policy.Warnings].
func Parse(text string) (*Policy, error) {
	p := &Policy{}
	var errs []error
	for part := range strings.SplitSeq(text, ";") {
		words := strings.Fields(part)
		if len(words) > 0 {
			errs = append(errs, p.add(words[0], words[1:])...)
		}
	}
	return p.finish(errs)
}

// FromMap makes a policy of sources by directive. A string with several
// sources counts as several. Errors are those of [Parse]. The order in the
// header is that of the names.
func FromMap(directives map[string][]string) (*Policy, error) {
	p := &Policy{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(directives)) {
		sources := strings.Fields(strings.Join(directives[name], " "))
		errs = append(errs, p.add(name, sources)...)
	}
	return p.finish(errs)
}

// finish returns the policy if nothing was wrong with it.
func (p *Policy) finish(errs []error) (*Policy, error) {
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if len(p.directives) == 0 {
		return nil, errors.New("empty policy")
	}
	return p, nil
}

// Warnings says what engines will ignore in the policy: directives and
// keywords that they do not know, and directives given twice.
func (p *Policy) Warnings() []string {
	if p == nil {
		return nil
	}
	return slices.Clone(p.warnings)
}

// WithSource returns the policy with one more source in a directive, if it says
// anything about what that governs.
func (p *Policy) WithSource(directiveName, source string) *Policy {
	c := *p
	c.directives = slices.Clone(p.directives)
	d := find(c.directives, directiveName)
	if d == nil {
		from := p.inherited(directiveName)
		if from == nil {
			return p
		}
		c.directives = append(c.directives, directive{directiveName, slices.Clone(from.sources)})
		d = &c.directives[len(c.directives)-1]
	}
	if !slices.Contains(d.sources, source) {
		d.sources = append(slices.DeleteFunc(slices.Clone(d.sources), isNone), source)
	}
	return &c
}

// WithExemption returns a copy of the policy with another exemption. An unknown
// directive in it is a warning.
func (p *Policy) WithExemption(e Exemption) *Policy {
	if p == nil {
		return nil
	}
	c := &Policy{slices.Clone(p.directives), Exemption{All: e.All}, slices.Clone(p.warnings)}
	for _, name := range e.Directives {
		name = strings.ToLower(name)
		if !isDirective(name) {
			c.warnings = append(c.warnings, unknownDirective(name))
		}
		c.exemption.Directives = append(c.exemption.Directives, name)
	}
	return c
}

// String returns the policy as it stands in the header of an answer that is
// not HTML.
func (p *Policy) String() string {
	if p == nil {
		return ""
	}
	return format(p.directives)
}

// format writes directives in the syntax of the header.
func format(directives []directive) string {
	parts := make([]string, len(directives))
	for i, d := range directives {
		parts[i] = strings.Join(append([]string{d.name}, d.sources...), " ")
	}
	return strings.Join(parts, "; ")
}

// find returns the directive with the name, or nil.
func find(directives []directive, name string) *directive {
	i := slices.IndexFunc(directives, func(d directive) bool { return d.name == name })
	if i < 0 {
		return nil
	}
	return &directives[i]
}
