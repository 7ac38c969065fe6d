package kept

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/keeper"
)

// bench is a test with an app under a keeper.
type bench struct {
	*testing.T
	*keeper.Session
	ctx    context.Context
	screen *display.Screen
	lives  chan *life
	events chan keeper.Event
	dir    string
	keeper int   // its process
	life   *life // the Core that runs
}

// life is a Core as the test sees it.
type life struct {
	greeting
	conn net.Conn

	mu      sync.Mutex
	lastID  int                 // guarded by mu
	waiting map[int]chan answer // guarded by mu
	gone    chan struct{}       // closed when the Core has ended
}

// start starts the app under the name one, and waits for its page.
func start(t *testing.T) *bench {
	t.Helper()
	b := launch(t, "one", keeper.Options{})
	b.running("one")
	b.until("the page is there", func() error { return b.is("main", `return window.ready === true`, "true") })
	return b
}

// launch starts the app under a name.
func launch(t *testing.T, name string, o keeper.Options) *bench {
	t.Helper()
	b, env := newBench(t)
	o.Program, o.Path, o.Env, o.Stdout, o.Stderr = b.program(), name, env, t.Output(), t.Output()
	o.Event = func(e keeper.Event) { b.events <- e }
	var err error
	b.Session, err = keeper.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	b.keeper = b.PID()
	t.Cleanup(func() {
		below := e2e.Descendants(b.keeper)
		b.Stop()
		select {
		case <-b.Done():
		case <-await.Hang(context.Background(), await.Limit):
			b.Kill()
			t.Error("the keeper does not end")
		}
		b.nothingLeft(below)
	})
	return b
}

// newBench returns the environment of an app, too.
func newBench(t *testing.T) (*bench, []string) {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	b := &bench{T: t, ctx: e2e.Context(t), lives: make(chan *life, 16), events: make(chan keeper.Event, 64), screen: display.Open(t)}
	dir := t.TempDir()
	b.dir = dir
	path := filepath.Join(dir, "lab")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go b.accept(l)
	return b, append(os.Environ(), labVariable+"="+path, "KEPT_DATA="+filepath.Join(dir, "data"), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
}

// program opens this test program.
func (b *bench) program() *os.File {
	b.Helper()
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

func (b *bench) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			in := bufio.NewScanner(conn)
			in.Buffer(nil, 4<<20)
			f := &life{conn: conn, waiting: map[int]chan answer{}, gone: make(chan struct{})}
			if !in.Scan() || json.Unmarshal(in.Bytes(), &f.greeting) != nil {
				return
			}
			b.lives <- f
			for in.Scan() {
				var a answer
				if json.Unmarshal(in.Bytes(), &a) != nil {
					break
				}
				f.mu.Lock()
				w := f.waiting[a.ID]
				delete(f.waiting, a.ID)
				f.mu.Unlock()
				if w != nil {
					w <- a
				}
			}
			close(f.gone)
		}()
	}
}

// running waits until the next Core is there and has told the test.
func (b *bench) running(name string) {
	b.Helper()
	b.event(keeper.Running)
	select {
	case b.life = <-b.lives:
	case <-b.ctx.Done():
		b.Fatalf("%s does not come", name)
	}
	if b.life.Name != name {
		b.Fatalf("got the program %q, want %q", b.life.Name, name)
	}
}

// event waits for an event of that kind.
func (b *bench) event(kind keeper.EventKind) keeper.Event {
	b.Helper()
	select {
	case e := <-b.events:
		if e.Kind != kind {
			b.Fatalf("got event %q (%s), want %q\n%s", e.Kind, e.Text, kind, e.Stderr)
		}
		return e
	case <-b.ctx.Done():
		b.Fatalf("no event %q", kind)
	}
	return keeper.Event{}
}

// swap starts the app under another name, which must take over.
func (b *bench) swap(name string) keeper.Result {
	b.Helper()
	r := b.try(name)
	if r.Outcome != keeper.Swapped {
		b.Fatalf("%s: %s: %s\n%s", name, r.Outcome, r.Reason, r.Stderr)
	}
	b.running(name)
	return r
}

// try starts the app under another name.
func (b *bench) try(name string) keeper.Result {
	b.Helper()
	r, err := b.Swap(b.ctx, b.program(), name)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// do has the app do something.
func (b *bench) do(op, window, text string) (jsontext.Value, error) {
	f := b.life
	w := make(chan answer, 1)
	f.mu.Lock()
	f.lastID++
	id := f.lastID
	f.waiting[id] = w
	f.mu.Unlock()
	line, err := json.Marshal(request{id, op, window, text})
	if err != nil {
		return nil, err
	}
	if _, err := f.conn.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	select {
	case a := <-w:
		if a.Error != "" {
			return a.Value, errors.New(a.Error)
		}
		return a.Value, nil
	case <-f.gone:
		return nil, errors.New("the Core is gone")
	case <-b.ctx.Done():
		return nil, b.ctx.Err()
	}
}

// must is do for what must work.
func (b *bench) must(op, window, text string) string {
	b.Helper()
	v, err := b.do(op, window, text)
	if err != nil {
		b.Fatalf("%s %s: %v", op, window, err)
	}
	return string(v)
}

// is compares what a script in a page returns.
func (b *bench) is(window, script, want string) error {
	v, err := b.do("eval", window, script)
	if err == nil && string(v) != want {
		err = fmt.Errorf("%s: got %s, want %s", script, v, want)
	}
	return err
}

// until waits for something to be so.
func (b *bench) until(what string, f func() error) {
	b.Helper()
	if err := e2e.WaitFor(e2e.Timeout, f); err != nil {
		b.Fatalf("%s: %v", what, err)
	}
}

// window finds a window on the screen.
func (b *bench) window(title string) uint32 {
	b.Helper()
	var id uint32
	b.until("window "+title, func() error {
		w, err := b.screen.Find(title)
		id = w.ID
		return err
	})
	return id
}

// hosts returns the processes of hosts.
func (b *bench) hosts() (pids []int) {
	b.Helper()
	for _, p := range e2e.Descendants(b.keeper) {
		if p.Parent == b.keeper && p.PID != b.life.PID {
			pids = append(pids, p.PID)
		}
	}
	if len(pids) == 0 {
		b.Fatal("there is no host")
	}
	return pids
}

// nothingLeft waits until all those processes have ended.
func (b *bench) nothingLeft(ps []e2e.Process) {
	b.Helper()
	b.until("nothing is left", func() error {
		alive := map[int]e2e.Process{}
		for _, p := range e2e.Processes() {
			alive[p.PID] = p
		}
		for _, p := range ps {
			if now, ok := alive[p.PID]; ok && now.Name == p.Name && now.State != 'Z' {
				return fmt.Errorf("process %d %s is left", p.PID, p.Name)
			}
		}
		return nil
	})
}
