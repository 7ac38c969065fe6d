// Package mullion builds desktop apps whose user interface is a web page in
// the web view that the system already has.
//
// Main is the first call to make, and New the second:
//
//	//go:embed mullion.conf.json capabilities ui
//	var files embed.FS
//
//	func main() { mullion.Main(run) }
//
//	func run(ctx context.Context) error {
//		app, err := mullion.New(mullion.Options{Files: files})
//		if err != nil {
//			return err
//		}
//		mullion.Handle(app, "greet", func(ctx context.Context, a struct {
//			Name string `json:"name"`
//		}) (string, error) {
//			return "Hello, " + a.Name, nil
//		})
//		return app.Run(ctx)
//	}
//
// The process that calls run is the Core. It alone has the user's rights, and
// it loads no GUI library: windows are shown by host processes, which Main
// starts from the same executable and replaces when they die.
package mullion

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/dialogs"
	"github.com/mullion-dev/mullion/internal/displayguard"
	"github.com/mullion-dev/mullion/internal/engine"
	"github.com/mullion-dev/mullion/internal/guard"
	"github.com/mullion-dev/mullion/internal/host"
	"github.com/mullion-dev/mullion/internal/kept"
	"github.com/mullion-dev/mullion/internal/launch"
	"github.com/mullion-dev/mullion/internal/lifecycle"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/internal/worker"
)

func init() {
	// Toolkits want the thread that the process began with. It is the main
	// goroutine's only until that is first descheduled, unless it is locked
	// here. The Core has no use for it.
	switch sandbox.ChildRole() {
	case launch.HostRole, launch.DialogsRole:
		runtime.LockOSThread()
		fallthrough
	case launch.WorkerRole, guard.Role, sandbox.DisplayRole, sandbox.BusRole:
		// What does not come to Main would do the Core's work a second time.
		sandbox.Begin()
	}
}

// Main decides what this process is. In the Core it calls run, with a context
// that ends at an interrupt, a termination signal or the end of the terminal
// (SIGINT, SIGTERM and SIGHUP, except those that the process was started to
// ignore), and exits when run returns: with status 0, or 1 and the error on
// standard error. A second interrupt ends the process at once. In a host, and
// in a process of one of the workers, it never calls run, so what run opens is
// opened once. It must be given every [Worker] that the app calls; an invalid one,
// or two with the same name, end the app at once.
//
// An app that is started with --mullion-selftest as its only argument tries
// instead, in a window of its own, what apps need of the system, prints what has
// worked, and ends with status 0 if all did that the system has.
//
// Call it first thing in main, before anything is opened: flags, files and
// goroutines of the app belong in run.
func Main(run func(ctx context.Context) error, workers ...AnyWorker) {
	funcs := checkMain(workers)
	role := sandbox.ChildRole()
	if err := sandbox.Enter(); err != nil {
		fmt.Fprintf(os.Stderr, "mullion: %s: %v\n", role, err)
		os.Exit(1)
	}
	if role != "" || os.Getenv("GOTRACEBACK") != "crash" { // with which Go itself dumps the Core, as it was told
		if err := sandbox.NoCoreDumps(); err != nil {
			fmt.Fprintf(os.Stderr, "mullion: %v\n", err)
		}
	}
	lifecycle.SurviveReaders()
	if role != "" {
		os.Exit(runChild(role, funcs))
	}
	kept.Enter()
	ctx, stop := lifecycle.UntilSignal()
	ctx, endKept := kept.Until(ctx)
	err := asSelfTest(run)(ctx)
	endKept()
	stop()
	var exit *core.ExitError
	switch {
	case err == nil, errors.Is(err, ErrHandedOver):
	case errors.As(err, &exit) && exit.Restart:
		lifecycle.SayLast(fmt.Errorf("mullion: start the program again: %w", lifecycle.StartAgain())) // it returns only if that fails
		os.Exit(1)
	case errors.As(err, &exit):
		os.Exit(exit.Code)
	default:
		lifecycle.SayLast(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runChild is what a process does that was started as a child of a Core. It
// returns the status to exit with.
func runChild(role string, workers map[string]worker.Func) int {
	var err error
	switch role {
	case guard.Role:
		err = guard.Run()
	case sandbox.DisplayRole:
		err = displayguard.Run()
	case sandbox.BusRole:
		err = displayguard.RunBus()
	default:
		err = childOf(role, workers)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, host.ErrNotAHost), errors.Is(err, worker.ErrNotAWorker), errors.Is(err, dialogs.ErrNotStarted), errors.Is(err, guard.ErrNotAGuard), errors.Is(err, displayguard.ErrNotAGuard):
		fmt.Fprintf(os.Stderr, "mullion: MULLION_ROLE=%s is set, but this process was %v; unset it to start the app\n", role, err)
		return 2
	}
	fmt.Fprintf(os.Stderr, "mullion: %s: %v\n", role, err)
	return 1
}

func childOf(role string, workers map[string]worker.Func) error {
	if role != launch.HostRole && role != launch.WorkerRole && role != launch.DialogsRole {
		return fmt.Errorf("%w: unknown role", host.ErrNotAHost)
	}
	f, err := sandbox.ChildSocket()
	if err != nil {
		return fmt.Errorf("%w: %w", host.ErrNotAHost, err)
	}
	conn, err := wire.FileConn(wire.Host, f)
	if err != nil {
		return fmt.Errorf("%w: %w", host.ErrNotAHost, err)
	}
	switch role {
	case launch.WorkerRole:
		return worker.Serve(conn, workers, worker.Prepare)
	case launch.DialogsRole:
		return dialogs.Run(conn, engine.NewDialogs())
	}
	return host.Run(conn, engine.New())
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
