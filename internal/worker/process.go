package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// process is one life of a worker process.
type process struct {
	slot  *slot
	pool  *Pool
	child Child
	conn  *wire.Conn

	// All guarded by pool.mu.
	ready bool        // it has answered hello
	ends  bool        // it was told to end
	idle  *time.Timer // runs while it has no call

	mu    sync.Mutex
	calls map[uint64]*call // guarded by mu
	last  uint64           // guarded by mu; the highest number of a call
	hung  string           // guarded by mu; why it was ended
}

func newProcess(s *slot, child Child) *process {
	return &process{slot: s, pool: s.pool, child: child, conn: child.Conn(), calls: map[uint64]*call{}}
}

// fatalError is what a process says that cannot go on.
type fatalError struct{ message string }

func (e *fatalError) Error() string { return e.message }

// serve handles the process's frames until the connection ends.
func (p *process) serve(launched func()) error {
	o := p.pool.opts
	n := p.child.Network()
	hello := wire.WorkerHello{Version: wire.Version, Worker: o.Name, MemoryLimit: o.MemoryLimit, Proxy: n.Proxy, NoProxy: n.Missing}
	if err := p.conn.SendJSON(wire.KindHello, 0, 0, hello); err != nil {
		return err
	}
	for {
		f, err := p.conn.Receive()
		if err != nil {
			return err
		}
		if f.Kind == wire.KindReady {
			if err := p.begun(f); err != nil {
				return err
			}
			launched()
			continue
		}
		if err := p.frame(f); err != nil {
			return err
		}
	}
}

// begun makes the process one that takes calls.
func (p *process) begun(f wire.Frame) error {
	var r wire.Ready
	if err := wire.Decode(f, &r); err != nil {
		return err
	}
	pool := p.pool
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if p.ready || r.Version != wire.Version {
		return fmt.Errorf("%w: ready for version %d, or twice", wire.ErrProtocol, r.Version)
	}
	p.ready = true
	p.slot.wanted = false
	p.slot.process = p
	pool.dispatch()
	p.rest()
	return nil
}

// rest lets the process end after a while if it has no call. pool.mu is held.
func (p *process) rest() {
	if p.slot.process != p || p.slot.open > 0 || p.pool.opts.Idle < 0 {
		return
	}
	p.idle = time.AfterFunc(p.pool.opts.Idle, func() {
		p.pool.mu.Lock()
		defer p.pool.mu.Unlock()
		if p.slot.process == p && p.slot.open == 0 {
			p.quit()
		}
	})
}

// quit ends the process, which gets no more calls. pool.mu is held.
func (p *process) quit() {
	p.ends = true
	p.slot.process = nil
	_ = p.conn.Send(wire.Frame{Kind: wire.KindQuit})
	time.AfterFunc(quitGrace, p.child.Kill)
}

// begin gives the process a call. pool.mu is held.
func (p *process) begin(c *call) {
	if p.idle != nil {
		p.idle.Stop()
	}
	c.process = p
	p.mu.Lock()
	p.calls[c.id] = c
	p.last = c.id
	p.mu.Unlock()
	c.send(p)
}

// frame handles a frame of a process, which may have been taken over.
func (p *process) frame(f wire.Frame) error {
	switch f.Kind {
	case wire.KindLog:
		var r wire.LogRecord
		if err := wire.Decode(f, &r); err != nil {
			return err
		}
		p.pool.opts.Log.Log(context.Background(), slog.Level(r.Level), cut(r.Message), "worker", p.pool.opts.Name)
		return nil
	case wire.KindFatal:
		var e wire.Fatal
		if err := wire.Decode(f, &e); err != nil {
			return err
		}
		return &fatalError{cut(e.Message)}
	case wire.KindAnswer, wire.KindOutput, wire.KindProgress, wire.KindInputCredit:
	default:
		return fmt.Errorf("%w: %s from a worker", wire.ErrProtocol, f.Kind)
	}
	p.mu.Lock()
	c, last := p.calls[f.ID], p.last
	p.mu.Unlock()
	if f.ID > last || f.ID == 0 {
		return fmt.Errorf("%w: %s of call %d, which there never was", wire.ErrProtocol, f.Kind, f.ID)
	}
	if c == nil {
		return nil // it has ended meanwhile
	}
	over, err := c.frame(f)
	if over {
		p.finish(c)
	}
	return err
}

// finish takes a call off the process. Of a call that is no longer its own
// nothing happens.
func (p *process) finish(c *call) {
	p.mu.Lock()
	_, ok := p.calls[c.id]
	delete(p.calls, c.id)
	p.mu.Unlock()
	if !ok {
		return
	}
	c.over()
	p.pool.mu.Lock()
	defer p.pool.mu.Unlock()
	if p.slot.process != p {
		return
	}
	p.slot.open--
	if p.pool.opts.Fresh {
		// It must not get another, and nothing in it is worth waiting for.
		p.ends = true
		p.slot.process = nil
		p.child.Kill()
		return
	}
	p.pool.dispatch()
	p.rest()
}

// hang ends the process because of a call that goes on though nobody wants
// it.
func (p *process) hang(c *call) {
	p.mu.Lock()
	_, open := p.calls[c.id]
	if open && p.hung == "" {
		p.hung = fmt.Sprintf("a call went on for %v after it was cancelled", p.pool.opts.Grace)
	}
	p.mu.Unlock()
	if open {
		p.child.Kill()
	}
}

// lost fails all calls of a process that has ended.
func (p *process) lost(err error) {
	p.pool.mu.Lock()
	if p.slot.process == p {
		p.slot.process = nil // no call may come from here on
	}
	if p.idle != nil {
		p.idle.Stop()
	}
	p.pool.mu.Unlock()
	p.mu.Lock()
	calls := p.calls
	p.calls = map[uint64]*call{}
	p.mu.Unlock()
	for _, c := range calls {
		c.lost(err)
		c.over()
	}
}

// judge tells how the process has ended: broke is why its connection did, end
// what the system says.
func (p *process) judge(broke error, end supervise.Ending) supervise.Ending {
	p.pool.mu.Lock()
	ready, ends := p.ready, p.ends
	p.pool.mu.Unlock()
	p.mu.Lock()
	hung := p.hung
	p.mu.Unlock()
	// A process that was ready has shown that it can start. What ended it
	// came with a call, and the next one may be different.
	end.Useful = ready
	var fatal *fatalError
	switch {
	case ends:
		return supervise.Ending{Kind: supervise.Clean}
	case errors.As(broke, &fatal):
		return supervise.Ending{Kind: supervise.LaunchFailed, Detail: fatal.message, Permanent: !ready}
	case errors.Is(broke, wire.ErrProtocol):
		end.Kind, end.Detail = supervise.Protocol, broke.Error()
	case errors.Is(broke, wire.ErrStalled):
		end.Kind, end.Detail = supervise.Hung, broke.Error()
	case hung != "":
		end.Kind, end.Detail = supervise.Hung, hung
	case !ready:
		end.Kind, end.Detail = supervise.LaunchFailed, end.String()
	}
	return end
}
