package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const timeout = 30 * time.Second

// memoryChild is a process that is none: Serve in this one.
type memoryChild struct {
	core, host *wire.Conn
	once       sync.Once
	killed     chan struct{}
	served     chan struct{}
}

func (c *memoryChild) Conn() *wire.Conn { return c.core }
func (c *memoryChild) PID() int         { return 1 }
func (c *memoryChild) Network() Network { return Network{} }
func (c *memoryChild) Kill()            { c.once.Do(func() { close(c.killed); c.host.Close() }) }

func (c *memoryChild) Wait() supervise.Ending {
	<-c.killed
	<-c.served
	return supervise.Ending{Kind: supervise.Killed, Detail: "by the test"}
}

// bench is a pool over processes in memory.
type bench struct {
	*Pool
	t        *testing.T
	launches atomic.Int32
	log      *syncBuffer

	mu     sync.Mutex
	last   *memoryChild       // guarded by mu
	faults []supervise.Ending // guarded by mu
	end    error              // guarded by mu; of the last Serve
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// open makes a pool whose processes serve f.
func open(t *testing.T, f Func, change func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, log: &syncBuffer{}}
	o := Options{
		Name: "w", Processes: 1, Concurrency: 1, Idle: -1, Grace: timeout, Restarts: supervise.Default,
		Log:     slog.New(slog.NewTextHandler(b.log, nil)),
		OnFault: func(e supervise.Ending, _ int, _ bool) { b.mu.Lock(); b.faults = append(b.faults, e); b.mu.Unlock() },
	}
	o.Launch = func(context.Context) (Child, error) {
		b.launches.Add(1)
		c := &memoryChild{killed: make(chan struct{}), served: make(chan struct{})}
		c.core, c.host = wire.Pipe()
		go func() {
			defer close(c.served)
			err := Serve(c.host, map[string]Func{"w": f}, nil)
			b.mu.Lock()
			b.end = err
			b.mu.Unlock()
			c.core.Close()
		}()
		b.mu.Lock()
		b.last = c
		b.mu.Unlock()
		return c, nil
	}
	if change != nil {
		change(&o)
	}
	b.Pool = New(o)
	t.Cleanup(func() { b.Close(errClosed) })
	return b
}

var errClosed = errors.New("closed by the test")

