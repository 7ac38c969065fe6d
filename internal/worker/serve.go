package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// Func is what a worker runs. Its context ends when nobody wants the result
// any more, and else when the result has been sent.
type Func func(ctx context.Context, in Data) (Data, error)

// ErrNotAWorker is wrapped when a process was started as a worker but not by
// a Core.
var ErrNotAWorker = errors.New("not started by a Core")

// Serve runs the one of funcs that the Core names, as often as the Core wants,
// until the Core closes the connection or says so. prepare is called first,
// with what the Core wants of the process; it may be nil.
func Serve(conn *wire.Conn, funcs map[string]Func, prepare func(wire.WorkerHello) error) error {
	f, err := conn.Receive()
	if err != nil {
		return fmt.Errorf("%w: no hello: %w", ErrNotAWorker, err)
	}
	var hello wire.WorkerHello
	if f.Kind != wire.KindHello {
		return fmt.Errorf("%w: %s instead of hello", ErrNotAWorker, f.Kind)
	}
	if err := wire.Decode(f, &hello); err != nil {
		return fmt.Errorf("%w: %w", ErrNotAWorker, err)
	}
	s := &server{conn: conn, name: hello.Worker, f: funcs[hello.Worker], network: Network{Proxy: hello.Proxy, Missing: hello.NoProxy}, calls: map[uint64]*served{}}
	if err := s.begin(hello, funcs, prepare); err != nil {
		_ = conn.SendJSON(wire.KindFatal, 0, 0, wire.Fatal{Code: "worker", Message: cut(err.Error())})
		return err
	}
	err = conn.SendJSON(wire.KindReady, 0, 0, wire.Ready{Version: wire.Version, PID: os.Getpid()})
	for err == nil {
		if f, err = conn.Receive(); err == nil {
			err = s.frame(f)
		}
	}
	s.end()
	if err == io.EOF || err == errQuit {
		return nil
	}
	return err
}

// errQuit ends Serve in an orderly way.
var errQuit = errors.New("quit")

// server is a worker process as it sees itself.
type server struct {
	conn    *wire.Conn
	name    string
	f       Func
	network Network

	mu    sync.Mutex
	calls map[uint64]*served // guarded by mu
}

// served is a call that a process runs.
type served struct {
	id       uint64
	ctx      context.Context
	cancel   context.CancelFunc
	in       *inflow // nil if the input came along
	output   *window
	progress *window // nil if nobody wants any
	answered bool    // guarded by server.mu
}

func (s *server) begin(hello wire.WorkerHello, funcs map[string]Func, prepare func(wire.WorkerHello) error) error {
	if hello.Version != wire.Version {
		return fmt.Errorf("the Core speaks version %d of the protocol, this process %d", hello.Version, wire.Version)
	}
	if s.f == nil {
		names := []string{}
		for n := range funcs {
			names = append(names, fmt.Sprintf("%q", n))
		}
		slices.Sort(names)
		known := "none"
		if len(names) > 0 {
			known = strings.Join(names, ", ")
		}
		return fmt.Errorf("Main was not given a worker %q (it was given: %s); pass it: mullion.Main(run, …)", hello.Worker, known)
	}
	if prepare != nil {
		return prepare(hello)
	}
	return nil
}

// end cancels what still runs. It does not wait for it: the process ends.
func (s *server) end() {
	s.mu.Lock()
	calls := s.calls
	s.calls = map[uint64]*served{}
	s.mu.Unlock()
	for _, c := range calls {
		c.giveUp()
	}
	s.conn.Close()
}

func (s *server) find(id uint64) *served {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[id]
}

// frame handles a frame of the Core. Frames about a call that has ended were
// under way when it did.
func (s *server) frame(f wire.Frame) error {
	switch f.Kind {
	case wire.KindWork:
		return s.work(f)
	case wire.KindQuit:
		return errQuit
	}
	c := s.find(f.ID)
	if c == nil {
		return nil
	}
	ok := true
	switch f.Kind {
	case wire.KindWorkCancel:
		c.giveUp()
	case wire.KindInput:
		ok = c.in != nil && c.in.push(f.Payload, f.Flags&wire.FlagLast != 0) == nil
	case wire.KindOutputCredit:
		n, err := wire.Count(f)
		ok = err == nil && c.output.taken(n)
	case wire.KindProgressTaken:
		ok = c.progress != nil && c.progress.taken(1)
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("%w: %s of call %d", wire.ErrProtocol, f.Kind, f.ID)
	}
	return nil
}

