package core_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/supervise"
)

// TestOutage: what was there before is waited for when it goes, and windows
// are there again when it comes back.
func TestOutage(t *testing.T) {
	for _, test := range []struct {
		name         string
		init, launch error
		waits        bool
	}{
		{"display", &backend.InitError{Code: backend.InitDisplay, Err: errors.New("no display")}, nil, true},
		{"descriptors", nil, fmt.Errorf("start: %w", syscall.EMFILE), true},
		{"disk", nil, fmt.Errorf("folder: %w", syscall.ENOSPC), true},
		{"library", &backend.InitError{Code: backend.InitLibrary, Err: errors.New("no library")}, nil, false},
		{"unsupported", nil, fmt.Errorf("start: %w", errors.ErrUnsupported), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPair(t, everything, core.Options{}, nil)
			main := p.open("main", "app://localhost/")
			set := func(init, launch error) {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.initErr, p.launchErr = init, launch
			}
			set(test.init, test.launch)
			p.engine("app").Quit()
			// More often than would be too often for failures.
			if !test.waits {
				select {
				case err := <-p.ran:
					p.ran <- nil // for the end of the test
					if err == nil {
						t.Error("the app ended without an error")
					}
				case <-await.Hang(context.Background(), limit):
					t.Error("the app waits for what cannot come")
				}
				return
			}
			until(t, "the wait", func() bool { return p.starts.Load() > 12 })
			told := p.kinds() // the end of the host, and that it cannot be started
			if len(told) != 2 || told[1] != supervise.LaunchFailed {
				t.Errorf("faults %v", told)
			}
			set(nil, nil)
			again := p.page(main.window)
			if got := again.call(`["echo",{"x":1}]`); got != `o{"x":1}` {
				t.Errorf("got %s", got)
			}
			if n := len(p.kinds()); n != len(told) {
				t.Errorf("faults %v", p.kinds())
			}
		})
	}
}

// TestOutageKeepsOpenGL: a display that was away for a while is no reason to do
// without OpenGL, however often it was looked for.
func TestOutageKeepsOpenGL(t *testing.T) {
	p := newPair(t, everything, core.Options{Clear: true}, nil)
	main := p.open("main", "app://localhost/")
	set := func(err error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.initErr = err
	}
	set(&backend.InitError{Code: backend.InitDisplay, Err: errors.New("no display")})
	p.engine("app").Quit()
	until(t, "the wait", func() bool { return p.starts.Load() > 8 })
	set(nil)
	p.page(main.window)
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, l := range p.launches {
		if !l.Clear {
			t.Errorf("launch %d of %d is without OpenGL", i, len(p.launches))
		}
	}
}
