package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// halfway is a reader that calls half when half of its bytes were read.
type halfway struct {
	io.Reader
	left int
	half func()
}

// Read implements io.Reader.
func (h *halfway) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if h.left -= n; h.left <= 0 {
		h.half()
	}
	return n, err
}

// Close implements io.Closer.
func (h *halfway) Close() error { return nil }

// TestSocket transfers bytes both ways in a page that may connect to nothing, and
// ends the engine's process for the network, through which they go, in the middle:
// what was on its way arrives all the same. The page's own scripts can open no such
// connection.
func TestSocket(t *testing.T) {
	const size = 32 << 20
	var app *e2e.App
	var mu sync.Mutex
	half := func() {} // called in the middle of a transfer
	at := func() func() {
		mu.Lock()
		defer mu.Unlock()
		return sync.OnceFunc(half)
	}
	app = e2e.Start(t, e2e.Options{
		Offline:     true,
		Config:      `{"app": {"security": {"csp": "default-src 'self'; connect-src 'none'"}}}`,
		Files:       map[string]string{"transfer.js": transferJS},
		Permissions: []any{"allow-receive", "allow-stream"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "receive", func(ctx context.Context, b ipc.Body) (received, error) {
				b.Reader = &halfway{b.Reader, int(b.Size) / 2, at()}
				return receive(ctx, b)
			})
			mullion.Handle(a, "stream", func(_ context.Context, a sizeArgs) (ipc.Stream, error) {
				return ipc.Stream{ReadCloser: &halfway{bytes.NewReader(pattern(a.Size, a.Seed)), a.Size / 2, at()}, Size: int64(a.Size)}, nil
			})
		},
	})
	up := func(seed int) error {
		var got received
		err := app.Main().Run(transferStart+fmt.Sprintf(`return await invoke('receive', pattern(%d, %d));`, size, seed), &got)
		if want := (received{size, sum(pattern(size, seed))}); err == nil && got != want {
			err = fmt.Errorf("got %v, want %v", got, want)
		}
		return err
	}
	down := func(seed int) error {
		var got string
		err := app.Main().Run(transferStart+fmt.Sprintf(`return await sum(await invoke('stream', {size: %d, seed: %d}));`, size, seed), &got)
		if err == nil && got != sum(pattern(size, seed)) {
			err = errors.New("other bytes")
		}
		return err
	}
	network := func() (pid int, micros float64) {
		for _, p := range e2e.PIDs(app.Processes()["app"], e2e.NetworkProcess) {
			pid = p
		}
		return pid, processorTime(pid)
	}
	for name, transfer := range map[string]func(seed int) error{"up": up, "down": down} {
		t.Run(name, func(t *testing.T) {
			// The first ones may go before the connection is open.
			seed := 1
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				_, before := network()
				seed++
				if err := transfer(seed); err != nil {
					t.Fatal(err)
				}
				if _, after := network(); after-before < 5000 {
					return fmt.Errorf("the process for the network took %.0f µs for %d bytes: they do not go through it", after-before, size)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			pid, _ := network()
			mu.Lock()
			half = func() { e2e.TryKill(pid) }
			mu.Unlock()
			if err := transfer(100); err != nil {
				t.Error(err)
			}
			if now, _ := network(); now == pid {
				t.Error("the process for the network was not ended")
			}
			mu.Lock()
			half = func() {}
			mu.Unlock()
			if err := transfer(101); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
	t.Run("of the page's own", func(t *testing.T) {
		var got string
		app.Main().Must(`return await new Promise((resolve) => {
			try {
				const s = new WebSocket('ws://bytes.localhost/');
				s.onopen = () => resolve('open');
				s.onerror = () => resolve('refused');
			} catch (e) {
				resolve('refused');
			}
		})`, &got)
		if got != "refused" {
			t.Errorf("a socket of a page that may connect to nothing: %s", got)
		}
	})
}

// processorTime adds up what the threads of a process have had, in µs.
func processorTime(pid int) (micros float64) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, f := range files {
		var nanos float64
		if b, err := os.ReadFile(f); err == nil {
			fmt.Sscan(string(b), &nanos)
		}
		micros += nanos / 1e3
	}
	return micros
}
