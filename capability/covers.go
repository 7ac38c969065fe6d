package capability

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Covers decides whether a page may create a webview with the given labels
// (the same twice for a window with its webview). It may if it holds whatever
// a page in the new webview would: otherwise creating one with a mightier
// label would be a way to that label's rights. The error is an [*EscalationError].
//
// Compared are all commands with their scopes, for local pages and for each
// remote pattern, because the new webview may navigate. What a page of the app
// itself holds, or would hold if it were from that remote place, counts as
// held; a page from elsewhere must hold everything as it is.
func (a *Authority) Covers(creator Caller, window, webview string) error {
	if a == nil {
		return nil // nobody holds anything
	}
	e := &EscalationError{Creator: creator.Window, Window: window, Webview: webview}
	for _, wire := range sortedKeys(a.commands) {
		if wire == SandboxPrefix+memoryLimit {
			continue // a limit is no right
		}
		r := a.commands[wire]
		if creator.Local && !r.differs(creator, window, webview) {
			continue
		}
		missing, narrower := r.compare(creator, window, webview, a.originClasses())
		if missing {
			e.Missing = append(e.Missing, wire)
		} else if narrower {
			e.Wider = append(e.Wider, wire)
		}
	}
	if len(e.Missing)+len(e.Wider) > 0 {
		return e
	}
	return nil
}

// EscalationError says that a page wanted to create a webview with more rights
// than it has itself. It is an [ErrDenied].
type EscalationError struct {
	Creator         string // the label of the creator's window
	Window, Webview string
	Missing         []string // commands that only the new webview would hold, as on the wire
	Wider           []string // commands that it would hold with more scope
}

// Is reports whether target is [ErrDenied].
func (e *EscalationError) Is(target error) bool { return target == ErrDenied }

func (e *EscalationError) Error() string {
	var lost []string
	lost = append(lost, e.Missing...)
	for _, wire := range e.Wider {
		lost = append(lost, wire+" with more scope")
	}
	const most = 8
	more := ""
	if len(lost) > most {
		more = fmt.Sprintf(" and %d more", len(lost)-most)
		lost = lost[:most]
	}
	return fmt.Sprintf("window %q, webview %q not allowed by ACL to be created by %q, which does not hold: %s%s",
		e.Window, e.Webview, e.Creator, strings.Join(lost, ", "), more)
}

// originClass is where a page may come from: the app, or a remote pattern.
type originClass struct {
	local   bool
	pattern string
}

var localClass = originClass{local: true}

func (a *Authority) originClasses() []originClass {
	classes := []originClass{localClass}
	for _, s := range a.active {
		for _, p := range s.remote {
			if c := (originClass{pattern: p.pattern}); !slices.Contains(classes, c) {
				classes = append(classes, c)
			}
		}
	}
	return classes
}

func (s *selector) covers(c originClass) bool {
	if c.local {
		return s.local
	}
	return slices.ContainsFunc(s.remote, func(p URLPattern) bool { return p.pattern == c.pattern })
}

// differs reports whether some rule treats the creator's labels worse than the
// new ones. If none does, nothing can be gained, wherever the page is from.
func (r *rules) differs(creator Caller, window, webview string) bool {
	worse := func(list []rule, counts func(Scope) bool, gained bool) bool {
		return slices.ContainsFunc(list, func(u rule) bool {
			before := u.selector.matchesLabels(creator.Window, creator.Webview)
			after := u.selector.matchesLabels(window, webview)
			return before != after && after == gained && counts(u.scope)
		})
	}
	always := func(Scope) bool { return true }
	allows := func(s Scope) bool { return len(s.Allow) > 0 }
	denies := func(s Scope) bool { return len(s.Deny) > 0 }
	return worse(r.grants, always, true) || worse(r.denials, always, false) ||
		worse(r.scopes, allows, true) || worse(r.scopes, denies, false) || worse(r.grants, denies, false)
}

// compare reports whether a page with the new labels would hold the command
// without the creator holding it, or in a wider scope, from one of the origins.
// Where patterns overlap it errs on the side of refusing.
func (r *rules) compare(creator Caller, window, webview string, origins []originClass) (missing, narrower bool) {
	v := visitor{Caller: creator}
	own, ownHeld := r.held(
		func(s *selector) bool { return s.matches(&v) },
		func(s *selector) bool { return s.matches(&v) })
	for _, c := range origins {
		fromThere := func(s *selector) bool { return s.covers(c) && s.matchesLabels(window, webview) }
		wanted, held := r.held(fromThere, fromThere)
		if !held || ownHeld && own.includes(wanted) {
			continue
		}
		somewhere := ownHeld
		if creator.Local && !c.local {
			there, thereHeld := r.held(
				func(s *selector) bool { return s.covers(c) && s.matchesLabels(creator.Window, creator.Webview) },
				func(s *selector) bool {
					return len(s.remote) > 0 && s.matchesLabels(creator.Window, creator.Webview)
				})
			if thereHeld && there.includes(wanted) {
				continue
			}
			somewhere = somewhere || thereHeld
		}
		if !somewhere {
			return true, false
		}
		narrower = true
	}
	return false, narrower
}

// held evaluates the rules for those that the two functions select: one for
// what gives rights, one for what takes them.
func (r *rules) held(gives, takes func(*selector) bool) (scope Scope, held bool) {
	for _, u := range r.denials {
		if takes(u.selector) {
			return Scope{}, false
		}
	}
	for _, u := range r.grants {
		held = held || gives(u.selector)
	}
	for _, u := range slices.Concat(r.grants, r.scopes) {
		if gives(u.selector) {
			scope.Allow = joinValues(scope.Allow, u.scope.Allow)
		}
		if takes(u.selector) {
			scope.Deny = joinValues(scope.Deny, u.scope.Deny)
		}
	}
	return scope, held
}

// includes reports whether s gives at least the rights of t.
func (s Scope) includes(t Scope) bool {
	return containsAll(s.Allow, t.Allow) && containsAll(t.Deny, s.Deny)
}

func containsAll(list, want []jsontext.Value) bool {
	for _, w := range want {
		if !slices.ContainsFunc(list, func(v jsontext.Value) bool { return bytes.Equal(v, w) }) {
			return false
		}
	}
	return true
}
