package mullion

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/launch"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/worker"
	"github.com/mullion-dev/mullion/ipc"
)

// Worker is a function of the app that runs in processes of its own, with
// rights of its own: to parse what is not trusted, or to compute what takes
// long or much memory. Whatever happens to such a process, the app goes on.
//
// Make it with [NewWorker], pass it to [Main], and call it in the Core. It is
// safe for concurrent use. Where no processes can be started, as on Windows and
// macOS so far, calls fail with an error that wraps errors.ErrUnsupported.
//
// On Linux a process is confined by the means that the kernel has: namespaces,
// Landlock, filters of system calls. A call does not fail for lack of one.
type Worker[A, R any] struct {
	name string
	f    func(ctx context.Context, args A) (R, error)
	o    WorkerOptions
}

// WorkerOptions says how a worker is run and what it may reach. The zero value
// is one process that runs one call after the other and may reach nothing.
type WorkerOptions struct {
	// Processes is how many processes there may be at once. 0 means 1; more
	// than the machine has processors means as many as those. They are started
	// when calls need them.
	Processes int
	// Concurrency is how many calls a process runs at once, at most 32. 0 means
	// 1: a call that has to be ended by force, or ends its process by itself,
	// then takes no other along.
	Concurrency int
	// Fresh gives each call a process that has run nothing before and runs
	// nothing after it, so that hostile input can leave nothing behind for
	// the next. It costs a start of the executable per call. Concurrency must
	// be 0 or 1.
	Fresh bool
	// Idle is how long a process without calls is kept. 0 means 30 s, a
	// negative value means forever.
	Idle time.Duration
	// Grace is how long the function may go on after its context has ended. A
	// process that takes longer is ended, with all its calls, and replaced. 0
	// means 2 s.
	Grace time.Duration
	// MemoryLimit is how much memory a process may use, in bytes; 0 sets no
	// limit, and less than 64 MiB is refused. The garbage collector works
	// harder near it. A process that needs more ends: the kernel of Linux
	// refuses it more private memory, with some room for stacks of threads.
	MemoryLimit int64
	// Read and Write are files and folders, absolute and with all below them,
	// that the function may use beyond what every process needs to run. What
	// is not there when a process starts is not granted. The folders in which
	// the framework keeps its own files are never granted: a folder around
	// them cannot be written as a whole, and is shown without them to be read.
	// A path is not granted either if a link in it lies where a window of the
	// app or a worker may write, or could in an earlier run: that may have made
	// the link. The log says so.
	Read, Write []string
	// Connect are the servers that the function may reach by [WorkerDial], and
	// Refuse those of them that it may not: as in the scope of
	// sandbox:allow-network, such as "https://example.com",
	// "https://*.example.com:8443" or "http://127.0.0.1:8080". Nothing is
	// reached where Connect is empty. This machine and the networks
	// that it is in are reached only at addresses that are listed, whatever a name resolves to.
	Connect, Refuse []string
}

const (
	defaultIdle  = 30 * time.Second
	defaultGrace = 2 * time.Second
	// minMemoryLimit is what a process needs to start and to work at all.
	minMemoryLimit = 64 << 20
)

// NewWorker makes a worker of an ordinary function. It starts nothing and
// registers nothing: pass what it returns to [Main]. The name consists of
// lower-case letters, digits, - and _.
//
// A and R are anything that has a JSON form. []byte travels as bytes, without
// that, as does what f reads from an [ipc.Body] and what the caller reads from
// an [ipc.Stream]. Decoding is strict. Values in memory have at most 256 MiB;
// streams have no limit.
//
// f sees nothing of the app: run was not called in its process, and package
// variables have the values that they start with. What it prints, and the stack
// of a panic, go to the app's log. Its context ends when the caller's does.
func NewWorker[A, R any](name string, f func(ctx context.Context, args A) (R, error), o WorkerOptions) *Worker[A, R] {
	return &Worker[A, R]{name: name, f: f, o: o}
}

// With returns the same worker with other options, such as folders that are
// known only when the app runs. It need not be passed to Main. Calls with equal
// options share their processes.
func (w *Worker[A, R]) With(o WorkerOptions) *Worker[A, R] {
	return &Worker[A, R]{name: w.name, f: w.f, o: o}
}

