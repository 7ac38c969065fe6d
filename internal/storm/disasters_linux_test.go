package storm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// disaster takes something away that the app needs, gives it back, and returns
// without waiting for the windows.
type disaster struct {
	name string
	do   func(*storm) error
}

var disasters = []disaster{
	{"worker over its memory limit", (*storm).hungryWorker},
	{"disk full", (*storm).fullDisk},
	{"Core without free descriptors", (*storm).narrowCore},
	{"page over its memory limit", (*storm).hungryPage},
	{"page that opens all it can", (*storm).greedyPage},
	{"host without free descriptors", (*storm).narrowHost},
	darkness,
}

var darkness = disaster{"display server killed and started again", (*storm).noDisplay}

// inShort is how many of them are in the short form, too, beside darkness and
// the first of takenHosts: the quick ones.
const inShort = 3

// begin lets one happen.
func (s *storm) begin(d disaster) {
	if err := d.do(s); err != nil {
		s.t.Errorf("%s: %v", d.name, err)
	}
	s.report.disaster(d.name)
}

// strikeDisaster lets one happen and waits until all is well.
func (s *storm) strikeDisaster(d disaster) {
	began := time.Now()
	s.begin(d)
	s.calm("after " + d.name)
	s.t.Logf("%s: over after %s", d.name, time.Since(began).Round(time.Millisecond))
}

// square is a worker that computes.
var square = mullion.NewWorker("square", func(_ context.Context, n int) (int, error) { return n * n, nil }, mullion.WorkerOptions{Processes: 2})

// glutton is a worker that takes that many MiB of memory.
var glutton = mullion.NewWorker("glutton", func(_ context.Context, mib int) (int, error) {
	var all [][]byte
	for range mib {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		all = append(all, b)
	}
	return len(all), nil
}, mullion.WorkerOptions{MemoryLimit: 128 << 20})

func (s *storm) hungryWorker() error {
	ctx := e2e.Context(s.t)
	if n, err := glutton.Call(ctx, s.app.App, 1024); !errors.Is(err, mullion.ErrWorkerLost) {
		return fmt.Errorf("it has got %d MiB: %v", n, err)
	}
	_, err := glutton.Call(ctx, s.app.App, 1)
	return err
}

// smallDisk returns a folder for the app's data that is easily filled: a file
// system of its own, for who may mount one.
func (s *storm) smallDisk() string {
	dir := s.t.TempDir()
	err := unix.Mount("storm", dir, "tmpfs", 0, "size=64m,mode=700")
	if s.quota = err != nil; s.quota {
		s.t.Logf("no disk of its own (%v): a limit for the sizes of files takes its place", err)
		return dir
	}
	s.t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			s.t.Error(err)
		}
	})
	return dir
}

// fullDisk checks that nothing counts as saved while nothing can be.
func (s *storm) fullDisk() error {
	fill := s.fill
	if s.quota {
		fill = shrink
	}
	empty, err := fill()
	if err != nil {
		return err
	}
	defer empty()
	saves := s.ledger.failures()
	_, sets := s.keeper.counts()
	return e2e.WaitFor(e2e.Timeout, func() error {
		if _, now := s.keeper.counts(); s.ledger.failures() < saves+6 || now < sets+3 {
			return fmt.Errorf("the full disk has refused %d saves and %d states", s.ledger.failures()-saves, now-sets)
		}
		return nil
	})
}

// fill writes until nothing more fits.
func (s *storm) fill() (empty func(), err error) {
	name := filepath.Join(s.dataDir, "filler")
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, unix.ENOSPC) {
			size /= 2
		} else if err != nil {
			return nil, err
		}
	}
	return func() { _ = os.Remove(name) }, nil
}

