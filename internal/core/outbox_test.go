package core

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/wire"
)

// TestOutboxFits never waits for what a host need not confirm.
func TestOutboxFits(t *testing.T) {
	for _, test := range []struct {
		name       string
		sent, size int
		want       bool
	}{
		{"nothing is under way", 0, 8 << 20, true},
		{"what the host may owe", wire.MaxOwed, 8 << 20, true},
		{"more than that", wire.MaxOwed + 1, 8 << 20, false},
		{"the window is not full", wire.MaxOwed + 1, outboxWindow - wire.MaxOwed - 1, true},
		{"the window is full", outboxWindow, 1, false},
	} {
		o := outbox{sent: test.sent}
		if got := o.fits(wire.Frame{Payload: make([]byte, test.size)}); got != test.want {
			t.Errorf("%s: got %t, want %t", test.name, got, test.want)
		}
	}
}
