package capability

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
)

// An Authority answers who may call what. It is immutable and safe for
// concurrent use; [Authority.With] makes a new one. A nil or zero Authority
// allows nothing.
type Authority struct {
	catalog  *catalog
	caps     []Capability
	commands map[string]*rules // by wire name
	active   []*selector       // of the capabilities that are for this platform
	idle     []*selector       // of the others
}

// rules are all that capabilities say about one command.
type rules struct {
	command *command
	denials []rule
	grants  []rule
	scopes  []rule // from permissions without commands, of the command's plugin
}

// rule is what one permission of one entry of a capability says.
type rule struct {
	selector   *selector
	entry      string // the identifier as the capability has it
	permission string
	scope      Scope
}

// Resolve applies the capabilities to what the manifests offer on platform p.
//
// Capabilities for other platforms are left out without a look at their
// identifiers, which may belong to plugins that exist elsewhere only. In the
// others each unknown identifier is an [*UnknownPermissionError]. All errors
// found are returned together.
func Resolve(manifests []Manifest, caps []Capability, p Platform) (*Authority, error) {
	c, err := newCatalog(manifests, p)
	if err != nil {
		return nil, err
	}
	return newAuthority(c, caps)
}

// With returns an Authority that has the given capabilities as well. It fails
// on an identifier that is taken, and on a capability that could cover no page
// at all, which in Go is a Local that was forgotten.
func (a *Authority) With(caps ...Capability) (*Authority, error) {
	if a == nil || a.catalog == nil {
		return nil, errors.New("add capabilities: the authority was not made by Resolve")
	}
	for _, c := range caps {
		if !c.Local && len(c.Remote) == 0 {
			return nil, fmt.Errorf("capability %s covers no page: Local is false and Remote is empty", quoteShort(c.Identifier))
		}
	}
	return newAuthority(a.catalog, slices.Concat(a.caps, caps))
}

