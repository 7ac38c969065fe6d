package keeper

import (
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/await"
)

// Nobody reads what the keeper prints: its loop goes on, and it ends.
func TestStray(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	s := newStray(w)
	for range 10 * maxStray {
		s.write(make([]byte, 4<<10))
	}
	s.end()

	r2, w2, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r2.Close()
	s = newStray(w2)
	s.say("the %s", "reason")
	s.end()
	w2.Close()
	b := make([]byte, 100)
	n, _ := r2.Read(b)
	if got := string(b[:n]); got != "mullion: keeper: the reason\n" {
		t.Errorf("got %q", got)
	}
}

// shy is a listener that cannot accept the first connections.
type shy struct {
	net.Listener
	refusals int
}

func (s *shy) Accept() (net.Conn, error) {
	if s.refusals > 0 {
		s.refusals--
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", unix.EMFILE)}
	}
	return s.Listener.Accept()
}

// A keeper that has run out of descriptors accepts connections again once it has
// some.
func TestAcceptGoesOn(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	k := &keeper{posts: make(chan func()), over: make(chan struct{})}
	h := &host{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.accept(h, &shy{l, 2})
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	late, cancel := await.Context(t.Context(), await.Limit)
	defer cancel()
	select {
	case f := <-k.posts:
		f()
	case <-late.Done():
		t.Fatal("the connection was not accepted")
	}
	if len(h.pending) != 1 {
		t.Fatalf("got %d connections", len(h.pending))
	}
	closeAll(h.pending)
	l.Close()
	select {
	case <-ended:
	case <-late.Done():
		t.Fatal("a closed listener is asked on and on")
	}
}

func TestCallYourself(t *testing.T) {
	before, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	defer callYourself(strings.TrimSpace(string(before)))
	callYourself("/usr/bin/notes")
	if got, err := os.ReadFile("/proc/self/comm"); err != nil || string(got) != "notes\n" {
		t.Errorf("got %q, %v", got, err)
	}
}
