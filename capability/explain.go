package capability

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// An Explanation tells why a command is allowed or not. Its String is for people.
type Explanation struct {
	Caller  Caller
	Command string
	Allowed bool
	// Denied is the error of [Authority.Check], nil if the command is allowed.
	Denied *DeniedError
	// Scope is what [Authority.Check] returns.
	Scope Scope
	// Considered has all that capabilities say about the command, whether it
	// applies to the caller or not: denials, grants, then scopes.
	Considered []Consideration
	// Inactive lists the capabilities that are for other platforms.
	Inactive []string
	// Abuse says for a resource ([SandboxPrefix]) what code that has taken over
	// the host of a window can do with it; it is "" for all other commands. It is a
	// phrase, such as "take pictures with every camera, at any time and unasked."
	Abuse string
}

// A Consideration is one statement of a capability about a command.
type Consideration struct {
	Effect     Effect
	Capability string
	File       string // "" if the capability is not from a file
	Entry      string // the identifier that the capability names
	Permission string // the permission that this stands for, or the same
	Scope      Scope  // what it adds to the command's scope
	// Matched says that both selectors cover the caller, and so that the statement counts.
	Matched bool
	// OriginMatched and LabelMatched are about each selector by itself; Origin
	// and Label say in words what matched or failed.
	OriginMatched, LabelMatched bool
	Origin, Label               string
}

// Effect is what a statement of a capability does.
type Effect string

// The effects. AddsScope is that of a permission without commands.
const (
	Denies    Effect = "denies"
	Grants    Effect = "grants"
	AddsScope Effect = "adds to the scope of"
)

// Explain says why [Authority.Check] answers as it does.
func (a *Authority) Explain(c Caller, command string) Explanation {
	e := Explanation{Caller: c, Command: command, Abuse: abuse(command)}
	scope, err := a.Check(c, command)
	if err != nil {
		errors.As(err, &e.Denied)
	}
	e.Allowed, e.Scope = err == nil, scope
	if a == nil {
		return e
	}
	for _, s := range a.idle {
		e.Inactive = append(e.Inactive, (&DeniedError{Capability: s.capability, File: s.file}).source())
	}
	r := a.commands[command]
	if r == nil {
		return e
	}
	v := visitor{Caller: c}
	for _, part := range []struct {
		effect Effect
		rules  []rule
	}{{Denies, r.denials}, {Grants, r.grants}, {AddsScope, r.scopes}} {
		for _, rule := range part.rules {
			n := Consideration{
				Effect: part.effect, Capability: rule.selector.capability, File: rule.selector.file,
				Entry: rule.entry, Permission: rule.permission, Scope: rule.scope,
			}
			n.OriginMatched, n.Origin = rule.selector.explainOrigin(&v)
			n.LabelMatched, n.Label = rule.selector.explainLabels(&v)
			n.Matched = n.OriginMatched && n.LabelMatched
			e.Considered = append(e.Considered, n)
		}
	}
	return e
}

// String returns a report of several lines, without a final line end.
func (e Explanation) String() string {
	var b strings.Builder
	switch {
	case e.Denied != nil:
		b.WriteString(e.Denied.Error())
	case !e.Allowed:
		fmt.Fprintf(&b, "Nothing was found out about command %s on %s", plainText(e.Command), e.Caller.describe())
		return b.String()
	default:
		fmt.Fprintf(&b, "Command %s is allowed on %s", plainText(e.Command), e.Caller.describe())
		writeScope(&b, "\n  with scope ", e.Scope)
	}
	if e.Abuse != "" {
		b.WriteString("\n  With it, code that has taken over the host of the window can " + e.Abuse)
	}
	for _, n := range e.Considered {
		mark := "-"
		if n.Matched {
			mark = "+"
		}
		fmt.Fprintf(&b, "\n%s %s", mark, (&DeniedError{Capability: n.Capability, File: n.File}).source())
		fmt.Fprintf(&b, " %s it by %q", n.Effect, n.Permission)
		if n.Entry != n.Permission {
			fmt.Fprintf(&b, ", a member of %q", n.Entry)
		}
		fmt.Fprintf(&b, "\n    %s %s", yesNo(n.LabelMatched), n.Label)
		fmt.Fprintf(&b, "\n    %s %s", yesNo(n.OriginMatched), n.Origin)
		writeScope(&b, "\n    scope ", n.Scope)
	}
	if len(e.Considered) == 0 && (e.Denied == nil || e.Denied.Permission != "") {
		b.WriteString("\n- no capability says anything about it")
	}
	for _, name := range e.Inactive {
		fmt.Fprintf(&b, "\n- %s is for other platforms", name)
	}
	return b.String()
}

func yesNo(matched bool) string {
	if matched {
		return "yes:"
	}
	return "no: "
}

func writeScope(b *strings.Builder, lead string, s Scope) {
	if s.Empty() {
		return
	}
	b.WriteString(lead)
	write := func(what string, values []jsontext.Value) {
		b.WriteString(what + " [")
		for i, v := range values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.Write(v)
		}
		b.WriteString("]")
	}
	if len(s.Allow) > 0 {
		write("allow", s.Allow)
	}
	if len(s.Deny) > 0 {
		if len(s.Allow) > 0 {
			b.WriteString(", ")
		}
		write("deny", s.Deny)
	}
}
