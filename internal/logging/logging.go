// Package logging keeps those who write to a log from waiting for those who
// read it.
package logging

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// patience is how long a record may take, from when it is made, before
	// the log counts as stuck. While it does nobody waits for it.
	patience = time.Second
	// most is how many records wait while it is stuck.
	most = 1024
)

// handler passes records on one after the other, on a goroutine of its own
// while there are any. Whoever logs waits until the record is written, as with
// any handler, unless the log is stuck: a terminal that was stopped, or a pipe
// that nobody reads, takes nothing and says nothing. Records then wait for
// better times, and when there are too many they are counted instead.
type handler struct {
	next slog.Handler
	log  *queue
}

type queue struct {
	patience time.Duration
	most     int

	mu      sync.Mutex
	waiting []*record // guarded by mu
	writing bool      // guarded by mu; the goroutine runs
	stuck   bool      // guarded by mu
	lost    int       // guarded by mu; since the last record that was written
}

type record struct {
	ctx     context.Context
	to      slog.Handler
	record  slog.Record
	written chan struct{} // closed when it is, or nothing came of it
	err     error         // set before written is closed
}

// Handler returns a handler for h that waits for it only so long. A panic of h
// is an error of the record that it was for.
func Handler(h slog.Handler) slog.Handler {
	return &handler{h, &queue{patience: patience, most: most}}
}

// Enabled implements slog.Handler.
func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{h.next.WithAttrs(attrs), h.log}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.next.WithGroup(name), h.log}
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	w := &record{ctx: ctx, to: h.next, record: r.Clone(), written: make(chan struct{})}
	stuck := h.log.put(w)
	if stuck {
		return nil
	}
	t := time.NewTimer(h.log.patience)
	defer t.Stop()
	select {
	case <-w.written:
		return w.err
	case <-t.C:
		h.log.getStuck()
		return nil
	}
}

// put has a record written, and reports whether to go on without it.
func (q *queue) put(w *record) (stuck bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= q.most {
		q.lost++
		return true
	}
	q.waiting = append(q.waiting, w)
	if !q.writing {
		q.writing = true
		go q.write()
	}
	return q.stuck
}

func (q *queue) getStuck() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stuck = q.writing
}

// write writes what waits until nothing does.
func (q *queue) write() {
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.writing, q.stuck, q.waiting = false, false, nil
			q.mu.Unlock()
			return
		}
		w := q.waiting[0]
		q.waiting[0], q.waiting = nil, q.waiting[1:]
		lost := q.lost
		q.lost = 0
		q.mu.Unlock()
		if lost > 0 {
			r := slog.NewRecord(time.Now(), slog.LevelWarn, "mullion: the log was not read; records are missing", 0)
			r.AddAttrs(slog.Int("records", lost))
			_ = handle(context.Background(), w.to, r) // there is nobody to tell
		}
		w.err = handle(w.ctx, w.to, w.record)
		close(w.written)
	}
}

func handle(ctx context.Context, h slog.Handler, r slog.Record) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the log's handler panicked: %v", v)
		}
	}()
	return h.Handle(ctx, r)
}
