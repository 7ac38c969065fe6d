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
	// volume is how many bytes are written at once about one window, worker or
	// host, and flow how many more a second. The Core's own records are not
	// counted: no page or process makes them.
	volume = 4 << 20
	flow   = 16 << 10
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
	known map[kind]*room     // guarded by mu
	bytes map[string]*budget // guarded by mu; by owner
}

// budget is how many bytes may be written about an owner.
type budget struct {
	left  int
	since time.Time // when left was counted
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
// a second, and about each window, worker or host 4 MiB and 16 KiB more a second; how many were left out is logged after a while. Texts are cut, and
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
	if r.left > 0 && s.fits(k.owner, sizeOf(rec), now) {
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

// fits takes a record's bytes from those of its owner, if there are enough. s.mu
// is held.
func (s *kinds) fits(owner string, size int, now time.Time) bool {
	if owner == "" {
		return true
	}
	b := s.bytes[owner]
	if b == nil {
		if s.bytes == nil {
			s.bytes = map[string]*budget{}
		}
		if len(s.bytes) >= s.most {
			for name, b := range s.bytes {
				if b.refill(now); b.left == volume {
					delete(s.bytes, name)
				}
			}
		}
		if len(s.bytes) >= s.most && owner != "others" {
			return s.fits("others", size, now)
		}
		b = &budget{left: volume, since: now}
		s.bytes[owner] = b
	}
	b.refill(now)
	if b.left < size {
		return false
	}
	b.left -= size
	return true
}

func (b *budget) refill(now time.Time) {
	if n := int(min(now.Sub(b.since), time.Hour) * flow / time.Second); n > 0 {
		b.left, b.since = min(volume, b.left+n), now
	}
}

// sizeOf is about how many bytes a record has in the log.
func sizeOf(r slog.Record) int {
	n := 64 + min(len(r.Message), maxText)
	r.Attrs(func(a slog.Attr) bool {
		n += len(a.Key) + 16
		if a.Value.Kind() == slog.KindString {
			n += min(len(a.Value.String()), maxStack)
		} else if a.Value.Kind() == slog.KindAny {
			n += min(len(textOf(a.Value.Any())), maxText)
		}
		return true
	})
	return n
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
