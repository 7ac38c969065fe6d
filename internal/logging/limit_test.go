package logging

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// lines is a log in memory.
type lines struct {
	mu   sync.Mutex
	text string // guarded by mu
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text += string(p)
	return len(p), nil
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text, text)
}

// limited returns a logger with room for three records of each of four kinds.
func limited(pace, summary time.Duration) (*slog.Logger, *lines, *kinds) {
	out := &lines{}
	k := &kinds{burst: 3, most: 4, pace: pace, summary: summary, known: map[kind]*room{}}
	return slog.New(&limiter{slog.NewTextHandler(out, nil), k}), out, k
}

func TestLimit(t *testing.T) {
	log, out, _ := limited(time.Hour, time.Millisecond)
	for range 100 {
		log.Warn("mullion: refused", "window", "main")
	}
	log.Warn("mullion: refused", "host", "app", "window", "other") // is another kind
	log.Warn("mullion: something else", "window", "main")
	for n := range 100 {
		log.Info(fmt.Sprint("line ", n), "host", "app") // what a process prints is one
	}
	for what, want := range map[string]int{
		`msg="mullion: refused" window=main`:           3,
		`msg="mullion: refused" host=app window=other`: 1,
		`something else`: 1,
		`msg="line `:     3,
	} {
		if got := out.count(what); got != want {
			t.Errorf("%d lines with %s, want %d", got, what, want)
		}
	}
	deadline := time.Now().Add(time.Minute)
	for out.count("leaves out") < 2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if out.count(`message="mullion: refused" of=main`) == 0 || out.count("of=app") == 0 {
		t.Errorf("the log does not say what it leaves out:\n%s", out.text)
	}
}

// TestLimitOfKinds: what makes up new kinds all the time has them counted as
// one.
func TestLimitOfKinds(t *testing.T) {
	log, out, k := limited(time.Hour, time.Hour)
	for n := range 1000 {
		log.Warn("mullion: refused", "window", fmt.Sprint("popup-", n))
	}
	if got, want := out.count("refused"), 4+3; got != want || len(k.known) > 5 {
		t.Errorf("%d lines, want %d; %d kinds are remembered", got, want, len(k.known))
	}
}

// TestLimitPasses: what comes at a pace that is allowed is all written, and the
// kinds that it made up are forgotten.
func TestLimitPasses(t *testing.T) {
	log, out, k := limited(time.Nanosecond, time.Hour)
	for range 1000 {
		log.Warn("mullion: refused", "window", "main")
	}
	for n := range 1000 {
		log.Warn("mullion: refused", "window", fmt.Sprint("popup-", n))
	}
	if got := out.count("refused"); got != 2000 {
		t.Errorf("%d lines, want 2000", got)
	}
	if _, ok := k.known[kind{owner: "others"}]; ok || len(k.known) > 4 {
		t.Errorf("%d kinds are remembered; those that had to share one: %t", len(k.known), ok)
	}
}

// TestLimitOfBytes: many kinds of long records about one window are no way
// around, and leave the others alone.
func TestLimitOfBytes(t *testing.T) {
	out := &lines{}
	k := &kinds{burst: 1 << 20, most: 10, pace: time.Hour, summary: time.Hour, known: map[kind]*room{}}
	log := slog.New(&limiter{slog.NewTextHandler(out, nil), k})
	long := strings.Repeat("x", maxText)
	for range volume {
		log.Warn("mullion: refused", "window", "main", "url", long)
		if before := len(out.text); before > volume {
			log.Error("mullion: refused", "window", "main", "error", errors.New(long))
			if len(out.text) == before {
				break
			}
		}
	}
	if got := len(out.text); got < volume*3/4 || got > volume*5/4 {
		t.Errorf("%d bytes of one window, want about %d", got, volume)
	}
	log.Warn("mullion: refused", "window", "other", "url", long)
	log.Warn("mullion: own", "url", long)
	if out.count("window=other") != 1 || out.count("mullion: own") != 1 {
		t.Error("others are left out as well")
	}
	for n := range 100 {
		log.Warn("mullion: refused", "window", fmt.Sprint("popup-", n), "url", long)
	}
	if got := len(k.bytes); got > 11 {
		t.Errorf("%d owners are remembered", got)
	}
}

// TestLimitRefills: a budget fills up while records come one after the other.
func TestLimitRefills(t *testing.T) {
	now := time.Now()
	b := &budget{since: now}
	for range 10_000 {
		now = now.Add(time.Millisecond)
		b.refill(now)
	}
	if got, want := b.left, 10*flow; got < want*9/10 || got > want {
		t.Errorf("%d bytes in ten seconds, want %d", got, want)
	}
}

func TestLimitCuts(t *testing.T) {
	log, out, _ := limited(time.Hour, time.Hour)
	log.Warn("mullion: refused", "url", strings.Repeat("u", 1<<20), "window", "main", "stack", strings.Repeat("s", 1<<20))
	log.Info(strings.Repeat("m", 1<<20))
	log.Warn("mullion: refused", "reason", fmt.Errorf("%w", errors.New(strings.Repeat("e", 1<<20))), "host", "app")
	log.Warn("mullion: refused", "error", (*noError)(nil), "host", "app")
	for letter, want := range map[string]int{"uuuuuuuu": 1 << 10, "ssssssss": 1 << 15, "mmmmmmmm": 1 << 10, "eeeeeeee": 1 << 10} {
		if got := out.count(letter); got != want {
			t.Errorf("%d times %s, want %d", got, letter, want)
		}
	}
	if out.count("window=main") != 1 {
		t.Error("what comes after is lost")
	}
}

// noError is an error of an app, whose method panics.
type noError struct{ text string }

func (p *noError) Error() string { return p.text }

func TestLimitOnce(t *testing.T) {
	h := Limit(slog.DiscardHandler)
	if Limit(h) != h {
		t.Error("it is limited twice")
	}
}
