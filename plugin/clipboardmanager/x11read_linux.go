package clipboardmanager

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mullion-dev/mullion/plugin/internal/x11"
)

// reading is content that another program is asked for. It has a window of its
// own, so that readings do not meet.
type reading struct {
	selection, target uint32

	answer chan x11.SelectionNotify
	pieces chan struct{} // the property of the window has a new value
}

// answered is told by hear. Any program can send such an event, at any time.
func (s *x11System) answered(e x11.SelectionNotify) {
	s.mu.Lock()
	r := s.readings[e.Requestor]
	s.mu.Unlock()
	if r != nil && e.Selection == r.selection && e.Target == r.target {
		select {
		case r.answer <- e:
		default:
		}
	}
}

const (
	// maxTargets bounds how many forms an owner may have.
	maxTargets = 1000
	// maxName bounds the name of one, in bytes.
	maxName = 256
	// pieceSize is how much of a property is read at once, in bytes.
	pieceSize = 1 << 20
	// maxPiece bounds what an owner sends at once, in bytes: servers take at
	// most 16 MiB in a request.
	maxPiece = 32 << 20
)

func (s *x11System) formats(ctx context.Context) ([]string, error) {
	g, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	if g != nil {
		var list []string
		for _, f := range g.formats {
			list = append(list, f.name)
		}
		return list, nil
	}
	data, kind, err := s.convert(ctx, s.atoms.clipboard, s.atoms.targets, 4*maxTargets, nil)
	if errors.Is(err, errNoFormat) {
		owner, err := s.conn.SelectionOwner(ctx, s.atoms.clipboard)
		if err != nil || owner == 0 {
			return nil, err
		}
		return []string{utf8Text, latin1Text}, nil // an old program: it has to be asked
	}
	if err != nil {
		return nil, err
	}
	if kind != atomAtom && kind != s.atoms.targets {
		return nil, errors.New("its owner does not say what it has")
	}
	var list []string
	for _, atom := range (x11.Property{Format: 32, Data: data}).Numbers() {
		name, err := s.conn.AtomName(ctx, atom)
		if e := (*x11.Error)(nil); errors.As(err, &e) {
			continue // it has made that up
		}
		if err != nil {
			return nil, err
		}
		if len(name) <= maxName && !slices.Contains(protocolTargets, name) {
			list = append(list, name)
		}
	}
	return list, nil
}

// protocolTargets are among the forms of an owner and are none.
var protocolTargets = []string{"TARGETS", "TIMESTAMP", "MULTIPLE", "SAVE_TARGETS", "DELETE", "INSERT_SELECTION", "INSERT_PROPERTY"}

func (s *x11System) read(ctx context.Context, name string, most int) ([]byte, error) {
	g, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	if g != nil {
		data, ok := g.find(name)
		if !ok {
			return nil, errNoFormat
		}
		return data, nil
	}
	target, err := s.names.atom(ctx, name)
	if err != nil {
		return nil, err
	}
	data, _, err := s.convert(ctx, s.atoms.clipboard, target, most, nil)
	return data, err
}

// convert asks the owner of a selection for it, at most that many bytes. prepare
// makes a request that comes before, about the window that asks.
func (s *x11System) convert(ctx context.Context, selection, target uint32, most int, prepare func(window uint32) []byte) (data []byte, kind uint32, err error) {
	window, err := s.conn.NewID()
	if err != nil {
		return nil, 0, err
	}
	r := &reading{selection, target, make(chan x11.SelectionNotify, 1), make(chan struct{}, 1)}
	s.mu.Lock()
	s.readings[window] = r
	s.mu.Unlock()
	defer func() {
		// An owner that is still sending sees that the window is gone.
		_ = s.conn.Send(x11.DestroyWindow(window))
		s.mu.Lock()
		delete(s.readings, window)
		s.mu.Unlock()
		s.conn.FreeID(window)
	}()
	requests := [][]byte{x11.CreateWindow(window, s.conn.Root(), x11.PropertyChanges)}
	if prepare != nil {
		requests = append(requests, prepare(window))
	}
	const currentTime = 0
	if err := s.conn.Send(append(requests, x11.ConvertSelection(window, selection, target, s.atoms.property, currentTime))...); err != nil {
		return nil, 0, err
	}
	var e x11.SelectionNotify
	if err := s.await(ctx, func(timeout <-chan time.Time) bool {
		select {
		case e = <-r.answer:
			return true
		case <-timeout:
		case <-ctx.Done():
		case <-s.conn.Done():
		}
		return false
	}); err != nil {
		return nil, 0, err
	}
	if e.Property != s.atoms.property {
		return nil, 0, errNoFormat
	}
	head, err := s.conn.GetProperty(ctx, window, s.atoms.property, false, 0, 0)
	if err != nil {
		return nil, 0, err
	}
	if head.Type == s.atoms.incr {
		return s.readPieces(ctx, window, r, most)
	}
	if uint64(head.After) > uint64(most) {
		return nil, 0, fmt.Errorf("%w: %d bytes; the limit is %d", ErrTooLarge, head.After, most)
	}
	for {
		p, err := s.conn.GetProperty(ctx, window, s.atoms.property, false, len(data), min(pieceSize, most-len(data)+4))
		if err != nil {
			return nil, 0, err
		}
		data = append(data, p.Data...)
		if len(data) > most {
			return nil, 0, fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, most)
		}
		if p.After == 0 || len(p.Data)%4 != 0 {
			return data, p.Type, nil
		}
		if len(p.Data) == 0 {
			return nil, 0, errors.New("its owner takes content away while it is read")
		}
	}
}

// readPieces reads what the owner sends piece by piece: it sends the next one
// when the property has been deleted, and an empty one at the end.
func (s *x11System) readPieces(ctx context.Context, window uint32, r *reading, most int) (data []byte, kind uint32, err error) {
	select {
	case <-r.pieces: // what said that there will be pieces
	default:
	}
	if err := s.conn.Send(x11.DeleteProperty(window, s.atoms.property)); err != nil {
		return nil, 0, err
	}
	for {
		if err := s.await(ctx, func(timeout <-chan time.Time) bool {
			select {
			case <-r.pieces:
				return true
			case <-timeout:
			case <-ctx.Done():
			case <-s.conn.Done():
			}
			return false
		}); err != nil {
			return nil, 0, err
		}
		p, err := s.conn.GetProperty(ctx, window, s.atoms.property, true, 0, min(maxPiece, most-len(data)+4))
		if err != nil {
			return nil, 0, err
		}
		data = append(data, p.Data...)
		switch {
		case len(data) > most || p.After > 0:
			return nil, 0, fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, most)
		case p.Type == 0 || p.Type == s.atoms.incr:
			continue // nothing has come yet
		case len(p.Data) == 0:
			return data, kind, nil
		}
		kind = p.Type
	}
}

// await waits by one step of an owner, as long as that may take.
func (s *x11System) await(ctx context.Context, step func(timeout <-chan time.Time) bool) error {
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	switch {
	case step(timer.C):
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	select {
	case <-s.conn.Done():
		return x11.ErrClosed
	default:
		return ErrNoAnswer
	}
}
