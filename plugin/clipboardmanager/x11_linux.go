package clipboardmanager

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/plugin/internal/x11"
)

// x11System is the selection CLIPBOARD of an X server, see chapter 2 of the
// Inter-Client Communication Conventions Manual (ICCCM).
type x11System struct {
	conn     *x11.Conn
	window   uint32 // owns the selection
	patience time.Duration
	changed  func(Change)
	atoms    atoms
	names    *names
	setting  gate        // one change of the owner at a time
	times    chan uint32 // when the property of the window has changed

	watching sync.Mutex // held while watched is set; nothing else is locked under it
	watched  bool       // guarded by watching

	mu        sync.Mutex
	given     *ownership                // guarded by mu; what others are given, nil if we own nothing
	readings  map[uint32]*reading       // guarded by mu; by their window
	transfers map[transferKey]*transfer // guarded by mu
	multiples int                       // guarded by mu; requests for several forms that are under way
}

// ownership is an offer, and when it was made in the time of the server.
type ownership struct {
	*offer
	time  uint32
	atoms map[uint32][]byte // the forms, by atom
	order []uint32
}

// atoms are those that the protocol needs.
type atoms struct {
	clipboard, targets, timestamp, multiple, incr, atomPair, null uint32
	saveTargets, manager, property, clock                         uint32
}

// Atoms that every server has, see appendix A of the protocol.
const (
	atomAtom    = 4
	atomInteger = 19
)

// openX11 connects to a display.
func openX11(ctx context.Context, display string, patience time.Duration, changed func(Change)) (system, error) {
	conn, err := x11.Open(ctx, display)
	if err != nil {
		return nil, err
	}
	s := &x11System{
		conn: conn, patience: patience, changed: changed, names: &names{conn: conn, atoms: map[string]uint32{}},
		setting: make(gate, 1), times: make(chan uint32, 1),
		readings: map[uint32]*reading{}, transfers: map[transferKey]*transfer{},
	}
	go s.hear()
	if err := s.begin(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("display %q: %w", display, err)
	}
	return s, nil
}

func (s *x11System) begin(ctx context.Context) (err error) {
	a := &s.atoms
	for name, to := range map[string]*uint32{
		"CLIPBOARD": &a.clipboard, "TARGETS": &a.targets, "TIMESTAMP": &a.timestamp, "MULTIPLE": &a.multiple, "INCR": &a.incr,
		"ATOM_PAIR": &a.atomPair, "NULL": &a.null, "SAVE_TARGETS": &a.saveTargets, "CLIPBOARD_MANAGER": &a.manager,
		"MULLION_SELECTION": &a.property, "MULLION_CLOCK": &a.clock,
	} {
		if *to, err = s.names.atom(ctx, name); err != nil {
			return err
		}
	}
	if s.window, err = s.conn.NewID(); err != nil {
		return err
	}
	errs, err := s.conn.Check(ctx, x11.CreateWindow(s.window, s.conn.Root(), x11.PropertyChanges))
	return errors.Join(append(errs, err)...)
}

func (s *x11System) done() <-chan struct{} { return s.conn.Done() }