func (b *bench) child() *memoryChild {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

func (b *bench) kinds() []supervise.Kind {
	b.mu.Lock()
	defer b.mu.Unlock()
	var kinds []supervise.Kind
	for _, f := range b.faults {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

// typed makes a Func of an ordinary function.
func typed[A, R any](f func(context.Context, A) (R, error)) Func {
	return func(ctx context.Context, in Data) (Data, error) {
		a, err := Decode[A](in)
		if err != nil {
			return Data{}, err
		}
		r, err := f(ctx, a)
		if err != nil {
			return Data{}, err
		}
		return Encode(r)
	}
}

// invoke makes a typed call.
func invoke[R, A any](ctx context.Context, b *bench, a A) (r R, err error) {
	in, err := Encode(a)
	if err != nil {
		return r, err
	}
	out, err := b.Call(ctx, in, nil)
	if err != nil {
		return r, err
	}
	return Decode[R](out)
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

type point struct {
	X int    `json:"x"`
	S string `json:"s,omitzero"`
}

func TestResults(t *testing.T) {
	long := strings.Repeat("ж", 300<<10)
	t.Run("json", func(t *testing.T) {
		b := open(t, typed(func(_ context.Context, p point) (point, error) { p.X++; return p, nil }), nil)
		for _, p := range []point{{X: 1}, {X: 2, S: long}} {
			got, err := invoke[point](t.Context(), b, p)
			p.X++
			if d := cmp.Diff(p, got); err != nil || d != "" {
				t.Errorf("%v %.200s", err, d)
			}
		}
	})
	t.Run("bytes", func(t *testing.T) {
		b := open(t, typed(func(_ context.Context, p []byte) ([]byte, error) { return p, nil }), nil)
		for _, size := range []int{0, 1, wire.MaxInline, wire.MaxInline + 1, 3*windowSize + 7} {
			want := bytes.Repeat([]byte{1, 2, 3}, size)[:size]
			got, err := invoke[[]byte](t.Context(), b, want)
			if err != nil || got == nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
			}
		}
	})
	t.Run("streams", func(t *testing.T) {
		b := open(t, typed(func(_ context.Context, in ipc.Body) (ipc.Stream, error) {
			return ipc.Stream{ReadCloser: io.NopCloser(in), Size: in.Size}, nil
		}), nil)
		in := ipc.Body{Reader: io.LimitReader(endless{}, 5*windowSize), Size: 5 * windowSize}
		out, err := invoke[ipc.Stream](t.Context(), b, in)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, out)
		if err != nil || n != 5*windowSize || out.Size != n {
			t.Errorf("got %d bytes of %d, %v", n, out.Size, err)
		}
	})
	t.Run("wrong types", func(t *testing.T) {
		b := open(t, typed(func(_ context.Context, p []byte) (point, error) { return point{}, nil }), nil)
		if _, err := invoke[point](t.Context(), b, point{}); err == nil || !strings.Contains(err.Error(), "raw bytes were expected") {
			t.Errorf("JSON for bytes: %v", err)
		}
		if _, err := invoke[[]byte](t.Context(), b, []byte{}); err == nil || !strings.Contains(err.Error(), "raw bytes were expected") {
			t.Errorf("JSON for bytes: %v", err)
		}
		if _, err := invoke[struct{}](t.Context(), b, []byte{}); err == nil || !strings.Contains(err.Error(), "unknown") {
			t.Errorf("unknown key: %v", err)
		}
	})
}

// endless is a reader without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type codedError struct{}

func (codedError) Error() string { return "no such page" }
func (codedError) Code() string  { return "page" }

func TestErrors(t *testing.T) {
	var fail error
	b := open(t, typed(func(_ context.Context, _ point) (point, error) { return point{}, fail }), nil)
	for _, tt := range []struct {
		name string
		err  error
		want Error
		is   error
	}{
		{"text", errors.New("bad"), Error{Worker: "w", Message: "bad"}, nil},
		{"code", fmt.Errorf("x: %w", codedError{}), Error{Worker: "w", Message: "x: no such page", Code: "page"}, nil},
		{"value", &ValueError{jsontext.Value(`{"a":1}`), errors.New("v")}, Error{Worker: "w", Message: "v", Value: jsontext.Value(`{"a":1}`)}, nil},
		{"sentinel", &fs.PathError{Op: "open", Path: "p", Err: fs.ErrNotExist}, Error{Worker: "w", Message: "open p: file does not exist", Code: "not-exist"}, fs.ErrNotExist},
		{"no UTF-8", errors.New("a\xff"), Error{Worker: "w", Message: "a\uFFFD"}, nil},
		{"long", errors.New(strings.Repeat("x", 2*maxMessage)), Error{Worker: "w", Message: strings.Repeat("x", maxMessage) + "…"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fail = tt.err
			_, err := invoke[point](t.Context(), b, point{})
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			if d := cmp.Diff(&tt.want, got); d != "" {
				t.Errorf("%.500s", d)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("not recognised as %v", tt.is)
			}
		})
	}
	if n := b.launches.Load(); n != 1 {
		t.Errorf("%d processes for errors", n)
	}
}

func TestPanicKeepsTheProcess(t *testing.T) {
	b := open(t, typed(func(_ context.Context, p point) (point, error) {
		switch p.S {
		case "panic":
			panic("boom")
		case "goexit":
			runtime.Goexit()
		}
		return p, nil
	}), nil)
	for _, how := range []string{"panic", "goexit", "panic"} {
		_, err := invoke[point](t.Context(), b, point{S: how})
		var e *Error
		if !errors.As(err, &e) || e.Code != CodePanic || strings.Contains(e.Message, "boom") {
			t.Errorf("%s: got %v", how, err)
		}
	}
	if _, err := invoke[point](t.Context(), b, point{}); err != nil {
		t.Error(err)
	}
	if n := b.launches.Load(); n != 1 {
		t.Errorf("%d processes", n)
	}
	for _, want := range []string{"boom", "pair_test.go", "worker=w"} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("the log has no %q", want)
		}
	}
}

