package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/bus"
)

// What says what the machine is kept from.
type What int

// The things that it is kept from.
const (
	// Sleep is that the machine goes to sleep by itself. Users can still have it
	// do so.
	Sleep What = 1 << iota
	// Idle is that the screen goes dark or is locked because nobody is there.
	Idle
)

// The limits: inhibitions of the app at a time, and bytes of a reason.
const (
	maxInhibitions = 64
	maxReason      = 256
)

// Inhibition keeps the machine from something until it is released, or the app
// ends.
type Inhibition struct {
	plugin *Session
	conn   *dbus.Conn // its own: services end what belongs to a connection that is gone
	files  []*os.File
	undo   []func()
	once   sync.Once
}

// Release ends it. Calling it again does nothing.
func (i *Inhibition) Release() {
	i.once.Do(func() {
		i.plugin.mu.Lock()
		delete(i.plugin.inhibitions, i)
		i.plugin.mu.Unlock()
		i.end()
	})
}

func (i *Inhibition) end() {
	for _, f := range i.undo {
		f()
	}
	for _, f := range i.files {
		f.Close()
	}
	if i.conn != nil {
		i.conn.Close()
	}
}

// Inhibit keeps the machine from something, for a reason that the desktop may show
// to the user, of up to 256 bytes. It asks the desktop portal, and where there is
// none logind and the screen saver. An app can have 64 inhibitions.
func (s *Session) Inhibit(ctx context.Context, what What, reason string) (*Inhibition, error) {
	switch {
	case s.app == nil:
		return nil, errors.New("the session is there once the app runs")
	case what == 0 || what&^(Sleep|Idle) != 0:
		return nil, errors.New("inhibit: what has to be Sleep, Idle or both")
	case strings.TrimSpace(reason) == "":
		return nil, errors.New("inhibit: give a reason, which the desktop may show to the user")
	case len(reason) > maxReason || !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl):
		return nil, fmt.Errorf("inhibit: a reason is one line of text of at most %d bytes", maxReason)
	}
	s.mu.Lock()
	if s.ended || len(s.inhibitions)+s.pending >= maxInhibitions {
		s.mu.Unlock()
		return nil, fmt.Errorf("inhibit: the app has %d inhibitions already; release some of them", maxInhibitions)
	}
	s.pending++
	s.mu.Unlock()
	i, err := s.inhibit(ctx, what, reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending--
	if err == nil && s.ended {
		i.end()
		err = errors.New("inhibit: the app has ended")
	}
	if err != nil {
		return nil, err
	}
	s.inhibitions[i] = true
	return i, nil
}

func (s *Session) inhibit(ctx context.Context, what What, reason string) (*Inhibition, error) {
	i := &Inhibition{plugin: s}
	var err error
	dial, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if i.conn, err = bus.Session(dial); err != nil {
		i.conn = nil
		if errors.Is(err, bus.ErrNoBus) {
			err = fmt.Errorf("%w: %w", ErrNoService, err)
		}
	}
	errs := []error{err}
	if i.conn != nil {
		err := i.byPortal(ctx, what, reason)
		if err == nil {
			return i, nil
		}
		errs = append(errs, err)
	}
	if what&Sleep != 0 {
		if err := i.byLogin(ctx, "sleep", reason); err != nil {
			i.end()
			return nil, lacking("inhibit sleep", "the desktop portal or logind", append(errs, err)...)
		}
	}
	if what&Idle != 0 {
		err := ErrNoService
		if i.conn != nil {
			err = i.bySaver(ctx, reason)
		}
		if err != nil {
			errs = append(errs, err)
			err = i.byLogin(ctx, "idle", reason)
		}
		if err != nil {
			i.end()
			return nil, lacking("inhibit idle", "the desktop portal, a screen saver or logind", append(errs, err)...)
		}
	}
	return i, nil
}

// byPortal asks org.freedesktop.portal.Inhibit.
func (i *Inhibition) byPortal(ctx context.Context, what What, reason string) error {
	var flags uint32 // 4 is suspend, 8 is idle
	if what&Sleep != 0 {
		flags |= 4
	}
	if what&Idle != 0 {
		flags |= 8
	}
	options := map[string]dbus.Variant{"reason": dbus.MakeVariant(reason)}
	var handle dbus.ObjectPath
	if err := bus.Call(ctx, i.conn.Object(portal, portalPath), "org.freedesktop.portal.Inhibit.Inhibit", []any{"", flags, options}, &handle); err != nil {
		return err
	}
	i.undo = append(i.undo, func() {
		_ = i.conn.Object(portal, handle).Call("org.freedesktop.portal.Request.Close", dbus.FlagNoReplyExpected)
	})
	return nil
}

// byLogin asks logind, which hands out a descriptor: the inhibition ends when that
// is closed.
func (i *Inhibition) byLogin(ctx context.Context, what, reason string) error {
	return i.plugin.on(ctx, "system", func(conn *dbus.Conn) error {
		file, err := i.plugin.lock(ctx, conn, what, reason, "block")
		if err == nil {
			i.files = append(i.files, file)
		}
		return err
	})
}

// lock is an inhibitor lock of logind, which lasts until the descriptor is closed.
// It is taken back if the answer comes when ctx has ended.
func (s *Session) lock(ctx context.Context, conn *dbus.Conn, what, why, mode string) (*os.File, error) {
	type answer struct {
		file *os.File
		err  error
	}
	answers := make(chan answer)
	go func() {
		var fd dbus.UnixFD
		// A call that is given up would leave the descriptor of a late answer open.
		err := bus.Call(context.WithoutCancel(ctx), conn.Object(login, loginPath), login+".Manager.Inhibit", []any{what, s.app.Name(), why, mode}, &fd)
		a := answer{err: err}
		if err == nil {
			a.file = os.NewFile(uintptr(fd), "inhibition")
		}
		select {
		case answers <- a:
		case <-ctx.Done():
			if a.file != nil {
				a.file.Close()
			}
		}
	}()
	select {
	case a := <-answers:
		return a.file, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// bySaver asks org.freedesktop.ScreenSaver.
func (i *Inhibition) bySaver(ctx context.Context, reason string) error {
	o := i.conn.Object("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver")
	var cookie uint32
	if err := bus.Call(ctx, o, "org.freedesktop.ScreenSaver.Inhibit", []any{i.plugin.app.Name(), reason}, &cookie); err != nil {
		return err
	}
	i.undo = append(i.undo, func() { _ = o.Call("org.freedesktop.ScreenSaver.UnInhibit", dbus.FlagNoReplyExpected, cookie) })
	return nil
}

type inhibitArgs struct {
	What   []string `json:"what"`
	Reason string   `json:"reason"`
}

// inhibitCommand returns a number by which the page names the inhibition. It ends
// when the page closes the resource, or when the page ends.
func (s *Session) inhibitCommand(ctx context.Context, a inhibitArgs) (uint32, error) {
	var what What
	for _, name := range a.What {
		switch name {
		case "sleep":
			what |= Sleep
		case "idle":
			what |= Idle
		default:
			return 0, fmt.Errorf("inhibit: %q is nothing that the machine can be kept from; there are \"sleep\" and \"idle\"", name)
		}
	}
	i, err := s.Inhibit(ctx, what, a.Reason)
	if err != nil {
		return 0, err
	}
	rid, err := plugin.AddResource(ctx, i, i.Release)
	if err != nil {
		i.Release()
	}
	return rid, err
}
