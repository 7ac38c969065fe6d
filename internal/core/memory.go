package core

import "github.com/mullion-dev/mullion/capability"

const (
	// leastMemory and mostMemory bound what a web process may take where no
	// capability says anything, in bytes.
	leastMemory = 1 << 30
	mostMemory  = 8 << 30
)

// memoryLimit is how much memory each web process of a host may take, in
// bytes: what capabilities say, or half of what the machine has. 0 means that
// nobody knows.
func memoryLimit(r capability.Resources, machine int64) int64 {
	switch {
	case r.MemoryLimit > 0:
		return r.MemoryLimit
	case machine <= 0:
		return 0
	}
	return min(max(machine/2, leastMemory), mostMemory)
}