func TestProgress(t *testing.T) {
	var sent atomic.Int32
	late := make(chan error, 1)
	b := open(t, typed(func(ctx context.Context, _ point) (point, error) {
		for i := range 100 {
			if err := Progress(ctx, i); err != nil {
				return point{}, err
			}
			sent.Add(1)
		}
		return point{}, nil
	}), nil)
	var got []string
	_, err := b.Call(t.Context(), Data{Bytes: []byte("{}")}, func(v jsontext.Value) {
		// The window, what is being told now, and one on its way into it.
		if ahead := int(sent.Load()) - len(got); ahead > progressWindow+2 {
			t.Errorf("the function is %d messages ahead", ahead)
		}
		got = append(got, string(v))
	})
	if err != nil || len(got) != 100 || got[0] != "0" || got[99] != "99" {
		t.Errorf("%d messages, %v", len(got), err)
	}
	if _, err := invoke[point](t.Context(), b, point{}); err != nil {
		t.Errorf("nobody wants progress: %v", err)
	}
	if err := Progress(t.Context(), 1); err != ErrNoCall {
		t.Errorf("outside of a call: %v", err)
	}

	// What comes after the answer is refused, and no violation.
	b = open(t, typed(func(ctx context.Context, _ point) (point, error) {
		go func() {
			<-ctx.Done() // the answer has been sent
			late <- Progress(ctx, 1)
		}()
		return point{}, nil
	}), nil)
	if _, err := b.Call(t.Context(), Data{Bytes: []byte("{}")}, func(jsontext.Value) {}); err != nil {
		t.Error(err)
	}
	if err := <-late; err == nil {
		t.Error("progress after the end")
	}
}

func TestPanicInReport(t *testing.T) {
	b := open(t, typed(func(ctx context.Context, _ point) (point, error) {
		for ctx.Err() == nil {
			_ = Progress(ctx, 1)
		}
		return point{}, ctx.Err()
	}), nil)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = b.Call(t.Context(), Data{Bytes: []byte("{}")}, func(jsontext.Value) { panic("report") })
	}()
	eventually(t, "the call ends", func() bool { b.mu.Lock(); p := b.last; b.mu.Unlock(); return p != nil && b.open() == 0 })
	if len(b.kinds()) != 0 {
		t.Errorf("faults: %v", b.kinds())
	}
}

// open is how many calls processes have.
func (p *Pool) open() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.slots {
		n += s.open
	}
	return n
}

