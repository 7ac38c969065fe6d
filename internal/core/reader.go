package core

import (
	"bytes"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

const (
	// quickTime is how long a command may take to count as quick.
	quickTime = 100 * time.Microsecond
	// quickRuns is how many runs must have been quick before a command is run
	// by the reader itself. One that was not counts as much as slowRun that
	// were: it may be the machine that had other things to do.
	quickRuns = 16
	slowRun   = 8
	// mostRuns bounds what is remembered.
	mostRuns = 2 * quickRuns
	// patience is how often a reader is looked after that runs commands. One
	// that was in the same command the last time is replaced.
	patience = 2 * time.Millisecond
	// stuckRun is how many runs must be quick after such a command.
	stuckRun = 1000
)

// pace tells whether a command is quick. nil is that of one that never is.
type pace struct {
	runs atomic.Int64 // that were quick, less those that were not
}

// note takes how long a run took, without what it took to send its answer: the
// host may get the processor meanwhile.
func (p *pace) note(d time.Duration) {
	switch runs := p.runs.Load(); {
	case d > quickTime && runs > 0:
		p.runs.Add(-slowRun)
	case d <= quickTime && runs < mostRuns:
		p.runs.Add(1)
	}
}

func (p *pace) isQuick() bool { return p != nil && p.runs.Load() >= quickRuns }

// paceOf returns the pace of the command that a call is for, as the page
// script writes it, or nil. It is a matter of speed only.
func (c *Core) paceOf(text []byte) *pace {
	text, ok := bytes.CutPrefix(text, []byte(`["`))
	end := bytes.IndexByte(text, '"')
	if !ok || end < 0 {
		return nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.commands[string(text[:end])].pace
}

// reader handles the frames of one connection, in order. To wake another
// thread takes longer than most commands do, so those that have always been
// quick are run by the goroutine that reads. Where one of them then is not,
// another goroutine goes on to read, and the command has the first one to
// itself. So no command can stop the frames for more than some milliseconds.
type reader struct {
	host  *host
	conn  *wire.Conn
	ended chan error // gets why the last frame was the last one

	// next is a command to be run by the goroutine that reads, which owns
	// these two.
	next func()
	pace *pace

	mu    sync.Mutex
	turn  uint64      // guarded by mu; counts the commands that the reader has run
	seen  uint64      // guarded by mu; turn when it was looked after last
	busy  *pace       // guarded by mu; that of the command that the reader runs, or nil
	yield bool        // guarded by mu; the reader is to give way, see inline
	armed bool        // guarded by mu; timer runs
	timer *time.Timer // guarded by mu; runs check
}

func newReader(h *host, conn *wire.Conn) *reader {
	return &reader{host: h, conn: conn, ended: make(chan error, 1)}
}

// read handles frames until the connection ends or another goroutine reads.
func (r *reader) read() {
	for {
		f, err := r.conn.Receive()
		if err == nil {
			r.host.handling.Store(true)
			err = r.host.frame(r, f)
			r.host.handling.Store(false)
		}
		if err != nil {
			r.ended <- err
			return
		}
		if run, p := r.next, r.pace; run != nil {
			r.next, r.pace = nil, nil
			if !r.inline(run, p) {
				return
			}
		}
	}
}

// start runs a command, whose pace may be nil. With more to be read it gets
// its own goroutine in any case: there is another one to be run beside it.
func (r *reader) start(run func(), p *pace) {
	if p.isQuick() && !r.conn.Buffered() {
		r.next, r.pace = run, p
	} else {
		r.host.core.tasks.Go(run)
	}
}

// inline runs a command on the goroutine that reads. It reports whether that
// is the one to go on reading.
func (r *reader) inline(run func(), p *pace) (reads bool) {
	r.mu.Lock()
	r.turn++
	turn := r.turn
	r.busy = p
	if !r.armed {
		r.armed = true
		if r.timer == nil {
			r.timer = time.AfterFunc(patience, r.check)
		} else {
			r.timer.Reset(patience)
		}
	}
	yield := r.yield
	r.yield = false
	r.mu.Unlock()
	if yield {
		// To the runtime a goroutine that only leaves system calls and enters
		// them has run since it was last scheduled. After ten milliseconds it
		// would be interrupted in each of them, by a thread that is woken for
		// nothing else.
		runtime.Gosched()
	}
	returned := false
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if reads = r.busy != nil && r.turn == turn; reads {
			r.busy = nil
			if !returned { // runtime.Goexit ends this goroutine
				r.host.core.tasks.Go(r.read)
			}
		}
	}()
	run()
	returned = true
	return
}

// check has another goroutine read while a command is not as quick as it was.
func (r *reader) check() {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.turn != r.seen:
		r.seen, r.yield = r.turn, true
		r.timer.Reset(patience)
		return
	case r.busy != nil:
		r.busy.runs.Store(quickRuns - stuckRun)
		r.busy = nil
		r.host.core.tasks.Go(r.read)
	}
	r.armed = false
}

// registered is a command by its name.
type registered struct {
	handler ipc.Handler
	pace    *pace
}
