package displayguard

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/mullion-dev/mullion/internal/busfilter"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/shortage"
)

// maxClients bounds the connections at once; a host has one, and one for each page.
// Further ones wait.
const maxClients = 128

// Run is the guard: it passes on what comes over the socket that this process was
// started with, to the compositor that WAYLAND_DISPLAY names by its path. It
// returns when the host does what it may not, or when the socket is gone.
func Run() error {
	f, err := sandbox.ChildSocket()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotAGuard, err)
	}
	l, err := net.FileListener(f)
	f.Close()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotAGuard, err)
	}
	typed := new(keys)
	if bus := sandbox.ControlSocket(); bus != nil {
		go serveBus(bus, typed.may)
	}
	listener, ok := l.(*net.UnixListener)
	compositor := os.Getenv("WAYLAND_DISPLAY")
	if display, x := sandbox.SessionX11(); ok && x && compositor == "" {
		return serveX11(listener, display, typed)
	}
	if !ok || !filepath.IsAbs(compositor) {
		l.Close()
		return fmt.Errorf("%w: no socket and no display", ErrNotAGuard)
	}
	keyboard := new(focus)
	typed.judgeBy(func(uint32, uint32, uint32) bool { return keyboard.has() })
	return serve(listener, keyboard, func() (*net.UnixConn, error) { return dial(compositor) })
}

// RunBus is a guard that filters what the host says on buses, and has no display:
// which keys the user presses it does not know.
func RunBus() error {
	bus, err := sandbox.ChildSocket()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotAGuard, err)
	}
	return serveBus(bus, nil)
}

// The Core and the filter call buses by the same numbers.
var (
	_ = [1]int{}[sandbox.AccessibilityBus-byte(busfilter.Accessibility)]
	_ = [1]int{}[sandbox.IBusBus-byte(busfilter.IBus)]
	_ = [1]int{}[sandbox.FcitxBus-byte(busfilter.Fcitx)]
)

func serveBus(bus *os.File, typed busfilter.Typed) error {
	err := busfilter.Serve(bus, typed, func(line string) { fmt.Println("mullion:", line) })
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// serve passes on each connection until one breaks the rules.
func serve(l *net.UnixListener, keyboard *focus, dial func() (*net.UnixConn, error)) error {
	defer l.Close()
	broken := make(chan error, 1)
	free := make(chan struct{}, maxClients)
	go func() {
		for {
			free <- struct{}{}
			client, err := accept(l)
			if err != nil {
				report(broken, err)
				return
			}
			go func() {
				defer func() { <-free }()
				switch err := connect(client, keyboard, dial); {
				case errors.Is(err, errForbidden):
					report(broken, err)
				case err != nil:
					fmt.Fprintf(os.Stderr, "a connection to the display ends: %v\n", err)
				}
			}()
		}
	}()
	return <-broken
}

// accept waits for a connection of the host, and waits out a shortage.
func accept(l *net.UnixListener) (*net.UnixConn, error) {
	client, err := l.AcceptUnix()
	for shortage.Is(err) {
		time.Sleep(shortagePause)
		client, err = l.AcceptUnix()
	}
	if err != nil {
		return nil, fmt.Errorf("wait for the host: %w", err)
	}
	return client, nil
}

// report keeps the first error.
func report(to chan<- error, err error) {
	select {
	case to <- err:
	default:
	}
}

// connect passes one connection on. Where there is no compositor, the client
// learns it as it would from itself: the connection ends.
func connect(client *net.UnixConn, keyboard *focus, dial func() (*net.UnixConn, error)) error {
	defer client.Close()
	server, err := dial()
	if err != nil {
		return err
	}
	defer server.Close()
	return relay(client, server, keyboard)
}
