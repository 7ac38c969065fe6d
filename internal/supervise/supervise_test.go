package supervise

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var quick = Policy{First: time.Microsecond, Most: time.Millisecond, Useless: 4, Burst: 10, Window: time.Hour}

// script runs endings one after the other, the last one for ever.
func script(endings ...Ending) (func(context.Context) Ending, *int) {
	n := 0
	return func(context.Context) Ending {
		e := endings[min(n, len(endings)-1)]
		n++
		return e
	}, &n
}

func TestRun(t *testing.T) {
	useless, useful := Ending{Kind: Crashed}, Ending{Kind: Killed, Useful: true}
	for _, test := range []struct {
		name    string
		endings []Ending
		runs    int
		gaveUp  bool
	}{
		{"clean", []Ending{{Kind: Clean}}, 1, false},
		{"healed", []Ending{useless, useless, {Kind: Clean}}, 3, false},
		{"crash loop", []Ending{useless}, 4, true},
		{"useful in between", []Ending{useless, useless, useless, useful, useless, useless, useless, {Kind: Clean}}, 8, false},
		{"burst", []Ending{useful}, 10, true},
		{"permanent", []Ending{{Kind: LaunchFailed, Permanent: true}}, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			run, n := script(test.endings...)
			var last bool
			err := Run(t.Context(), Component{Name: "x", Run: run, Ended: func(_ Ending, _ int, again bool) { last = again }}, quick)
			if *n != test.runs {
				t.Errorf("ran %d times, want %d", *n, test.runs)
			}
			var gaveUp *Error
			if errors.As(err, &gaveUp) != test.gaveUp {
				t.Errorf("error %v, gave up: want %v", err, test.gaveUp)
			}
			if test.gaveUp && last {
				t.Error("the last failure was reported as one that is healed")
			}
		})
	}
}

// TestLongLives checks that what has lived for a while gets another chance.
func TestLongLives(t *testing.T) {
	useless := Ending{Kind: Killed}
	run, n := script(useless, useless, useless, useless, useless, Ending{Kind: Clean})
	p := quick
	p.Window, p.Useless = time.Nanosecond, 3
	if err := Run(t.Context(), Component{Name: "x", Run: func(ctx context.Context) Ending {
		time.Sleep(time.Microsecond)
		return run(ctx)
	}}, p); err != nil || *n != 6 {
		t.Errorf("%v after %d runs", err, *n)
	}
}

func TestRunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	slow := Policy{First: time.Hour, Most: time.Hour, Useless: 9, Burst: 9, Window: time.Hour}
	n := 0
	err := Run(ctx, Component{Run: func(context.Context) Ending {
		if n++; n == 2 {
			cancel() // in the pause that follows
		}
		return Ending{Kind: Crashed}
	}}, slow)
	if err != nil || n != 2 {
		t.Errorf("got %v after %d runs", err, n)
	}
}

func TestPause(t *testing.T) {
	p := Policy{First: 10, Most: 70}
	var got []time.Duration
	for n := range 7 {
		got = append(got, pause(p, n))
	}
	if d := cmp.Diff([]time.Duration{0, 0, 10, 20, 40, 70, 70}, got); d != "" {
		t.Error(d)
	}
}

// TestOutageTold: an outage is told once, and again when there is another reason
// or when it has lasted too long.
func TestOutageTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, display := Ending{Kind: LaunchFailed, Detail: "disk", Outage: true}, Ending{Kind: LaunchFailed, Detail: "display", Outage: true}
		endings := []Ending{{Kind: Killed}, disk, disk, display, display, display, disk}
		var told []string
		runs := 0
		err := Run(t.Context(), Component{
			Run: func(context.Context) Ending { runs++; return endings[min(runs, len(endings))-1] },
			Ended: func(e Ending, _ int, again bool) {
				told = append(told, fmt.Sprintf("%s %v", e, again))
			},
		}, Policy{First: time.Second, Most: time.Second, Useless: 5, Burst: 5, Window: time.Hour, Outage: time.Minute})
		if err == nil {
			t.Error("no error")
		}
		want := []string{"killed true", "launch failed: disk true", "launch failed: display true", "launch failed: disk true", "launch failed: disk false"}
		if d := cmp.Diff(want, told); d != "" || runs < 60 {
			t.Errorf("after %d runs:\n%s", runs, d)
		}
	})
}

func TestOutage(t *testing.T) {
	start := time.Unix(1e9, 0)
	policy := Policy{First: time.Second, Most: 8 * time.Second, Useless: 2, Burst: 3, Window: time.Hour, Outage: time.Minute}
	outage, useless := Ending{Kind: LaunchFailed, Outage: true}, Ending{Kind: Crashed}
	for _, test := range []struct {
		name    string
		endings []Ending
		every   time.Duration // between two
		pauses  []time.Duration
		again   bool // after the last
	}{
		{"pauses grow", []Ending{outage, outage, outage, outage, outage}, 0, []time.Duration{1e9, 2e9, 4e9, 8e9, 8e9}, true},
		{"no failures", []Ending{useless, outage, outage, outage, outage}, 0, []time.Duration{0, 1e9, 2e9, 4e9, 8e9}, true},
		{"not for ever", []Ending{outage, outage, outage}, 30 * time.Second, []time.Duration{1e9, 2e9, 4e9}, false},
		{"another one", []Ending{outage, outage, {Kind: Killed, Useful: true}, outage}, 25 * time.Second, []time.Duration{1e9, 2e9, 0, 1e9}, true},
		{"useless before and after", []Ending{useless, outage, useless}, 0, []time.Duration{0, 1e9, 1e9}, false},
		{"permanent", []Ending{{Kind: LaunchFailed, Outage: true, Permanent: true}}, 0, []time.Duration{1e9}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := failures{policy: policy}
			var pauses []time.Duration
			var again bool
			for i, e := range test.endings {
				now := start.Add(time.Duration(i) * test.every)
				_, again = f.add(e, now, now)
				pauses = append(pauses, f.pause())
			}
			if d := cmp.Diff(test.pauses, pauses); d != "" || again != test.again {
				t.Errorf("again: %v, want %v\n%s", again, test.again, d)
			}
		})
	}
}
