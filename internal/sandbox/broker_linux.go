package sandbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// maxConnects bounds the connections that are being made for a child at once.
const maxConnects = 64

// shortageTime is how long a connection waits while the Core lacks what it needs
// to make it, such as descriptors: the child may need the connection to live.
const shortageTime, shortagePause = 10 * time.Second, 20 * time.Millisecond

// patiently does what needs a descriptor, and waits while there is none.
func patiently[T any](do func() (T, error)) (v T, err error) {
	for end := time.Now().Add(shortageTime); ; time.Sleep(shortagePause) {
		if v, err = do(); !shortage.Is(err) || time.Now().After(end) {
			return v, err
		}
	}
}

// broker makes the connections of a child in its stead. A rule in the kernel
// could look at the address, but not keep another thread from changing it
// afterwards; so the broker reads it once, decides, takes the socket out of
// the child, and connects it itself.
type broker struct {
	listener *os.File
	sockets  []string // that may be connected to: a path, or @ and a name
	// instead are sockets to connect to in the place of others.
	instead map[string]string
	proxy   netip.AddrPort
	own     netip.AddrPort // where processes of the child may listen
	// made is called with a TCP connection before the child can use it.
	made    func(local netip.AddrPort)
	refused func(pid int, program, destination string)
	watcher *watcher // nil: only connections are handed over
	free    chan struct{}
	// missing reports whether a socket does not exist; see refusals.
	missing func(name string) bool
	later   chan refusedConnect
}

// refusedConnect is for the log.
type refusedConnect struct {
	pid         int
	program     string
	destination string
	name        string // of a socket that has one
}

// maxLater bounds the refusals that wait for the log; more are left out.
const maxLater = 64

// serve answers until no process is left that the listener is for.
func (b *broker) serve() {
	defer b.listener.Close()
	raw, err := b.listener.SyscallConn()
	if err != nil {
		return
	}
	b.free = make(chan struct{}, maxConnects)
	b.later = make(chan refusedConnect, maxLater)
	go b.refusals()
	defer close(b.later)
	var pending sync.WaitGroup
	defer pending.Wait()
	for {
		var n notice
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			if _, failed = unix.Poll(p, 0); failed == unix.EINTR || failed == nil && p[0].Revents == 0 {
				failed = nil
				return false
			}
			if p[0].Revents&unix.POLLIN == 0 {
				failed = unix.ENOENT // POLLHUP: nobody is left
				return true
			}
			failed = n.receive(int(fd))
			return true
		})
		switch {
		case err != nil:
			return
		case failed == unix.ENOENT && n.id == 0 && !b.alive():
			return
		case failed != nil:
			continue // the caller was killed while it waited
		}
		b.free <- struct{}{}
		pending.Go(func() {
			defer func() { <-b.free }()
			b.answer(&n)
		})
	}
}

// alive reports whether there may still be calls.
func (b *broker) alive() bool {
	alive := false
	b.control(func(fd int) {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		_, err := unix.Poll(p, 0)
		alive = err == nil && p[0].Revents&unix.POLLHUP == 0
	})
	return alive
}

func (b *broker) control(f func(fd int)) {
	if raw, err := b.listener.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}

// answer connects, or refuses to, and lets a watcher see other calls.
func (b *broker) answer(n *notice) {
	if w := b.watcher; w != nil {
		if errno, ok := w.denied(n); ok {
			b.send(&answer{id: n.id, error: -int32(errno)})
			return
		}
		if _, ok := w.files[n.nr]; ok {
			if f, ok := w.read(n); ok {
				w.judge(f)
			}
			b.send(&answer{id: n.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE})
			return
		}
	}
	b.send(&answer{id: n.id, error: -int32(b.connect(n))})
}

func (b *broker) send(a *answer) {
	// An error means that the caller is gone.
	b.control(func(fd int) { _ = a.send(fd) })
}

