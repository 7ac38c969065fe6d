package storm_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
)

func TestMain(m *testing.M) {
	go serveTaken()
	if os.Getenv(labVariable) != "" {
		mullion.Main(runKept)
	}
	e2e.Main(m, square, glutton)
}

// storm is one run of it.
type storm struct {
	t       *testing.T
	rng     *rand.Rand
	app     *e2e.App
	display *display.Display
	dataDir string
	others  []e2e.Process // below this process before the app was started
	ledger  *ledger
	keeper  *boardKeeper
	watch   *watcher
	feast   *feast
	report  report
	quota   bool                   // instead of a disk that can be filled
	struck  map[string][]time.Time // by process and host, of late
	limits  map[string]mullion.ConfinementLevel
	places  map[string]mullion.Geometry
}

// windows are those that work: two share a host, one has its own.
var windows = []string{"one", "two", "three"}

const config = `{"app": {"security": {"csp": {"connect-src": "'self' http://127.0.0.1:* ws://127.0.0.1:*"}}, "windows": [
	{"label": "one", "title": "one", "url": "work.html", "x": 60, "y": 60, "width": 420, "height": 300},
	{"label": "two", "title": "two", "url": "work.html", "x": 560, "y": 80, "width": 380, "height": 320}
]}}`

// healing bounds how long it may take until all windows work again. The
// longest is the case of a process that is stopped: that has to be noticed.
const healing = 3 * time.Minute

func TestStorm(t *testing.T) {
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	lasts, seed := duration(t)
	s := &storm{t: t, rng: rand.New(rand.NewPCG(seed, 0)), struck: map[string][]time.Time{}, feast: &feast{}}
	s.report.begin(seed)

	// A display of its own, since it is taken away.
	before := os.Getenv("DISPLAY")
	t.Cleanup(func() { os.Setenv("DISPLAY", before) })
	var err error
	if s.display, err = display.StartLasting(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.display.Stop)

	s.others = e2e.Descendants(os.Getpid())

	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	s.dataDir = s.smallDisk()
	descriptors := openFiles(t)
	leaks := goleak.IgnoreCurrent()

	s.start()
	stop := s.work()
	if lasts == 0 {
		s.short()
	} else {
		s.long(lasts)
	}
	s.report.end()
	s.calm("at the end")
	s.alive()
	stop()
	if err := s.app.Stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	s.settle(temp, descriptors, leaks)
	if lasts > 0 && !t.Failed() {
		s.report.write(t, "storm", "TestStorm")
	}
}

// duration returns how long a storm lasts, 0 for the short form, and the seed of
// its choices.
func duration(t *testing.T) (lasts time.Duration, seed uint64) {
	t.Helper()
	seed = 1
	if v := os.Getenv("MULLION_STORM"); v != "" {
		var err error
		if lasts, err = time.ParseDuration(v); err != nil {
			t.Fatalf("MULLION_STORM: %v", err)
		}
		seed = uint64(time.Now().UnixNano() % 1e9)
	}
	if v := os.Getenv("MULLION_STORM_SEED"); v != "" {
		var err error
		if seed, err = strconv.ParseUint(v, 10, 64); err != nil {
			t.Fatalf("MULLION_STORM_SEED: %v", err)
		}
	}
	t.Logf("MULLION_STORM_SEED=%d", seed)
	return lasts, seed
}

// start starts the app and remembers how it looks.
func (s *storm) start() {
	t := s.t
	var err error
	if s.ledger, err = newLedger(filepath.Join(s.dataDir, "ledger")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.ledger.file.Close() })
	s.keeper = &boardKeeper{}
	s.watch = &watcher{windows: windows}
	caps, err := capability.Parse("capabilities/storm.json", fmt.Appendf(nil, `[{"identifier": "eater", "windows": ["eater"], "permissions": [
		{"identifier": "sandbox:memory-limit", "allow": [{"bytes": %d}]}
	]}, {"identifier": "storm", "windows": ["*"], "permissions": [
		"allow-begin", "allow-save", "allow-may-eat", "allow-full", "allow-hold", "allow-keep", "allow-work",
		"core:event:allow-listen", "core:event:allow-unlisten",
		{"identifier": "state:read", "allow": [{"name": "board"}]}
	]}]`, eatingMost))
	if err != nil {
		t.Fatal(err)
	}
	s.app = e2e.Start(t, e2e.Options{
		Config: config, DataDir: s.dataDir, Capabilities: caps, HangTimeout: 2 * time.Second, OnFault: s.watch.onFault,
		Files: map[string]string{"work.html": workingPage, "eat.html": eatingPage, "greedy.html": greedyPage},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "begin", s.ledger.begin)
			mullion.Handle(a, "save", s.ledger.save)
			s.feast.register(a)
			s.keeper.state = newBoard(a)
		},
	})
	s.watch.app = s.app.App
	s.app.Open("three", func(o *mullion.WindowOptions) {
		x, y := 300.0, 480.0
		o.Title, o.URL, o.Isolate, o.X, o.Y, o.Width, o.Height = "three", "work.html", true, &x, &y, 400, 280
	})
}