// hear takes the events of the connection until it ends. It must not wait for
// answers of the server.
func (s *x11System) hear() {
	for e := range s.conn.Events() {
		switch e := e.(type) {
		case x11.SelectionRequest:
			s.request(e)
		case x11.SelectionClear:
			s.cleared(e)
		case x11.SelectionNotify:
			s.answered(e)
		case x11.PropertyNotify:
			s.propertyChanged(e)
		case x11.DestroyNotify:
			s.dropTransfers(func(k transferKey) bool { return k.window == e.Window })
		case x11.SelectionOwner:
			if e.Selection == s.atoms.clipboard {
				s.changed(Change{Own: e.Owner == s.window, Empty: e.Owner == 0})
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given = nil
	for _, t := range s.transfers {
		t.timer.Stop()
	}
	clear(s.transfers)
}

func (s *x11System) propertyChanged(e x11.PropertyNotify) {
	s.mu.Lock()
	r := s.readings[e.Window]
	s.mu.Unlock()
	switch {
	case e.Window == s.window:
		if e.Atom == s.atoms.clock {
			select {
			case s.times <- e.Time:
			default:
			}
		}
	case r != nil:
		if !e.Deleted && e.Atom == s.atoms.property {
			select {
			case r.pieces <- struct{}{}:
			default: // it has not looked at the one before yet
			}
		}
	case e.Deleted:
		s.continueTransfer(transferKey{e.Window, e.Atom})
	}
}

// now is the time of the server: that of a change that changes nothing.
func (s *x11System) now(ctx context.Context) (uint32, error) {
	select {
	case <-s.times: // of one that was given up
	default:
	}
	if err := s.conn.Send(x11.AppendNothing(s.window, s.atoms.clock, atomInteger)); err != nil {
		return 0, err
	}
	select {
	case t := <-s.times:
		return t, nil
	case <-s.conn.Done():
		return 0, x11.ErrClosed
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

func (s *x11System) own(ctx context.Context, o *offer) error {
	if err := s.setting.enter(ctx); err != nil {
		return err
	}
	defer s.setting.leave()
	g := &ownership{offer: o, atoms: map[uint32][]byte{}}
	for _, f := range o.formats {
		atom, err := s.names.atom(ctx, f.name)
		if err != nil {
			return err
		}
		g.atoms[atom] = f.data
		g.order = append(g.order, atom)
	}
	var err error
	if g.time, err = s.now(ctx); err != nil {
		return err
	}
	// Others may ask as soon as we own it.
	s.mu.Lock()
	previous := s.given
	s.given = g
	s.mu.Unlock()
	if err := s.conn.Send(x11.SetSelectionOwner(s.window, s.atoms.clipboard, g.time)); err != nil {
		return err
	}
	owner, err := s.conn.SelectionOwner(ctx, s.atoms.clipboard)
	if err == nil && owner != s.window {
		err = errors.New("another program has written to it at the same time; try again")
		previous = nil
	}
	if err != nil {
		s.mu.Lock()
		if s.given == g {
			s.given = previous
		}
		s.mu.Unlock()
	}
	return err
}

// current is what we own, nil if another program is the owner or none.
func (s *x11System) current(ctx context.Context) (*ownership, error) {
	owner, err := s.conn.SelectionOwner(ctx, s.atoms.clipboard)
	if err != nil || owner != s.window {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given, nil
}

func (s *x11System) owned(ctx context.Context, o *offer) (bool, error) {
	g, err := s.current(ctx)
	return g != nil && g.offer == o, err
}

func (s *x11System) clear(ctx context.Context) error {
	if err := s.setting.enter(ctx); err != nil {
		return err
	}
	defer s.setting.leave()
	now, err := s.now(ctx)
	if err != nil {
		return err
	}
	// An owner that is none makes the server tell the one before.
	if err := s.conn.Send(x11.SetSelectionOwner(0, s.atoms.clipboard, now)); err != nil {
		return err
	}
	owner, err := s.conn.SelectionOwner(ctx, s.atoms.clipboard)
	if err != nil {
		return err
	}
	if owner == 0 {
		s.mu.Lock()
		s.given = nil
		s.mu.Unlock()
	}
	return nil // or somebody has written to it since
}

// cleared drops what we owned.
func (s *x11System) cleared(e x11.SelectionClear) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Selection == s.atoms.clipboard && s.given != nil && !before(e.Time, s.given.time) {
		s.given = nil
	}
}

// before compares times of the server, which begin anew after 49 days.
func before(a, b uint32) bool { return int32(a-b) < 0 }

func (s *x11System) watch(ctx context.Context) error {
	s.watching.Lock()
	watched := s.watched
	s.watching.Unlock()
	if watched {
		return nil
	}
	if err := s.conn.WatchSelection(ctx, s.window, s.atoms.clipboard); err != nil { // twice does no harm
		return err
	}
	s.watching.Lock()
	s.watched = true
	s.watching.Unlock()
	return nil
}

// close has a clipboard manager take over what we own and is to stay, see "ClipboardManager" of
// freedesktop.org, and ends the connection.
func (s *x11System) close(ctx context.Context) {
	defer s.conn.Close()
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	g, err := s.current(ctx)
	if err != nil || g == nil || g.secret || g.after > 0 || len(g.order) == 0 {
		return
	}
	manager, err := s.conn.SelectionOwner(ctx, s.atoms.manager)
	if err != nil || manager == 0 {
		return
	}
	// Nobody is told whether that went well: there is nothing more to do.
	_, _, _ = s.convert(ctx, s.atoms.manager, s.atoms.saveTargets, 0, func(window uint32) []byte {
		return x11.ChangeNumbers(window, s.atoms.property, atomAtom, g.order...)
	})
}

// names are numbers of names, and the other way round.
type names struct {
	conn *x11.Conn

	mu    sync.Mutex
	atoms map[string]uint32 // guarded by mu; only of names in this package
}

func (n *names) atom(ctx context.Context, name string) (uint32, error) {
	n.mu.Lock()
	atom, ok := n.atoms[name]
	n.mu.Unlock()
	if ok {
		return atom, nil
	}
	atom, err := n.conn.Atom(ctx, name)
	if err != nil {
		return 0, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.atoms[name] = atom
	return atom, nil
}