func (b *broker) connect(n *notice) unix.Errno {
	address := make([]byte, min(n.args[2], unix.SizeofSockaddrAny))
	if len(address) < 2 {
		return unix.EINVAL
	}
	local := []unix.Iovec{{Base: &address[0], Len: uint64(len(address))}}
	remote := []unix.RemoteIovec{{Base: uintptr(n.args[1]), Len: len(address)}}
	got, err := unix.ProcessVMReadv(int(n.pid), local, remote, 0)
	if err != nil || got != len(address) {
		return unix.EACCES
	}
	to, ok := b.allowed(address)
	if to == nil {
		return unix.EAFNOSUPPORT
	}
	if !ok {
		b.note(n, to, address)
		return unix.EACCES
	}
	fd, err := patiently(func() (int, error) { return socketOf(n) })
	if err != nil {
		return unix.EACCES
	}
	defer unix.Close(fd)
	// What was read is the caller's only if it has waited all the while: its
	// number may be another process's by now.
	valid := false
	b.control(func(listener int) { valid = n.valid(listener) })
	if !valid {
		return unix.EINTR
	}
	// The child may share the socket, and make it another kind of socket in
	// no way: what it is was fixed when it was made.
	err = unix.Connect(fd, to)
	if _, tcp := to.(*unix.SockaddrInet4); tcp && b.made != nil && (err == nil || err == unix.EINPROGRESS) {
		if name, err := unix.Getsockname(fd); err == nil {
			if in, ok := name.(*unix.SockaddrInet4); ok {
				b.made(netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port)))
			}
		}
	}
	if err == nil {
		return 0
	}
	if e, ok := err.(unix.Errno); ok {
		return e
	}
	return unix.EACCES
}

// note has a refusal logged. It does the same whatever the name stands for, and
// does not look whether there is such a socket: the child measures how long its
// answer takes.
func (b *broker) note(n *notice, to unix.Sockaddr, address []byte) {
	r := refusedConnect{destination: describe(address)}
	r.pid, r.program = processOf(int(n.pid))
	if u, local := to.(*unix.SockaddrUnix); local {
		r.name = u.Name
	}
	select {
	case b.later <- r:
	default:
	}
}

// refusals tells of what was refused, beside those who answer. Engines try many
// sockets that are missing, of which nobody needs to hear.
func (b *broker) refusals() {
	for r := range b.later {
		if !b.missing(r.name) {
			b.refused(r.pid, r.program, r.destination)
		}
	}
}

// isMissing reports whether a socket that has a path does not exist.
func isMissing(name string) bool {
	if !filepath.IsAbs(name) {
		return false // abstract, or none
	}
	_, err := os.Lstat(name)
	return errors.Is(err, fs.ErrNotExist)
}

// socketOf takes a copy of the socket out of the process that calls.
func socketOf(n *notice) (int, error) {
	pid, err := leader(int(n.pid))
	if err != nil {
		return -1, err
	}
	pidfd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(pidfd)
	return unix.PidfdGetfd(pidfd, int(int32(n.args[0])), 0)
}

// leader returns the process that a thread belongs to.
func leader(thread int) (int, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(thread) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "Tgid:"); ok {
			return strconv.Atoi(strings.TrimSpace(v))
		}
	}
	return 0, fmt.Errorf("thread %d belongs to no process", thread)
}

// allowed returns the address as one to connect to, nil for a family that a
// child has no sockets of, and whether it may be connected to.
func (b *broker) allowed(address []byte) (unix.Sockaddr, bool) {
	switch family := binary.NativeEndian.Uint16(address); family {
	case unix.AF_UNIX:
		name := unixName(address[2:])
		if own, ok := b.instead[name]; ok {
			return &unix.SockaddrUnix{Name: own}, true
		}
		return &unix.SockaddrUnix{Name: name}, name != "" && slices.Contains(b.sockets, name)
	case unix.AF_INET:
		if len(address) < 8 {
			return nil, false
		}
		to := netip.AddrPortFrom(netip.AddrFrom4([4]byte(address[4:8])), binary.BigEndian.Uint16(address[2:]))
		return &unix.SockaddrInet4{Addr: to.Addr().As4(), Port: int(to.Port())}, b.proxy.IsValid() && to == b.proxy || b.own.IsValid() && to == b.own
	case unix.AF_INET6:
		return &unix.SockaddrInet6{}, false
	}
	return nil, false
}

// unixName is the path of an address, or @ and its abstract name.
func unixName(b []byte) string {
	if len(b) > 0 && b[0] == 0 {
		return "@" + string(b[1:])
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// describe names a destination for a log.
func describe(address []byte) string {
	switch binary.NativeEndian.Uint16(address) {
	case unix.AF_UNIX:
		return fmt.Sprintf("socket %q", unixName(address[2:]))
	case unix.AF_INET:
		if len(address) >= 8 {
			return "TCP " + netip.AddrPortFrom(netip.AddrFrom4([4]byte(address[4:8])), binary.BigEndian.Uint16(address[2:])).String()
		}
	case unix.AF_INET6:
		if len(address) >= 24 {
			return "TCP " + netip.AddrPortFrom(netip.AddrFrom16([16]byte(address[8:24])), binary.BigEndian.Uint16(address[2:])).String()
		}
	}
	return "an address of an unknown kind"
}
