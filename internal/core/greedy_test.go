package core_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/supervise"
)

// TestGreedyHost: a host that keeps other programs from sending descriptors is
// ended, and another one shows its windows. A few that wait are no harm.
func TestGreedyHost(t *testing.T) {
	var inFlight, looks atomic.Int64
	inFlight.Store(40)
	p := newPair(t, everything, core.Options{
		Patience: core.Patience{Ping: 2 * time.Millisecond, Look: 2 * time.Millisecond},
		InFlight: func(int) int {
			looks.Add(1)
			return int(inFlight.Load())
		},
	}, nil)
	main := p.open("main", "app://localhost/")
	until(t, "some looks", func() bool { return looks.Load() > 5 })
	if k := p.kinds(); len(k) > 0 {
		t.Fatalf("faults %v", k)
	}
	inFlight.Store(4096)
	until(t, "the end of the host", func() bool {
		if len(p.kinds()) == 0 {
			return false
		}
		inFlight.Store(0)
		return true
	})
	if k := p.kinds(); k[0] != supervise.Greedy {
		t.Errorf("faults %v", k)
	}
	if got := p.page(main.window).call(`["echo",{"x":1}]`); !strings.HasPrefix(got, "o") {
		t.Errorf("got %s", got)
	}
}
