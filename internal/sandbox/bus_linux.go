package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// busDoor is the child's way to the accessibility bus. The child connects to a
// socket of its own; each of these connections goes to its guard, together with
// one to the bus. What is said on them is read by nobody else.
type busDoor struct {
	listener *net.UnixListener
	dial     func() (*net.UnixConn, error)
	// first has the connection to the bus by which it was found that there is one.
	first chan *net.UnixConn
	guard *os.File      // the guard's end, until it is started
	ours  *net.UnixConn // the other one
}

// openBus makes the door, if the child is to have it and there is a bus. It
// returns the path of the socket, "" without.
func (c *confinement) openBus(s *Spec) (socket string, err error) {
	if s.Bus == nil || !s.Policy.Accessibility {
		return "", nil
	}
	first, err := s.Bus()
	if err != nil {
		return "", nil
	}
	b := &busDoor{dial: s.Bus, first: make(chan *net.UnixConn, 1)}
	b.first <- first
	c.bus = b
	if socket, err = c.folder.file("accessibility"); err != nil {
		return "", err
	}
	if b.listener, err = listen(socket); err != nil {
		return "", fmt.Errorf("the accessibility bus: %w", err)
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", fmt.Errorf("the accessibility bus: %w", err)
	}
	b.guard = os.NewFile(uintptr(fds[0]), "guard")
	ours := os.NewFile(uintptr(fds[1]), "ours")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return "", fmt.Errorf("the accessibility bus: %w", err)
	}
	b.ours = conn.(*net.UnixConn)
	return socket, nil
}

// serve hands connections to the guard until the door is closed.
func (b *busDoor) serve() {
	for {
		child, err := b.listener.AcceptUnix()
		if shortage.Is(err) {
			time.Sleep(shortPause)
			continue
		}
		if err != nil {
			return
		}
		var bus *net.UnixConn
		select {
		case bus = <-b.first:
		default:
			bus, err = b.dial()
		}
		if err != nil {
			child.Close()
			time.Sleep(searchPause)
			continue
		}
		err = b.hand(child, bus)
		bus.Close() // the guard has its own
		child.Close()
		if errors.Is(err, errGuardGone) {
			return
		}
	}
}

// hand gives the guard the two ends of a connection, and waits until it has taken
// them: there is never more than one on its way.
func (b *busDoor) hand(child, bus *net.UnixConn) error {
	var ends []int
	for _, c := range []*net.UnixConn{child, bus} {
		f, err := c.File()
		if err != nil {
			return err
		}
		defer f.Close()
		ends = append(ends, int(f.Fd()))
	}
	switch _, _, err := b.ours.WriteMsgUnix([]byte{0}, unix.UnixRights(ends...), nil); {
	case shortage.Is(err):
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", errGuardGone, err)
	}
	if n, err := b.ours.Read(make([]byte, 1)); n == 0 {
		return fmt.Errorf("%w: %w", errGuardGone, cmp.Or(err, io.EOF))
	}
	return nil
}

// searchPause is how long the door stays shut where no bus was found. The search
// goes to the display and the session bus, and a child can ask for it at any time.
const searchPause = time.Second

// shortPause is how long the door waits where descriptors are used up.
const shortPause = 50 * time.Millisecond

var errGuardGone = errors.New("the guard takes no connection")

// close ends serve. The connections that the guard has stay.
func (b *busDoor) close() {
	if b == nil {
		return
	}
	select {
	case first := <-b.first:
		first.Close()
	default:
	}
	if b.listener != nil {
		b.listener.Close()
	}
	if b.guard != nil {
		b.guard.Close()
	}
	if b.ours != nil {
		b.ours.Close()
	}
}

// withBridge is the environment of a child whose toolkit looks for the
// accessibility bus only if there is a way to it, or the environment says so.
// Otherwise it would complain.
func withBridge(env []string) []string {
	if slices.ContainsFunc(env, func(setting string) bool {
		return strings.HasPrefix(setting, busVariable+"=") || strings.HasPrefix(setting, "NO_AT_BRIDGE=")
	}) {
		return env
	}
	return append(env, "NO_AT_BRIDGE=1", "GTK_A11Y=none")
}

// busVariable is where libraries look for the address of the bus first.
const busVariable = "AT_SPI_BUS_ADDRESS"
