package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/shortage"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Child is a started process with its connection.
type Child interface {
	Conn() *wire.Conn
	PID() int
	// Network is what the process is told of its way to the network.
	Network() Network
	// Wait waits for the process to end and classifies how it did.
	Wait() supervise.Ending
	Kill()
}

// Options says how a worker is run. Launch is required.
type Options struct {
	Name string
	// Processes is how many there may be, Concurrency how many calls each may
	// have at once. At least 1 each, and at most MaxConcurrency.
	Processes, Concurrency int
	// Fresh ends each process after one call.
	Fresh bool
	// Idle is how long a process without calls is kept; less than 0 is for
	// ever.
	Idle time.Duration
	// Grace is how long a call may go on after its context has ended.
	Grace       time.Duration
	MemoryLimit int64
	Launch      func(ctx context.Context) (Child, error)
	// OnFault is told how a process has ended that nobody wanted to end.
	OnFault  func(e supervise.Ending, failures int, again bool)
	Log      *slog.Logger
	Restarts supervise.Policy
}

// Pool is the processes of one worker, as the Core sees them. It is safe for
// concurrent use.
type Pool struct {
	opts   Options
	ctx    context.Context
	cancel context.CancelCauseFunc
	tasks  sync.WaitGroup // of slots

	mu     sync.Mutex
	queue  []*call // guarded by mu; not given to a process yet
	slots  []*slot // guarded by mu
	lastID uint64  // guarded by mu; of calls
	closed bool    // guarded by mu
}

// New makes a pool. Processes start with the first call.
func New(o Options) *Pool {
	if o.Fresh {
		o.Concurrency = 1
	}
	p := &Pool{opts: o}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	return p
}

// Close ends all processes and fails all calls, now and later, with cause. It
// waits for the processes.
func (p *Pool) Close(cause error) {
	p.mu.Lock()
	p.closed = true
	p.cancel(cause)
	queue := p.queue
	p.queue = nil
	p.mu.Unlock()
	for _, c := range queue {
		c.deliver(answer{err: p.wrap(cause)})
	}
	p.tasks.Wait()
}

// Idle reports whether the pool has neither a call nor a process.
func (p *Pool) Idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) == 0 && !slices.ContainsFunc(p.slots, func(s *slot) bool { return s.wanted || s.process != nil })
}

// Children returns the processes that take calls.
func (p *Pool) Children() []Child {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Child
	for _, s := range p.slots {
		if s.process != nil {
			all = append(all, s.process.child)
		}
	}
	return all
}

func (p *Pool) wrap(err error) error { return fmt.Errorf("worker %q: %w", p.opts.Name, err) }

// add queues a call.
func (p *Pool) add(c *call) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return context.Cause(p.ctx)
	case len(p.queue) >= maxWaiting:
		return ErrBackpressure
	}
	p.lastID++
	c.id = p.lastID
	p.queue = append(p.queue, c)
	p.dispatch()
	return nil
}

// dispatch hands out calls in their order and starts processes for those that
// remain. p.mu is held.
func (p *Pool) dispatch() {
	for len(p.queue) > 0 {
		s := p.free()
		if s == nil {
			break
		}
		c := p.queue[0]
		p.queue = p.queue[1:]
		s.open++
		s.process.begin(c)
	}
	calls, processes, alive := len(p.queue), 0, 0
	var dead error
	for _, s := range p.slots {
		calls += s.open
		if s.wanted || s.process != nil {
			processes++
		}
		if s.dead == nil {
			alive++
		} else {
			dead = s.dead
		}
	}
	for calls > processes && p.want() {
		processes++
		alive++
	}
	if alive == 0 && dead != nil {
		queue := p.queue
		p.queue = nil
		for _, c := range queue {
			c.deliver(answer{err: dead})
		}
	}
}

