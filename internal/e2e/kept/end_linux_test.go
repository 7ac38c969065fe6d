package kept

import (
	"os"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/keeper"
)

// ended waits for the end of the session.
func (b *bench) ended() error {
	b.Helper()
	select {
	case <-b.Done():
	case <-b.ctx.Done():
		b.Fatal("the session does not end")
	}
	return b.Err()
}

// However the app ends, nothing of it is left.
func TestEnds(t *testing.T) {
	for name, end := range map[string]func(b *bench){
		"the user closes the window": func(b *bench) {
			if err := b.screen.CloseWindow(b.window("main")); err != nil {
				b.Fatal(err)
			}
		},
		"the tool stops it without a Core": func(b *bench) { b.crash(); b.Stop() },
		"SIGINT to keeper and Core": func(b *bench) { // as a terminal does
			b.signal(b.PID(), syscall.SIGINT)
			_ = syscall.Kill(b.life.PID, syscall.SIGINT) // it may have ended by now
		},
		"SIGTERM without a Core": func(b *bench) { b.crash(); b.signal(b.PID(), syscall.SIGTERM) },
		"the tool crashes":       func(b *bench) { b.Drop() },
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			below := e2e.Descendants(b.PID())
			end(b)
			if err := b.ended(); err != nil {
				t.Errorf("the keeper: %v", err)
			}
			b.nothingLeft(below)
		})
	}
}

func TestKeeperCrashes(t *testing.T) {
	b := start(t)
	below := e2e.Descendants(b.PID())
	b.signal(b.PID(), syscall.SIGKILL)
	if err := b.ended(); err == nil {
		t.Error("got no error of a keeper that was killed")
	}
	b.nothingLeft(below)
}

// crash kills the Core.
func (b *bench) crash() {
	b.Helper()
	b.signal(b.life.PID, syscall.SIGKILL)
	b.event(keeper.Ended)
}

func (b *bench) signal(pid int, s os.Signal) {
	b.Helper()
	if err := syscall.Kill(pid, s.(syscall.Signal)); err != nil {
		b.Fatal(err)
	}
}
