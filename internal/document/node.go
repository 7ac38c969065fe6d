package document

import (
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A Source is a file, or what stands in the place of one.
type Source struct {
	// Name is the name in problems.
	Name string
	// Order is the place of the source among others, by which problems are
	// sorted.
	Order int
	// Format is how it is written.
	Format Format
}

// A Position is a place in a source. Lines and columns, in bytes, count from 1;
// both are 0 where the place is not known.
type Position struct {
	Source       *Source
	Line, Column int
}

// A Kind is the type of a node.
type Kind int

// The kinds, which are those of JSON.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String names the kind as in "want a number, not a string".
func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// A Node is a value that remembers where it was written.
type Node struct {
	Kind    Kind
	Pos     Position
	Bool    bool
	Text    string // of a string; of a number its JSON text
	Items   []*Node
	Members []Member // in the order of the file, names unique
}

// A Member is a name and its value.
type Member struct {
	Name  string
	Pos   Position // of the name
	Value *Node
}

// Get returns the member's value, or nil.
func (n *Node) Get(name string) *Node {
	if i := n.Index(name); i >= 0 {
		return n.Members[i].Value
	}
	return nil
}

// GetOr returns the member's value, or n itself for the place of a problem
// with a member that is not there.
func (n *Node) GetOr(name string) *Node {
	if v := n.Get(name); v != nil {
		return v
	}
	return n
}

// Index returns the place of a member, or -1.
func (n *Node) Index(name string) int {
	return slices.IndexFunc(n.Members, func(m Member) bool { return m.Name == name })
}

// JSON returns the node as compact JSON.
func (n *Node) JSON() jsontext.Value { return n.appendJSON(nil) }

func (n *Node) appendJSON(b []byte) []byte {
	switch n.Kind {
	case Null:
		return append(b, "null"...)
	case Bool:
		return strconv.AppendBool(b, n.Bool)
	case Number:
		return append(b, n.Text...)
	case String:
		return appendString(b, n.Text)
	case Array:
		b = append(b, '[')
		for i, item := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	default:
		b = append(b, '{')
		for i, m := range n.Members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, m.Name), ':')
			b = m.Value.appendJSON(b)
		}
		return append(b, '}')
	}
}

// appendString appends s as a JSON string. All parsers refuse text that is not
// UTF-8, the only thing that could fail here.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}
