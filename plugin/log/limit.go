package log

import (
	"maps"
	"sync"
	"time"
)

const (
	// ahead is how many seconds of records a webview may have at once.
	ahead = 10
	// bytesPerRecord is the mean size that records may have in the long run.
	bytesPerRecord = 2 << 10
	// maxWebviews is how many webviews are told apart; what is more counts as
	// one.
	maxWebviews = 1000
	// tellAfter is how long records that were left out are counted.
	tellAfter = 5 * time.Second
)

// limiter bounds what pages log, so that none fills the disk, hides what others
// have logged, or keeps the app busy.
type limiter struct {
	rate float64 // records per second
	tell func(window string, records int)
	now  func() time.Time

	mu    sync.Mutex
	known map[string]*room // guarded by mu
}

// room is what a webview may still log.
type room struct {
	records, bytes float64
	since          time.Time
	left           int         // out, since it was told
	timer          *time.Timer // which tells it; nil if there is nothing to tell
}

func newLimiter(rate int, tell func(string, int)) *limiter {
	return &limiter{rate: float64(rate), tell: tell, now: time.Now, known: map[string]*room{}}
}

// take reports whether a webview may have a record of that size written.
func (l *limiter) take(window string, size int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.known[window] == nil && len(l.known) >= maxWebviews {
		maps.DeleteFunc(l.known, func(_ string, r *room) bool {
			l.refill(r, now)
			return r.timer == nil && r.records == l.rate*ahead && r.bytes == l.rate*ahead*bytesPerRecord
		})
		if len(l.known) >= maxWebviews {
			window = "others"
		}
	}
	r := l.known[window]
	if r == nil {
		r = &room{records: l.rate * ahead, bytes: l.rate * ahead * bytesPerRecord, since: now}
		l.known[window] = r
	}
	l.refill(r, now)
	if r.records >= 1 && r.bytes >= float64(size) {
		r.records--
		r.bytes -= float64(size)
		return true
	}
	r.left++
	if r.timer == nil {
		r.timer = time.AfterFunc(tellAfter, func() { l.tellOf(window) })
	}
	return false
}

// refill makes the room that time has made. l.mu is held.
func (l *limiter) refill(r *room, now time.Time) {
	n := max(now.Sub(r.since).Seconds(), 0) * l.rate
	r.records = min(r.records+n, l.rate*ahead)
	r.bytes = min(r.bytes+n*bytesPerRecord, l.rate*ahead*bytesPerRecord)
	r.since = now
}

// tellOf tells how many records of a webview were left out.
func (l *limiter) tellOf(window string) {
	l.mu.Lock()
	r := l.known[window]
	n := 0
	if r != nil && r.timer != nil {
		r.timer.Stop()
		n, r.left, r.timer = r.left, 0, nil
	}
	l.mu.Unlock()
	if n > 0 {
		l.tell(window, n)
	}
}

// flush tells it of all webviews at once.
func (l *limiter) flush() {
	l.mu.Lock()
	windows := make([]string, 0, len(l.known))
	for w := range l.known {
		windows = append(windows, w)
	}
	l.mu.Unlock()
	for _, w := range windows {
		l.tellOf(w)
	}
}
