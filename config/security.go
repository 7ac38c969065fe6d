package config

import (
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/document"
)

// Security is the "app.security" object.
type Security struct {
	// CSP is the Content-Security-Policy of the app's pages. Nil, the key
	// being absent, means the default of Mullion, see docs/pages.md.
	CSP *CSP `conf:"csp"`
	// DevCSP counts in place of CSP while developing; nil means CSP.
	DevCSP *CSP `conf:"devCsp"`
	// FreezePrototype freezes Object.prototype before any script runs.
	FreezePrototype bool `conf:"freezePrototype"`
	// DangerousDisableAssetCSPModification keeps the hashes and nonces of the
	// app's own scripts and styles out of the policy.
	DangerousDisableAssetCSPModification CSPExemption `conf:"dangerousDisableAssetCspModification"`
	// AssetProtocol serves the user's files to pages.
	AssetProtocol AssetProtocol `conf:"assetProtocol"`
	// Pattern is what stands between page and program. There is nothing but
	// brownfield: an app whose configuration says "isolation" does not start.
	Pattern Pattern `conf:"pattern"`
	// Capabilities are those that count. None means all files in the directory
	// of capabilities.
	Capabilities []Capability `conf:"capabilities"`
	// Headers are added to the answers of the app's protocol, in file order.
	Headers Headers `conf:"headers,null"`
}

func (s *Security) check(*decoder, *document.Node, string) {
	if s.DevCSP != nil && s.DevCSP.Off { // for this key null and absent are the same
		s.DevCSP = nil
	}
}

// CSP is a Content-Security-Policy as the configuration has it. Exactly one
// of the fields is set.
type CSP struct {
	// Off is an explicit null: no policy at all.
	Off bool
	// Text is a policy in the syntax of the header.
	Text string
	// Directives are the sources by directive, each source an element.
	Directives map[string][]string
}

func (*CSP) acceptsNull() {}

func (c *CSP) decode(d *decoder, n *document.Node, path string) {
	switch n.Kind {
	case document.Null:
		c.Off = true
	case document.String:
		c.Text = n.Text
		if strings.TrimSpace(n.Text) == "" {
			d.Report(n, path, "empty policy: want directives, or null for no policy")
		}
	case document.Object:
		c.Directives = map[string][]string{}
		if len(n.Members) == 0 {
			d.Report(n, path, "empty policy: want directives, or null for no policy")
		}
		for _, m := range n.Members {
			sources := []string{}
			for _, s := range d.stringOrStrings(m.Value, document.JoinKey(path, m.Name)) {
				sources = append(sources, strings.Fields(s)...)
			}
			c.Directives[m.Name] = sources
		}
	default:
		d.Report(n, path, "want a string, an object or null, not %s", n.Kind)
	}
}

// CSPExemption says which directives get no hashes and nonces.
type CSPExemption struct {
	// All exempts the whole policy.
	All bool
	// Directives exempts these.
	Directives []string
}

func (e *CSPExemption) decode(d *decoder, n *document.Node, path string) {
	if n.Kind == document.Bool {
		e.All = n.Bool
		return
	}
	e.Directives = d.strings(n, path, "a boolean or an array of directives")
}

// AssetProtocol is the "app.security.assetProtocol" object.
type AssetProtocol struct {
	// Enable turns the protocol on.
	Enable bool `conf:"enable"`
	// Scope limits it; empty lets nothing through.
	Scope AssetScope `conf:"scope"`
}

// AssetScope is a list of patterns for paths, which may begin with a variable
// for a directory such as $HOME. The configuration has an array of patterns to
// allow, or an object.
type AssetScope struct {
	// Allow and Deny are the patterns; Deny wins.
	Allow []string `conf:"allow"`
	Deny  []string `conf:"deny"`
	// RequireLiteralLeadingDot makes a wildcard pass over names that begin
	// with a dot; nil means true, but false on Windows.
	RequireLiteralLeadingDot *bool `conf:"requireLiteralLeadingDot"`
}

func (*AssetScope) shape() string { return "an array or an object" }

func (s *AssetScope) decodeShort(d *decoder, n *document.Node, path string) bool {
	if n.Kind != document.Array {
		return false
	}
	s.Allow = d.strings(n, path, "an array")
	return true
}

// Pattern is the "app.security.pattern" object.
type Pattern struct {
	// Use is "brownfield", calls going straight to the program, by default.
	Use PatternUse `conf:"use,required"`
	// Options belong to "isolation" and are nil otherwise.
	Options *PatternOptions `conf:"options"`
}

func (p *Pattern) setDefaults() { p.Use = PatternBrownfield }

func (p *Pattern) check(d *decoder, n *document.Node, path string) {
	optionsPath := document.JoinKey(path, "options")
	switch {
	case p.Use == PatternIsolation && p.Options == nil:
		d.Report(n, optionsPath, "required for \"isolation\": want {\"dir\": …}")
	case p.Use == PatternBrownfield && p.Options != nil:
		d.Report(n.GetOr("options"), optionsPath, "only \"isolation\" has options")
	}
}

// PatternUse names what stands between page and program.
type PatternUse string

// The patterns.
const (
	PatternBrownfield PatternUse = "brownfield" // nothing
	PatternIsolation  PatternUse = "isolation"  // a sandboxed frame that sees every call
)

func (PatternUse) values() []string { return []string{"brownfield", "isolation"} }

// PatternOptions are the options of [PatternIsolation].
type PatternOptions struct {
	// Dir holds the app of the isolation frame, with an index.html. Required.
	Dir string `conf:"dir,required"`
}

// Capability is a reference to a capability file, or a capability written in
// place of one.
type Capability struct {
	// Identifier names the capability.
	Identifier string
	// Inline is the capability itself; nil for a reference.
	Inline *capability.Capability
}

func (c *Capability) decode(d *decoder, n *document.Node, path string) {
	switch n.Kind {
	case document.String:
		c.Identifier = n.Text
		if n.Text == "" {
			d.Report(n, path, "empty identifier")
		}
	case document.Object:
		inline := capability.Read(&d.Problems, path, n)
		c.Identifier, c.Inline = inline.Identifier, &inline
	default:
		d.Report(n, path, "want the identifier of a capability or an object, not %s", n.Kind)
	}
}

// stringOrStrings reads a string or an array of them.
func (d *decoder) stringOrStrings(n *document.Node, path string) []string {
	if n.Kind == document.String {
		return []string{n.Text}
	}
	return d.strings(n, path, "a string or an array of strings")
}
