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
)

// own begins the messages of this module.
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

// kind is what there may be too much of: records that one place in the source
// makes about one window, worker or host. Messages do not tell kinds apart, for
// some are a process's output.
type kind struct {
	site  uintptr
	owner string
}

// room is how many records of a kind may be written.
type room struct {
	left     int
	since    time.Time // when left was counted
	dropped  int
	announce bool   // somebody will say how many
	message  string // of this module; empty for what others say
}

// Limit returns a handler that passes on what a log is good for: pages, hosts
// and workers can make an app log, and what they do on and on must neither fill
// the disk nor hide the rest. Of each kind 500 records are written, and one more
// a second; how many were left out is logged after a while. Texts are cut, and
// what could pass for another line or control a terminal is escaped, in messages
// and attributes, whatever the handler does.
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
	return &limiter{l.next.WithAttrs(cleanAll(attrs)), l.kinds}
}

// WithGroup implements slog.Handler.
func (l *limiter) WithGroup(name string) slog.Handler {
	return &limiter{l.next.WithGroup(cleanName(name)), l.kinds}
}

// Handle implements slog.Handler.
func (l *limiter) Handle(ctx context.Context, r slog.Record) error {
	if !l.kinds.take(kindOf(r), r, l.tell) {
		return nil
	}
	return l.next.Handle(ctx, clean(r))
}

func kindOf(r slog.Record) kind {
	k := kind{site: r.PC}
	best := len(owners)
	r.Attrs(func(a slog.Attr) bool {
		for i, name := range owners[:best] {
			if a.Key == name && a.Value.Kind() == slog.KindString {
				best, k.owner = i, a.Value.String()
			}
		}
		return true
	})
	return k
}

// take reports whether there is room for a record. tell is called later with
// how many there was no room for.
func (s *kinds) take(k kind, rec slog.Record, tell func(message, owner string, n int)) bool {
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
			if k.owner != "others" && strings.HasPrefix(rec.Message, own) {
				r.message = rec.Message
			}
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
			tell(r.message, k.owner, n)
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
func (l *limiter) tell(message, owner string, n int) {
	ctx := context.Background()
	if !l.next.Enabled(ctx, slog.LevelWarn) {
		return
	}
	r := slog.NewRecord(time.Now(), slog.LevelWarn, "mullion: the log leaves out what there is too much of", 0)
	r.AddAttrs(slog.Int("records", n))
	if message != "" {
		r.AddAttrs(slog.String("message", message))
	}
	if owner != "" {
		r.AddAttrs(slog.String("of", owner))
	}
	_ = l.next.Handle(ctx, clean(r))
}
