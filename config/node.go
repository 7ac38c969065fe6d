package config

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A source is one layer of the configuration.
type source struct {
	name  string
	order int  // place among the layers
	kebab bool // its author writes keys in kebab-case
}

// A position is a place in a source; lines and columns count from 1.
type position struct {
	src          *source
	line, column int
}

// A kind is the type of a node.
type kind int

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	arrayKind
	objectKind
)

// String names the kind as in "want a number, not a string".
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// A node is a value of the configuration that remembers where it was written.
// JSON and TOML become the same tree.
type node struct {
	kind    kind
	pos     position
	bool    bool
	text    string // of a string; of a number its JSON text
	items   []*node
	members []member // in file order, names unique
}

// A member is a name and its value.
type member struct {
	name  string
	pos   position // of the name
	value *node
}

// get returns the member's value, or nil.
func (n *node) get(name string) *node {
	if i := n.index(name); i >= 0 {
		return n.members[i].value
	}
	return nil
}

// getOr returns the member's value, or n itself for the place of an error
// about a member that is not there.
func (n *node) getOr(name string) *node {
	if v := n.get(name); v != nil {
		return v
	}
	return n
}

// index returns the place of a member, or -1.
func (n *node) index(name string) int {
	return slices.IndexFunc(n.members, func(m member) bool { return m.name == name })
}

// raw returns the node as compact JSON.
func (n *node) raw() jsontext.Value {
	return n.appendJSON(nil)
}

func (n *node) appendJSON(b []byte) []byte {
	switch n.kind {
	case nullKind:
		return append(b, "null"...)
	case boolKind:
		return strconv.AppendBool(b, n.bool)
	case numberKind:
		return append(b, n.text...)
	case stringKind:
		return appendString(b, n.text)
	case arrayKind:
		b = append(b, '[')
		for i, item := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	default:
		b = append(b, '{')
		for i, m := range n.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, m.name)
			b = append(b, ':')
			b = m.value.appendJSON(b)
		}
		return append(b, '}')
	}
}

// appendString appends s as a JSON string. Both parsers refuse text that is
// not UTF-8, the only thing that could fail here.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// merge applies patch to target as RFC 7396 describes and returns the result,
// which may share nodes with both. The path is that of target.
func merge(target, patch *node, path string) *node {
	if patch.kind != objectKind {
		return patch
	}
	result := &node{kind: objectKind, pos: patch.pos}
	if target != nil && target.kind == objectKind {
		result.pos = target.pos
		result.members = slices.Clone(target.members)
	}
	for _, m := range patch.members {
		i := result.index(m.name)
		memberPath := joinKey(path, m.name)
		if m.value.kind == nullKind && memberPath != "app.security.csp" {
			if i >= 0 {
				result.members = slices.Delete(result.members, i, i+1)
			}
			continue
		}
		if i < 0 {
			m.value = merge(nil, m.value, memberPath)
			result.members = append(result.members, m)
			continue
		}
		result.members[i].pos = m.pos
		result.members[i].value = merge(result.members[i].value, m.value, memberPath)
	}
	return result
}
