package core

import (
	"fmt"
	"time"

	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Processes are a host with all processes below it.
type Processes interface {
	// Spent is the processor time of all. While it stays the same none has run,
	// and so nothing about them has changed.
	Spent() time.Duration
	// Rest finds those that have begun, and notes how far all main loops are; Worked is the most that one of
	// them has worked since, as far as that can be known.
	Rest()
	Worked() (most time.Duration, ok bool)
	// InFlight counts the descriptors that wait in their sockets.
	InFlight() int
	// EndLarger ends the web processes that take more than limit bytes, and
	// returns how many.
	EndLarger(limit int64) int
}

// looks are those at the processes of one life of a host, for the goroutine that
// watches it. What has not run is not looked at: an app that does nothing takes
// no processor time.
type looks struct {
	h       *host
	child   Child
	limit   int64         // of the memory of a web process; 0 if there is none
	all     Processes     // nil: there is nothing to look at
	spent   time.Duration // at the last look
	resting bool          // all had come to rest after the last ping
	unseen  bool          // something has run since descriptors were counted
	next    time.Time     // when they are counted again
}

func newLooks(h *host, child Child, limit int64) *looks {
	l := &looks{h: h, child: child, limit: limit, next: time.Now().Add(h.core.opts.Patience.Look)}
	if f := h.core.opts.Processes; f != nil {
		l.all = f(child.PID())
	}
	return l
}

// look ends what takes too much, and reports whether that was the host itself.
func (l *looks) look(now time.Time) (ended bool) {
	if l.all == nil {
		return false
	}
	if spent := l.all.Spent(); spent != l.spent {
		l.spent, l.unseen = spent, true
		if l.limit > 0 {
			l.h.oversized.Add(int32(l.all.EndLarger(l.limit)))
		}
	}
	if !l.unseen || now.Before(l.next) {
		return false
	}
	l.unseen, l.next = false, now.Add(l.h.core.opts.Patience.Look)
	return l.h.greedy(l.child, l.all.InFlight())
}

// rest notes that all have come to rest, if everything has answered. It finds
// what has begun in any case: pages that answer nothing take memory, too.
func (l *looks) rest() {
	if l.all != nil {
		l.all.Rest()
		l.resting = l.h.atRest()
	}
}

// slight is how much a main loop may work that counts as calm: to ask a page
// whether it answers has the engine tidy up for some seconds.
const slight = 2 * time.Millisecond

// calm reports whether no main loop has done much since then. A page that hangs
// works, or has hardly done anything before: then the next ping finds it.
func (l *looks) calm() bool {
	if l.resting {
		worked, ok := l.all.Worked()
		l.resting = ok && worked <= slight
	}
	return l.resting
}

// atRest reports whether the last ping was answered, with all that it has made
// the host ask.
func (h *host) atRest() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ponged && h.settled
}

// whyCrashed corrects what a host knows of the end of a web process: one that
// was ended for its memory is to the host one that has crashed.
func (h *host) whyCrashed(reason string) string {
	for reason == wire.CrashCrashed {
		n := h.oversized.Load()
		if n == 0 {
			break
		}
		if h.oversized.CompareAndSwap(n, n-1) {
			return wire.CrashMemory
		}
	}
	return reason
}

// mostInFlight is how many descriptors may wait in the sockets of a host. A few
// wait where a process is busy. Most programs of the user can send none while
// 1024 are on their way.
const mostInFlight = 512

// greedy ends a host that keeps other programs from sending descriptors.
func (h *host) greedy(child Child, inFlight int) bool {
	if inFlight <= mostInFlight {
		return false
	}
	h.end(child, supervise.Ending{Kind: supervise.Greedy, Detail: fmt.Sprintf("%d descriptors waited in its sockets", inFlight)})
	return true
}

// PIDs returns the process ids of the hosts that are running, by name.
func (c *Core) PIDs() map[string]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	pids := map[string]int{}
	for name, h := range c.hosts {
		h.mu.Lock()
		if h.child != nil {
			pids[name] = h.child.PID()
		}
		h.mu.Unlock()
	}
	return pids
}
