package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// launchTimeout is how long a host may take from its start to being ready. A
// cold start of the engine takes about a second.
const launchTimeout = 60 * time.Second

// host is a host process as the Core sees it, through all its restarts.
type host struct {
	core *Core
	name string
	// resources are what the windows that share the host may reach. A host of
	// one window finds them out anew at each start.
	resources capability.Resources
	lacks     lacks
	network   hostNetwork
	shared    sharedPool

	mu      sync.Mutex
	started bool               // guarded by mu; supervised
	child   Child              // guarded by mu; nil while there is none
	ready   bool               // guarded by mu; the child has answered hello
	up      chan struct{}      // guarded by mu; closed when ready
	quits   bool               // guarded by mu; quit was asked for
	useful  bool               // guarded by mu; the child has shown a page
	called  bool               // guarded by mu; a page in it has called a command
	worked  bool               // guarded by mu; a child was ready once
	waiting map[uint64]pending // guarded by mu; by id of the frame
	lastID  uint64             // guarded by mu
	dead    error              // guarded by mu; it has been given up
	step    int                // guarded by mu; of the ladder of rendering settings
	ping    uint64             // guarded by mu; the number of the last ping
	ponged  bool               // guarded by mu; the last ping was answered
	settled bool               // guarded by mu; and so was all that the host has asked because of it
	did     bool               // guarded by mu; it has done something since progressed was last asked
	// networkEnded is when the engine's process for the network was last found
	// to hang, or when the child was ready; networkHangs is how often it was.
	networkEnded time.Time // guarded by mu
	networkHangs int       // guarded by mu

	ended *supervise.Ending // guarded by mu; why the Core itself has ended the child

	// cleared is Launch.Clear of the child that runs, and opaque is set while
	// the host is to do without it. Both are for the goroutine that supervises.
	cleared, opaque bool

	handling atomic.Bool // a frame is being handled

	oversized atomic.Int32 // web processes that were ended for their memory, of which the host has not told yet

	// events are those of the Core about what the host shows, on their way
	// through interceptors.
	events *inorder.Queue[own]
}

func newHost(c *Core, name string, r capability.Resources) *host {
	h := &host{core: c, name: name, resources: r, up: make(chan struct{}), waiting: map[uint64]pending{}, lastID: c.base, ping: c.base, shared: sharedPool{core: c}}
	h.events = inorder.New(c.app, inorder.Options[own]{Name: "interceptors of events", Most: maxOwn}, c.events.sendOwn)
	return h
}

// startHost begins to supervise h. c.mu is held.
func (c *Core) startHost(h *host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.started || h.quits {
		return
	}
	h.started = true
	ctx, cancel := context.WithCancel(c.ctx)
	c.tasks.Go(func() {
		defer cancel()
		for {
			err := supervise.Run(ctx, supervise.Component{
				Name: fmt.Sprintf("host %q", h.name),
				Run:  h.run,
				Ended: func(e supervise.Ending, failures int, again bool) {
					if !e.Outage && (e.Kind == supervise.LaunchFailed || e.Kind == supervise.Crashed && !e.Useful) {
						// It may be the drivers of OpenGL, which are not needed. It is
						// not, where it ends without them as well.
						h.opaque = h.cleared
					}
					c.fault(Fault{Component: "host", Host: h.name, Windows: h.labels(), Ending: e, Failures: failures, Restarting: again})
				},
			}, c.opts.Restarts)
			if err == nil {
				return
			}
			if !h.rescue(err) {
				h.giveUp(err)
				return
			}
		}
	})
}

// giveUp is called when the host cannot be kept alive, not even with error
// pages. The windows that only it could show are gone; where it showed all of
// them, so is the app.
func (h *host) giveUp(err error) {
	h.core.mu.Lock()
	var mine []*Window
	others := false
	for _, w := range h.core.windows {
		if w.host() == h {
			mine = append(mine, w)
		} else {
			others = true
		}
	}
	// A window that is opened from now on gets a new host, which may have what
	// this one lacked. Those that are here already are in mine.
	if h.core.hosts[h.name] == h {
		delete(h.core.hosts, h.name)
	}
	h.core.mu.Unlock()
	h.mu.Lock()
	h.dead = err
	up := h.up
	h.mu.Unlock()
	close(up)
	if !others {
		h.core.shutdown(err)
		return
	}
	for _, w := range mine {
		w.Destroy()
	}
}

// labels returns the labels of the windows that the host shows.
func (h *host) labels() []string {
	var l []string
	for _, w := range h.windows() {
		l = append(l, w.label)
	}
	return l
}

// windows returns the windows that the host shows, in the order in which they
// were last in front.
func (h *host) windows() []*Window {
	h.core.mu.RLock()
	defer h.core.mu.RUnlock()
	var ws []*Window
	for _, w := range h.core.windowIDs {
		if w.host() == h {
			ws = append(ws, w)
		}
	}
	slices.SortFunc(ws, func(a, b *Window) int {
		return cmp.Or(cmp.Compare(a.front, b.front), cmp.Compare(a.id, b.id))
	})
	return ws
}