// AnyWorker is a [Worker] of any types.
type AnyWorker interface {
	definition() (name string, f worker.Func, err error)
}

// Errors of calls of workers. Test for them with errors.Is.
var (
	// ErrWorkerLost says that the process ended in the middle of the call,
	// or had to be ended. The function may have done its work or a part of it;
	// nothing calls it again.
	ErrWorkerLost = worker.ErrLost
	// ErrClosed says that the app is shutting down.
	ErrClosed = core.ErrClosed
)

// WorkerError is an error that a worker's function has returned. It keeps
// the text, and a code if the error has a method Code() string. errors.Is
// recognises in it context.Canceled, context.DeadlineExceeded, fs.ErrNotExist,
// fs.ErrPermission, io.ErrUnexpectedEOF and errors.ErrUnsupported. A panic has
// the code "panic".
type WorkerError = worker.Error

// Call runs the function in a process and returns what it returned. [Main] must
// have been called in this process, in tests by TestMain; Call says how. It waits
// for a process if all of them are busy. When ctx ends, so do the call and the
// function's context; so does its deadline. An error of the function arrives as
// [*WorkerError]; one made by [ErrorValue] also rejects a page's promise as it
// would have in a command. No call is executed twice.
//
// The Reader of an [ipc.Body] is read by another goroutine, which may go on with
// a read that it has begun when Call has returned. An [ipc.Stream] must be closed
// or read to its end: until then the call goes on.
func (w *Worker[A, R]) Call(ctx context.Context, app *App, args A) (R, error) {
	return w.call(ctx, app, args, nil)
}

// CallWithProgress is Call with a function that gets what the worker's function
// passes to [SendProgress], in order, while Call waits. The worker's function
// waits when report does not keep up.
func (w *Worker[A, R]) CallWithProgress(ctx context.Context, app *App, args A, report func(Progress)) (R, error) {
	return w.call(ctx, app, args, func(v jsontext.Value) { report(Progress{Payload: v}) })
}

// Progress is what a worker's function says while it runs.
type Progress struct {
	// Payload is JSON; [Progress.Decode] reads it.
	Payload jsontext.Value
}

// Decode reads the payload into v, strictly: keys that v does not have are
// refused.
func (p Progress) Decode(v any) error {
	if err := ipc.Unmarshal(p.Payload, v); err != nil {
		return fmt.Errorf("progress: %w", err)
	}
	return nil
}

// SendProgress sends a value of at most 64 KiB of JSON to the caller of the
// worker's function that ctx was given to. It blocks while eight values are
// queued, until ctx is done. If the caller asked for no progress it does
// nothing.
func SendProgress(ctx context.Context, v any) error {
	if err := worker.Progress(ctx, v); err != nil {
		return fmt.Errorf("progress: %w", err)
	}
	return nil
}

func (w *Worker[A, R]) call(ctx context.Context, app *App, args A, report func(jsontext.Value)) (R, error) {
	var none R
	if err := w.check(); err != nil {
		return none, err
	}
	if err := afterMain(); err != nil {
		return none, fmt.Errorf("worker %q: %w", w.name, err)
	}
	in, err := worker.Encode(args)
	if err != nil {
		return none, fmt.Errorf("worker %q: arguments: %w", w.name, err)
	}
	out, err := app.callWorker(ctx, w.name, w.o, in, report)
	if err != nil {
		return none, asErrorValue(err)
	}
	r, err := worker.Decode[R](out)
	if err != nil {
		var e *WorkerError
		if errors.As(err, &e) || ctx.Err() != nil {
			return none, asErrorValue(err)
		}
		return none, fmt.Errorf("worker %q: result: %w", w.name, err)
	}
	return r, nil
}

// definition is what a process needs to serve the worker.
func (w *Worker[A, R]) definition() (string, worker.Func, error) {
	return w.name, func(ctx context.Context, in worker.Data) (worker.Data, error) {
		args, err := worker.Decode[A](in)
		if err != nil {
			return worker.Data{}, fmt.Errorf("worker %q: arguments: %w", w.name, err)
		}
		r, err := w.f(ctx, args)
		if err != nil {
			return worker.Data{}, fromErrorValue(err)
		}
		out, err := worker.Encode(r)
		if err != nil {
			return worker.Data{}, fmt.Errorf("worker %q: result: %w", w.name, err)
		}
		return out, nil
	}, w.check()
}

