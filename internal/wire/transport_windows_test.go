package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/windows"
)

// connect returns the two ends of a connection within this process.
func connect(t *testing.T) (core, host *Conn) {
	t.Helper()
	core, f, err := SocketPair()
	if err != nil {
		t.Fatal(err)
	}
	host, err = FileConn(Host, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { core.Close(); host.Close() })
	if err := core.SetPeer(os.Getpid()); err != nil {
		t.Fatal(err)
	}
	return core, host
}

// TestNamedPipe sends both ways at once, more than the pipe holds, while both
// ends wait for something to read.
func TestNamedPipe(t *testing.T) {
	core, host := connect(t)
	const frames = 50
	payload := bytes.Repeat([]byte("x"), 100_000)
	done := make(chan error, 1)
	go func() {
		for range frames {
			f, err := host.Receive()
			if err == nil && !bytes.Equal(f.Payload, payload) {
				err = errors.New("another payload")
			}
			if err == nil {
				err = host.Send(Frame{Kind: KindCredit, Payload: PutCount(1)})
			}
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for range frames {
		if err := core.Send(Frame{Kind: KindDeliver, Target: 1, Payload: payload}); err != nil {
			t.Fatal(err)
		}
	}
	for range frames {
		if _, err := core.Receive(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	host.Close()
	if _, err := core.Receive(); err != io.EOF {
		t.Errorf("the end: got %v", err)
	}
}

// TestCloseWakesReader: an end that waits for a frame hears of its own close.
func TestCloseWakesReader(t *testing.T) {
	core, _ := connect(t)
	done := make(chan error)
	go func() { _, err := core.Receive(); done <- err }()
	core.Close()
	if err := <-done; err == nil {
		t.Error("no error")
	}
}

// TestLastWords: what is sent right before a close arrives.
func TestLastWords(t *testing.T) {
	for range 50 {
		core, host := connect(t)
		if err := host.SendJSON(KindFatal, 0, 0, Fatal{Code: "internal", Message: "why"}); err != nil {
			t.Fatal(err)
		}
		host.Close()
		if f, err := core.Receive(); err != nil || f.Kind != KindFatal {
			t.Fatal(f.Kind, err)
		}
		if err := host.Send(Frame{Kind: KindPong}); !errors.Is(err, os.ErrClosed) {
			t.Errorf("after the close: %v", err)
		}
	}
}

// TestBodyTravels hands a body over and reads it at the other end.
func TestBodyTravels(t *testing.T) {
	payload := bytes.Repeat([]byte("bytes "), 100_000)
	for _, test := range []struct {
		name string
		size int
		end  func(*Body)
		want error
	}{
		{"complete", len(payload), (*Body).Finish, nil},
		{"complete and empty", 0, (*Body).Finish, nil},
		{"cut off", len(payload), func(b *Body) { b.Close() }, io.ErrUnexpectedEOF},
		{"cut off before the first byte", 0, func(b *Body) { b.Close() }, io.ErrUnexpectedEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			core, host := connect(t)
			b, r, err := NewBody()
			if err != nil {
				t.Fatal(err)
			}
			head := JoinResponse([]byte("{}"), nil)
			if err := core.Send(Frame{Kind: KindResponse, ID: 1, Payload: head, File: r}); err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = b.Write(payload[:test.size])
				test.end(b)
			}()
			f, err := host.Receive()
			if err != nil || f.File == nil {
				t.Fatal(f, err)
			}
			body := OpenBody(f.File)
			defer body.Close()
			got, err := io.ReadAll(body)
			if !errors.Is(err, test.want) || !bytes.Equal(got, payload[:test.size]) {
				t.Errorf("got %d bytes and %v, want %d and %v", len(got), err, test.size, test.want)
			}
		})
	}
}

// TestHostHandsOver: a number that a host writes is no handle of the Core's.
func TestHostHandsOver(t *testing.T) {
	own, other, err := newPipe(windows.PIPE_ACCESS_DUPLEX)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	core := newConn(Core, newNamedPipe(Core, own))
	defer core.Close()
	if _, err := other.Write([]byte{1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 'x'}); err != nil {
		t.Fatal(err)
	}
	if _, err := core.Receive(); !errors.Is(err, ErrProtocol) {
		t.Errorf("got %v", err)
	}
}