// run is one life of the host process.
func (h *host) run(ctx context.Context) supervise.Ending {
	c := h.core
	h.cleared = false
	if !c.settle(h) {
		return supervise.Ending{Kind: supervise.Clean}
	}
	if e, gone := c.withoutDisplay(); gone {
		return e
	}
	launching, err := h.launch()
	if err != nil {
		return c.notLaunched(err)
	}
	child, err := c.opts.Launch(ctx, launching)
	if err != nil {
		return c.notLaunched(err)
	}
	h.cleared = launching.Clear
	stop := context.AfterFunc(ctx, func() {
		// An orderly end was asked for before the context was cancelled.
		t := time.AfterFunc(quitGrace, child.Kill)
		go func() { child.Wait(); t.Stop() }()
	})
	defer stop()

	h.mu.Lock()
	h.child = child
	h.useful, h.called, h.ended = false, false, nil
	h.oversized.Store(0)
	h.step = c.renderingStep()
	step := h.step
	quits := h.quits
	h.mu.Unlock()
	if quits {
		child.Kill()
	}
	launch := time.AfterFunc(launchTimeout, child.Kill)
	wasReady := false
	proxy, stopProxy := h.serveNetwork(child, launching.Resources)
	defer stopProxy()
	h.offerHTTP(proxy)
	hello := wire.Hello{
		Version: wire.Version, Host: h.name, AppID: c.opts.ID, AppName: c.opts.Name,
		DataDir: launching.Folders.Data, CacheDir: launching.Folders.Cache, Proxy: proxy, Schemes: []string{"app", "asset"},
		MemoryLimit: memoryLimit(launching.Resources, memory()), Rendering: c.rendering(step, launching.Resources),
		Socket:  proxy != noProxy && runtime.GOOS == "linux", // elsewhere bridges have no world of their own
		NoCache: c.opts.DevOrigin != "",                      // a dev server answers otherwise each time it is started
	}
	var broke error // what the host did wrong, or said itself
	if err := child.Conn().SendJSON(wire.KindHello, 0, 0, hello); err == nil {
		watched, unwatch := context.WithCancel(ctx)
		broke = h.serve(child, func() {
			launch.Stop()
			wasReady = true
			c.tasks.Go(func() { h.watch(watched, child, hello.MemoryLimit) })
		})
		unwatch()
	}
	launch.Stop()
	child.Kill()
	child.Conn().Close()
	end := child.Wait()
	if c.hasLeft() {
		return supervise.Ending{Kind: supervise.Clean} // what its pages have is the next Core's
	}
	h.lost()

	h.mu.Lock()
	quits = h.quits
	// Who kills a host whose pages work means the host, not its pages; those
	// of hidden windows are never drawn.
	end.Useful = h.useful || h.called && end.Kind == supervise.Killed
	ended := h.ended
	h.mu.Unlock()
	var f *fatalError
	switch {
	case quits || ctx.Err() != nil:
		return supervise.Ending{Kind: supervise.Clean}
	case ended != nil:
		return supervise.Ending{Kind: ended.Kind, Detail: ended.Detail, Useful: end.Useful}
	case errors.As(broke, &f):
		return c.refused(f)
	case errors.Is(broke, wire.ErrProtocol):
		return supervise.Ending{Kind: supervise.Protocol, Detail: broke.Error(), Useful: end.Useful}
	case errors.Is(broke, wire.ErrStalled):
		return supervise.Ending{Kind: supervise.Hung, Detail: broke.Error(), Useful: end.Useful}
	case !wasReady:
		return supervise.Ending{Kind: supervise.LaunchFailed, Detail: end.String()}
	}
	return c.withDisplay(end)
}

// fatalError is what a host says before it ends by itself.
type fatalError struct{ fatal wire.Fatal }

func (e *fatalError) Error() string { return e.fatal.Message }

// permanent reports whether starting the host again would end the same way.
func (e *fatalError) permanent() bool { return e.fatal.Code != "internal" }

