package mullion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/internal/worker"
)

// workerRole is the role of a process that runs a worker.
const workerRole = "worker"

// workerFuncs checks the workers that Main was given.
func workerFuncs(workers []AnyWorker) (map[string]worker.Func, error) {
	funcs := map[string]worker.Func{}
	for _, w := range workers {
		if w == nil {
			return nil, errors.New("mullion: Main was given a worker that is nil; is a package variable set too late?")
		}
		name, f, err := w.definition()
		if err != nil {
			return nil, fmt.Errorf("mullion: %w", err)
		}
		if funcs[name] != nil {
			return nil, fmt.Errorf("mullion: Main was given two workers named %q; a worker that has other options by With is passed once", name)
		}
		funcs[name] = f
	}
	return funcs, nil
}

// workers are the pools of an app, one for each worker and set of options.
type workers struct {
	mu     sync.Mutex
	pools  map[string]*workerPool // guarded by mu
	closed bool                   // guarded by mu
	ended  sync.Once
}

type workerPool struct {
	*worker.Pool
	calls int // guarded by workers.mu
}

// maxPools is how many pools there are before those that have nothing to do
// are given up, for the sake of apps that grant each call something else.
const maxPools = 32

// call runs a worker in the pool for it.
func (ws *workers) call(ctx context.Context, app *App, name string, o WorkerOptions, in worker.Data, report func(jsontext.Value)) (worker.Data, error) {
	p, err := ws.enter(app, name, o)
	if err != nil {
		return worker.Data{}, err
	}
	defer ws.leave(p)
	return p.Call(ctx, in, report)
}

func (ws *workers) enter(app *App, name string, o WorkerOptions) (*workerPool, error) {
	key := fmt.Sprintf("%s %#v", name, o)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.closed {
		return nil, fmt.Errorf("worker %q: %w", name, ErrClosed)
	}
	p := ws.pools[key]
	if p == nil {
		if len(ws.pools) >= maxPools {
			ws.sweep()
		}
		p = &workerPool{Pool: worker.New(app.workerOptions(name, o.withDefaults()))}
		if ws.pools == nil {
			ws.pools = map[string]*workerPool{}
		}
		ws.pools[key] = p
	}
	p.calls++
	return p, nil
}

func (ws *workers) leave(p *workerPool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p.calls--
}

// sweep closes the pools that have nothing to do. ws.mu is held.
func (ws *workers) sweep() {
	for key, p := range ws.pools {
		if p.calls == 0 && p.Idle() {
			p.Close(ErrClosed) // there is hardly a process to wait for
			delete(ws.pools, key)
		}
	}
}

// close ends all processes and waits for them, also if it is called twice at
// once.
func (ws *workers) close() { ws.ended.Do(ws.end) }

func (ws *workers) end() {
	ws.mu.Lock()
	ws.closed = true
	pools := ws.pools
	ws.pools = nil
	ws.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range pools {
		all.Go(func() { p.Close(ErrClosed) })
	}
	all.Wait()
}

// processes returns those that run just now, by the names of [App.Processes].
func (ws *workers) processes() map[string]worker.Child {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	all := map[string]worker.Child{}
	for key, p := range ws.pools {
		name, _, _ := strings.Cut(key, " ")
		for _, child := range p.Children() {
			k := "worker:" + name
			for n := 2; all[k] != nil; n++ {
				k = fmt.Sprintf("worker:%s:%d", name, n)
			}
			all[k] = child
		}
	}
	return all
}

// workerOptions translates the options of a worker.
func (a *App) workerOptions(name string, o WorkerOptions) worker.Options {
	return worker.Options{
		Name: name, Processes: o.Processes, Concurrency: o.Concurrency, Fresh: o.Fresh,
		Idle: o.Idle, Grace: o.Grace, MemoryLimit: o.MemoryLimit,
		Launch:   a.launchWorker(name, o),
		Log:      a.log,
		Restarts: supervise.Default,
		OnFault: func(e supervise.Ending, failures int, again bool) {
			level := slog.LevelWarn
			if !again {
				level = slog.LevelError
			}
			a.log.Log(context.Background(), level, "mullion: worker ended", "worker", name,
				"reason", string(e.Kind), "detail", e.Detail, "failures", failures, "restarting", again)
			a.core.TellFault(core.Fault{Component: "worker", Worker: name, Ending: e, Failures: failures, Restarting: again})
		},
	}
}

