package core_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/supervise"
)

// TestGreedyHost: a host that keeps other programs from sending descriptors is
// ended, and another one shows its windows. A few that wait are no harm.
func TestGreedyHost(t *testing.T) {
	var all processes
	all.inFlight.Store(40)
	p := newPair(t, everything, all.options(core.Patience{Ping: 2 * time.Millisecond, Look: 2 * time.Millisecond}), nil)
	main := p.open("main", "app://localhost/")
	until(t, "some looks", func() bool { all.spent.Add(1); return all.counted.Load() > 5 })
	if k := p.kinds(); len(k) > 0 {
		t.Fatalf("faults %v", k)
	}
	all.inFlight.Store(4096)
	all.spent.Add(1)
	until(t, "the end of the host", func() bool {
		if len(p.kinds()) == 0 {
			return false
		}
		all.inFlight.Store(0)
		return true
	})
	if k := p.kinds(); k[0] != supervise.Greedy {
		t.Errorf("faults %v", k)
	}
	if got := p.page(main.window).call(`["echo",{"x":1}]`); !strings.HasPrefix(got, "o") {
		t.Errorf("got %s", got)
	}
}
