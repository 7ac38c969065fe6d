package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
)

// answer is how a call has ended, or its output has begun.
type answer struct {
	out Data
	err error
}

// call is a call as the Core sees it.
type call struct {
	pool     *Pool
	ctx      context.Context
	id       uint64 // set when it is queued
	work     wire.Work
	inline   []byte
	rest     io.ReadCloser // what of the input comes in pieces, or nil
	window   *window       // of the input
	answers  chan answer   // has room for the only one
	progress chan []byte   // has room for all that may be under way

	process *process // guarded by pool.mu; nil while it waits for one

	// answered is owned by the goroutine that reads the process's frames.
	answered bool

	mu    sync.Mutex
	out   *inflow     // guarded by mu; the output, if it comes in pieces. Set by that goroutine
	gone  error       // guarded by mu; why nobody wants the result
	ended bool        // guarded by mu
	grace *time.Timer // guarded by mu
	left  chan struct{}
}

// Call runs the worker's function. report, which may be nil, gets what the
// function says of its progress, in order, in this goroutine; the function
// waits for it. If the output is a stream, the call lasts until that was read
// to its end or closed. The stream of the input is closed.
func (p *Pool) Call(ctx context.Context, in Data, report func(jsontext.Value)) (Data, error) {
	c, err := p.newCall(ctx, in, report != nil)
	if err != nil {
		return Data{}, p.wrap(err)
	}
	if err := p.add(c); err != nil {
		c.closeInput()
		return Data{}, p.wrap(err)
	}
	unbind := context.AfterFunc(ctx, func() { c.leave(ctx.Err()) })
	answered, streaming := false, false
	defer func() {
		if !streaming {
			unbind()
		}
		if !answered {
			c.leave(context.Canceled) // report has panicked, or the context has ended
		}
		c.closeInput()
	}()
	for {
		select {
		case v := <-c.progress:
			c.tell(report, v)
		case a := <-c.answers:
			for len(c.progress) > 0 {
				c.tell(report, <-c.progress)
			}
			answered = true
			if a.err != nil {
				return Data{}, a.err
			}
			if in, ok := a.out.Stream.(*inflowReader); ok {
				streaming = true
				in.unbind = unbind
			}
			return a.out, nil
		case <-c.left:
			return Data{}, p.wrap(c.why())
		}
	}
}

func (p *Pool) newCall(ctx context.Context, in Data, progress bool) (*call, error) {
	d, inline, rest, err := in.describe()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if in.Stream != nil {
			in.Stream.Close()
		}
		return nil, err
	}
	return &call{
		pool: p, ctx: ctx, work: wire.Work{Input: d, Progress: progress}, inline: inline, rest: rest,
		window: newWindow(windowSize), answers: make(chan answer, 1), progress: make(chan []byte, progressWindow), left: make(chan struct{}),
	}, nil
}

// tell passes on one message of progress.
func (c *call) tell(report func(jsontext.Value), v []byte) {
	report(v)
	c.toProcess(wire.Frame{Kind: wire.KindProgressTaken, ID: c.id})
}

// toProcess sends a frame to the process that has the call.
func (c *call) toProcess(f wire.Frame) {
	c.pool.mu.Lock()
	pr := c.process
	c.pool.mu.Unlock()
	if pr != nil {
		_ = pr.conn.Send(f) // a lost process has its own way to be noticed
	}
}

// send begins the call in a process.
func (c *call) send(p *process) {
	if deadline, ok := c.ctx.Deadline(); ok {
		c.work.Timeout = max(1, time.Until(deadline).Milliseconds())
	}
	f, err := frame(wire.KindWork, c.id, c.work, c.inline)
	if err == nil {
		err = p.conn.Send(f)
	}
	if err != nil {
		p.child.Kill()
	}
	if c.rest != nil {
		go c.pump(p)
	}
}

// pump sends the input that comes in pieces. Nobody waits for it: it may be
// waiting for a reader of the app's.
func (c *call) pump(p *process) {
	err := error(&readError{errPanic})
	c.survive("Read", func() { err = sendPieces(p.conn, wire.KindInput, c.id, c.rest, c.window) })
	var re *readError
	if errors.As(err, &re) {
		c.leave(fmt.Errorf("read the input: %w", re.err))
	}
	c.survive("Close", func() { c.rest.Close() })
}

// errPanic is what a call fails with whose input has panicked. The log has the
// rest.
var errPanic = errors.New("internal error")

