package inorder_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/inorder"
)

func newOwner() *inorder.Owner { return inorder.NewOwner(slog.New(slog.DiscardHandler)) }

// finish waits until all that was accepted is done.
func finish(t *testing.T, o *inorder.Owner) {
	t.Helper()
	o.End()
	ctx, cancel := await.Context(t.Context(), time.Minute)
	defer cancel()
	if err := o.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}

// gate is a queue whose function has begun with its first value and stands.
func gate(t *testing.T, o *inorder.Owner, opts inorder.Options[int]) (q *inorder.Queue[int], open func(), told *[]int) {
	t.Helper()
	told = new([]int)
	in, out := make(chan struct{}), make(chan struct{})
	q = inorder.New(o, opts, func(v int) {
		*told = append(*told, v)
		if v == 0 {
			close(in)
			<-out
		}
	})
	if err := q.Put(0); err != nil {
		t.Fatal(err)
	}
	<-in
	return q, func() { close(out) }, told
}

func TestInOrder(t *testing.T) {
	o := newOwner()
	var got [4][]int
	var queues []*inorder.Queue[int]
	for i := range got {
		queues = append(queues, inorder.New(o, inorder.Options[int]{Name: "f", Most: 1000}, func(v int) { got[i] = append(got[i], v) }))
	}
	var all sync.WaitGroup
	for _, q := range queues {
		all.Go(func() {
			for v := range 1000 {
				if err := q.Put(v); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	finish(t, o)
	for _, g := range got {
		if len(g) != 1000 || !slices.IsSorted(g) {
			t.Errorf("%d values, sorted: %t", len(g), slices.IsSorted(g))
		}
	}
}

func TestFull(t *testing.T) {
	two := inorder.Options[int]{Name: "f", Most: 2}
	t.Run("put", func(t *testing.T) {
		o := newOwner()
		q, open, told := gate(t, o, two)
		if err := errors.Join(q.Put(1), q.Put(2)); err != nil {
			t.Error(err)
		}
		if err := q.Put(3); !errors.Is(err, inorder.ErrFull) {
			t.Error(err)
		}
		open()
		finish(t, o)
		if d := cmp.Diff([]int{0, 1, 2}, *told); d != "" {
			t.Error(d)
		}
	})
	t.Run("push", func(t *testing.T) {
		var log bytes.Buffer
		o := inorder.NewOwner(slog.New(slog.NewTextHandler(&log, nil)))
		q, open, told := gate(t, o, two)
		for v := 1; v < 10; v++ {
			if err := q.Push(v); err != nil {
				t.Error(err)
			}
		}
		open()
		finish(t, o)
		if d := cmp.Diff([]int{0, 8, 9}, *told); d != "" {
			t.Error(d)
		}
		if n := strings.Count(log.String(), "does not keep up"); n != 1 {
			t.Errorf("%d lines in the log:\n%s", n, &log)
		}
	})
	t.Run("add", func(t *testing.T) {
		o := newOwner()
		q, open, told := gate(t, o, two)
		for v := 1; v < 5; v++ {
			if err := q.Add(v); err != nil {
				t.Error(err)
			}
		}
		open()
		finish(t, o)
		if d := cmp.Diff([]int{0, 1, 2, 3, 4}, *told); d != "" {
			t.Error(d)
		}
	})
	t.Run("wait", func(t *testing.T) {
		o := newOwner()
		q, open, told := gate(t, o, two)
		for v := 1; v < 3; v++ {
			if err := q.Put(v); err != nil {
				t.Error(err)
			}
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("left")
		cancel(why)
		if err := q.Wait(ctx, 3); err != why {
			t.Errorf("full: %v", err)
		}
		waited := make(chan error)
		go func() { waited <- q.Wait(t.Context(), 3) }()
		open()
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if err := q.Add(3); err != nil {
			t.Error(err)
		}
		finish(t, o)
		if d := cmp.Diff([]int{0, 1, 2, 3}, *told); d != "" {
			t.Error(d)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		o := newOwner()
		q, open, told := gate(t, o, inorder.Options[int]{Name: "f", Most: 100, Size: func(v int) int { return v }, MostBytes: 10})
		if err := q.Put(50); err != nil {
			t.Error("too large, but alone:", err)
		}
		if err := q.Put(1); !errors.Is(err, inorder.ErrFull) {
			t.Error(err)
		}
		for _, v := range []int{4, 6, 2} {
			if err := q.Push(v); err != nil {
				t.Error(err)
			}
		}
		open()
		finish(t, o)
		if d := cmp.Diff([]int{0, 6, 2}, *told); d != "" {
			t.Error(d)
		}
	})
}

// TestPushSaysOnce: that values are dropped is said, also where one takes the
// place of several.
func TestPushSaysOnce(t *testing.T) {
	var log bytes.Buffer
	o := inorder.NewOwner(slog.New(slog.NewTextHandler(&log, nil)))
	q, open, told := gate(t, o, inorder.Options[int]{Name: "the function", Most: 10, MostBytes: 8, Size: func(v int) int { return v }})
	for _, v := range []int{3, 4, 7, 6} {
		if err := q.Push(v); err != nil {
			t.Error(err)
		}
	}
	open()
	finish(t, o)
	if d := cmp.Diff([]int{0, 6}, *told); d != "" {
		t.Error(d)
	}
	if n := strings.Count(log.String(), "does not keep up"); n != 1 {
		t.Errorf("%d lines in the log:\n%s", n, &log)
	}
}

func TestPanicAndGoexit(t *testing.T) {
	var log bytes.Buffer
	o := inorder.NewOwner(slog.New(slog.NewTextHandler(&log, nil)))
	var told []int
	q := inorder.New(o, inorder.Options[int]{Name: "the function", Most: 10}, func(v int) {
		told = append(told, v)
		switch v {
		case 1:
			panic("at the disco")
		case 2:
			runtime.Goexit()
		}
	})
	for v := range 4 {
		if err := q.Put(v); err != nil {
			t.Error(err)
		}
	}
	finish(t, o)
	if d := cmp.Diff([]int{0, 1, 2, 3}, told); d != "" {
		t.Error(d)
	}
	for _, want := range []string{"at the disco", "the function", "TestPanicAndGoexit"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in the log:\n%s", want, &log)
		}
	}
	if o.Call("f", func() { panic("again") }) {
		t.Error("Call of a function that panics reports true")
	}
}

// A function may put values into its own queue, and end it.
func TestReentrant(t *testing.T) {
	o := newOwner()
	var q *inorder.Queue[int]
	var told []int
	done := make(chan struct{})
	q = inorder.New(o, inorder.Options[int]{Name: "f", Most: 1}, func(v int) {
		told = append(told, v)
		if v < 5 {
			if err := q.Put(v + 1); err != nil {
				t.Error(err)
			}
			return
		}
		q.End()
		if err := q.Put(v + 1); !errors.Is(err, inorder.ErrEnded) {
			t.Error(err)
		}
		close(done)
	})
	if err := q.Put(0); err != nil {
		t.Fatal(err)
	}
	<-done
	finish(t, o)
	if d := cmp.Diff([]int{0, 1, 2, 3, 4, 5}, told); d != "" {
		t.Error(d)
	}
}

func TestEnd(t *testing.T) {
	t.Run("queue", func(t *testing.T) {
		o := newOwner()
		q, open, told := gate(t, o, inorder.Options[int]{Name: "f", Most: 2})
		for v := 1; v < 3; v++ {
			if err := q.Put(v); err != nil {
				t.Error(err)
			}
		}
		waited := make(chan error)
		go func() { waited <- q.Wait(t.Context(), 3) }()
		q.End()
		if err := <-waited; err != nil {
			t.Error(err)
		}
		for _, put := range []func(int) error{q.Put, q.Push, q.Add} {
			if err := put(3); !errors.Is(err, inorder.ErrEnded) {
				t.Error(err)
			}
		}
		open()
		finish(t, o)
		if d := cmp.Diff([]int{0}, *told); d != "" {
			t.Error(d)
		}
	})
	t.Run("owner", func(t *testing.T) {
		o := newOwner()
		q, open, told := gate(t, o, inorder.Options[int]{Name: "f", Most: 2})
		if err := q.Put(1); err != nil {
			t.Error(err)
		}
		o.End()
		o.End()
		for _, put := range []func(int) error{q.Put, q.Push, q.Add} {
			if err := put(2); !errors.Is(err, inorder.ErrEnded) {
				t.Error(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := o.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Error("Wait while the function stands:", err)
		}
		open()
		finish(t, o)
		if d := cmp.Diff([]int{0, 1}, *told); d != "" {
			t.Error(d)
		}
	})
}

func BenchmarkPut(b *testing.B) {
	o := newOwner()
	q := inorder.New(o, inorder.Options[int]{Name: "f", Most: b.N + 1}, func(int) {})
	b.ReportAllocs()
	for v := range b.N {
		if err := q.Put(v); err != nil {
			b.Fatal(err)
		}
	}
	o.End()
	if err := o.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
}