// shrink forbids this process to write beyond the first byte of any file.
func shrink() (grow func(), err error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGXFSZ) // which would end it
	var old unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_FSIZE, nil, &old); err != nil {
		return nil, err
	}
	err = unix.Prlimit(0, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1, Max: old.Max}, nil)
	return func() {
		_ = unix.Prlimit(0, unix.RLIMIT_FSIZE, &old, nil)
		signal.Stop(signals)
	}, err
}

// noDisplay takes the display away from under all windows.
func (s *storm) noDisplay() error {
	hosts := s.app.Processes()
	s.display.Stop()
	err := e2e.WaitFor(e2e.Timeout, func() error {
		for name, pid := range s.app.Processes() {
			if hosts[name] == pid && !strings.HasPrefix(name, "worker:") {
				return fmt.Errorf("host %q lives without a display", name)
			}
		}
		return nil
	})
	s.randomPause()
	s.randomPause()
	return errors.Join(err, s.display.Restart())
}

// feast is what pages of disasters call.
type feast struct {
	hungry atomic.Bool  // the next page that asks may begin
	full   atomic.Int64 // pages that could open no more
	holds  atomic.Int64 // streams that are open
}

func (f *feast) register(a *mullion.App) {
	mullion.Handle(a, "may_eat", func(context.Context, struct{}) (bool, error) { return f.hungry.CompareAndSwap(true, false), nil })
	mullion.Handle(a, "full", func(context.Context, struct{}) (struct{}, error) { f.full.Add(1); return struct{}{}, nil })
	mullion.Handle(a, "hold", func(ctx context.Context, _ struct{}) (ipc.Stream, error) {
		r, w := io.Pipe()
		f.holds.Add(1)
		return ipc.Stream{ReadCloser: &hold{PipeReader: r, w: w, feast: f}, Size: -1}, nil
	})
	mullion.Handle(a, "keep", func(_ context.Context, k keepArgs) (struct{}, error) { return struct{}{}, nil })
	mullion.Handle(a, "work", func(ctx context.Context, w workArgs) (int, error) { return square.Call(ctx, a, w.N) })
}

// hold is a stream that has nothing to say until it is closed.
type hold struct {
	*io.PipeReader
	w     *io.PipeWriter
	feast *feast
	once  atomic.Bool
}

func (h *hold) Close() error {
	if !h.once.Swap(true) {
		h.feast.holds.Add(-1)
	}
	return errors.Join(h.w.Close(), h.PipeReader.Close())
}

type keepArgs struct {
	Channel mullion.Channel[int] `json:"channel"`
}

type workArgs struct {
	N int `json:"n"`
}

// eatingPage takes memory without end, once.
const eatingPage = `<!doctype html><meta charset="utf-8"><title>eating</title><h1>eating</h1>
<script type="module">
import { invoke } from '/_mullion/api.js';
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
if (await invoke('may_eat')) {
	window.all = [];
	for (let i = 0; i < 120; i++) { // not more than the machine can bear
		window.all.push(new Uint8Array(8 << 20).fill(i + 1));
		await pause(10);
	}
	await pause(60000);
}
await invoke('full');
</script>`

// eatingMost is the limit of that page, in bytes.
const eatingMost = 400 << 20

func (s *storm) hungryPage() error {
	seen := len(s.app.Faults())
	return s.guest("eater", "eat.html", nil, func() error {
		for _, f := range s.app.Faults()[seen:] {
			if f.Reason == "out of memory" && strings.Join(f.Windows, "") == "eater" {
				return nil
			}
		}
		return errors.New("the page has not been ended for the memory that it takes")
	})
}

