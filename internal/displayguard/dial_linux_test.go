package displayguard

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestDial: a server that takes nobody for a while is waited for, and one that is
// not there is not.
func TestDial(t *testing.T) {
	path := filepath.Join(t.TempDir(), "server")
	if _, err := dial(path); !errors.Is(err, unix.ENOENT) {
		t.Errorf("nothing: %v", err)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for { // until no more may wait
		c, err := net.Dial("unix", path)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	connected := make(chan error)
	begun := make(chan struct{})
	go func() {
		close(begun)
		c, err := dial(path)
		if err == nil {
			c.Close()
		}
		connected <- err
	}()
	<-begun
	c, _, err := unix.Accept(fd) // makes room for one
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(c)
	if err := <-connected; err != nil {
		t.Error(err)
	}
}
