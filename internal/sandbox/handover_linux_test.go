package sandbox

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// talk connects as a client of a bus does, and looks whether what it had set
// is still there.
func talk(arg string) error {
	var name string
	var nonblock, cloexec, passcred int
	fmt.Sscan(arg, &name, &nonblock, &cloexec, &passcred)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|nonblock*unix.SOCK_NONBLOCK|cloexec*unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, passcred); err != nil {
		return err
	}
	flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: name}); err != nil {
		return err
	}
	if got, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); got != flags {
		return fmt.Errorf("flags %#x, %v, want %#x", got, err, flags)
	}
	if got, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); got != cloexec*unix.FD_CLOEXEC {
		return fmt.Errorf("descriptor flags %#x, %v, want %d", got, err, cloexec)
	}
	if got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED); got != passcred {
		return fmt.Errorf("SO_PASSCRED %d, %v, want %d", got, err, passcred)
	}
	if got, err := unix.GetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO); err != nil || *got != (unix.Timeval{}) {
		return fmt.Errorf("SO_SNDTIMEO %v, %v, want none", got, err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: name}); err != unix.EISCONN {
		return fmt.Errorf("a second connect() gave %v", err)
	}
	if _, err := unix.Write(fd, []byte("hello")); err != nil {
		return err
	}
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(p, -1); err != unix.EINTR {
			break
		}
	}
	b := make([]byte, 10)
	if n, err := unix.Read(fd, b); string(b[:max(n, 0)]) != "hello" {
		return fmt.Errorf("got %q, %v", b[:max(n, 0)], err)
	}
	return nil
}

// juggle connects while another thread closes the socket and opens others
// under its number.
func juggle(name string) error {
	file, err := os.Open("/dev/null")
	if err != nil {
		return err
	}
	defer file.Close()
	for range 50 {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		var other sync.WaitGroup
		other.Go(func() {
			unix.Close(fd)
			_ = unix.Dup3(int(file.Fd()), fd, unix.O_CLOEXEC)
		})
		_ = unix.Connect(fd, &unix.SockaddrUnix{Name: name})
		other.Wait()
		unix.Close(fd)
	}
	return nil
}

// listenAbstract answers what it is sent, at a name that has no path.
func listenAbstract(t *testing.T, name string) {
	t.Helper()
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				io.Copy(c, c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
}

// TestHandOver checks that a child with a network of its own reaches a
// server of input methods whose socket has no path, and no other such socket.
func TestHandOver(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	name := fmt.Sprintf("@mullion-test-%d", os.Getpid())
	listenAbstract(t, name)
	listenAbstract(t, name+"-other")
	bus := filepath.Join(home, ".config/ibus/bus")
	if err := os.MkdirAll(bus, 0o700); err != nil {
		t.Fatal(err)
	}
	address := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(bus, "machine-unix-0"), []byte("IBUS_ADDRESS=unix:abstract="+name[1:]+",guid=1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, without := range []Without{{}, {Landlock: -1}, {Namespaces: true}} {
		t.Run(fmt.Sprintf("%+v", without), func(t *testing.T) {
			address(name)
			j := startJailed(t, Spec{Policy: &Policy{InputMethods: true}, Without: without})
			before := openFiles(t)
			for _, set := range []string{" 0 0 0", " 0 1 0", " 1 0 1", " 1 1 1"} {
				for range 5 {
					if got := j.try("talk " + name + set); got != "ok" {
						t.Fatalf("with%s: %s", set, got)
					}
				}
			}
			if got := j.try("unix " + name + "-other"); got != "EACCES" {
				t.Errorf("another name: %s", got)
			}
			if got := j.try("juggle " + name); got != "ok" {
				t.Errorf("juggling: %s", got)
			}
			if got := j.try("talk " + name + " 1 1 0"); got != "ok" {
				t.Errorf("after juggling: %s", got)
			}
			if after := openFiles(t); strings.Count(after, name) > strings.Count(before, name) {
				t.Errorf("connections stay open: %s", after)
			}

			address(name + "-gone")
			j = startJailed(t, Spec{Policy: &Policy{InputMethods: true}, Without: without})
			if got := j.try("unix " + name + "-gone"); got != "ECONNREFUSED" {
				t.Errorf("a server that has gone: %s", got)
			}
			j = startJailed(t, Spec{Policy: &Policy{}, Without: without})
			if got := j.try("unix " + name + "-gone"); got != "EACCES" {
				t.Errorf("without the grant: %s", got)
			}
		})
	}
}

// openFiles lists the descriptors of this process that are sockets, with
// their peers' names.
func openFiles(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for _, e := range entries {
		var fd int
		fmt.Sscan(e.Name(), &fd)
		if peer, err := unix.Getpeername(fd); err == nil {
			if u, ok := peer.(*unix.SockaddrUnix); ok {
				fmt.Fprintln(&list, fd, u.Name)
			}
		}
	}
	return list.String()
}
