package capability

import (
	"errors"
	"slices"
	"strings"
)

// pathPattern is a pattern split at its separators.
type pathPattern struct {
	text  string
	parts []pathPart
}

// pathPart matches one component, or any number of them if it is **.
type pathPart struct {
	tree    bool
	literal string // the name, if tokens is nil
	tokens  []globToken
}

// pathRule changes how components are compared.
type pathRule uint8

const (
	matchNoDot pathRule = 1 << iota // wildcards do not match a leading dot
	matchFold                       // case does not count
)

func literalPart(name string) pathPart { return pathPart{literal: name} }

// append adds the components of text, which are separated by slashes.
func (p *pathPattern) append(text string) error {
	for name := range strings.SplitSeq(text, "/") {
		switch {
		case name == "" || name == ".":
		case name == "..":
			return errUpwards
		case name == "**":
			if n := len(p.parts); n == 0 || !p.parts[n-1].tree {
				p.parts = append(p.parts, pathPart{tree: true})
			}
		case strings.Contains(name, "**"):
			return errors.New("** has to be a component by itself")
		case strings.ContainsAny(name, "*?["):
			tokens, err := parseGlob(name)
			if err != nil {
				return err
			}
			p.parts = append(p.parts, pathPart{tokens: tokens})
		default:
			p.parts = append(p.parts, literalPart(name))
		}
	}
	return nil
}

// fixed returns the components before the first with a wildcard.
func (p *pathPattern) fixed() []string {
	var names []string
	for _, part := range p.parts {
		if part.tree || part.tokens != nil {
			break
		}
		names = append(names, part.literal)
	}
	return names
}

// match reports whether all components fit. As in matchGlob only the latest
// ** is revisited. That is enough although a ** may not run over a component
// with a leading dot: what such a component needs is a literal dot in the
// pattern, and moving an earlier ** further would have to run over it as well.
func (p *pathPattern) match(names []string, rule pathRule) bool {
	i, n := 0, 0
	tree, from := -1, 0
	for n < len(names) {
		switch {
		case i < len(p.parts) && p.parts[i].tree:
			tree, from = i, n
			i++
			if i == len(p.parts) {
				return allVisible(names[n:], rule)
			}
		case i < len(p.parts) && p.parts[i].match(names[n], rule):
			i++
			n++
		case tree >= 0 && visible(names[from], rule):
			from++
			i, n = tree+1, from
		default:
			return false
		}
	}
	// A ** at the end stands for something below, unless it is the whole pattern.
	return i == len(p.parts) || len(p.parts) == 1 && p.parts[0].tree
}

// matchBelow reports whether there could be names below those that fit.
func (p *pathPattern) matchBelow(names []string, rule pathRule) bool {
	at := make([]bool, len(p.parts)+1) // where in the pattern the names so far may have led
	at[0] = true
	for n := 0; ; n++ {
		for i, part := range p.parts {
			if at[i] && part.tree {
				at[i+1] = true
			}
		}
		if n == len(names) {
			return slices.Contains(at[:len(p.parts)], true)
		}
		next := make([]bool, len(at))
		for i := range p.parts {
			part := &p.parts[i]
			switch {
			case !at[i]:
			case part.tree:
				next[i] = next[i] || visible(names[n], rule)
			case part.match(names[n], rule):
				next[i+1] = true
			}
		}
		at = next
	}
}

func (p *pathPart) match(name string, rule pathRule) bool {
	fold := rule&matchFold != 0
	if p.tokens == nil {
		return p.literal == name || fold && strings.EqualFold(p.literal, name)
	}
	if !visible(name, rule) && (p.tokens[0].kind != globLiteral || p.tokens[0].char != '.') {
		return false
	}
	return matchGlob(p.tokens, name, fold)
}

// visible reports whether wildcards match the first character of name.
func visible(name string, rule pathRule) bool {
	return rule&matchNoDot == 0 || !strings.HasPrefix(name, ".")
}

func allVisible(names []string, rule pathRule) bool {
	for _, name := range names {
		if !visible(name, rule) {
			return false
		}
	}
	return true
}

// EscapePath returns a pattern for [NewPathScope] that matches path and
// nothing else, for paths that a user has chosen. With "/**" added it is for
// what is below. The path has to be absolute.
func EscapePath(path string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]").Replace(path)
}
