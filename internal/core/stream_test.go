package core

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
)

// endlessSource never ends, and tells when it is closed.
type endlessSource struct{ closed chan struct{} }

func (s endlessSource) Read(p []byte) (int, error) { return len(p), nil }
func (s endlessSource) Close() error               { close(s.closed); return nil }

// TestGiveUpStream has a page read no more while the Core waits for it to
// confirm what it has read.
func TestGiveUpStream(t *testing.T) {
	c := &Core{log: slog.New(slog.DiscardHandler)}
	v := &Webview{core: c}
	d := &document{webview: v, streams: map[uint64]*stream{}}
	v.doc = d
	src := endlessSource{make(chan struct{})}
	s, err := d.newStream(src, -1)
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := d.fetch(s.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	// All that the Core sends without being told that it was read.
	if _, err := io.CopyN(io.Discard, r, 1+streamWindow); err != nil {
		t.Fatal(err)
	}
	r.Close()
	select {
	case <-src.closed:
		t.Fatal("the source was closed before the page had given it up")
	default:
	}
	v.giveUpStream(s.id + 1) // which there never was
	v.creditStream(s.id+1, 1)
	v.creditStream(s.id, 1<<60)                              // more than was sent
	if s.mu.Lock(); s.ahead != 0 && s.ahead != streamPiece { // the next piece may have begun
		t.Errorf("%d bytes are under way after all was confirmed, and more", s.ahead)
	}
	s.mu.Unlock()
	v.giveUpStream(s.id)
	select {
	case <-src.closed:
	case <-await.Hang(context.Background(), time.Minute):
		t.Fatal("the source was not closed")
	}
	c.tasks.Wait()
	// It was given up, or the piece that had begun found nobody who reads.
	if s.err == nil || !strings.Contains(s.err.Error(), context.Canceled.Error()) {
		t.Errorf("it ended with %v", s.err)
	}
	v.giveUpStream(s.id)
}

// TestStreamGuessed has a host ask for streams before it was told of them.
func TestStreamGuessed(t *testing.T) {
	c, err := New(Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	v := &Webview{core: c}
	d := &document{webview: v, streams: map[uint64]*stream{}}
	v.doc = d
	const rounds = 20_000
	guessed := make(chan int)
	go func() {
		n := 0
		for id := uint64(1); id <= rounds; {
			d.mu.Lock()
			over := d.lastID > id
			d.mu.Unlock()
			r, _, err := d.fetch(id, 0)
			if err == nil {
				n++
				r.Close()
			}
			if err == nil || over {
				id++
			}
		}
		guessed <- n
	}()
	for range rounds + 1 {
		s, err := d.newStream(io.NopCloser(strings.NewReader("x")), 1)
		if err != nil {
			t.Fatal(err)
		}
		s.remove()
		s.stop(io.EOF)
		for v.streams.Load() > maxStreams/2 {
			runtime.Gosched() // closers are slower
		}
	}
	t.Logf("%d of %d streams were fetched", <-guessed, rounds)
	c.tasks.Wait()
}
