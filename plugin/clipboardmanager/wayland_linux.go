package clipboardmanager

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// waylandSystem is the clipboard of a Wayland compositor that lets clients without
// a window have it, by ext-data-control-v1, or by wlr-data-control-unstable-v1,
// from which that was made: both have the same requests, events and numbers.
type waylandSystem struct {
	conn     *waylandConn
	patience time.Duration
	changed  func(Change)
	device   uint32
	manager  uint32
	setting  gate // one change of the owner at a time
	giving   gate // what is given at the same time

	mu      sync.Mutex
	seats   []waylandGlobal          // guarded by mu
	control waylandGlobal            // guarded by mu; name 0 is none
	offers  map[uint32]*waylandOffer // guarded by mu; those that are known
	current *waylandOffer            // guarded by mu; nil is an empty clipboard
	source  uint32                   // guarded by mu; 0 if others own the clipboard
	given   *offer                   // guarded by mu; what the source has
	watched bool                     // guarded by mu
}

// waylandGlobal is something that the compositor has, by its number.
type waylandGlobal struct {
	name uint32
	kind string
}

// waylandOffer is what another client has, or we have.
type waylandOffer struct {
	id    uint32
	names []string
}

// The numbers of requests and events, in the order of the files of the protocols.
const (
	displaySync, displayGetRegistry        = 0, 1
	displayError, displayDeleteID          = 0, 1
	registryBind, registryGlobal           = 0, 0
	callbackDone                           = 0
	managerCreateSource, managerGetDevice  = 0, 1
	deviceSetSelection                     = 0
	deviceOffer, deviceSelection           = 0, 1
	deviceFinished, devicePrimarySelection = 2, 3
	sourceOffer, sourceDestroy             = 0, 1
	sourceSend, sourceCancelled            = 0, 1
	offerReceive, offerDestroy             = 0, 1
	offerOffer                             = 0
)

// waylandControls are the interfaces that will do, the best first.
var waylandControls = []string{"ext_data_control_manager_v1", "zwlr_data_control_manager_v1"}

// errNoControl is returned for a compositor that gives the clipboard to windows
// alone.
var errNoControl = errors.New("this Wayland compositor has neither ext-data-control-v1 nor wlr-data-control")

// maxOffers bounds the offers that are known at the same time: a compositor makes
// two for each change, and says then which they are.
const maxOffers = 64

// openWayland connects to the compositor.
func openWayland(ctx context.Context, patience time.Duration, changed func(Change)) (system, error) {
	conn, err := dialWayland(ctx)
	if err != nil {
		return nil, err
	}
	s := &waylandSystem{
		conn: conn, patience: patience, changed: changed, setting: make(gate, 1), giving: make(gate, maxTransfers),
		offers: map[uint32]*waylandOffer{},
	}
	conn.handle(displayID, s.display)
	go conn.read()
	if err := s.begin(ctx); err != nil {
		conn.close(err)
		return nil, err
	}
	return s, nil
}

