// Package second has types that package first has, too.
package second

// Note is a note of the second package.
type Note struct {
	Data []byte `json:"data"`
	Kind Kind   `json:"kind"`
}

// Kind is an enumeration of the second package.
type Kind int

// The kinds.
const (
	Plain Kind = iota
	Rich
)