// launchWorker starts processes of a worker.
func (a *App) launchWorker(name string, o WorkerOptions) func(context.Context) (worker.Child, error) {
	log := a.log
	return func(context.Context) (worker.Child, error) {
		conn, socket, err := wire.SocketPair()
		if err != nil {
			return nil, err
		}
		out := &workerOutput{output: output{log: log, from: []any{"worker", name}}, seen: make(chan struct{})}
		spec := sandbox.Spec{
			Name: "worker " + name, Role: workerRole, Socket: socket, Output: out,
			// No engine: what a worker has is what it was granted.
			Policy: &sandbox.Policy{Network: len(o.Connect) > 0, Read: o.Read, Write: o.Write, MemoryLimit: o.MemoryLimit},
			Hidden: a.hidden, Writable: a.core.Writable(),
			Without: a.without,
			Watch:   a.dev,
			Refused: func(r sandbox.Refusal) { logRefusal(log, r, workerGrant(r), "worker", name) },
		}
		if o.MemoryLimit > 0 {
			// From the first allocation on, and before anything is read.
			spec.Env = []string{fmt.Sprintf("GOMEMLIMIT=%d", worker.SoftLimit(o.MemoryLimit))}
		}
		p, err := sandbox.Start(spec)
		if err != nil {
			conn.Close()
			return nil, err
		}
		logConfinement(log, p.Status(), "worker", name)
		network, err := openWorkerNetwork(log, name, o, a.resolver, p)
		if err != nil {
			p.Kill()
			p.Wait()
			conn.Close()
			return nil, err
		}
		return &workerChild{child: child{Process: p, conn: conn}, out: out, network: network, limited: o.MemoryLimit > 0}, nil
	}
}

// workerChild is a worker process with its connection.
type workerChild struct {
	child
	out     *workerOutput
	network *workerNetwork
	limited bool // in its memory
}

// noThread is what a process says last that can start no more threads.
const noThread = "runtime/cgo: pthread_create failed"

// saysNoMemory reports whether these were the last words of a process that got
// no more memory. With a limit a new thread can be what there is no room for.
func saysNoMemory(words string, limited bool) bool {
	return strings.Contains(words, "out of memory") || strings.Contains(words, "cannot allocate memory") ||
		limited && strings.HasPrefix(words, noThread)
}

// Network implements worker.Child.
func (c *workerChild) Network() worker.Network { return c.network.Network }

// lastWords bounds how long to wait for what a process printed when it
// crashed. Only what it has started itself can keep its output open so long.
const lastWords = 5 * time.Second

// Wait implements worker.Child. The runtime of Go says why it gives up, and
// exits with the same status whatever the reason.
func (c *workerChild) Wait() supervise.Ending {
	end := c.child.Wait()
	c.network.close()
	if end.Kind != supervise.Crashed {
		return end
	}
	select {
	case <-c.OutputDone():
	case <-c.out.seen:
	case <-time.After(lastWords):
	}
	select {
	case <-c.out.seen:
		end.Detail = c.out.words
		if saysNoMemory(end.Detail, c.limited) {
			end.Kind = supervise.OutOfMemory
		}
	default:
	}
	return end
}

// workerOutput is output that notes why the runtime of Go ends the process.
type workerOutput struct {
	output
	once  sync.Once
	seen  chan struct{} // closed when words is set
	words string
}

// Write implements io.Writer. It gets whole lines.
func (o *workerOutput) Write(p []byte) (int, error) {
	for _, prefix := range []string{"fatal error: ", "panic: ", "unexpected fault address ", noThread, "SIG"} {
		if bytes.HasPrefix(p, []byte(prefix)) {
			o.once.Do(func() {
				o.words = strings.TrimSpace(string(p[:min(len(p), 500)]))
				close(o.seen)
			})
		}
	}
	return o.output.Write(p)
}

// afterMain reports why this process has no children: they run the same
// executable, and would run its tests, or all of main, once more.
func afterMain() error {
	err := sandbox.MayStart()
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w in this process, so its hosts and workers would begin as it did; call it first thing in main, and in tests as\n\n"+
		"\tfunc TestMain(m *testing.M) {\n"+
		"\t\tmullion.Main(func(context.Context) error { os.Exit(m.Run()); return nil } /*, the workers of the app */)\n"+
		"\t}\n", err)
}

// checkMain ends the process when Main was used wrongly.
func checkMain(workers []AnyWorker) map[string]worker.Func {
	funcs, err := workerFuncs(workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return funcs
}
