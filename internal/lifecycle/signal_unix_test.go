//go:build unix

package lifecycle

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestUntilSignal: each of the signals ends the context, and those that the
// process ignores do not.
func TestUntilSignal(t *testing.T) {
	send := func(s syscall.Signal) {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(s) {
			continue // as in the background of a shell
		}
		ctx, stop := UntilSignal()
		send(s)
		<-ctx.Done()
		stop()
	}
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	ctx, stop := UntilSignal()
	defer stop()
	send(syscall.SIGHUP)
	if ctx.Err() != nil {
		t.Error("an ignored signal has ended the context")
	}
	send(syscall.SIGTERM)
	<-ctx.Done()
}
