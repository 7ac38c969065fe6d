package csp

import (
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Advisor says how a policy would have to read to let through what it blocks.
// It is safe for concurrent use.
type Advisor struct {
	policy *Policy

	mu      sync.Mutex
	advised *Policy // guarded by mu; with what was advised so far
}

// NewAdvisor returns an advisor for a policy.
func NewAdvisor(p *Policy) *Advisor { return &Advisor{policy: p, advised: p} }

// Advise is [Policy.Allow], with a policy that also has what was advised
// before: the last advice is enough to let through all that a page needs.
// Sources on the net, and those that let code in, are in their own advice only,
// so that each is a decision of its own.
func (a *Advisor) Advise(directive, blocked, self string) (source, policy string) {
	if source, _ = a.policy.Allow(directive, blocked, self); source == "" {
		return "", ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, allowed := a.advised.Allow(directive, blocked, self)
	if allowed == nil {
		return source, a.advised.String()
	}
	if !strings.Contains(source, "://") && Risk(directive, source) == "" {
		a.advised = allowed
	}
	return source, allowed.String()
}

// Risk says what else a source would let through that matters, or nothing.
func Risk(directive, source string) string {
	if !strings.HasPrefix(directive, "script-src") && directive != "default-src" {
		return ""
	}
	switch source {
	case "'unsafe-inline'":
		return "scripts that an attacker gets into the page run too; better move the code into a file of the app"
	case "'unsafe-eval'":
		return "text that an attacker gets into the page may run as a script; better use a build of the library without eval"
	case "data:", "blob:":
		return "scripts come from more than the files of the app"
	}
	return ""
}

// Allow returns the source that lets through what a directive has blocked, and
// the policy with that source in it. The arguments are the effectiveDirective
// and the blockedURI of the engine's SecurityPolicyViolationEvent.
//
// The source is "" where there is none: the directive takes no sources, or the
// policy has it already, so that it was another policy that blocked. self is
// the origin of the page, whose source is 'self'.
func (p *Policy) Allow(directiveName, blocked, self string) (source string, allowed *Policy) {
	if p == nil || !slices.Contains(sourceDirectives(), directiveName) || directiveName == "frame-ancestors" {
		return "", nil
	}
	if source = blockedSource(blocked, self); source == "" {
		return "", nil
	}
	name := p.governs(directiveName)
	c := &Policy{directives: slices.Clone(p.directives)}
	if d := find(c.directives, name); d != nil {
		if slices.Contains(d.sources, source) {
			return "", nil
		}
		d.sources = append(slices.DeleteFunc(slices.Clone(d.sources), isNone), source)
		return source, c
	}
	// What is not named inherits.
	d := p.inherited(directiveName)
	if d == nil || slices.Contains(d.sources, source) {
		return "", nil
	}
	c.directives = append(c.directives, directive{name, append(slices.DeleteFunc(slices.Clone(d.sources), isNone), source)})
	return source, c
}

func isNone(source string) bool { return strings.EqualFold(source, "'none'") }

// governs returns the directive to change for one that an engine names: the
// nearest of its kind that the policy has. Where it has none, that is the
// plain one without -elem and -attr.
func (p *Policy) governs(name string) string {
	plain := strings.TrimSuffix(strings.TrimSuffix(name, "-elem"), "-attr")
	for _, n := range []string{name, plain} {
		if find(p.directives, n) != nil {
			return n
		}
	}
	return plain
}

// inherited returns the directive that counts where name is not there, or nil.
func (p *Policy) inherited(name string) *directive {
	for n := fallback(name); n != ""; n = fallback(n) {
		if d := find(p.directives, n); d != nil {
			return d
		}
	}
	return nil
}

// fallback returns the directive that counts where one is not there, "" for
// one that falls back to nothing; see CSP level 3, 6.8.3.
func fallback(name string) string {
	switch name {
	case "script-src-elem", "script-src-attr":
		return "script-src"
	case "style-src-elem", "style-src-attr":
		return "style-src"
	case "worker-src":
		return "child-src"
	case "child-src":
		return "script-src"
	case "frame-src", "fenced-frame-src":
		return "child-src"
	case "script-src", "style-src", "img-src", "font-src", "connect-src", "media-src", "object-src", "manifest-src", "prefetch-src":
		return "default-src"
	}
	return ""
}

// blockedSource returns the source for what was blocked, "" if it has none.
func blockedSource(blocked, self string) string {
	switch blocked {
	case "inline":
		return "'unsafe-inline'"
	case "eval":
		return "'unsafe-eval'"
	case "wasm-eval":
		return "'wasm-unsafe-eval'"
	case "blob", "data", "filesystem", "mediastream":
		return blocked + ":"
	case "self":
		return "'self'"
	}
	u, err := url.Parse(blocked)
	if err != nil || u.Scheme == "" {
		return ""
	}
	switch {
	case self != "" && u.Scheme+"://"+u.Host == self:
		return "'self'"
	case u.Host == "" || u.Scheme == "asset":
		return u.Scheme + ":"
	}
	source := u.Scheme + "://" + u.Host
	if sourceProblem(source, true) != "" {
		return ""
	}
	return source
}