// free returns the process with the fewest calls that may have one more.
func (p *Pool) free() (best *slot) {
	for _, s := range p.slots {
		if s.process != nil && s.open < p.opts.Concurrency && (best == nil || s.open < best.open) {
			best = s
		}
	}
	return best
}

// want asks for one more process and reports whether there can be one.
func (p *Pool) want() bool {
	i := slices.IndexFunc(p.slots, func(s *slot) bool { return !s.wanted && s.process == nil && s.dead == nil })
	if i < 0 {
		if len(p.slots) >= p.opts.Processes {
			return false
		}
		i = len(p.slots)
		s := &slot{pool: p, wake: make(chan struct{}, 1)}
		p.slots = append(p.slots, s)
		p.tasks.Go(s.supervise)
	}
	p.slots[i].wanted = true
	p.slots[i].wake <- struct{}{} // taken before wanted can be set again
	return true
}

// slot is one process of a pool, through all its restarts.
type slot struct {
	pool *Pool
	wake chan struct{} // the process is wanted

	// All guarded by pool.mu.
	wanted  bool     // and not there yet
	process *process // nil while there is none that takes calls
	open    int      // calls that process has
	dead    error    // given up, for now or for good

	// failed is why the last start failed. It is the supervisor's.
	failed error
}

// supervise keeps the process alive as long as calls want it. When it had to
// be given up the next call has to wait for a while, unless trying again can
// never help.
func (s *slot) supervise() {
	p := s.pool
	for p.ctx.Err() == nil {
		err := supervise.Run(p.ctx, supervise.Component{
			Name: fmt.Sprintf("worker %q", p.opts.Name), Run: s.live, Ended: p.opts.OnFault,
		}, p.opts.Restarts)
		if err == nil {
			continue
		}
		var end *supervise.Error
		permanent := errors.As(err, &end) && end.Last.Permanent
		if s.failed != nil && errors.Is(s.failed, errors.ErrUnsupported) {
			err = p.wrap(s.failed)
		}
		s.giveUp(err)
		if permanent {
			return
		}
		select {
		case <-time.After(p.opts.Restarts.Window):
			s.giveUp(nil)
		case <-p.ctx.Done():
		}
	}
}

// giveUp makes calls fail instead of waiting for the process; nil ends that.
func (s *slot) giveUp(err error) {
	p := s.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	s.dead = err
	p.dispatch()
}

// await waits until the process is wanted.
func (s *slot) await(ctx context.Context) bool {
	select {
	case <-s.wake:
		return true
	case <-ctx.Done():
		return false
	}
}

// live is one life of the process.
func (s *slot) live(ctx context.Context) supervise.Ending {
	clean := supervise.Ending{Kind: supervise.Clean}
	if !s.await(ctx) {
		return clean
	}
	child, err := s.pool.opts.Launch(ctx)
	s.failed = err
	if err != nil {
		s.over(nil)
		return supervise.Ending{Kind: supervise.LaunchFailed, Detail: err.Error(), Permanent: errors.Is(err, errors.ErrUnsupported), Outage: shortage.Is(err)}
	}
	pr := newProcess(s, child)
	stop := context.AfterFunc(ctx, child.Kill)
	launch := time.AfterFunc(launchTimeout, child.Kill)
	broke := pr.serve(func() { launch.Stop() })
	launch.Stop()
	child.Kill()
	child.Conn().Close()
	end := pr.judge(broke, child.Wait())
	stop()
	if ctx.Err() != nil {
		pr.lost(s.pool.wrap(context.Cause(ctx)))
		return clean
	}
	pr.lost(s.pool.wrap(fmt.Errorf("%w: %s", ErrLost, end)))
	s.over(pr)
	return end
}

// over notes that a life has ended. Calls that still wait want the next.
func (s *slot) over(pr *process) {
	p := s.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if pr == nil || !pr.ready {
		// What wanted this process wants the next one.
		s.wanted = false
	}
	s.process, s.open = nil, 0
	p.dispatch()
}