// check reports what is wrong with a worker.
func (w *Worker[A, R]) check() error {
	err := w.o.check()
	switch {
	case w.name == "" || strings.Trim(w.name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "":
		err = errors.New("only lower-case letters, digits, - and _ are allowed in a name")
	case w.f == nil:
		err = errors.New("its function is nil")
	case err == nil:
		if err = worker.CheckType[A](); err == nil {
			err = worker.CheckType[R]()
		}
	}
	if err != nil {
		return fmt.Errorf("worker %q: %w", w.name, err)
	}
	return nil
}

// check reports what makes no sense.
func (o WorkerOptions) check() error {
	switch {
	case o.Processes < 0:
		return fmt.Errorf("Processes is %d", o.Processes)
	case o.Concurrency < 0 || o.Concurrency > worker.MaxConcurrency:
		return fmt.Errorf("Concurrency is %d; want at most %d", o.Concurrency, worker.MaxConcurrency)
	case o.Fresh && o.Concurrency > 1:
		return errors.New("Fresh does not go with a Concurrency of more than 1")
	case o.Grace < 0:
		return fmt.Errorf("Grace is %v", o.Grace)
	case o.MemoryLimit != 0 && o.MemoryLimit < minMemoryLimit:
		return fmt.Errorf("MemoryLimit is %d; want 0 for none, or at least %d", o.MemoryLimit, minMemoryLimit)
	}
	if _, _, err := launch.NetworkRules(o.Connect, o.Refuse); err != nil {
		return err
	}
	for _, list := range [][]string{o.Read, o.Write} {
		for _, p := range list {
			if !filepath.IsAbs(p) {
				return fmt.Errorf("grant of %q: the path must be absolute", p)
			}
		}
	}
	return nil
}

// withDefaults replaces zeros by what they mean.
func (o WorkerOptions) withDefaults() WorkerOptions {
	o.Processes = min(max(o.Processes, 1), runtime.NumCPU())
	o.Concurrency = max(o.Concurrency, 1)
	if o.Idle == 0 {
		o.Idle = defaultIdle
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	return o
}

// fromErrorValue keeps what ErrorValue has made on its way to the Core.
func fromErrorValue(err error) error {
	var v *core.ValueError
	if errors.As(err, &v) {
		return &worker.ValueError{Value: v.Value, Err: err}
	}
	return err
}

// asErrorValue makes of it what ErrorValue made.
func asErrorValue(err error) error {
	var e *WorkerError
	if errors.As(err, &e) && e.Value != nil {
		return &core.ValueError{Value: e.Value, Err: err}
	}
	return err
}

// callWorker runs a worker in a process that has those options.
func (a *App) callWorker(ctx context.Context, name string, o WorkerOptions, in worker.Data, report func(jsontext.Value)) (worker.Data, error) {
	options := func() worker.Options { return a.workerOptions(name, o.withDefaults()) }
	return a.workers.Call(ctx, name, fmt.Sprintf("%#v", o), options, in, report)
}

// workerOptions translates the options of a worker.
func (a *App) workerOptions(name string, o WorkerOptions) worker.Options {
	w := &launch.Worker{
		Log: a.log, Name: name, Read: o.Read, Write: o.Write, Connect: o.Connect, Refuse: o.Refuse, MemoryLimit: o.MemoryLimit,
		Without: a.without, Hidden: a.hidden, Writable: a.core.Writable, Written: a.written, Watch: a.dev, Resolver: a.resolver,
	}
	return worker.Options{
		Name: name, Processes: o.Processes, Concurrency: o.Concurrency, Fresh: o.Fresh,
		Idle: o.Idle, Grace: o.Grace, MemoryLimit: o.MemoryLimit,
		Launch:   w.Launch,
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

// checkMain ends the process when Main was used wrongly.
func checkMain(workers []AnyWorker) map[string]worker.Func {
	funcs, err := workerFuncs(workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return funcs
}
