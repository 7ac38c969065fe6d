package busfilter

import (
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestServe: connections are taken as they come, until there were many.
func TestServe(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours := os.NewFile(uintptr(fds[0]), "ours")
	c, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- Serve(os.NewFile(uintptr(fds[1]), "theirs"), nil, func(string) {}) }()
	began := time.Now()
	for range maxConns + 2*connRate {
		var ends []int
		for range 2 {
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			unix.Close(pair[1]) // it is over before it has begun
			ends = append(ends, pair[0])
		}
		_, _, err = c.(*net.UnixConn).WriteMsgUnix([]byte{0}, unix.UnixRights(ends...), nil)
		unix.Close(ends[0])
		unix.Close(ends[1])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < time.Second {
		t.Errorf("%d connections began within %v", maxConns+2*connRate, took)
	}
	c.Close()
	if err := <-ended; err == nil {
		t.Error("it has no end")
	}
}
