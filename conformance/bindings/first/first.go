// Package first has types that package second has, too.
package first

// Note is a note of the first package.
type Note struct {
	Text string `json:"text"`
	Kind Kind   `json:"kind"`
}

// Kind is an enumeration of the first package.
type Kind string

// The kinds.
const (
	Plain Kind = "plain"
	Rich  Kind = "rich"
)