func newAuthority(c *catalog, caps []Capability) (*Authority, error) {
	a := &Authority{
		catalog:  c,
		caps:     make([]Capability, 0, len(caps)),
		commands: make(map[string]*rules, len(c.commands)),
	}
	for wire, cmd := range c.commands {
		a.commands[wire] = &rules{command: cmd}
	}
	a.addDefaults()
	errs := []error{checkUnique(caps)}
	scopes := make(map[string][]rule)
	for i := range caps {
		own := caps[i].clone()
		a.caps = append(a.caps, own)
		if err := a.add(&own, scopes); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(byPlugin(errs)...); err != nil {
		return nil, err
	}
	for _, r := range a.commands {
		r.scopes = scopes[r.command.plugin]
	}
	return a, nil
}

func (c *Capability) clone() Capability {
	own := *c
	own.Remote = slices.Clone(c.Remote)
	own.Windows = slices.Clone(c.Windows)
	own.Webviews = slices.Clone(c.Webviews)
	own.Platforms = slices.Clone(c.Platforms)
	own.Permissions = slices.Clone(c.Permissions)
	for i, e := range own.Permissions {
		own.Permissions[i].Allow = cloneValues(e.Allow)
		own.Permissions[i].Deny = cloneValues(e.Deny)
	}
	return own
}

// add distributes what a capability says over the rules of the commands, and
// the scopes without commands over the plugins.
func (a *Authority) add(c *Capability, scopes map[string][]rule) error {
	var errs []error
	place := document.Place(c.File, c.Line, c.Column)
	fail := func(err error) {
		var unknown *UnknownPermissionError
		if !errors.As(err, &unknown) {
			err = prefixErrors(place, fmt.Errorf("capability %s: %w", quoteShort(c.Identifier), err))
		}
		errs = append(errs, err)
	}
	if err := checkName(c.Identifier); err != nil {
		fail(err)
	}
	for _, p := range c.Platforms {
		if err := checkPlatform(string(p)); err != nil {
			fail(err)
		}
	}
	s, err := newSelector(c)
	if err != nil {
		fail(err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if len(c.Platforms) > 0 && !slices.Contains(c.Platforms, a.catalog.platform) {
		a.idle = append(a.idle, s)
		return nil
	}
	a.active = append(a.active, s)
	for _, e := range c.Permissions {
		place = document.Place(c.File, e.Line, e.Column)
		if err := a.addEntry(c, s, e, scopes); err != nil {
			fail(err)
		}
	}
	return errors.Join(errs...)
}

func (a *Authority) addEntry(c *Capability, s *selector, e Entry, scopes map[string][]rule) error {
	prefix, _, err := splitIdentifier(e.Identifier)
	if err != nil {
		return err
	}
	t := a.catalog.targets[e.Identifier]
	if t == nil {
		unknown := &UnknownPermissionError{
			File: c.File, Capability: c.Identifier, Identifier: e.Identifier,
			Line: e.Line, Column: e.Column,
			Nearest: document.Nearest(e.Identifier, a.catalog.names, 3),
		}
		if !a.catalog.plugins[prefix] {
			unknown.Plugin = prefix
			unknown.Nearest = slices.DeleteFunc(unknown.Nearest, func(name string) bool { return !meansPlugin(name, e.Identifier, prefix) })
		}
		return unknown
	}
	extra, err := compactScope(Scope{e.Allow, e.Deny})
	if err != nil {
		return fmt.Errorf("%q: %w", e.Identifier, err)
	}
	for _, p := range t.flat {
		if !p.active {
			continue
		}
		r := rule{selector: s, entry: e.Identifier, permission: p.id, scope: p.scope.join(extra)}
		if p.plugin == sandboxPlugin {
			if err := checkResource(p, r.scope); err != nil {
				return fmt.Errorf("%q: %w", p.id, err)
			}
		}
		if p.plugin == webPlugin {
			if err := checkWeb(p, r.scope); err != nil {
				return fmt.Errorf("%q: %w", p.id, err)
			}
		}
		if len(p.allow)+len(p.deny) == 0 {
			if !r.scope.Empty() {
				scopes[p.plugin] = append(scopes[p.plugin], r)
			}
			continue
		}
		for _, wire := range p.deny {
			a.commands[wire].denials = append(a.commands[wire].denials, r)
		}
		for _, wire := range p.allow {
			a.commands[wire].grants = append(a.commands[wire].grants, r)
		}
	}
	return nil
}

// Check decides on a command, named as on the wire: "add_note",
// "plugin:window|title", "plugin:fs|read_file". A command is allowed if a
// capability that covers the caller grants it and none that covers the caller
// denies it; the returned scope joins those of all capabilities that cover the
// caller. Otherwise the error is a [*DeniedError].
func (a *Authority) Check(c Caller, command string) (Scope, error) {
	if a == nil {
		return Scope{}, a.deny(c, command)
	}
	r := a.commands[command]
	if r == nil {
		return Scope{}, a.deny(c, command)
	}
	v := visitor{Caller: c}
	for i := range r.denials {
		if r.denials[i].selector.matches(&v) {
			return Scope{}, a.deny(c, command)
		}
	}
	var scope Scope
	allowed := false
	for i := range r.grants {
		if r.grants[i].selector.matches(&v) {
			allowed = true
			scope = scope.join(r.grants[i].scope)
		}
	}
	if !allowed {
		return Scope{}, a.deny(c, command)
	}
	for i := range r.scopes {
		if r.scopes[i].selector.matches(&v) {
			scope = scope.join(r.scopes[i].scope)
		}
	}
	return scope, nil
}

// UnknownPermissionError says that a capability names a permission or set that
// no manifest has.
type UnknownPermissionError struct {
	File string // "" if the capability is not from a file
	// Line and Column are the place in File, from 1, in bytes.
	Line, Column int
	Capability   string
	Identifier   string
	Plugin       string   // the prefix, if there is no manifest for it
	Nearest      []string // known identifiers like it, the closest first
}

func (e *UnknownPermissionError) Error() string {
	var b strings.Builder
	b.WriteString(e.place())
	fmt.Fprintf(&b, "capability %q: unknown permission %q", e.Capability, e.Identifier)
	if e.Plugin != "" {
		fmt.Fprintf(&b, ": there is no plugin %q", e.Plugin)
	}
	switch {
	case len(e.Nearest) > 0:
		b.WriteString(document.DidYouMean(e.Nearest...))
	case e.Plugin != "":
		b.WriteString("; add it with App.AddPlugin, or leave the permission out")
	default:
		b.WriteString(missingCommand(e.Identifier))
	}
	return b.String()
}

// place begins a message.
func (e *UnknownPermissionError) place() string {
	if e.File == "" {
		return ""
	}
	return document.Place(e.File, e.Line, e.Column) + ": "
}

// missingCommand says what an unknown permission of the app's own lacks, for
// the end of a message.
func missingCommand(identifier string) string {
	if !strings.HasPrefix(identifier, "allow-") && !strings.HasPrefix(identifier, "deny-") {
		return ""
	}
	return ": the app has no command for it; add that with Handle, or leave the permission out"
}

// meansPlugin reports whether name may be meant by an identifier of a plugin
// that is not there. Those of plugins that are called otherwise are not, though
// the rest be the same: "opener:default" is no slip for "state:default", and
// who follows that grants something else.
func meansPlugin(name, identifier, plugin string) bool {
	if strings.HasSuffix(name, ":"+identifier) {
		return true // the framework's own, without "core:"
	}
	i := strings.LastIndexByte(name, ':')
	return i > 0 && len(plugin) > 2 && len(document.Nearest(plugin, []string{name[:i]}, 1)) > 0
}

// RemotePatterns returns the patterns of remote pages that any capability of
// that window or webview names, sorted and without repetition.
func (a *Authority) RemotePatterns(window, webview string) []string {
	return a.remotePatterns(window, webview, func(*selector) bool { return true })
}

// CallerPatterns returns those of RemotePatterns whose capability grants more
// than what pages want of the engine (web:…) and what processes may reach
// (sandbox:…). A page that matches none of them has nothing to call.
func (a *Authority) CallerPatterns(window, webview string) []string {
	return a.remotePatterns(window, webview, func(s *selector) bool { return s.calls })
}

func (a *Authority) remotePatterns(window, webview string, counts func(*selector) bool) []string {
	if a == nil {
		return nil
	}
	var patterns []string
	for _, s := range a.active {
		if counts(s) && s.matchesLabels(window, webview) {
			for _, p := range s.remote {
				patterns = append(patterns, p.String())
			}
		}
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}
