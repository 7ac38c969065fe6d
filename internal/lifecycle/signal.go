// Package lifecycle is about the process that runs: the signals by which it is
// asked to end, the last line that it writes, and how its program is started
// again.
package lifecycle

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// UntilSignal returns a context that ends when the process is asked to. What it
// was started to ignore stays ignored, as nohup and background jobs of shells
// want it. After an interrupt the next one has its usual effect, for users who
// do not want to wait; a terminal that goes may well say so twice.
func UntilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	others, interrupts := make(chan os.Signal, 1), make(chan os.Signal, 1)
	for _, s := range []struct {
		signal os.Signal
		to     chan os.Signal
	}{{os.Interrupt, interrupts}, {syscall.SIGTERM, others}, {syscall.SIGHUP, others}} {
		if !signal.Ignored(s.signal) {
			signal.Notify(s.to, s.signal)
		}
	}
	go func() {
		select {
		case <-others:
		case <-interrupts:
		case <-ctx.Done():
		}
		signal.Stop(interrupts)
		cancel()
	}()
	return ctx, func() {
		cancel()
		signal.Stop(others)
	}
}

// SurviveReaders keeps the process alive when whoever reads its output goes: a
// write to standard output or error then fails instead of ending it. The signal
// is caught and not ignored, for the sake of programs that the app starts, which
// would inherit that.
func SurviveReaders() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// lastWordsTime is how long the last line of the process may take, if nobody
// reads it.
const lastWordsTime = time.Second

// SayLast writes the last line of the process.
func SayLast(err error) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		fmt.Fprintln(os.Stderr, err)
	}()
	select {
	case <-written:
	case <-time.After(lastWordsTime):
	}
}