// serve handles the host's frames until the connection ends.
func (h *host) serve(child Child, launched func()) error {
	conn := child.Conn()
	f, err := conn.Receive()
	for ; err == nil && f.Kind == wire.KindLog; f, err = conn.Receive() {
		if err := h.logRecord(f); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	switch f.Kind {
	case wire.KindReady:
		var r wire.Ready
		if err := wire.Decode(f, &r); err != nil {
			return err
		}
		if r.Version != wire.Version {
			return fmt.Errorf("%w: host of version %d", wire.ErrProtocol, r.Version)
		}
		if err := h.lacks.take(r.Lacks); err != nil {
			return err
		}
		launched()
		h.adopt(conn, &r)
		h.core.log.Debug("mullion: host is ready", "kept", r.Kept, "host", h.name, "pid", child.PID(), "engine", r.Engine)
	case wire.KindFatal:
		return decodeFatal(f)
	default:
		return fmt.Errorf("%w: %s before ready", wire.ErrProtocol, f.Kind)
	}
	h.restore(conn)
	h.goElsewhere()
	r := newReader(h, conn)
	h.core.tasks.Go(r.read)
	return <-r.ended
}

func decodeFatal(f wire.Frame) error {
	e := &fatalError{}
	if err := wire.Decode(f, &e.fatal); err != nil {
		return err
	}
	return e
}

// restore sends a fresh host all windows that it should show.
func (h *host) restore(conn *wire.Conn) {
	// A window that is opened from now on is placed by whoever opens it; one
	// that was noted before is in the list. Placing one twice does no harm.
	h.mu.Lock()
	h.core.hosted.Store(true)
	h.ready, h.worked, h.networkEnded = true, true, time.Now()
	h.core.tellPreferences(conn)
	up := h.up
	h.mu.Unlock()
	placed := map[*Window]bool{}
	for _, w := range h.windows() {
		h.placeWithParent(w, placed)
	}
	close(up)
}

// placeWithParent places a window, and before it its parent: the host has to
// know that one.
func (h *host) placeWithParent(w *Window, placed map[*Window]bool) {
	if placed[w] {
		return
	}
	placed[w] = true
	if p := w.Parent(); p != nil && p.host() == h {
		h.placeWithParent(p, placed)
	}
	h.place(w)
}

// place makes a window and its webviews in the host. The result is that of
// the window.
func (h *host) place(w *Window) pending {
	if p := w.Parent(); p != nil && p.host() != h {
		h.core.log.Warn("mullion: a window does not stay above its parent, which is shown by another host process", "window", w.label, "parent", p.label)
	}
	r := h.request(wire.KindWindow, w.id, w.wanted())
	for _, v := range w.webviewList() {
		v.place(h)
	}
	return r
}

// open waits until the host is up and has made what place asks it for. A host
// that comes up is sent all windows anyway.
func (h *host) open(ctx context.Context, place func() pending) error {
	h.mu.Lock()
	up, ready, dead := h.up, h.ready, h.dead
	h.mu.Unlock()
	if dead != nil {
		return dead
	}
	if ready {
		return place().wait(ctx)
	}
	select {
	case <-up:
	case <-ctx.Done():
		return ctx.Err()
	case <-h.core.ctx.Done():
		return ErrClosed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}

// send sends a frame if the host is there; else the frame is of no use, for
// a new host gets the whole state.
func (h *host) send(kind wire.Kind, target uint32, v any) {
	h.mu.Lock()
	child, ready := h.child, h.ready
	h.mu.Unlock()
	if !ready {
		return
	}
	if v == nil {
		child.Conn().Send(wire.Frame{Kind: kind, Target: target})
	} else {
		child.Conn().SendJSON(kind, target, 0, v)
	}
}

// request sends a frame and returns where its result will be. Without a host
// the result is ErrHostLost.
func (h *host) request(kind wire.Kind, target uint32, v any) pending {
	p := make(pending, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ready {
		p <- outcome{err: ErrHostLost}
		return p
	}
	h.lastID++
	h.waiting[h.lastID] = p
	if err := h.child.Conn().SendJSON(kind, target, h.lastID, v); err != nil {
		delete(h.waiting, h.lastID)
		if !errors.Is(err, wire.ErrProtocol) { // else it is the frame that is refused, such as one that is too large
			err = ErrHostLost
		}
		p <- outcome{err: err}
	}
	return p
}

// conn returns the connection to the host, or nil.
func (h *host) conn() *wire.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ready {
		return nil
	}
	return h.child.Conn()
}

// lost cleans up after a host process that has ended.
func (h *host) lost() {
	h.mu.Lock()
	h.child = nil
	if h.ready {
		h.ready = false
		h.up = make(chan struct{})
	}
	waiting := h.waiting
	h.waiting = map[uint64]pending{}
	h.mu.Unlock()
	for _, p := range waiting {
		p <- outcome{err: ErrHostLost}
	}
	h.core.dropDownloads(h)
	h.shared.end()
	for _, w := range h.windows() {
		for _, v := range w.webviewList() {
			v.endDocument(ErrHostLost)
			v.outbox.reset()
			v.mu.Lock()
			v.undrawn()
			v.committed = false
			v.mu.Unlock()
		}
	}
}

// quit ends the host for good.
func (h *host) quit() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.quits = true
	if h.child == nil {
		return
	}
	h.child.Conn().Send(wire.Frame{Kind: wire.KindQuit})
	child := h.child
	t := time.AfterFunc(quitGrace, child.Kill)
	go func() { child.Wait(); t.Stop() }()
}
