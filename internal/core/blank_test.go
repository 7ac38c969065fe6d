package core

import (
	"sync/atomic"
	"testing"
	"time"
)

// TestCountBlank checks which time counts as time without a picture.
func TestCountBlank(t *testing.T) {
	d := &document{}
	v := &Webview{doc: d, finished: true}
	for _, step := range []struct {
		name  string
		calls uint64 // up to the last one
		seen  bool
		want  time.Duration
	}{
		{"idle", 0, true, time.Second},
		{"few calls", 10, true, 2 * time.Second},
		{"busy with calls", 10_000, true, 2 * time.Second},
		{"covered", 10_000, false, 2 * time.Second},
		{"idle again", 10_000, true, 3 * time.Second},
	} {
		d.lastCall = step.calls
		if got := v.countBlank(step.seen, time.Second); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
	v.hung = make(chan struct{})
	if got := v.countBlank(true, time.Second); got != 3*time.Second {
		t.Errorf("hung: %s", got)
	}
	v.painted = true
	if got := v.countBlank(true, time.Second); got != 0 {
		t.Errorf("painted: %s", got)
	}
}

// TestBlankWhileSilent: the time in which a page was too busy to be drawn does not
// count, however long it was.
func TestBlankWhileSilent(t *testing.T) {
	d := &document{}
	v := &Webview{doc: d, finished: true, life: new(atomic.Bool)}
	for range 20 {
		v.countBlank(true, time.Second)
		if v.alive(5 * time.Second) {
			t.Fatal("it has not answered")
		}
	}
	v.life.Store(true)
	if got := v.countBlank(true, time.Second); got != 6*time.Second || !v.alive(5*time.Second) {
		t.Errorf("as it answers: %s", got)
	}
	if got := v.countBlank(true, 4*time.Second); got != 10*time.Second {
		t.Errorf("later: %s", got)
	}
}
