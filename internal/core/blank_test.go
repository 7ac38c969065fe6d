package core

import (
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
