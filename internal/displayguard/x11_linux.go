package displayguard

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/mullion-dev/mullion/internal/displayguard/x11"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// serveX11 stands before an X display, until the socket or the display is gone.
func serveX11(l *net.UnixListener, display sandbox.X11, typed *keys) error {
	defer l.Close()
	guard, err := x11.New(x11.Config{
		Dial:        func() (net.Conn, error) { return dialAny(display.Sockets) },
		Cookie:      display.Cookie,
		PID:         display.WindowsPID,
		InputMethod: display.InputMethod,
		Clipboard:   display.Clipboard,
		OpenGL:      display.OpenGL,
		Refused: func(request, why string) {
			fmt.Fprintf(os.Stderr, "the display refuses %s: %s\n", request, why)
		},
	})
	if err != nil {
		return err
	}
	defer guard.Close()
	typed.judgeBy(guard.Typed)
	for {
		conn, err := accept(l)
		if err != nil {
			return err
		}
		go func() { _ = guard.Serve(conn) }()
	}
}

// Pointer returns where the mouse is, on an X display. A host is told only while
// it is above its own windows. ok is false where there is no X display.
func Pointer() (x, y int, ok bool, err error) {
	display, ok := sandbox.SessionX11()
	if !ok {
		return 0, 0, false, nil
	}
	conn, err := dialAny(display.Sockets)
	if err == nil {
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		x, y, err = x11.Pointer(conn, display.Cookie)
	}
	return x, y, true, err
}

// dialAny connects to the first of some sockets that answers.
func dialAny(sockets []string) (conn net.Conn, err error) {
	var all error
	for _, name := range sockets {
		if conn, err = dial(name); err == nil {
			return conn, nil
		}
		all = errors.Join(all, err)
	}
	return nil, all
}
