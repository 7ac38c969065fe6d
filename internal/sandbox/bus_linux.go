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
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// The buses to which there are doors, as their filter has them: package busfilter.
const (
	AccessibilityBus byte = iota
	IBusBus
	FcitxBus
)

// busDoors are a child's ways to buses. For each the child connects to a socket of
// its own; each of these connections goes to its guard, together with one to the
// bus. What is said on them is read by nobody else.
type busDoors struct {
	doors []*busDoor
	guard *os.File // the guard's end, until it is started

	mu   sync.Mutex    // held while a connection is handed over
	ours *net.UnixConn // the other end
}

// busDoor is the way to one bus.
type busDoor struct {
	kind     byte
	listener *net.UnixListener
	dial     func() (*net.UnixConn, error)
	// first has the connection to the bus by which it was found that there is one.
	first chan *net.UnixConn
	end   func() error // ends dial; nil if it ends by itself
	// opens waits until connections shall be taken, and reports whether they are;
	// those that come before wait in the socket. Nil: from the start on.
	opens func() bool
	// taken is told of each connection that the guard has; nil if nobody asks.
	taken func()
}

// openBuses makes the doors to the buses that the child is to have, and adds how it
// finds them.
func (c *confinement) openBuses(s *Spec, m inputMethod, d *desk) error {
	open := func(b *busDoor, name, setting string) error {
		if b.first == nil {
			b.first = make(chan *net.UnixConn, 1)
		}
		c.buses.doors = append(c.buses.doors, b)
		socket, err := c.folder.file(name)
		if err != nil {
			return err
		}
		if b.listener, err = listen(socket); err != nil {
			return fmt.Errorf("the door to a bus: %w", err)
		}
		d.sockets = append(d.sockets, socket)
		c.env = append(c.env, setting+"=unix:path="+socket)
		return nil
	}
	if s.Bus != nil && s.Policy.Accessibility {
		switch first, err := s.Bus(); {
		case err == nil:
			b := &busDoor{kind: AccessibilityBus, dial: s.Bus, first: make(chan *net.UnixConn, 1)}
			b.first <- first
			if err := open(b, "accessibility", busVariable); err != nil {
				return err
			}
		case s.AwaitBus != nil:
			toolkit, pages := lateDoors(s)
			if err := errors.Join(open(toolkit, "accessibility", busVariable), open(pages, "accessibility-pages", pagesVariable)); err != nil {
				return err
			}
			c.env = append(c.env, noBridge)
		}
	}
	if m.ibus {
		sign, err := c.folder.file("ibus-address")
		if err != nil {
			return err
		}
		dialer, err := newIBusDialer(os.Getenv, sign)
		if err != nil {
			return fmt.Errorf("the door to IBus: %w", err)
		}
		if err := open(&busDoor{kind: IBusBus, dial: dialer.dial, end: dialer.close}, "ibus", "IBUS_ADDRESS"); err != nil {
			return err
		}
		d.files = append(d.files, sign)
		c.env = append(c.env, "IBUS_ADDRESS_FILE="+sign)
	}
	if m.fcitx {
		dial := func() (*net.UnixConn, error) { return dialAny(sessionBuses(os.Getenv)) }
		if err := open(&busDoor{kind: FcitxBus, dial: dial}, "fcitx", "DBUS_SESSION_BUS_ADDRESS"); err != nil {
			return err
		}
	}
	if len(c.buses.doors) == 0 {
		return nil
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("the doors to buses: %w", err)
	}
	c.buses.guard = os.NewFile(uintptr(fds[0]), "guard")
	ours := os.NewFile(uintptr(fds[1]), "ours")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return fmt.Errorf("the doors to buses: %w", err)
	}
	c.buses.ours = conn.(*net.UnixConn)
	return nil
}

// serve hands connections to the guard until the doors are closed.
func (b *busDoors) serve() {
	for _, door := range b.doors {
		go door.serve(b.hand)
	}
}

// serve hands connections of one door over until it is closed.
func (b *busDoor) serve(hand func(kind byte, child, bus *net.UnixConn) error) {
	if b.opens != nil && !b.opens() {
		return
	}
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
		err = hand(b.kind, child, bus)
		bus.Close() // the guard has its own
		child.Close()
		if errors.Is(err, errGuardGone) {
			return
		}
		if err == nil && b.taken != nil {
			b.taken()
		}
	}
}

// hand gives the guard the two ends of a connection, and waits until it has taken
// them: there is never more than one on its way.
func (b *busDoors) hand(kind byte, child, bus *net.UnixConn) error {
	var ends []int
	for _, c := range []*net.UnixConn{child, bus} {
		f, err := c.File()
		if err != nil {
			return err
		}
		defer f.Close()
		ends = append(ends, int(f.Fd()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch _, _, err := b.ours.WriteMsgUnix([]byte{kind}, unix.UnixRights(ends...), nil); {
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

// searchPause is how long a door stays shut where no bus was found. The search for
// that of accessibility goes to the display and the session bus, and a child can
// ask for it at any time.
const searchPause = time.Second

// shortPause is how long a door waits where descriptors are used up.
const shortPause = 50 * time.Millisecond

var errGuardGone = errors.New("the guard takes no connection")

// close ends serve. The connections that the guard has stay.
func (b *busDoors) close() {
	for _, door := range b.doors {
		door.close()
	}
	if b.guard != nil {
		b.guard.Close()
	}
	if b.ours != nil {
		b.ours.Close()
	}
}

func (b *busDoor) close() {
	select {
	case first := <-b.first:
		first.Close()
	default:
	}
	if b.listener != nil {
		b.listener.Close()
	}
	if b.end != nil {
		_ = b.end() // nothing is lost with it
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
	return append(env, noBridge, "GTK_A11Y=none")
}

const (
	// busVariable is where libraries look for the address of the bus first, and
	// pagesVariable where WebKitGTK does for processes that run pages.
	busVariable   = "AT_SPI_BUS_ADDRESS"
	pagesVariable = "WEBKIT_A11Y_BUS_ADDRESS"
	// noBridge keeps GTK 3 off the bus.
	noBridge = "NO_AT_BRIDGE=1"
)
