package e2e_test

import (
	"context"
	"io"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// silence is a stream that never says anything.
type silence struct {
	read, closed func()
	over         chan struct{}
}

// Read implements io.Reader.
func (s silence) Read([]byte) (int, error) {
	s.read()
	<-s.over
	return 0, io.ErrClosedPipe
}

// Close implements io.Closer.
func (s silence) Close() error {
	s.closed()
	return nil
}

// TestStreamEndsWithItsPage: a stream that waits for bytes is closed when its
// page is left.
func TestStreamEndsWithItsPage(t *testing.T) {
	reading, over := make(chan struct{}), make(chan struct{})
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-listen-for-ever"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "listen_for_ever", func(context.Context, struct{}) (ipc.Stream, error) {
				s := silence{sync.OnceFunc(func() { close(reading) }), sync.OnceFunc(func() { close(over) }), over}
				return ipc.Stream{ReadCloser: s, Size: -1}, nil
			})
		},
	})
	app.Main().Must(`invoke('listen_for_ever').catch(() => {}); return 1`, nil)
	select {
	case <-reading:
	case <-e2e.Hang(t):
		t.Fatal("the stream is not read")
	}
	app.Main().Reload()
	select {
	case <-over:
	case <-e2e.Hang(t):
		t.Error("the stream stays open")
		close(over)
	}
}
