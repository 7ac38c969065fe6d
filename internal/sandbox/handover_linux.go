package sandbox

import (
	"bufio"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// connectSeconds bounds how long a connection that is handed over waits for
// its server, which may be stopped.
const connectSeconds = 10

// mustHandOver reports whether a socket is out of reach of the child's own,
// since names without a path belong to a network, and the child has another
// one. Where the same server has a path too, clients go on to that.
func (b *broker) mustHandOver(name string) bool {
	return b.handsOver && strings.HasPrefix(name, "@") && !slices.Contains(b.sockets, name[1:])
}

// handOver connects a socket of the Core and puts it in the place of the
// child's, with the same kind, flags and SO_PASSCRED; other options, which
// clients of a bus do not set before they connect, are as in a new one. The call
// waits meanwhile, so the caller never sees the number without a socket.
// What else the child does with the number at that time, from another thread,
// it does to itself: the number is never used here.
func (b *broker) handOver(n *notice, theirs int, to *unix.SockaddrUnix) unix.Errno {
	kind, flags, errno := likeness(theirs)
	if errno != 0 {
		return errno
	}
	cloexec, err := patiently(func() (uint32, error) { return closesOnExec(n) })
	if err != nil {
		return unix.EACCES
	}
	fd, err := patiently(func() (int, error) { return unix.Socket(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0) })
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(fd)
	if err := connectLike(fd, theirs, flags, to); err != nil {
		return errnoOf(err)
	}
	i := installation{id: n.id, from: uint32(fd), to: uint32(int32(n.args[0])), descriptor: cloexec}
	err = unix.EBADF
	b.control(func(listener int) { err = i.install(listener) })
	if err != nil {
		return errnoOf(err)
	}
	return 0
}

// likeness tells what a socket is that is about to be connected to a local
// one, and its status flags.
func likeness(fd int) (kind, flags int, errno unix.Errno) {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return 0, 0, errnoOf(err)
	}
	if domain != unix.AF_UNIX {
		return 0, 0, unix.EINVAL // as the kernel says
	}
	if kind, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil {
		return 0, 0, errnoOf(err)
	}
	listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err != nil || listens != 0 {
		return 0, 0, unix.EINVAL
	}
	if _, err := unix.Getpeername(fd); err == nil {
		return 0, 0, unix.EISCONN
	}
	if flags, err = unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil {
		return 0, 0, errnoOf(err)
	}
	return kind, flags, 0
}

// connectLike connects a new socket with the flags and options of another. It
// blocks if that would, but not for ever.
func connectLike(fd, like, flags int, to *unix.SockaddrUnix) error {
	limit := unix.Timeval{Sec: connectSeconds}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit); err != nil {
		return err
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags&(unix.O_NONBLOCK|unix.O_ASYNC)); err != nil {
		return err
	}
	// Set before the connection, or the first message may miss it.
	passes, err := unix.GetsockoptInt(like, unix.SOL_SOCKET, unix.SO_PASSCRED)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, passes); err != nil {
		return err
	}
	if err := unix.Connect(fd, to); err != nil {
		return err
	}
	return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{})
}

// closesOnExec returns O_CLOEXEC if the caller's descriptor has it, which
// belongs to the number and not to the socket.
func closesOnExec(n *notice) (uint32, error) {
	f, err := os.Open("/proc/" + strconv.Itoa(int(n.pid)) + "/fdinfo/" + strconv.Itoa(int(int32(n.args[0]))))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if v, ok := strings.CutPrefix(lines.Text(), "flags:"); ok {
			flags, err := strconv.ParseUint(strings.TrimSpace(v), 8, 64)
			return uint32(flags & unix.O_CLOEXEC), err
		}
	}
	return 0, errors.New("a descriptor without flags")
}

func errnoOf(err error) unix.Errno {
	var e unix.Errno
	if errors.As(err, &e) {
		return e
	}
	return unix.EACCES
}
