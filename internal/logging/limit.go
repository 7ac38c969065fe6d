package logging

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	// burst is how many records of a kind are written at once, and pace how
	// long it takes until there is room for another one.
	burst = 500
	pace  = time.Second
	// maxKinds is how many kinds are told apart. What is more counts as one.
	maxKinds = 1000
	// summary is how often it is said how many records were left out.
	summary = 10 * time.Second
	// maxText is the longest text of an attribute, in bytes, but for stacks.
	maxText = 8 << 10
)

// own begins the messages of this module. What has others is a process's
// output.
const own = "mullion: "

// owners are the attributes by which records of one message are told apart.
var owners = []string{"window", "worker", "host"}

// limiter leaves out records of which there are too many.
type limiter struct {
	next  slog.Handler
	kinds *kinds
}

type kinds struct {
	burst, most int
	pace        time.Duration
	summary     time.Duration

	mu    sync.Mutex
	known map[kind]*room // guarded by mu
}

// kind is what there may be too much of: records with the same message about
// the same window, worker or host. The output of a process is of one kind.
type kind struct{ message, owner string }

// room is how many records of a kind may be written.
type room struct {
	left     int
	since    time.Time // when left was counted
	dropped  int
	announce bool // somebody will say how many
}

// Limit returns a handler that passes on what a log is good for: pages, hosts
// and workers can make an app log, and what they do on and on must neither fill
// the disk nor hide the rest. Of each kind 500 records are written, and one more
// a second; how many were left out is logged after a while. Long texts are cut.
func Limit(h slog.Handler) slog.Handler {
	if _, ok := h.(*limiter); ok {
		return h
	}
	return &limiter{h, &kinds{burst: burst, most: maxKinds, pace: pace, summary: summary, known: map[kind]*room{}}}
}

// Enabled implements slog.Handler.
func (l *limiter) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (l *limiter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &limiter{l.next.WithAttrs(attrs), l.kinds}
}

// WithGroup implements slog.Handler.
func (l *limiter) WithGroup(name string) slog.Handler {
	return &limiter{l.next.WithGroup(name), l.kinds}
}

// Handle implements slog.Handler.
func (l *limiter) Handle(ctx context.Context, r slog.Record) error {
	k, long := kindOf(r)
	if !l.kinds.take(k, l.tell) {
		return nil
	}
	if long {
		r = cut(r)
	}
	return l.next.Handle(ctx, r)
}

// kindOf also reports whether the record has to be cut.
func kindOf(r slog.Record) (k kind, long bool) {
	if strings.HasPrefix(r.Message, own) {
		k.message = r.Message
	}
	best := len(owners)
	r.Attrs(func(a slog.Attr) bool {
		for i, name := range owners[:best] {
			if a.Key == name && a.Value.Kind() == slog.KindString {
				best, k.owner = i, a.Value.String()
			}
		}
		long = long || isLong(a)
		return true
	})
	return k, long || len(r.Message) > maxText
}

func isLong(a slog.Attr) bool { return a.Key != "stack" && len(textOf(a)) > maxText }

// textOf returns the text of an attribute that may be long: an error says what
// pages and processes have made it say.
func textOf(a slog.Attr) string {
	switch v := a.Value.Any().(type) {
	case string:
		return v
	case error:
		return errorText(v)
	}
	return ""
}

// errorText survives an error of the app that panics: so do the handlers of
// package slog.
func errorText(err error) (text string) {
	defer func() { _ = recover() }()
	return err.Error()
}

func cut(r slog.Record) slog.Record {
	short := slog.NewRecord(r.Time, r.Level, cutText(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if isLong(a) {
			a.Value = slog.StringValue(cutText(textOf(a)))
		}
		short.AddAttrs(a)
		return true
	})
	return short
}

func cutText(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// take reports whether there is room for a record. tell is called later with
// how many there was no room for.
func (s *kinds) take(k kind, tell func(kind, int)) bool {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.known[k]
	if r == nil {
		if len(s.known) >= s.most {
			s.forget(now)
		}
		if len(s.known) >= s.most {
			k = kind{owner: "others"}
		}
		if r = s.known[k]; r == nil {
			r = &room{left: s.burst, since: now}
			s.known[k] = r
		}
	}
	s.refill(r, now)
	if r.left > 0 {
		r.left--
		return true
	}
	r.dropped++
	if !r.announce {
		r.announce = true
		time.AfterFunc(s.summary, func() {
			s.mu.Lock()
			n := r.dropped
			r.dropped, r.announce = 0, false
			s.mu.Unlock()
			tell(k, n)
		})
	}
	return false
}

// refill makes the room that time has made. s.mu is held.
func (s *kinds) refill(r *room, now time.Time) {
	if n := int(now.Sub(r.since) / s.pace); n > 0 {
		r.left = min(s.burst, r.left+n)
		r.since = r.since.Add(time.Duration(n) * s.pace)
	}
}

// forget drops kinds of which nothing was written of late. s.mu is held.
func (s *kinds) forget(now time.Time) {
	for k, r := range s.known {
		if s.refill(r, now); r.left == s.burst && !r.announce {
			delete(s.known, k)
		}
	}
}

// tell logs how many records of a kind were left out.
func (l *limiter) tell(k kind, n int) {
	ctx := context.Background()
	if !l.next.Enabled(ctx, slog.LevelWarn) {
		return
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "mullion: the log leaves out what there is too much of", 0)
	r.AddAttrs(slog.Int("records", n))
	if k.message != "" {
		r.AddAttrs(slog.String("message", k.message))
	}
	if k.owner != "" {
		r.AddAttrs(slog.String("of", k.owner))
	}
	_ = l.next.Handle(ctx, r)
}
