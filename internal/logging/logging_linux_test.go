package logging

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// text is a handler that writes lines without a time.
func text(w interface{ Write([]byte) (int, error) }) slog.Handler {
	return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
}

// TestInOrder: whoever has logged something finds it in the log.
func TestInOrder(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(Handler(text(&out)))
	for i, l := range []*slog.Logger{log, log.With("a", 1), log.WithGroup("g").With("b", 2)} {
		l.Info("x", "i", i)
	}
	const want = "level=INFO msg=x i=0\nlevel=INFO msg=x a=1 i=1\nlevel=INFO msg=x g.b=2 g.i=2\n"
	if got := out.String(); got != want {
		t.Errorf("got %s", got)
	}
}

// TestStuck: a full pipe that nobody reads keeps nobody waiting, and what it
// could not take is there, or counted, when somebody reads again.
func TestStuck(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// As standard error is: a write blocks its thread.
	fd, err := syscall.Dup(int(w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	stderr := os.NewFile(uintptr(fd), "stderr")
	h := Handler(text(stderr)).(*handler)
	h.log.patience, h.log.most = 10*time.Millisecond, 50
	log := slog.New(h)
	line := strings.Repeat("x", 1000)
	const records = 500 // more than the pipe and the queue take
	var logged sync.WaitGroup
	for g := range 5 {
		logged.Go(func() {
			for i := range records / 5 {
				log.Info(line, "g", g, "i", i)
			}
		})
	}
	logged.Wait() // hangs if anybody waits for a reader

	read := make(chan string)
	go func() {
		b := make([]byte, 1<<20)
		all := ""
		for {
			n, err := r.Read(b)
			all += string(b[:n])
			if err != nil {
				read <- all
				return
			}
		}
	}()
	log.Info("again") // written once somebody reads, or counted
	for idle := false; !idle; time.Sleep(time.Millisecond) {
		h.log.mu.Lock()
		idle = !h.log.writing
		h.log.mu.Unlock()
	}
	log.Info("last")
	stderr.Close()
	got := <-read
	var lost int
	for l := range strings.Lines(got) {
		if _, n, ok := strings.Cut(l, "records="); ok {
			var k int
			fmt.Sscan(n, &k)
			lost += k
		}
	}
	h.log.mu.Lock()
	lost += h.log.lost
	h.log.mu.Unlock()
	if n := strings.Count(got, line) + strings.Count(got, "msg=again") + lost; n != records+1 || lost == 0 {
		t.Errorf("%d records of %d are in the log or counted, %d of them lost", n, records+1, lost)
	}
	if !strings.HasSuffix(got, "msg=last\n") {
		t.Error("the log does not go on")
	}
}

type panics struct{ slog.Handler }

func (panics) Handle(context.Context, slog.Record) error { panic("on purpose") }

// TestPanic: the handler is code of the app.
func TestPanic(t *testing.T) {
	h := Handler(panics{slog.DiscardHandler})
	if err := h.Handle(t.Context(), slog.Record{}); err == nil || !strings.Contains(err.Error(), "on purpose") {
		t.Errorf("got %v", err)
	}
}