func newBoard(a *mullion.App) *mullion.State[board] {
	return mullion.NewState(a, "board", board{}, mullion.StateOptions[board]{Persist: true})
}

// work begins all that goes on during the storm; the returned function ends
// it.
func (s *storm) work() (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	var tasks sync.WaitGroup
	tasks.Go(func() { s.keeper.run(ctx, s.app.App) })
	tasks.Go(func() { s.watch.run(ctx) })
	tasks.Go(func() { s.callWorker(ctx) })
	tasks.Go(func() { s.ask(ctx) })
	s.calm("at first")
	s.places = s.look()
	s.limits = s.confinement()
	return func() { cancel(); tasks.Wait() }
}

// callWorker calls a worker without end.
func (s *storm) callWorker(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		call, cancel := context.WithTimeout(ctx, 5*time.Second)
		got, err := square.Call(call, s.app.App, n)
		cancel()
		switch {
		case err == nil && got == n*n:
			s.watch.answered(began)
		case err == nil:
			s.t.Errorf("worker: the square of %d is %d", n, got)
		case !errors.Is(err, mullion.ErrWorkerLost) && !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			s.t.Logf("worker: %v", err)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// ask shows dialogs without end, which nobody answers.
func (s *storm) ask(ctx context.Context) {
	for ctx.Err() == nil {
		call, cancel := context.WithTimeout(ctx, 3*time.Second)
		button, err := s.app.Message(call, mullion.MessageDialog{Title: "question", Message: "?"})
		cancel()
		if err == nil {
			s.t.Errorf("a dialog that nobody has answered says %q", button)
		}
		pause(ctx, 300*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// blow is one strike: a signal for one process of a kind.
type blow struct {
	signal  string
	process string
	host    string // "" for any
}

func (b blow) String() string { return strings.TrimSpace(b.signal + " " + b.process + " " + b.host) }

// short is the storm that every test run sees.
func (s *storm) short() {
	// A host that stands still is noticed late, so the rest goes on meanwhile.
	s.strike(blow{"stop", hostProcess, "window:three"})
	for _, b := range []blow{
		{"kill", hostProcess, "app"}, {"kill", webProcess, "app"}, {"kill", networkProcess, "app"}, {"kill", workerProcess, ""},
		{"segv", webProcess, "app"}, {"kill", dialogProcess, ""}, {"kill", guardProcess, ""}, {"segv", hostProcess, "app"},
	} {
		s.strike(b)
		s.randomPause()
	}
	for _, d := range disasters[:inShort] {
		s.begin(d)
	}
	s.calm("after the blows")
	s.strikeDisaster(takenHosts[1]) // the one that other tests of this user do not notice
	s.strikeDisaster(darkness)      // a host that stands still would not notice it
}

// long strikes at random.
func (s *storm) long(lasts time.Duration) {
	disasters, next := slices.Concat(takenHosts, disasters), 0
	for end := time.Now().Add(lasts); time.Now().Before(end) && !s.t.Failed(); {
		if s.rng.IntN(8) == 0 {
			s.strikeDisaster(disasters[next%len(disasters)])
			next++
			continue
		}
		wave := make([]blow, 1+s.rng.IntN(3)*s.rng.IntN(2)) // most often one
		for i := range wave {
			wave[i] = s.randomBlow()
		}
		s.wave(wave)
	}
}

func (s *storm) randomBlow() blow {
	processes := []string{hostProcess, hostProcess, hostProcess, webProcess, webProcess, webProcess, networkProcess, workerProcess, dialogProcess, guardProcess}
	kinds := []string{"kill", "kill", "kill", "kill", "kill", "segv", "segv", "segv", "stop"} // to notice a stop takes long
	return blow{kinds[s.rng.IntN(len(kinds))], processes[s.rng.IntN(len(processes))], ""}
}

// wave strikes and waits until all is well.
func (s *storm) wave(blows []blow) {
	type hit struct {
		blow
		at time.Time
	}
	var hits []hit
	for _, b := range blows {
		if at := s.strike(b); !at.IsZero() {
			hits = append(hits, hit{b, at})
		}
		s.randomPause()
	}
	s.calm(fmt.Sprint("after ", blows))
	for i, h := range hits {
		// The times of strikes at the same things would be mixed up.
		if slices.ContainsFunc(slices.Delete(slices.Clone(hits), i, i+1), func(o hit) bool { return o.heals() == h.heals() }) {
			continue
		}
		if d, ok := s.watch.healed(h.process, h.at); ok {
			s.report.healed(h.blow, d)
		}
	}
}

// heals tells what has to be healed after a blow.
func (b blow) heals() string {
	switch b.process {
	case workerProcess, dialogProcess:
		return b.process
	}
	return "windows"
}

func (s *storm) randomPause() { time.Sleep(time.Duration(s.rng.Int64N(int64(800 * time.Millisecond)))) }

// mostPerMinute keeps the storm below the limits at which a host or a page is
// given up, which are 40 a minute.
const mostPerMinute = 25

// strike strikes one process and returns when; zero if there was none.
func (s *storm) strike(b blow) time.Time {
	// All that is random is drawn before the machine has its say.
	pick := s.rng.Uint64()
	found := slices.DeleteFunc(s.victims(), func(v victim) bool {
		return v.process != b.process || b.host != "" && v.host != b.host || s.spared(v)
	})
	if len(found) == 0 {
		return time.Time{}
	}
	v := found[pick%uint64(len(found))]
	at := time.Now()
	if err := strike(v.pid, signals[b.signal]); err != nil {
		return time.Time{} // ended by itself meanwhile
	}
	key := v.process + v.host
	s.struck[key] = append(s.struck[key], at)
	s.report.strike(b)
	return at
}

func (s *storm) spared(v victim) bool {
	key := v.process + v.host
	s.struck[key] = slices.DeleteFunc(s.struck[key], func(at time.Time) bool { return time.Since(at) > time.Minute })
	return len(s.struck[key]) >= mostPerMinute
}

// calm waits until all windows are on the screen, and save, hear and follow.
func (s *storm) calm(when string) {
	s.t.Helper()
	type mark struct{ progress }
	start := map[string]mark{}
	if err := e2e.WaitFor(healing, func() error {
		select {
		case <-s.app.Done():
			return nil // that is reported below
		default:
		}
		for _, label := range windows {
			w, err := s.app.Window(label)
			if err != nil {
				return err
			}
			if g := w.Geometry(); !w.Painted() || !g.Visible || !strings.HasSuffix(w.URL(), "/work.html") {
				return fmt.Errorf("window %q: painted %v, shows %s, %+v", label, w.Painted(), w.URL(), g)
			}
			p := s.ledger.progress(label)
			m, ok := start[label]
			if !ok || m.epoch != p.epoch {
				start[label] = mark{p}
				return fmt.Errorf("window %q has begun document %d", label, p.epoch)
			}
			if p.saves < m.saves+3 || p.heard < m.heard+2 || p.board < m.board+2 {
				return fmt.Errorf("window %q has come from %+v to %+v", label, m.progress, p)
			}
		}
		if left := stopped(); len(left) > 0 {
			return fmt.Errorf("processes %v stand still", left)
		}
		return nil
	}); err != nil {
		s.t.Fatalf("%s: %v\nprocesses: %v", when, err, s.victims())
	}
	select {
	case <-s.app.Done():
		s.t.Fatalf("%s: the app has ended: %v", when, s.app.Stop())
	default:
	}
}

// look returns where the windows are.
func (s *storm) look() map[string]mullion.Geometry {
	places := map[string]mullion.Geometry{}
	for _, label := range windows {
		if w, err := s.app.Window(label); err == nil {
			g := w.Geometry()
			g.Focused = false // the dialogs have it now and then
			places[label] = g
		}
	}
	return places
}

// confinement returns how the hosts are confined. Workers come and go.
func (s *storm) confinement() map[string]mullion.ConfinementLevel {
	levels := map[string]mullion.ConfinementLevel{}
	for _, c := range s.app.Confinement() {
		if !strings.HasPrefix(c.Process, "worker:") {
			levels[c.Process] = c.Level
		}
	}
	return levels
}

// alive checks that the app is as it was before the storm.
func (s *storm) alive() {
	t := s.t
	if got := s.app.Windows(); !slices.Equal(got, []string{"one", "three", "two"}) {
		t.Errorf("windows %q are there", got)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if now := s.look(); !maps.Equal(now, s.places) {
			return fmt.Errorf("windows are at %+v, were at %+v", now, s.places)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if now := s.confinement(); !maps.Equal(now, s.limits) {
		t.Errorf("hosts are confined %v, were %v", now, s.limits)
	}
}
