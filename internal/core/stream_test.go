package core

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"
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
	s := d.newStream(src, -1)
	r, _, err := d.fetch(s.id)
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
	v.giveUpStream(s.id)
	select {
	case <-src.closed:
	case <-time.After(time.Minute):
		t.Fatal("the source was not closed")
	}
	c.tasks.Wait()
	if s.err == nil || !errors.Is(s.err, context.Canceled) {
		t.Errorf("it ended with %v", s.err)
	}
	v.giveUpStream(s.id)
}