func TestCancel(t *testing.T) {
	begun := make(chan struct{}, 1)
	ended := make(chan error, 1)
	b := open(t, typed(func(ctx context.Context, p point) (point, error) {
		if p.S == "quick" {
			return p, nil
		}
		begun <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
		return point{}, ctx.Err()
	}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	if _, err := invoke[point](ctx, b, point{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := <-ended; err != context.Canceled {
		t.Errorf("the function's context: %v", err)
	}

	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := invoke[point](ctx, b, point{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	<-begun
	<-ended
	if _, err := invoke[point](t.Context(), b, point{S: "quick"}); err != nil {
		t.Error(err)
	}
	if n := b.launches.Load(); n != 1 || len(b.kinds()) != 0 {
		t.Errorf("%d processes, faults %v", n, b.kinds())
	}
}

// TestDeadlineCarriesOver checks that the function knows it.
func TestDeadlineCarriesOver(t *testing.T) {
	b := open(t, typed(func(ctx context.Context, _ point) (bool, error) {
		_, ok := ctx.Deadline()
		return ok, nil
	}), nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if ok, err := invoke[bool](ctx, b, point{}); !ok || err != nil {
		t.Errorf("with a deadline: %v, %v", ok, err)
	}
	if ok, err := invoke[bool](t.Context(), b, point{}); ok || err != nil {
		t.Errorf("without: %v, %v", ok, err)
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	release := make(chan struct{})
	var runs atomic.Int32
	b := open(t, typed(func(ctx context.Context, _ point) (point, error) {
		runs.Add(1)
		<-release
		return point{}, nil
	}), nil)
	first := make(chan error, 1)
	go func() { _, err := invoke[point](context.Background(), b, point{}); first <- err }()
	eventually(t, "the first call runs", func() bool { return runs.Load() == 1 })
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	closed := &closeNoter{}
	go func() {
		_, err := b.Call(ctx, Data{Raw: true, Stream: closed}, nil)
		second <- err
	}()
	eventually(t, "the second waits", func() bool { b.Pool.mu.Lock(); defer b.Pool.mu.Unlock(); return len(b.queue) == 1 })
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if !closed.done.Load() {
		t.Error("the input was not closed")
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if n := runs.Load(); n != 1 {
		t.Errorf("%d runs", n)
	}
}

type closeNoter struct {
	endless
	done atomic.Bool
}

func (c *closeNoter) Close() error { c.done.Store(true); return nil }

// TestGrace checks that a function that does not end is ended with its
// process, and what becomes of the call beside it.
func TestGrace(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	var begun atomic.Int32
	b := open(t, typed(func(ctx context.Context, p point) (point, error) {
		if p.S != "quick" {
			begun.Add(1)
			<-release
		}
		return p, nil
	}), func(o *Options) { o.Concurrency = 2; o.Grace = 10 * time.Millisecond })
	beside := make(chan error, 1)
	go func() { _, err := invoke[point](context.Background(), b, point{}); beside <- err }()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		eventually(t, "both run", func() bool { return begun.Load() == 2 })
		cancel()
	}()
	if _, err := invoke[point](ctx, b, point{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := <-beside; !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "after it was cancelled") {
		t.Errorf("beside: %v", err)
	}
	if _, err := invoke[point](t.Context(), b, point{S: "quick"}); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff([]supervise.Kind{supervise.Hung}, b.kinds()); d != "" || b.launches.Load() != 2 {
		t.Errorf("faults %v, %d processes", b.kinds(), b.launches.Load())
	}
}

func TestLostAndReplaced(t *testing.T) {
	begun := make(chan struct{})
	var runs atomic.Int32
	b := open(t, typed(func(ctx context.Context, p point) (ipc.Stream, error) {
		runs.Add(1)
		if p.S == "stream" {
			return ipc.Stream{ReadCloser: io.NopCloser(endless{}), Size: -1}, nil
		}
		if p.S == "quick" {
			return ipc.Stream{}, nil
		}
		close(begun)
		<-ctx.Done()
		return ipc.Stream{}, ctx.Err()
	}), nil)
	go func() { <-begun; b.child().Kill() }()
	if _, err := invoke[ipc.Stream](t.Context(), b, point{}); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "killed: by the test") {
		t.Errorf("got %v", err)
	}
	s, err := invoke[ipc.Stream](t.Context(), b, point{S: "stream"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, s, 2*windowSize); err != nil {
		t.Fatal(err)
	}
	b.child().Kill()
	if _, err := io.Copy(io.Discard, s); !errors.Is(err, ErrLost) {
		t.Errorf("in the middle of a stream: %v", err)
	}
	if _, err := invoke[ipc.Stream](t.Context(), b, point{S: "quick"}); err != nil {
		t.Error(err)
	}
	if runs.Load() != 3 || b.launches.Load() != 3 {
		t.Errorf("%d runs in %d processes", runs.Load(), b.launches.Load())
	}
}

// TestStreamIsBounded checks that a function is not further ahead of its
// reader than the window, and that closing the stream ends the call.
func TestStreamIsBounded(t *testing.T) {
	var read atomic.Int64
	closed := make(chan struct{})
	b := open(t, func(ctx context.Context, in Data) (Data, error) {
		return Data{Raw: true, Size: -1, Stream: &countingStream{&read, closed}}, nil
	}, nil)
	s, err := invoke[ipc.Stream](t.Context(), b, point{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the window is full", func() bool { return read.Load() >= windowSize })
	if n, err := io.CopyN(io.Discard, s, 3*windowSize); err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if ahead := read.Load() - 3*windowSize; ahead > windowSize+pieceSize {
		t.Errorf("%d bytes ahead", ahead)
	}
	s.Close()
	<-closed
	if _, err := s.Read(make([]byte, 1)); err == nil {
		t.Error("a closed stream can be read")
	}
	eventually(t, "the call ends", func() bool { return b.open() == 0 })
	if len(b.kinds()) != 0 {
		t.Errorf("faults: %v", b.kinds())
	}
}

type countingStream struct {
	n      *atomic.Int64
	closed chan struct{}
}

func (c *countingStream) Read(p []byte) (int, error) { c.n.Add(int64(len(p))); return len(p), nil }
func (c *countingStream) Close() error               { close(c.closed); return nil }

// failing is a reader that fails after some bytes.
type failing struct{ left int }

func (f *failing) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, fs.ErrPermission
	}
	n := min(len(p), f.left)
	f.left -= n
	return n, nil
}

func TestFailingStreams(t *testing.T) {
	b := open(t, typed(func(_ context.Context, in ipc.Body) (ipc.Stream, error) {
		n, err := io.Copy(io.Discard, in)
		if err != nil || n > 0 {
			return ipc.Stream{}, err
		}
		return ipc.Stream{ReadCloser: io.NopCloser(&failing{2 * windowSize})}, nil
	}), nil)
	if _, err := invoke[ipc.Stream](t.Context(), b, ipc.Body{Reader: &failing{2 * windowSize}}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "read the input") {
		t.Errorf("input: %v", err)
	}
	s, err := invoke[ipc.Stream](t.Context(), b, ipc.Body{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, s); n != 2*windowSize || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("output: %d, %v", n, err)
	}
}

func TestInputNotRead(t *testing.T) {
	b := open(t, typed(func(_ context.Context, in ipc.Body) (int64, error) { return in.Size, nil }), nil)
	for range 3 {
		closed := &closeNoter{}
		out, err := b.Call(t.Context(), Data{Raw: true, Stream: closed, Size: 1 << 40}, nil)
		if n, err2 := Decode[int64](out); err != nil || err2 != nil || n != 1<<40 {
			t.Errorf("got %d, %v, %v", n, err, err2)
		}
		eventually(t, "the input is closed", closed.done.Load)
	}
}

func TestDistribution(t *testing.T) {
	var running, most atomic.Int32
	release := make(chan struct{})
	b := open(t, typed(func(_ context.Context, _ point) (point, error) {
		n := running.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		running.Add(-1)
		return point{}, nil
	}), func(o *Options) { o.Processes, o.Concurrency = 3, 2 })
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := invoke[point](context.Background(), b, point{}); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, "six run", func() bool { return running.Load() == 6 })
	close(release)
	all.Wait()
	if most.Load() != 6 || b.launches.Load() != 3 {
		t.Errorf("%d at once in %d processes", most.Load(), b.launches.Load())
	}
}

func TestIdle(t *testing.T) {
	b := open(t, typed(func(_ context.Context, p point) (point, error) { return p, nil }), func(o *Options) { o.Idle = time.Millisecond })
	if b.launches.Load() != 0 || !b.Idle() {
		t.Error("started before the first call")
	}
	for i := range 3 {
		if _, err := invoke[point](t.Context(), b, point{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the process ends", func() bool { return len(b.Children()) == 0 })
		if n := int(b.launches.Load()); n != i+1 {
			t.Errorf("%d processes after call %d", n, i)
		}
	}
	if len(b.kinds()) != 0 {
		t.Errorf("faults: %v", b.kinds())
	}
	b.Close(errClosed)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end != nil {
		t.Errorf("Serve: %v", b.end)
	}
}

func TestFresh(t *testing.T) {
	b := open(t, typed(func(_ context.Context, p point) (point, error) { return p, nil }), func(o *Options) { o.Fresh, o.Concurrency = true, 8 })
	for range 3 {
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				if _, err := invoke[point](t.Context(), b, point{}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if n := b.launches.Load(); n != 6 || len(b.kinds()) != 0 {
		t.Errorf("%d processes, faults %v", n, b.kinds())
	}
}

func TestGiveUp(t *testing.T) {
	broken := errors.New("no memory for it")
	// A window so short that it works again at once; tries that are further apart, on a slow machine, do not count.
	policy := supervise.Policy{Useless: 3, Burst: 100, Window: time.Millisecond}
	var allow atomic.Bool
	var tries atomic.Int32
	f := typed(func(_ context.Context, p point) (point, error) { return p, nil })
	b := open(t, f, func(o *Options) {
		o.Restarts = policy
	})
	launch := b.opts.Launch
	b.opts.Launch = func(ctx context.Context) (Child, error) {
		if tries.Add(1); allow.Load() {
			return launch(ctx)
		}
		return nil, broken
	}
	_, err := invoke[point](t.Context(), b, point{})
	if err == nil || !strings.Contains(err.Error(), `worker "w" failed 3 times`) || !strings.Contains(err.Error(), "no memory for it") || tries.Load() < 3 {
		t.Errorf("got %v after %d tries", err, tries.Load())
	}
	allow.Store(true)
	eventually(t, "it works again", func() bool { _, err := invoke[point](t.Context(), b, point{}); return err == nil })

	unsupported := open(t, f, func(o *Options) {
		o.Launch = func(context.Context) (Child, error) { return nil, fmt.Errorf("here: %w", errors.ErrUnsupported) }
	})
	for range 2 {
		if _, err := invoke[point](t.Context(), unsupported, point{}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("got %v", err)
		}
	}
	if n := len(unsupported.kinds()); n != 1 {
		t.Errorf("%d faults", n)
	}

	stranger := open(t, f, func(o *Options) { o.Name = "stranger" })
	if _, err := invoke[point](t.Context(), stranger, point{}); err == nil || !strings.Contains(err.Error(), `Main was not given a worker "stranger" (it was given: "w")`) {
		t.Errorf("got %v", err)
	}
	if n := stranger.launches.Load(); n != 1 {
		t.Errorf("%d launches", n)
	}
}

// TestLaunchShortage: what is used up for now is waited for, longer than a
// worker that does not start is tried again.
func TestLaunchShortage(t *testing.T) {
	var tries atomic.Int32
	f := typed(func(_ context.Context, p point) (point, error) { return p, nil })
	b := open(t, f, func(o *Options) {
		o.Restarts = supervise.Policy{Useless: 3, Burst: 3, Window: time.Hour, Outage: time.Hour}
	})
	launch := b.opts.Launch
	b.opts.Launch = func(ctx context.Context) (Child, error) {
		if tries.Add(1) < 10 {
			return nil, fmt.Errorf("start: %w", syscall.ENOMEM)
		}
		return launch(ctx)
	}
	if _, err := invoke[point](t.Context(), b, point{}); err != nil || tries.Load() != 10 {
		t.Errorf("got %v after %d tries", err, tries.Load())
	}
}

func TestClose(t *testing.T) {
	begun := make(chan struct{}, 1)
	b := open(t, typed(func(ctx context.Context, _ point) (point, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return point{}, ctx.Err()
	}), nil)
	errs := make(chan error, 2)
	for range 2 { // one runs, one waits
		go func() { _, err := invoke[point](context.Background(), b, point{}); errs <- err }()
	}
	<-begun
	eventually(t, "one waits", func() bool { b.Pool.mu.Lock(); defer b.Pool.mu.Unlock(); return len(b.queue) == 1 })
	b.Close(errClosed)
	for range 2 {
		if err := <-errs; !errors.Is(err, errClosed) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := invoke[point](t.Context(), b, point{}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
	if len(b.kinds()) != 0 {
		t.Errorf("faults: %v", b.kinds())
	}
}

// panicking is an input whose methods panic.
type panicking struct{ closed chan struct{} }

func (panicking) Read([]byte) (int, error) { panic("Read") }
func (p panicking) Close() error           { close(p.closed); panic("Close") }

// TestPanicInInput: the input of a call is the app's, too.
func TestPanicInInput(t *testing.T) {
	b := open(t, typed(func(_ context.Context, in ipc.Body) (int64, error) { return io.Copy(io.Discard, in) }), nil)
	in := panicking{make(chan struct{})}
	if _, err := invoke[int64](t.Context(), b, ipc.Stream{ReadCloser: in}); !errors.Is(err, errPanic) {
		t.Errorf("got %v", err)
	}
	<-in.closed
	if n, err := invoke[int64](t.Context(), b, ipc.Body{Reader: strings.NewReader("123")}); n != 3 || err != nil {
		t.Errorf("the next call: %d, %v", n, err)
	}
}
