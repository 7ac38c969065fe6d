package attacks

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/display"
)

// screen is a display on which the user types into another program.
type screen struct {
	display *display.Display
	other   *display.Bystander
	targets map[string]string
	// end stops the user. An error means that there was nobody to attack.
	end func() error
}

// startScreens starts a display that lets in whoever can reach it, and one that
// wants a cookie.
func (s *station) startScreens() error {
	cookie := filepath.Join(s.targets["home"], ".Xauthority")
	os.Setenv("XAUTHORITY", cookie)
	s.targets["cookie"], s.targets["copied"] = cookie, display.BystanderText
	s.targets["place"], s.targets["colour"] = fmt.Sprint(display.BystanderPlace), fmt.Sprint(display.BystanderColour)
	locked, err := display.StartLocked(cookie)
	if err != nil {
		return err
	}
	if s.locked, err = s.newScreen(locked); err != nil {
		return err
	}
	// A child with an IPC namespace but without the filter, which no kernel
	// has, can make shared memory that the server does not see. GTK notices
	// only if the server has none of that number.
	open, err := display.Start("-extension", "MIT-SHM")
	if err != nil {
		return err
	}
	s.open, err = s.newScreen(open)
	return err
}

func (s *station) newScreen(d *display.Display) (*screen, error) {
	x := &screen{display: d}
	var err error
	if x.other, err = display.StartBystander(d.Name(), s.note); err != nil {
		d.Stop()
		return nil, err
	}
	s.closers = append(s.closers, x)
	stop, failed := make(chan struct{}), make(chan error, 1)
	go func() { failed <- x.write(stop) }()
	x.end = sync.OnceValue(func() error {
		close(stop)
		return <-failed
	})
	xtest, err := x.other.XTEST()
	x.targets = map[string]string{
		"display": "/tmp/.X11-unix/X" + strings.TrimPrefix(d.Name(), ":"),
		"window":  fmt.Sprint(x.other.Window()), "xtest": fmt.Sprint(xtest),
	}
	return x, err
}

// note writes down what was done to the other program, for the probe that did it.
func (s *station) note(what string, number int) {
	name := filepath.Join(s.targets["private"], fmt.Sprintf("%s-%d", what, number))
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		fmt.Println(err)
	}
}

// write has the user type all the time.
func (x *screen) write(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(20 * time.Millisecond):
			if err := x.other.Type(); err != nil {
				return fmt.Errorf("the user cannot type on display %s: %w", x.display.Name(), err)
			}
		}
	}
}

// Close implements io.Closer.
func (x *screen) Close() error {
	err := errors.Join(x.end(), x.other.Close())
	x.display.Stop()
	return err
}
