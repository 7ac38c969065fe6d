// Package supervise keeps a component alive: it runs it, tells why it ended,
// and runs it again after a pause that grows, until it fails too often.
package supervise

import (
	"context"
	"fmt"
	"time"
)

// Kind is the taxonomy of endings.
type Kind string

const (
	// Clean is an ending that was asked for.
	Clean Kind = "clean"
	// Exited is an exit with a status that nobody asked for.
	Exited Kind = "exited"
	// Killed is an end by a signal from outside, such as SIGKILL.
	Killed Kind = "killed"
	// Crashed is an end by a fault of its own, such as SIGSEGV.
	Crashed Kind = "crashed"
	// OutOfMemory is an end for lack of memory, where that is known.
	OutOfMemory Kind = "out of memory"
	// LaunchFailed means that it never got to work.
	LaunchFailed Kind = "launch failed"
	// Hung means that it was ended because it did not answer.
	Hung Kind = "hung"
	// Protocol means that it was ended because it broke the wire protocol.
	Protocol Kind = "protocol violation"
)

// Ending tells how one run of a component ended.
type Ending struct {
	Kind   Kind
	Detail string
	// Permanent means that running it again cannot help: a library is
	// missing, there is no display.
	Permanent bool
}

func (e Ending) String() string {
	if e.Detail == "" {
		return string(e.Kind)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Detail)
}

// Error is returned by Run when it gives up.
type Error struct {
	Name string
	Last Ending
	// Failures is how often it failed in a row.
	Failures int
}

func (e *Error) Error() string {
	if e.Last.Permanent {
		return fmt.Sprintf("%s cannot run: %s", e.Name, e.Last.Detail)
	}
	return fmt.Sprintf("%s failed %d times in a row, last: %s", e.Name, e.Failures, e.Last)
}

// Policy bounds restarts.
type Policy struct {
	// First is the pause after the first failure; it doubles up to Most.
	First, Most time.Duration
	// Steady is how long a run must last for the count to start anew.
	Steady time.Duration
	// Limit is the number of failures in a row after which Run gives up.
	Limit int
}

// Default suits a host: a crash loop is noticed within seconds, a crash now
// and then is healed at once.
var Default = Policy{First: 10 * time.Millisecond, Most: 5 * time.Second, Steady: 10 * time.Second, Limit: 12}

// Component is what is kept alive.
type Component struct {
	Name string
	// Run runs the component until it ends.
	Run func(ctx context.Context) Ending
	// Ended is called after each run that was not clean, before the pause.
	// again is false when Run is about to give up. It may be nil.
	Ended func(e Ending, failures int, again bool)
}

// Run keeps c alive until it ends cleanly or ctx is done, and then returns
// nil; or until it has failed too often, and then returns an *Error.
func Run(ctx context.Context, c Component, p Policy) error {
	failures := 0
	for {
		start := time.Now()
		e := c.Run(ctx)
		if e.Kind == Clean || ctx.Err() != nil {
			return nil
		}
		if time.Since(start) >= p.Steady {
			failures = 0
		}
		failures++
		again := !e.Permanent && failures < p.Limit
		if c.Ended != nil {
			c.Ended(e, failures, again)
		}
		if !again {
			return &Error{Name: c.Name, Last: e, Failures: failures}
		}
		t := time.NewTimer(pause(p, failures))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
	}
}

// pause is what to wait after so many failures. The first restart comes at
// once: what died alone should be back before anyone notices.
func pause(p Policy, failures int) time.Duration {
	if failures <= 1 {
		return 0
	}
	d := p.First
	for range failures - 2 {
		if d *= 2; d >= p.Most {
			return p.Most
		}
	}
	return d
}
