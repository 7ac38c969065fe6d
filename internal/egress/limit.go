package egress

import (
	"sync"
	"time"
)

// Limit decides which refusals, or other actions of untrusted code, are logged,
// so that it cannot flood the log: each once a minute, and few different ones. The zero Limit is ready
// for use, by many goroutines.
type Limit struct {
	mu       sync.Mutex
	since    time.Time           // guarded by mu
	seen     map[string]struct{} // guarded by mu; since then
	unlogged int                 // guarded by mu; not told of yet
}

const (
	// limitWindow is how long a refusal is not logged again.
	limitWindow = time.Minute
	// maxNoted is how many different ones are logged in that time.
	maxNoted = 20
)

// Note reports whether a refusal is to be logged, and how many before it were
// not.
func (l *Limit) Note(what string, now time.Time) (unlogged int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil || now.Sub(l.since) >= limitWindow {
		l.since, l.seen = now, map[string]struct{}{}
	}
	if _, again := l.seen[what]; again || len(l.seen) >= maxNoted {
		l.unlogged++
		return 0, false
	}
	l.seen[what] = struct{}{}
	unlogged, l.unlogged = l.unlogged, 0
	return unlogged, true
}

// Skip counts what did not get as far as Note.
func (l *Limit) Skip(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unlogged += n
}