// survive runs a method of the input, which is the app's.
func (c *call) survive(method string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			c.pool.opts.Log.Error("mullion: panic of the app", "in", method+" of a worker's input", "worker", c.pool.opts.Name,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// deliver gives the call its answer.
func (c *call) deliver(a answer) {
	select {
	case c.answers <- a:
	default: // it had one
	}
}

func (c *call) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// leave is called when nobody wants the result any more. The process is told
// so, and ended if the call goes on.
func (c *call) leave(err error) {
	c.mu.Lock()
	if c.ended || c.gone != nil {
		c.mu.Unlock()
		return
	}
	c.gone = err
	out := c.out
	c.mu.Unlock()
	c.window.fail(err)
	out.fail(err)

	p := c.pool
	p.mu.Lock()
	pr := c.process
	if i := slices.Index(p.queue, c); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	}
	p.mu.Unlock()
	close(c.left)
	if pr == nil {
		return
	}
	_ = pr.conn.Send(wire.Frame{Kind: wire.KindWorkCancel, ID: c.id})
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.grace = time.AfterFunc(p.opts.Grace, func() { pr.hang(c) })
	}
}

// over is called when no process has the call any more.
func (c *call) over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	if c.grace != nil {
		c.grace.Stop()
	}
	c.window.fail(ErrNoCall)
}

// closeInput closes the input of a call that no process was given. Otherwise
// that is up to pump.
func (c *call) closeInput() {
	c.pool.mu.Lock()
	begun := c.process != nil
	c.pool.mu.Unlock()
	if c.rest != nil && !begun {
		c.rest.Close()
	}
}

// lost fails a call whose process has ended.
func (c *call) lost(err error) {
	c.deliver(answer{err: err})
	c.out.finish(err)
}

// frame handles a frame about the call; over says that it was the last one.
func (c *call) frame(f wire.Frame) (over bool, err error) {
	switch f.Kind {
	case wire.KindAnswer:
		return c.answer(f)
	case wire.KindOutput:
		last := f.Flags&wire.FlagLast != 0
		if c.out == nil {
			return false, fmt.Errorf("%w: output of call %d, which has none", wire.ErrProtocol, f.ID)
		}
		if err := c.out.push(f.Payload, last); err != nil {
			return false, fmt.Errorf("%w: output of call %d: %w", wire.ErrProtocol, f.ID, err)
		}
		return last, nil
	case wire.KindProgress:
		return false, c.progressed(f)
	case wire.KindInputCredit:
		n, err := wire.Count(f)
		if err == nil && !c.window.taken(n) {
			err = fmt.Errorf("%w: credit of %d bytes for the input of call %d, more than are under way", wire.ErrProtocol, n, f.ID)
		}
		return false, err
	}
	return false, fmt.Errorf("%w: %s", wire.ErrProtocol, f.Kind)
}

func (c *call) progressed(f wire.Frame) error {
	if !c.work.Progress || c.answered {
		return fmt.Errorf("%w: progress of call %d, which nobody wants", wire.ErrProtocol, f.ID)
	}
	if !validProgress(f.Payload) {
		return fmt.Errorf("%w: progress of call %d is no JSON", wire.ErrProtocol, f.ID)
	}
	select {
	case c.progress <- f.Payload:
		return nil
	default:
		return fmt.Errorf("%w: more progress of call %d than was asked for", wire.ErrProtocol, f.ID)
	}
}

func (c *call) answer(f wire.Frame) (over bool, err error) {
	var a wire.Answer
	body, err := split(f, &a)
	if err != nil {
		return false, err
	}
	switch {
	case a.Error != nil:
		e := unpack(c.pool.opts.Name, a.Error)
		c.answered = true
		c.out.finish(e)
		c.deliver(answer{err: e})
		return true, nil
	case c.answered:
		return false, fmt.Errorf("%w: second answer to call %d", wire.ErrProtocol, f.ID)
	}
	c.answered = true
	out := Data{Raw: a.Output.Raw, Bytes: body}
	if a.Output.Pieces {
		in := newInflow(func(n int) {
			c.toProcess(wire.Frame{Kind: wire.KindOutputCredit, ID: c.id, Payload: wire.PutCount(uint64(n))})
		})
		c.mu.Lock()
		c.out = in
		if c.gone != nil {
			in.fail(c.gone)
		}
		c.mu.Unlock()
		out = Data{Raw: a.Output.Raw, Size: max(-1, a.Output.Size), Stream: &inflowReader{call: c, in: in}}
	}
	c.deliver(answer{out: out})
	return !a.Output.Pieces, nil
}

// inflowReader is the output of a call for whoever called.
type inflowReader struct {
	call   *call
	in     *inflow
	unbind func() bool // from the caller's context; set before it is read
}

// Read implements io.Reader.
func (r *inflowReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err != nil {
		r.unbind()
	}
	return n, err
}

// Close implements io.Closer. A call whose output was not read to its end is
// cancelled.
func (r *inflowReader) Close() error {
	r.unbind()
	r.in.fail(io.ErrClosedPipe)
	r.call.leave(io.ErrClosedPipe)
	return nil
}