// guest opens a window with a page that does harm, waits until it is done, and
// closes it. prepare is called before the page may begin.
func (s *storm) guest(label, page string, prepare, done func() error) error {
	s.feast.hungry.Store(prepare == nil)
	full := s.feast.full.Load()
	o := s.app.WindowOptions(label)
	o.URL, o.Title, o.Width, o.Height, o.Unfocused, o.Isolate = page, label, 200, 150, true, true
	ctx := e2e.Context(s.t)
	w, err := s.app.OpenWindow(ctx, o)
	if err != nil {
		return err
	}
	defer w.Close()
	if prepare != nil {
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if s.feast.full.Load() == full {
				return errors.New("the page does not come up")
			}
			return nil
		}); err != nil {
			return err
		}
		if err := prepare(); err != nil {
			return err
		}
		full = s.feast.full.Load()
		s.feast.hungry.Store(true)
		if err := w.Reload(ctx); err != nil {
			return err
		}
	}
	return e2e.WaitFor(e2e.Timeout, func() error {
		if !w.Painted() || s.feast.full.Load() == full {
			return fmt.Errorf("window %q is not through", label)
		}
		return done()
	})
}

// greedyPage opens what costs descriptors, in both processes and in the Core.
const greedyPage = `<!doctype html><meta charset="utf-8"><title>greedy</title><h1>greedy</h1>
<script type="module">
import { invoke, Channel } from '/_mullion/api.js';
if (await invoke('may_eat')) {
	window.all = [];
	const some = [];
	for (let i = 0; i < 400; i++) {
		invoke('hold').catch(() => {});
		some.push(invoke('work', { n: i }).catch(() => {}));
		if (i % 4 === 0) {
			try {
				window.all.push(new WebSocket('ws://' + location.hash.slice(1)));
			} catch { /* some engines let no page that is secure do that */ }
			fetch('http://' + location.hash.slice(1)).catch(() => {});
		}
		const channel = new Channel();
		window.all.push(channel);
		some.push(invoke('keep', { channel }).catch(() => {}));
	}
	await Promise.all(some);
}
await invoke('full');
</script>`

// greedy lets such a page loose.
func (s *storm) greedy(prepare func() error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		var all []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			all = append(all, c)
		}
		s.t.Logf("the greedy page has made %d connections", len(all))
		for _, c := range all {
			c.Close()
		}
	}()
	before := len(descriptorsOf(os.Getpid()))
	err = s.guest("greedy", "greedy.html#"+l.Addr().String(), prepare, func() error { return nil })
	l.Close()
	<-accepted
	return errors.Join(err, e2e.WaitFor(e2e.Timeout, func() error {
		// Other descriptors come and go.
		if now := len(descriptorsOf(os.Getpid())); now > before+20 || s.feast.holds.Load() > 0 {
			return fmt.Errorf("%d descriptors of the Core and %d streams are open, before there were %d descriptors", now, s.feast.holds.Load(), before)
		}
		return nil
	}))
}

func (s *storm) greedyPage() error { return s.greedy(nil) }

// narrowHost is a greedy page whose host may open hardly anything.
func (s *storm) narrowHost() error {
	return s.greedy(func() error {
		pid := s.app.Processes()["window:greedy"]
		if pid == 0 {
			return errGone
		}
		return unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(len(descriptorsOf(pid)) + 8), Max: 4096}, nil)
	})
}

// narrowCore has a host end while the Core can open nothing.
func (s *storm) narrowCore() error {
	host, err := os.FindProcess(s.app.Processes()["app"])
	if err != nil {
		return err
	}
	defer host.Release()
	var old unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &old); err != nil {
		return err
	}
	seen := len(s.app.Faults())
	narrow := unix.Rlimit{Cur: uint64(len(descriptorsOf(os.Getpid())) / 2), Max: old.Max}
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &narrow, nil); err != nil {
		return err
	}
	err = host.Kill()
	err = errors.Join(err, e2e.WaitFor(e2e.Timeout, func() error {
		if n := len(s.app.Faults()); n < seen+5 {
			return fmt.Errorf("the Core has tried to start a host only %d times", n-seen)
		}
		return nil
	}))
	return errors.Join(err, unix.Prlimit(0, unix.RLIMIT_NOFILE, &old, nil))
}

func descriptorsOf(pid int) []os.DirEntry {
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return fds
}