// work begins a call.
func (s *server) work(f wire.Frame) error {
	var w wire.Work
	body, err := split(f, &w)
	if err != nil {
		return err
	}
	c := &served{id: f.ID, output: newWindow(windowSize)}
	if w.Timeout > 0 {
		c.ctx, c.cancel = context.WithTimeout(context.Background(), time.Duration(w.Timeout)*time.Millisecond)
	} else {
		c.ctx, c.cancel = context.WithCancel(context.Background())
	}
	in := Data{Raw: w.Input.Raw, Bytes: body}
	if w.Input.Pieces {
		c.in = newInflow(func(n int) {
			_ = s.conn.Send(wire.Frame{Kind: wire.KindInputCredit, ID: c.id, Payload: wire.PutCount(uint64(n))})
		})
		in.Stream, in.Size = io.NopCloser(c.in), w.Input.Size
	}
	if w.Progress {
		c.progress = newWindow(progressWindow)
	}
	// What waits for the Core must not wait longer than the call is wanted.
	context.AfterFunc(c.ctx, c.giveUp)
	s.mu.Lock()
	s.calls[c.id] = c
	s.mu.Unlock()
	go s.run(c, in)
	return nil
}

// giveUp ends the context of a call and all that waits in it.
func (c *served) giveUp() {
	c.cancel()
	err := c.ctx.Err()
	c.in.fail(err)
	c.output.fail(err)
	if c.progress != nil {
		c.progress.fail(err)
	}
}

// run executes a call and answers it, whatever the function does.
func (s *server) run(c *served, in Data) {
	var err error
	ended := false
	defer func() {
		// Goexit ends the goroutine without a panic.
		if p := recover(); p != nil || !ended {
			s.log(fmt.Sprintf("panic in worker %q: %v\n%s", s.name, p, debug.Stack()))
			err = &Error{Message: fmt.Sprintf("internal error in worker %q", s.name), Code: CodePanic}
		}
		if err != nil {
			s.answer(c, wire.Answer{Error: pack(err)}, nil)
		}
		s.mu.Lock()
		delete(s.calls, c.id)
		s.mu.Unlock()
		c.cancel()
	}()
	var out Data
	out, err = s.f(context.WithValue(c.ctx, progressKey{}, &reporter{s, c}), in)
	if err == nil {
		err = s.send(c, out)
	}
	ended = true
}

// send sends the output of a call.
func (s *server) send(c *served, out Data) error {
	d, inline, rest, err := out.describe()
	if err != nil {
		return err
	}
	if rest != nil {
		defer rest.Close()
	}
	s.answer(c, wire.Answer{Output: d}, inline)
	if rest == nil {
		return nil
	}
	return sendPieces(s.conn, wire.KindOutput, c.id, rest, c.output)
}

func (s *server) answer(c *served, a wire.Answer, body []byte) {
	f, err := frame(wire.KindAnswer, c.id, a, body)
	if err != nil {
		f, _ = frame(wire.KindAnswer, c.id, wire.Answer{Error: &wire.WorkError{Message: cut(err.Error())}}, nil)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.answered = true
	_ = s.conn.Send(f) // without a connection nobody waits for it
}

func (s *server) log(text string) {
	_ = s.conn.SendJSON(wire.KindLog, 0, 0, wire.LogRecord{Level: int(slog.LevelError), Message: cut(text)})
}

type progressKey struct{}

// reporter sends the progress of one call.
type reporter struct {
	s *server
	c *served
}

// ErrNoCall is returned by Progress outside of a worker's function.
var ErrNoCall = errors.New("not within a worker's function")

// Progress sends a JSON value to the caller of the worker's function that ctx
// was given to. It waits while the caller has not taken the last few, until
// ctx is done; nothing is sent if the caller does not want any.
func Progress(ctx context.Context, v any) error {
	r, ok := ctx.Value(progressKey{}).(*reporter)
	if !ok {
		return ErrNoCall
	}
	if r.c.progress == nil {
		return ctx.Err()
	}
	text, err := ipc.Marshal(v)
	if err != nil {
		return err
	}
	if !validProgress(text) {
		return fmt.Errorf("progress of %d bytes, more than %d", len(text), wire.MaxProgress)
	}
	if err := r.c.progress.advance(1); err != nil {
		return err
	}
	return r.send(text)
}

// send refuses what comes after the answer.
func (r *reporter) send(text []byte) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.c.answered {
		return ErrNoCall
	}
	return r.s.conn.Send(wire.Frame{Kind: wire.KindProgress, ID: r.c.id, Payload: text})
}
