package core_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// processes are those of a host that a test plays.
type processes struct {
	rests                    atomic.Int64
	spent, rested            atomic.Int64 // ns; of the only process
	inFlight, looks, counted atomic.Int64
	larger                   atomic.Int64 // web processes over the limit
}

func (p *processes) options(o core.Patience) core.Options {
	p.spent.CompareAndSwap(0, 1)
	return core.Options{Patience: o, Processes: func(int) core.Processes { return p }}
}

// Spent implements core.Processes.
func (p *processes) Spent() time.Duration {
	p.looks.Add(1)
	return time.Duration(p.spent.Load())
}

// Rest implements core.Processes.
func (p *processes) Rest() {
	p.rests.Add(1)
	p.rested.Store(p.spent.Load())
}

// Worked implements core.Processes.
func (p *processes) Worked() (time.Duration, bool) {
	return time.Duration(p.spent.Load() - p.rested.Load()), true
}

// work has it run for a while.
func (p *processes) work() { p.spent.Add(int64(time.Second)) }

// InFlight implements core.Processes.
func (p *processes) InFlight() int {
	p.counted.Add(1)
	return int(p.inFlight.Load())
}

// EndLarger implements core.Processes.
func (p *processes) EndLarger(int64) int { return int(p.larger.Swap(0)) }

// after waits until there have been n more looks.
func (p *processes) after(t *testing.T, n int64) {
	t.Helper()
	from := p.looks.Load()
	until(t, "some looks", func() bool { return p.looks.Load() >= from+n })
}

// manyLooks are more looks than a host or a page has time to answer.
const manyLooks = 200

func calmly(calm time.Duration) core.Patience {
	p := impatient
	p.Calm = calm
	return p
}

// TestCalmHost: what does not run is not asked for a sign of life, and is as
// soon as it has run.
func TestCalmHost(t *testing.T) {
	var all processes
	p := newPair(t, everything, all.options(calmly(time.Hour)), nil)
	p.open("main", "app://localhost/")
	all.after(t, manyLooks) // it has come to rest
	old := p.engine("app")
	old.Hang()
	all.after(t, manyLooks)
	if got := p.kinds(); len(got) > 0 {
		t.Fatalf("a host that did not run was asked: %v", got)
	}
	all.work()
	p.replaced(old)
	until(t, "the fault", func() bool { return len(p.kinds()) > 0 }) // told in its own time
	if got := p.kinds(); got[0] != supervise.Hung {
		t.Errorf("faults %v", got)
	}
}

// TestCalmHostIsAskedNowAndThen: also one that hangs without having run is found.
func TestCalmHostIsAskedNowAndThen(t *testing.T) {
	var all processes
	p := newPair(t, everything, all.options(calmly(50*time.Millisecond)), nil)
	p.open("main", "app://localhost/")
	old := p.engine("app")
	old.Hang()
	p.replaced(old)
}

// TestStillPage: while a page leaves a host without an answer it is asked for,
// also where nothing runs.
func TestStillPage(t *testing.T) {
	log := &logBuffer{}
	var all processes
	o := all.options(calmly(time.Hour))
	o.Log = logger(log)
	p := newPair(t, everything, o, nil)
	main := p.open("main", "app://localhost/")
	all.after(t, manyLooks)
	main.view.Freeze(true)
	all.work()
	until(t, "the page's silence", func() bool { return log.contains("page does not answer") })
	n := all.rests.Load()
	until(t, "a look for other processes", func() bool { return all.rests.Load() > n })
}

// TestOversizedPage: a web process that the Core ends for its memory is told of
// as that, and one that crashes later is not.
func TestOversizedPage(t *testing.T) {
	var all processes
	p := newPair(t, everything, all.options(calmly(time.Hour)), nil)
	main := p.open("main", "app://localhost/")
	all.larger.Store(1)
	all.work()
	until(t, "the look", func() bool { return all.larger.Load() == 0 })
	all.after(t, 1)
	for n, want := range []supervise.Kind{supervise.OutOfMemory, supervise.Crashed} {
		if err := main.view.Crash(wire.CrashCrashed); err != nil {
			t.Fatal(err)
		}
		until(t, "the fault", func() bool { return len(p.kinds()) > n })
		if got := p.kinds()[n]; got != want {
			t.Errorf("fault %v, want %v", got, want)
		}
		main = p.page(main.window)
	}
}

// TestLooks: descriptors are counted only after something has run.
func TestLooks(t *testing.T) {
	var all processes
	p := newPair(t, everything, all.options(core.Patience{Ping: 2 * time.Millisecond, Look: 2 * time.Millisecond, Calm: time.Hour}), nil)
	p.open("main", "app://localhost/")
	all.after(t, manyLooks)
	n := all.counted.Load()
	all.after(t, manyLooks)
	if all.counted.Load() != n {
		t.Errorf("counted %d times, then %d", n, all.counted.Load())
	}
	all.work()
	until(t, "another look", func() bool { return all.counted.Load() > n })
}
