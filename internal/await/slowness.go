package await

import (
	"sync"
	"time"
)

// nominal is how long the work takes on a machine at rest, steps how much work
// that is. It is more than a scheduler lets a thread run before others have
// their turn.
const (
	nominal = 40 * time.Millisecond
	steps   = 20_000_000
)

// fresh is how long a measurement counts.
const fresh = 3 * time.Second

var measured struct {
	mu   sync.Mutex
	at   time.Time // guarded by mu
	slow float64   // guarded by mu
	sum  uint64    // guarded by mu; keeps the work from being left out
}

// Slowness is how many times as long as on a machine at rest a known piece of
// work takes now. It is never less than 1.
func Slowness() float64 {
	measured.mu.Lock()
	defer measured.mu.Unlock()
	if time.Since(measured.at) < fresh {
		return measured.slow
	}
	begun := time.Now()
	measured.sum += work()
	measured.at = time.Now()
	measured.slow = max(1, float64(measured.at.Sub(begun))/float64(nominal))
	return measured.slow
}

// work keeps to registers, so that the race detector does not slow it down.
func work() uint64 {
	x := uint64(88172645463325252)
	for range steps {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
