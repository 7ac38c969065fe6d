package core

import (
	"testing"

	"github.com/mullion-dev/mullion/capability"
)

func TestMemoryLimit(t *testing.T) {
	const gib = 1 << 30
	for _, test := range []struct {
		name                   string
		granted, machine, want int64
	}{
		{"nobody knows", 0, 0, 0},
		{"small machine", 0, gib, gib},
		{"half", 0, 8 * gib, 4 * gib},
		{"large machine", 0, 64 * gib, 8 * gib},
		{"capability", 300 << 20, 64 * gib, 300 << 20},
	} {
		if got := memoryLimit(capability.Resources{MemoryLimit: test.granted}, test.machine); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}
