package dev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/keeper"
)

// kept is an app whose windows stay while one program takes the place of
// another.
type kept struct {
	options keeper.Options // without the program
	ended   chan ending

	mu      sync.Mutex
	session *keeper.Session // guarded by mu; nil: none runs
	last    bool            // guarded by mu; no other one may be started
}

// swapLimit is how long a program may take to come to the windows before that is
// told.
const swapLimit = 20 * time.Second

// errLate says that a program takes longer. It may come yet.
var errLate = fmt.Errorf("the new program has not opened its windows after %d s", int(swapLimit.Seconds()))

func (a *kept) swap(ctx context.Context, program string) outcome {
	f, err := os.Open(program)
	if err != nil {
		return outcome{err: err}
	}
	defer f.Close()
	s := a.current()
	if s == nil {
		return outcome{err: a.start(f, program)}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, swapLimit, errLate)
	defer cancel()
	r, err := s.Swap(ctx, f, program)
	switch {
	case errors.Is(err, keeper.ErrEnded):
		return outcome{} // which is told by itself
	case err != nil && context.Cause(ctx) == errLate:
		return outcome{err: errLate}
	case err != nil && ctx.Err() != nil:
		return outcome{} // another program comes
	case err != nil, r.Outcome == keeper.Restart:
		// Another version of the framework, as a rule: all is started again.
		a.leave(s, nil)
		return outcome{err: a.start(f, program)}
	case r.Outcome == keeper.Failed:
		return outcome{err: fmt.Errorf("the new program does not start: %s", r.Reason), printed: r.Stderr}
	case r.Outcome == keeper.Superseded:
		return outcome{}
	}
	return outcome{kept: true, renewed: r.Renewed}
}

func (a *kept) current() *keeper.Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.session
}

func (a *kept) start(f *os.File, program string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last {
		return nil
	}
	o := a.options
	o.Program, o.Path, o.Event = f, program, a.event
	s, err := keeper.Start(o)
	if err != nil {
		return err
	}
	a.session = s
	go func() {
		<-s.Done()
		a.mu.Lock()
		own := a.session == s
		if own {
			a.session = nil
		}
		a.mu.Unlock()
		if !own {
			return
		}
		e := ending{closed: s.Err() == nil}
		if !e.closed {
			e.text = "has ended: " + s.Err().Error()
		}
		a.ended <- e
	}()
	return nil
}

// event is told what happens to the app by itself.
func (a *kept) event(e keeper.Event) {
	switch e.Kind {
	case keeper.Ended:
		a.ended <- ending{text: "has ended: " + e.Text, kept: e.Hosts > 0}
	case keeper.Closed:
		a.ended <- ending{text: "was without a program for too long, and its windows were closed"}
	}
}

func (a *kept) notice(title, text string) {
	if s := a.current(); s != nil {
		s.Notice(keeper.Notice{Title: title, Text: text})
	}
}

func (a *kept) clear() {
	if s := a.current(); s != nil {
		s.ClearNotice()
	}
}

func (a *kept) ends() <-chan ending { return a.ended }

func (a *kept) stop(now <-chan struct{}) {
	a.mu.Lock()
	s := a.session
	a.last = true
	a.mu.Unlock()
	if s != nil {
		a.leave(s, now)
	}
}

// leave ends a session.
func (a *kept) leave(s *keeper.Session, now <-chan struct{}) {
	a.mu.Lock()
	a.session = nil
	a.mu.Unlock()
	s.Stop()
	select {
	case <-s.Done():
	case <-now:
		s.Kill()
	case <-time.After(appGrace):
		s.Kill()
	}
	<-s.Done()
}
