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
	if e.Last.Permanent {
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
}

// Default suits a host.
var Default = Policy{First: 20 * time.Millisecond, Most: 5 * time.Second, Useless: 8, Burst: 40, Window: time.Minute}

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
	var recent []time.Time // of failures within p.Window
	useless := 0           // in a row
	for {
		began := time.Now()
		e := c.Run(ctx)
		if e.Kind == Clean || ctx.Err() != nil {
			return nil
		}
		now := time.Now()
		recent = append(slices.DeleteFunc(recent, func(t time.Time) bool { return now.Sub(t) > p.Window }), now)
		useless++
		if e.Useful || now.Sub(began) >= p.Window {
			useless = 0
		}
		again := !e.Permanent && useless < p.Useless && len(recent) < p.Burst
		if c.Ended != nil {
			c.Ended(e, len(recent), again)
		}
		if !again {
			return &Error{Name: c.Name, Last: e, Failures: len(recent)}
		}
		t := time.NewTimer(pause(p, useless))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
	}
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
