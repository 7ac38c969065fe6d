// Package supervise keeps a component alive: it runs it, tells why it ended,
// and runs it again after a pause that grows, until it fails too often.
package supervise

import (
	"context"
	"fmt"
	"slices"
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
	// Blank means that it was ended because it drew nothing.
	Blank Kind = "blank"
	// Greedy means that it was ended because it used up what other programs
	// need.
	Greedy Kind = "used too much"
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
	// Outage means that something is missing for now which was there before
	// and may come back: the display, descriptors, memory. That is nobody's
	// failure, and is waited out for as long as Policy.Outage.
	Outage bool
	// Useful means that it had done its work before it ended: a host has
	// shown a page. Whatever ended it, the next one has a chance. A run that
	// was longer than Policy.Window was useful in any case.
	Useful bool
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
	// Failures is how often it failed of late.
	Failures int
}

func (e *Error) Error() string {
	if e.Last.Permanent || e.Last.Outage {
		return fmt.Sprintf("%s cannot run: %s", e.Name, e.Last.Detail)
	}
	return fmt.Sprintf("%s failed %d times within a short time, last: %s", e.Name, e.Failures, e.Last)
}

// Policy bounds restarts.
type Policy struct {
	// First is the pause after the second useless run in a row; it doubles
	// with each further one up to Most. The first failure costs no pause, and
	// neither does one after a useful run.
	First, Most time.Duration
	// Useless is the number of useless runs in a row after which Run gives up.
	Useless int
	// Burst is the number of failures of any kind within Window after which
	// Run gives up: a page that ends its host as soon as it is shown must not
	// do so for ever.
	Burst  int
	Window time.Duration
	// Outage is how long an outage may last. Meanwhile the pauses grow as
	// those after useless runs do.
	Outage time.Duration
}

// Default suits a host.
var Default = Policy{First: 20 * time.Millisecond, Most: 5 * time.Second, Useless: 8, Burst: 40, Window: time.Minute, Outage: 5 * time.Minute}

// Component is what is kept alive.
type Component struct {
	Name string
	// Run runs the component until it ends.
	Run func(ctx context.Context) Ending
	// Ended is called after each run that was not clean, before the pause.
	// again is false when Run is about to give up. What goes on in an outage,
	// with the same detail, it is told once, and when Run gives up. It may be
	// nil.
	Ended func(e Ending, failures int, again bool)
}

// Run keeps c alive until it ends cleanly or ctx is done, and then returns
// nil; or until it has failed too often, and then returns an *Error.
func Run(ctx context.Context, c Component, p Policy) error {
	f := failures{policy: p}
	var last Ending
	for {
		began := time.Now()
		e := c.Run(ctx)
		if e.Kind == Clean || ctx.Err() != nil {
			return nil
		}
		n, again := f.add(e, began, time.Now())
		if goesOn := e.Outage && e == last; c.Ended != nil && !(goesOn && again) {
			c.Ended(e, n, again)
		}
		last = e
		if !again {
			return &Error{Name: c.Name, Last: e, Failures: n}
		}
		t := time.NewTimer(f.pause())
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
	}
}

// failures are those of one Run.
type failures struct {
	policy  Policy
	recent  []time.Time // within policy.Window
	useless int         // in a row
	outage  time.Time   // when the one that lasts began; zero if none does
	waits   int         // for the end of it
}

// add counts the ending of a run that began and ended then. It returns how many failures there were of late, and
// whether to go on.
func (f *failures) add(e Ending, began, now time.Time) (n int, again bool) {
	p := f.policy
	if e.Outage {
		if f.waits == 0 {
			f.outage = now
		}
		f.waits++
		return f.waits, !e.Permanent && now.Sub(f.outage) < p.Outage
	}
	f.waits = 0
	f.recent = append(slices.DeleteFunc(f.recent, func(t time.Time) bool { return now.Sub(t) > p.Window }), now)
	f.useless++
	if e.Useful || now.Sub(began) >= p.Window {
		f.useless = 0
	}
	return len(f.recent), !e.Permanent && f.useless < p.Useless && len(f.recent) < p.Burst
}

// pause is what to wait now. An outage is not over at once, so that the first
// pause comes with its first failure.
func (f *failures) pause() time.Duration {
	if f.waits > 0 {
		return pause(f.policy, f.waits+1)
	}
	return pause(f.policy, f.useless)
}

// pause is what to wait after so many useless runs in a row.
func pause(p Policy, useless int) time.Duration {
	if useless <= 1 {
		return 0
	}
	d := p.First
	for range useless - 2 {
		if d *= 2; d >= p.Most {
			return p.Most
		}
	}
	return d
}
