//go:build !linux

package sandbox

import "time"

// Tree sees nothing on this system.
type Tree struct{}

// NewTree makes a tree that sees nothing.
func NewTree(int) *Tree { return nil }

// Spent says that nothing has run.
func (*Tree) Spent() time.Duration { return 0 }

// Rest does nothing.
func (*Tree) Rest() {}

// Worked does not know.
func (*Tree) Worked() (most time.Duration, ok bool) { return 0, false }

// InFlight sees none: handles wait nowhere.
func (*Tree) InFlight() int { return 0 }

// EndLarger ends none.
func (*Tree) EndLarger(int64) int { return 0 }
