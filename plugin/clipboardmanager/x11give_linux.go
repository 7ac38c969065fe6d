package clipboardmanager

import (
	"context"
	"slices"
	"time"

	"github.com/mullion-dev/mullion/plugin/internal/x11"
)

const (
	// maxDirect is how much is given at once, in bytes; more goes piece by piece.
	maxDirect = 256 << 10
	// maxTransfers bounds how much is given piece by piece at the same time.
	maxTransfers = 64
	// maxMultiple bounds how many forms can be asked for at once, and maxMultiples
	// how many such requests may be under way.
	maxMultiple, maxMultiples = 64, 16
)

// transferKey is where a program is given something.
type transferKey struct{ window, property uint32 }

// transfer is content that a program takes piece by piece.
type transfer struct {
	kind  uint32
	rest  []byte
	ended bool // the empty piece was sent
	timer *time.Timer
}

// request answers a program that wants what we own. It does not wait for the
// server.
func (s *x11System) request(e x11.SelectionRequest) {
	property := e.Property
	if property == 0 {
		property = e.Target // of programs from before ICCCM
	}
	s.mu.Lock()
	g := s.given
	s.mu.Unlock()
	ok := g != nil && e.Selection == s.atoms.clipboard && e.Owner == s.window && !s.conn.Own(e.Requestor) && (e.Time == 0 || !before(e.Time, g.time))
	switch {
	case !ok:
	case e.Target == s.atoms.multiple:
		if e.Property != 0 && s.giveMultiple(g, e) {
			return // it notifies by itself
		}
		ok = false
	default:
		ok = s.give(g, e.Requestor, e.Target, property)
	}
	if !ok {
		property = 0
	}
	_ = s.conn.Send(x11.Notify(e, property)) // the connection has ended: nobody waits
}

// give gives one form, or begins to. It reports whether there is that form.
func (s *x11System) give(g *ownership, window, target, property uint32) bool {
	var r []byte
	switch target {
	case s.atoms.targets:
		list := append([]uint32{s.atoms.targets, s.atoms.timestamp, s.atoms.multiple, s.atoms.saveTargets}, g.order...)
		r = x11.ChangeNumbers(window, property, atomAtom, list...)
	case s.atoms.timestamp:
		r = x11.ChangeNumbers(window, property, atomInteger, g.time)
	case s.atoms.saveTargets:
		r = x11.ChangeNumbers(window, property, s.atoms.null)
	default:
		data, ok := g.atoms[target]
		if !ok {
			return false
		}
		if len(data) > s.piece() {
			return s.beginTransfer(transferKey{window, property}, target, data)
		}
		r = x11.ChangeProperty(window, property, target, data)
	}
	return s.conn.Send(r) == nil
}

// piece is how much goes into one request.
func (s *x11System) piece() int { return min(maxDirect, s.conn.MaxRequest()-x11.ChangeOverhead) &^ 3 }

// giveMultiple gives several forms: a property has pairs of what is wanted and
// where it is to go. What there is not becomes 0 there.
func (s *x11System) giveMultiple(g *ownership, e x11.SelectionRequest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.multiples >= maxMultiples {
		return false
	}
	s.multiples++
	go func() {
		defer func() {
			s.mu.Lock()
			s.multiples--
			s.mu.Unlock()
		}()
		ctx, cancel := context.WithTimeout(context.Background(), s.patience)
		defer cancel()
		answer := uint32(0)
		p, err := s.conn.GetProperty(ctx, e.Requestor, e.Property, false, 0, 8*maxMultiple)
		if pairs := p.Numbers(); err == nil && p.After == 0 && len(pairs)%2 == 0 && len(pairs) > 0 {
			answer = e.Property
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == s.atoms.multiple || pairs[i+1] == 0 || pairs[i+1] == e.Property || !s.give(g, e.Requestor, pairs[i], pairs[i+1]) {
					pairs[i+1] = 0
				}
			}
			_ = s.conn.Send(x11.ChangeNumbers(e.Requestor, e.Property, s.atoms.atomPair, pairs...))
		}
		_ = s.conn.Send(x11.Notify(e, answer))
	}()
	return true
}

// beginTransfer says that content comes piece by piece. The next one is sent when
// the other program has deleted the one before.
func (s *x11System) beginTransfer(k transferKey, kind uint32, data []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.transfers[k] != nil || len(s.transfers) >= maxTransfers {
		return false
	}
	t := &transfer{kind: kind, rest: data}
	t.timer = time.AfterFunc(s.patience, func() { s.dropTransfer(k, t) })
	s.transfers[k] = t
	return s.conn.Send(
		x11.SelectEvents(k.window, x11.PropertyChanges|x11.StructureChanges),
		x11.ChangeNumbers(k.window, k.property, s.atoms.incr, uint32(len(data))),
	) == nil
}

// continueTransfer sends the next piece.
func (s *x11System) continueTransfer(k transferKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.transfers[k]
	if t == nil {
		return
	}
	if t.ended {
		s.forget(k, t)
		return
	}
	piece := t.rest[:min(s.piece(), len(t.rest))]
	t.rest, t.ended = t.rest[len(piece):], len(piece) == 0
	t.timer.Reset(s.patience)
	_ = s.conn.Send(x11.ChangeProperty(k.window, k.property, t.kind, piece))
}

// dropTransfer gives up a program that does not take what it wanted.
func (s *x11System) dropTransfer(k transferKey, t *transfer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.transfers[k] == t {
		s.forget(k, t)
	}
}

func (s *x11System) dropTransfers(of func(transferKey) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, t := range s.transfers {
		if of(k) {
			s.forget(k, t)
		}
	}
}

// forget needs mu to be held.
func (s *x11System) forget(k transferKey, t *transfer) {
	t.timer.Stop()
	delete(s.transfers, k)
	var windows []uint32
	for other := range s.transfers {
		windows = append(windows, other.window)
	}
	if !slices.Contains(windows, k.window) {
		_ = s.conn.Send(x11.SelectEvents(k.window, 0))
	}
}