func (s *waylandSystem) begin(ctx context.Context) error {
	registry := s.conn.newID(s.registry)
	if err := s.conn.send(displayID, displayGetRegistry, nil, registry); err != nil {
		return err
	}
	if err := s.sync(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	seats, control := s.seats, s.control
	s.mu.Unlock()
	switch {
	case control.name == 0:
		return errNoControl
	case len(seats) == 0:
		return errors.New("this Wayland compositor has no seat")
	}
	const version = 1
	seat := s.conn.newID(nil)
	s.manager = s.conn.newID(nil)
	s.device = s.conn.newID(s.deviceEvent)
	if err := errors.Join(
		s.conn.send(registry, registryBind, nil, seats[0].name, seats[0].kind, uint32(version), seat),
		s.conn.send(registry, registryBind, nil, control.name, control.kind, uint32(version), s.manager),
		s.conn.send(s.manager, managerGetDevice, nil, s.device, seat),
	); err != nil {
		return err
	}
	return s.sync(ctx) // what is on the clipboard now is known then
}

// sync waits until the compositor has done all that was asked before.
func (s *waylandSystem) sync(ctx context.Context) error {
	done := make(chan struct{})
	id := s.conn.newID(func(opcode uint16, m *waylandMessage) {
		if opcode == callbackDone {
			close(done)
		}
	})
	if err := s.conn.send(displayID, displaySync, nil, id); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-s.conn.ended:
		return s.conn.err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// display takes the events of the first object.
func (s *waylandSystem) display(opcode uint16, m *waylandMessage) {
	switch opcode {
	case displayError:
		m.uint() // the object
		code, text := m.uint(), m.string()
		s.conn.close(fmt.Errorf("the Wayland compositor ends the connection: error %d, %.200q", code, text))
	case displayDeleteID:
		s.conn.forget(m.uint())
	}
}

func (s *waylandSystem) registry(opcode uint16, m *waylandMessage) {
	if opcode != registryGlobal {
		return
	}
	name, what := m.uint(), m.string()
	s.mu.Lock()
	defer s.mu.Unlock()
	if what == "wl_seat" && len(s.seats) == 0 {
		s.seats = append(s.seats, waylandGlobal{name, what})
	}
	if i := slices.Index(waylandControls, what); i >= 0 && (s.control.name == 0 || i == 0) {
		s.control = waylandGlobal{name, what}
	}
}

// deviceEvent takes what is told of the clipboard.
func (s *waylandSystem) deviceEvent(opcode uint16, m *waylandMessage) {
	id := m.uint()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch opcode {
	case deviceOffer:
		if len(s.offers) >= maxOffers {
			s.conn.close(errors.New("the Wayland compositor makes offers without end"))
			return
		}
		o := &waylandOffer{id: id}
		s.offers[id] = o
		s.conn.handle(id, func(opcode uint16, m *waylandMessage) {
			if opcode != offerOffer {
				return
			}
			name := m.string()
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(o.names) < maxTargets && len(name) <= maxName {
				o.names = append(o.names, name)
			}
		})
	case deviceSelection:
		s.drop(s.current)
		s.current = s.offers[id] // nil for 0
		if s.watched {
			s.changed(Change{Own: s.source != 0, Empty: s.current == nil})
		}
	case devicePrimarySelection: // what is marked, which this plugin leaves alone
		s.drop(s.offers[id])
	case deviceFinished:
		s.conn.close(errors.New("the Wayland compositor has taken the clipboard away"))
	}
}

// drop ends an offer, which may be nil. mu is held.
func (s *waylandSystem) drop(o *waylandOffer) {
	if o != nil {
		delete(s.offers, o.id)
		s.conn.forget(o.id)
		_ = s.conn.send(o.id, offerDestroy, nil)
	}
}

func (s *waylandSystem) done() <-chan struct{} { return s.conn.ended }

func (s *waylandSystem) own(ctx context.Context, o *offer) error {
	if err := s.setting.enter(ctx); err != nil {
		return err
	}
	defer s.setting.leave()
	var source uint32
	source = s.conn.newID(func(opcode uint16, m *waylandMessage) {
		switch opcode {
		case sourceSend:
			name := m.string()
			s.give(o, name, m.file())
		case sourceCancelled:
			s.mu.Lock()
			if s.source == source {
				s.source, s.given = 0, nil
			}
			s.mu.Unlock()
			_ = s.conn.send(source, sourceDestroy, nil)
		}
	})
	if err := s.conn.send(s.manager, managerCreateSource, nil, source); err != nil {
		return err
	}
	for _, f := range o.formats {
		if err := s.conn.send(source, sourceOffer, nil, f.name); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.source, s.given = source, o
	s.mu.Unlock()
	if err := s.conn.send(s.device, deviceSetSelection, nil, source); err != nil {
		return err
	}
	return s.sync(ctx)
}

// give writes content where another client reads it.
func (s *waylandSystem) give(o *offer, name string, to *os.File) {
	if to == nil {
		return
	}
	data, ok := o.find(name)
	select {
	case s.giving <- struct{}{}:
	default:
		ok = false // too many at once
	}
	if !ok {
		to.Close()
		return
	}
	go func() {
		defer s.giving.leave()
		defer to.Close()
		for len(data) > 0 {
			piece := data[:min(len(data), maxDirect)]
			// Without a deadline it may be something that cannot wait: not a pipe.
			if err := to.SetWriteDeadline(time.Now().Add(s.patience)); err != nil {
				return
			}
			if _, err := to.Write(piece); err != nil {
				return
			}
			data = data[len(piece):]
		}
	}()
}

func (s *waylandSystem) owned(_ context.Context, o *offer) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given == o, nil
}

func (s *waylandSystem) clear(ctx context.Context) error {
	if err := s.setting.enter(ctx); err != nil {
		return err
	}
	defer s.setting.leave()
	const nobody = 0
	if err := s.conn.send(s.device, deviceSetSelection, nil, uint32(nobody)); err != nil {
		return err
	}
	return s.sync(ctx)
}

func (s *waylandSystem) formats(ctx context.Context) ([]string, error) {
	if err := s.sync(ctx); err != nil { // what others have done until now is known then
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.given != nil {
		var list []string
		for _, f := range s.given.formats {
			list = append(list, f.name)
		}
		return list, nil
	}
	if s.current == nil {
		return nil, nil
	}
	return slices.DeleteFunc(slices.Clone(s.current.names), func(name string) bool { return slices.Contains(protocolTargets, name) }), nil
}

func (s *waylandSystem) read(ctx context.Context, name string, most int) ([]byte, error) {
	s.mu.Lock()
	given, current := s.given, s.current
	s.mu.Unlock()
	if given != nil {
		data, ok := given.find(name)
		if !ok {
			return nil, errNoFormat
		}
		return data, nil
	}
	if current == nil {
		return nil, errNoFormat
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer from.Close()
	_ = syscall.SetNonblock(int(to.Fd()), false) // other programs count on it
	s.mu.Lock()
	if s.current == current { // a request about an offer that is gone would end the connection
		err = s.conn.send(current.id, offerReceive, to, name)
	} else {
		err = errNoFormat
	}
	s.mu.Unlock()
	to.Close()
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { from.Close() })
	defer stop()
	var data []byte
	buffer := make([]byte, 64<<10)
	for {
		if err := from.SetReadDeadline(time.Now().Add(s.patience)); err != nil && ctx.Err() == nil {
			return nil, err
		}
		n, err := from.Read(buffer)
		data = append(data, buffer[:n]...)
		switch {
		case len(data) > most:
			return nil, fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, most)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, ErrNoAnswer
		case n == 0: // the end
			return data, nil
		case err != nil:
			return nil, err
		}
	}
}

func (s *waylandSystem) watch(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched = true
	return nil
}

// close ends the connection. Programs that keep what was copied have read it before:
// Wayland has no other way to hand it over.
func (s *waylandSystem) close(context.Context) { s.conn.close(errors.New("the app ends")) }
