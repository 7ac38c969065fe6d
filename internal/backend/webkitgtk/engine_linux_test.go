package webkitgtk

import (
	"os"
	"slices"
	"testing"
)

// TestPost: what is posted runs in order, and what a posted function posts
// comes after it.
func TestPost(t *testing.T) {
	var got []int
	done := make(chan struct{}, 1)
	for i := range 100 {
		testEngine.Post(func() {
			got = append(got, i)
			testEngine.Post(func() {
				got = append(got, 100+i)
				if i == 99 {
					done <- struct{}{}
				}
			})
		})
	}
	wait(t, "the last function", done, func(struct{}) bool { return true })
	low := slices.DeleteFunc(slices.Clone(got), func(i int) bool { return i >= 100 })
	high := slices.DeleteFunc(slices.Clone(got), func(i int) bool { return i < 100 })
	if len(got) != 200 || !slices.IsSorted(low) || !slices.IsSorted(high) {
		t.Errorf("ran in the order %v", got)
	}
	testEngine.Post(func() { panic("posted") })
	do(func() {})
	if lines := testLog.take(); len(lines) != 1 {
		t.Errorf("logged %q, want the panic", lines)
	}
}

func TestWatch(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	var before int
	do(func() { before = testEngine.liveCallbacks() })
	got := make(chan byte, 10)
	fd := int(r.Fd())
	do(func() {
		testEngine.Watch(fd, func() bool {
			b := make([]byte, 1)
			if _, err := r.Read(b); err != nil {
				t.Error(err)
				return false
			}
			put(got, b[0])
			return b[0] != 'b'
		})
	})
	for _, want := range []byte("ab") {
		if _, err := w.Write([]byte{want}); err != nil {
			t.Fatal(err)
		}
		wait(t, "the byte "+string(want), got, func(b byte) bool { return b == want })
	}
	poll(t, "the end of the watch", func() (ended bool) {
		do(func() { ended = testEngine.liveCallbacks() <= before })
		return ended
	})
}
