// Package login tells an app when the login session ends that it belongs to,
// and whether a display is still that session's.
//
// New, at the start of the app, notes which display and which bus it has; then
// comes Session.Watch.
package login

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

// The answers of Session.Check.
var (
	// ErrGone says that the display is not there now.
	ErrGone = errors.New("the display is gone")
	// ErrOther says that the display by that name is another session's.
	ErrOther = errors.New("the display belongs to another login session now")
)

const (
	// displayLimit is how long a display may be gone.
	displayLimit = time.Minute
	// checkPause is the time between two looks at a display that is gone, and
	// idlePause that for one whose end nothing tells of.
	checkPause = 200 * time.Millisecond
	idlePause  = 10 * time.Second
	// busPause is the time between the end of a bus and the search for another one.
	busPause = 2 * time.Second
)

// Session is the login session that the app was started in. It is safe for
// concurrent use.
type Session struct {
	display *display // nil if there is none, or nothing can be said of it
	limit   time.Duration
	wake    chan struct{} // something has changed

	mu      sync.Mutex
	server  identity // guarded by mu; of the display
	hasBus  bool     // guarded by mu; it was there once
	busGone bool     // guarded by mu; it was, and is not now
	removed string   // guarded by mu; which session the system has ended
}

// New notes what the session of this process is, by its environment.
func New(getenv func(string) string) *Session {
	s := &Session{limit: displayLimit, wake: make(chan struct{}, 1)}
	if d := findDisplay(getenv); d != nil {
		if id, err := d.identify(); err == nil {
			s.display, s.server = d, id
		}
	}
	return s
}

// Check looks for the display. A server that was started again counts as the
// same session's while the session's bus lives, if it is run by the same user and
// takes the same cookies.
func (s *Session) Check() error {
	if s == nil || s.display == nil {
		return nil
	}
	id, err := s.display.identify()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case errors.Is(err, errBusy):
		return nil
	case err != nil:
		return ErrGone
	case id.is(s.server):
		return nil
	case s.busGone || !id.succeeds(s.server):
		return ErrOther
	}
	s.server = id
	return nil
}

func (s *Session) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Watch returns why the session has ended once it has, or "" when ctx is done:
// when the system says so, when display and bus are both gone, when the display
// is another session's, or after a minute without a display.
func (s *Session) Watch(ctx context.Context) (reason string) {
	ctx, cancel := context.WithCancel(ctx)
	var watchers sync.WaitGroup
	defer watchers.Wait()
	defer cancel()
	watchers.Go(func() { s.watchBus(ctx) })
	watchers.Go(func() { s.watchSystem(ctx) })
	var gone time.Time // since when the display is
	for {
		err := s.Check()
		if !errors.Is(err, ErrGone) {
			gone = time.Time{}
		} else if gone.IsZero() {
			gone = time.Now()
		}
		s.mu.Lock()
		removed, busGone, server := s.removed, s.busGone, s.server
		s.mu.Unlock()
		switch {
		case removed != "":
			return "the system has ended session " + removed
		case errors.Is(err, ErrOther):
			return err.Error()
		case errors.Is(err, ErrGone) && busGone:
			return "the display and the session bus are gone"
		case errors.Is(err, ErrGone) && time.Since(gone) > s.limit:
			return "the display has not come back"
		}
		waiting, stop := context.WithCancel(ctx)
		var ended <-chan struct{}
		var again <-chan time.Time
		switch {
		case s.display == nil: // only others can tell
		case err != nil:
			again = time.After(checkPause)
		default:
			if ended = server.ended(waiting); ended == nil {
				again = time.After(idlePause)
			}
		}
		select {
		case <-ended:
		case <-again:
		case <-s.wake:
		case <-ctx.Done():
		}
		stop()
		if ctx.Err() != nil {
			return ""
		}
	}
}

// watchBus keeps a connection to the bus of the session, whose end is what it
// is for. A bus that comes later, or comes back, counts from then on.
func (s *Session) watchBus(ctx context.Context) {
	for {
		conn, err := bus.Await(ctx)
		if err != nil {
			return
		}
		s.setBus(true)
		select {
		case <-conn.Context().Done():
		case <-ctx.Done():
		}
		conn.Close()
		if ctx.Err() != nil {
			return
		}
		s.setBus(false)
		select {
		case <-time.After(busPause):
		case <-ctx.Done():
			return
		}
	}
}

func (s *Session) setBus(alive bool) {
	s.mu.Lock()
	s.hasBus = true
	s.busGone = !alive
	s.mu.Unlock()
	s.poke()
}
