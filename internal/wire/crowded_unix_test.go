//go:build unix

package wire

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// TestCrowded: while too many descriptors of the user are on their way, those of
// a connection wait, and so do the frames behind them. Nothing is lost, and the
// connection can be closed meanwhile.
func TestCrowded(t *testing.T) {
	var crowded atomic.Bool
	open := func() (core, host *Conn) {
		core, file, err := SocketPair()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { core.Close() })
		if host, err = FileConn(Host, file); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { host.Close() })
		core.t.(*socket).sendmsg = func(fd int, p, oob []byte, to unix.Sockaddr, flags int) (int, error) {
			if len(oob) > 0 && crowded.Load() {
				return -1, unix.ETOOMANYREFS
			}
			return unix.SendmsgN(fd, p, oob, to, flags)
		}
		return core, host
	}
	send := func(c *Conn) {
		t.Helper()
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Send(Frame{Kind: KindResponse, ID: 1, Payload: []byte("{}"), File: file}); err != nil {
			t.Fatalf("a response with a descriptor: %v", err)
		}
		if err := c.Send(Frame{Kind: KindPing, ID: 2}); err != nil {
			t.Fatalf("what comes behind it: %v", err)
		}
	}

	core, host := open()
	crowded.Store(true)
	send(core)
	crowded.Store(false)
	f, err := host.Receive()
	if err != nil || f.Kind != KindResponse || f.File == nil {
		t.Fatalf("got %+v, %v", f, err)
	}
	f.File.Close()
	if f, err = host.Receive(); err != nil || f.Kind != KindPing {
		t.Fatalf("got %+v, %v", f, err)
	}

	crowded.Store(true)
	core, _ = open()
	send(core)
	core.Close() // waits for nobody
	if err := core.Send(Frame{Kind: KindPing}); err == nil || errors.Is(err, unix.ETOOMANYREFS) {
		t.Errorf("after the end: %v", err)
	}
}
