package launch

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/egress"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/internal/worker"
)

// Worker says how the processes of a worker are started.
type Worker struct {
	Log  *slog.Logger
	Name string
	// Read and Write are what they may use of files, Connect and Refuse of the
	// network, and MemoryLimit of memory: as in the public WorkerOptions.
	Read, Write     []string
	Connect, Refuse []string
	MemoryLimit     int64
	// Without are the layers of confinement that are switched off.
	Without sandbox.Without
	// Hidden are the framework's own folders. Writable tells what hosts may
	// write, and Written what workers were let write.
	Hidden   []string
	Writable func() []string
	Written  *Written
	// Watch has all that is refused to them logged.
	Watch bool
	// Resolver looks names up for them; nil is the system's.
	Resolver egress.Resolver
}

// Launch starts a process.
func (w *Worker) Launch(context.Context) (worker.Child, error) {
	conn, socket, err := wire.SocketPair()
	if err != nil {
		return nil, err
	}
	out := &workerOutput{output: output{log: w.Log, from: []any{"worker", w.Name}}, seen: make(chan struct{})}
	spec := sandbox.Spec{
		Name: "worker " + w.Name, Role: WorkerRole, Socket: socket, Output: out,
		// No engine: what a worker has is what it was granted.
		Policy: &sandbox.Policy{Network: len(w.Connect) > 0, Read: w.Read, Write: w.Write, MemoryLimit: w.MemoryLimit},
		Hidden: w.Hidden, Writable: slices.Concat(w.Writable(), w.Written.List()),
		Without: w.Without,
		Watch:   w.Watch,
		Refused: func(r sandbox.Refusal) { logRefusal(w.Log, r, workerGrant(r), "worker", w.Name) },
	}
	if w.MemoryLimit > 0 {
		// From the first allocation on, and before anything is read.
		spec.Env = []string{fmt.Sprintf("GOMEMLIMIT=%d", worker.SoftLimit(w.MemoryLimit))}
	}
	p, err := sandbox.Start(spec)
	if err != nil {
		conn.Close()
		return nil, err
	}
	w.Written.Add(p.Granted()) // before it hears of anything that could take it over
	logConfinement(w.Log, p.Status(), "worker", w.Name)
	network, err := w.openNetwork(p)
	if err != nil {
		p.Kill()
		p.Wait()
		conn.Close()
		return nil, err
	}
	return &WorkerChild{child: child{Process: p, conn: conn}, out: out, network: network, limited: w.MemoryLimit > 0}, nil
}

// WorkerChild is a worker process with its connection.
type WorkerChild struct {
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
func (c *WorkerChild) Network() worker.Network { return c.network.Network }

// lastWords bounds how long to wait for what a process printed when it
// crashed. Only what it has started itself can keep its output open so long.
const lastWords = 5 * time.Second

// Wait implements worker.Child. The runtime of Go says why it gives up, and
// exits with the same status whatever the reason.
func (c *WorkerChild) Wait() supervise.Ending {
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
