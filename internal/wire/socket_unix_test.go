//go:build unix

package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// hostPair returns the two ends of a real socket.
func hostPair(t *testing.T) (core, host *Conn) {
	t.Helper()
	core, f, err := SocketPair()
	if err != nil {
		t.Fatal(err)
	}
	if host, err = FileConn(Host, f); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { core.Close(); host.Close() })
	return core, host
}

// TestReceiveReady gets frames that arrive in pieces, many at once and with
// descriptors, by waiting for the socket as a main loop does.
func TestReceiveReady(t *testing.T) {
	core, host := hostPair(t)
	fd, err := host.Descriptor()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.ReceiveReady(func(f Frame) error { t.Errorf("got %v of nothing", f.Kind); return nil }); err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 256<<10)
	sent := make(chan error, 1)
	go func() {
		var errs []error
		for i := range 1000 {
			errs = append(errs, core.Send(Frame{Kind: KindDeliver, Target: 1, ID: uint64(i), Payload: large[:i]}))
			if i%100 != 50 {
				continue
			}
			errs = append(errs, core.Send(Frame{Kind: KindReply, Target: 1, Payload: large}))
			r, w, err := os.Pipe()
			if err == nil {
				_, err = w.WriteString("through the pipe")
				w.Close()
			}
			errs = append(errs, err, core.Send(Frame{Kind: KindResponse, ID: 7, File: r}))
		}
		sent <- errors.Join(errs...)
	}()
	next, replies, files := 0, 0, 0
	handle := func(f Frame) error {
		switch f.Kind {
		case KindDeliver:
			if f.ID != uint64(next) || !bytes.Equal(f.Payload, large[:next]) {
				t.Errorf("got frame %d of %d bytes, want %d", f.ID, len(f.Payload), next)
			}
			next++
		case KindReply:
			if !bytes.Equal(f.Payload, large) {
				t.Error("a large frame has arrived changed")
			}
			replies++
		case KindResponse:
			text, err := io.ReadAll(f.File)
			if err != nil || string(text) != "through the pipe" {
				t.Errorf("read %q, %v", text, err)
			}
			f.File.Close()
			files++
		}
		return nil
	}
	for next < 1000 || replies < 10 || files < 10 {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(p, 10_000); n == 0 || err != nil && err != unix.EINTR {
			t.Fatalf("after %d frames: %v", next, err)
		}
		if err := host.ReceiveReady(handle); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	core.Close()
	if err := host.ReceiveReady(handle); err != io.EOF {
		t.Errorf("after the end: got %v, want io.EOF", err)
	}
}

// TestSocketClose wakes who waits in a system call: a reader that gets
// nothing, and a writer whose other end reads nothing.
func TestSocketClose(t *testing.T) {
	core, host := hostPair(t)
	for name, end := range map[string]*Conn{"Core": core, "host": host} {
		if err := end.Send(Frame{Kind: map[string]Kind{"Core": KindReply, "host": KindCall}[name], Target: 1, Payload: make([]byte, 8<<20)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	host.Close() // waits for its writer
	core.Close()

	core, host = hostPair(t)
	for name, end := range map[string]*Conn{"Core": core, "host": host} {
		received := make(chan error, 1)
		go func() {
			_, err := end.Receive()
			received <- err
		}()
		end.Close()
		if err := <-received; err == nil {
			t.Errorf("%s: Receive on a closed connection did not fail", name)
		}
	}
}

func TestFileConnOfOthers(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := FileConn(Host, r); err == nil {
		t.Error("a pipe was taken for the Core's socket")
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[1])
	if _, err := FileConn(Host, os.NewFile(uintptr(fds[0]), "datagrams")); err == nil {
		t.Error("a datagram socket was taken for the Core's")
	}
}

// TestLastWords checks that what the other end has sent is received though it
// has gone, also when a send has found that out already.
func TestLastWords(t *testing.T) {
	core, host := hostPair(t)
	for i := range 100 {
		if err := host.Send(Frame{Kind: KindLog, ID: uint64(i), Payload: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	host.Close()
	for core.Send(Frame{Kind: KindDeliver, Target: 1}) == nil {
	}
	for i := range 100 {
		if f, err := core.Receive(); err != nil || f.ID != uint64(i) {
			t.Fatalf("frame %d: got %d, %v", i, f.ID, err)
		}
	}
	if _, err := core.Receive(); err == nil {
		t.Error("the end is not told")
	}
	if err := core.Send(Frame{Kind: KindDeliver, Target: 1}); err == nil {
		t.Error("sent to nobody")
	}
}

// TestCloseWhileReceiving closes connections while their readers wait in the
// system call, and others get the descriptors at once.
func TestCloseWhileReceiving(t *testing.T) {
	for range 200 {
		core, _ := hostPair(t)
		ended := make(chan error, 1)
		go func() { _, err := core.Receive(); ended <- err }()
		go func() {
			for core.Send(Frame{Kind: KindDeliver, Target: 1}) == nil {
			}
		}()
		core.Close()
		next, other := hostPair(t)
		if err := other.Send(Frame{Kind: KindLog, ID: 7, Payload: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		if f, err := next.Receive(); err != nil || f.ID != 7 {
			t.Fatalf("got %v of %d", err, f.ID)
		}
		if err := <-ended; err == nil {
			t.Fatal("received from a closed connection")
		}
	}
}
