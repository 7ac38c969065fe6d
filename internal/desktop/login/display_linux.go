package login

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// display is a display server of this machine.
type display struct {
	sockets []string // of which the first that is there counts
	// number and cookies are those of an X display: which entries of which
	// file let a program in.
	number, cookies string
}

// identity says which server has a display. What is not known is zero.
type identity struct {
	pid     int
	started string // since when, in the kernel's own measure
	uid     uint32
	cookies [sha256.Size]byte
}

// errBusy says that a server is there and takes no connection now.
var errBusy = errors.New("the display does not answer")

// connectTime is how long a server may take to accept a connection.
const connectTime = time.Second

// findDisplay finds the display that programs use which are started here. It is
// nil if there is none, or it is another machine's.
func findDisplay(getenv func(string) string) *display {
	if name := getenv("WAYLAND_DISPLAY"); name != "" && !strings.HasPrefix(getenv("GDK_BACKEND"), "x11") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(getenv("XDG_RUNTIME_DIR"), name)
		}
		return &display{sockets: []string{name}}
	}
	host, rest, ok := strings.Cut(getenv("DISPLAY"), ":")
	number, _, _ := strings.Cut(rest, ".")
	if _, err := strconv.ParseUint(number, 10, 31); !ok || err != nil || host != "" && host != "unix" {
		return nil
	}
	cookies := getenv("XAUTHORITY")
	if cookies == "" {
		cookies = filepath.Join(getenv("HOME"), ".Xauthority")
	}
	socket := "/tmp/.X11-unix/X" + number
	return &display{sockets: []string{socket, "@" + socket}, number: number, cookies: cookies}
}

// identify asks the kernel who serves the display.
func (d *display) identify() (id identity, err error) {
	var conn net.Conn
	for _, socket := range d.sockets {
		conn, err = net.DialTimeout("unix", socket, connectTime)
		if err == nil {
			break
		}
		var timeout net.Error
		if errors.Is(err, unix.EAGAIN) || errors.As(err, &timeout) && timeout.Timeout() {
			return id, errBusy
		}
	}
	if err != nil {
		return id, err
	}
	defer conn.Close()
	raw, err := conn.(*net.UnixConn).SyscallConn()
	if err != nil {
		return id, err
	}
	var peer *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) { peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return id, err
	}
	if failed != nil {
		return id, failed
	}
	id.pid, id.uid = int(peer.Pid), peer.Uid
	var ending bool
	if id.started, ending = processOf(id.pid); ending {
		return id, errEnding
	}
	if d.number != "" {
		id.cookies = cookiesOf(d.cookies, d.number)
	}
	return id, nil
}

// is reports whether two are of the same process.
func (id identity) is(other identity) bool {
	if id.pid == 0 || other.pid == 0 {
		return id == other
	}
	return id.pid == other.pid && id.started == other.started
}

// succeeds reports whether a server can be one of the same session that was
// started again.
func (id identity) succeeds(old identity) bool {
	return id.uid == old.uid && id.cookies == old.cookies
}

// errEnding is that a server is about to be gone: its sockets take connections
// until the kernel has closed them.
var errEnding = errors.New("the display server is ending")

// processOf tells when a process was started, and whether it is ending.
func processOf(pid int) (started string, ending bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	return parseStat(string(b))
}

// parseStat reads the fields 3 (state), 9 (flags of the kernel) and 22 (start) of
// proc_pid_stat(5). A process without sockets, a zombie, is not ending any more:
// they are somebody else's then.
func parseStat(stat string) (started string, ending bool) {
	const exiting = 0x4 // PF_EXITING of include/linux/sched.h
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return "", false
	}
	flags, err := strconv.ParseUint(fields[6], 10, 64)
	return fields[19], err == nil && flags&exiting != 0 && fields[0] != "Z"
}

// maxCookies bounds the file of cookies.
const maxCookies = 1 << 20

// cookiesOf sums up the cookies for a display: each login makes new ones. See
// Xsecurity(7) and the format in Xau(3).
func cookiesOf(name, number string) (sum [sha256.Size]byte) {
	info, err := os.Stat(name)
	if err != nil || info.Size() > maxCookies {
		return sum
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return sum
	}
	field := func() (f []byte, ok bool) {
		if len(b) < 2 {
			return nil, false
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n {
			return nil, false
		}
		f, b = b[2:2+n], b[2+n:]
		return f, true
	}
	hash, found := sha256.New(), false
	for len(b) >= 2 {
		b = b[2:] // the family of the address
		_, ok1 := field()
		display, ok2 := field()
		_, ok3 := field()
		data, ok4 := field()
		if !ok1 || !ok2 || !ok3 || !ok4 {
			break
		}
		if string(display) == number || len(display) == 0 {
			hash.Write(append(data, 0))
			found = true
		}
	}
	if found {
		hash.Sum(sum[:0])
	}
	return sum
}

// ended returns a channel that is closed when the server has ended, or ctx is
// done; nil if nothing tells.
func (id identity) ended(ctx context.Context) <-chan struct{} {
	if id.pid == 0 {
		return nil
	}
	fd, err := unix.PidfdOpen(id.pid, unix.PIDFD_NONBLOCK) // since Linux 5.10
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(fd), "display server")
	raw, err := f.SyscallConn()
	if started, _ := processOf(id.pid); err != nil || started != id.started {
		f.Close()
		return nil
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { f.Close() })
	go func() {
		defer close(ended)
		defer stop()
		defer f.Close()
		// The descriptor becomes readable at the end of the process.
		_ = raw.Read(func(fd uintptr) bool {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			return n > 0 || err != nil && !errors.Is(err, unix.EINTR)
		})
	}()
	return ended
}
