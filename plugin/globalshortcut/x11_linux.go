package globalshortcut

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/plugin/internal/x11"
)

// patience is how long an X server may take for something.
const patience = 30 * time.Second

var errSilent = errors.New("the X server does not answer")

// grab is a key with modifiers that is reported to this connection.
type grab struct {
	key       byte
	modifiers uint16 // without those that are locked
}

// x11System reports the keys that an X server has been asked for, by GrabKey.
type x11System struct {
	conn    *x11.Conn
	log     *slog.Logger
	report  func(Shortcut, State)
	changed chan none // the keyboard means something else now

	changing chan none // held by who changes grabs

	mu    sync.Mutex
	board keyboard            // guarded by mu
	grabs map[grab]Shortcut   // guarded by mu
	keys  map[Shortcut][]grab // guarded by mu; none for one that the keyboard has no key for now
	down  map[byte]Shortcut   // guarded by mu; by key
}

// keyboard is what keys mean.
type keyboard struct {
	lowest  byte
	symbols [][]uint32 // of each key, from the lowest on
	alt     uint16
	super   uint16
	locks   []uint16 // what is locked, in all combinations; the first is none
}

func openX11(ctx context.Context, display string, app appInfo, report func(Shortcut, State)) (system, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSilent)
	defer cancel()
	conn, err := x11.Open(ctx, display)
	if err != nil {
		return nil, err
	}
	s := &x11System{
		conn: conn, log: app.log, report: report, changed: make(chan none, 1), changing: make(chan none, 1),
		grabs: map[grab]Shortcut{}, keys: map[Shortcut][]grab{}, down: map[byte]Shortcut{},
	}
	go s.hear()
	go s.follow()
	if err := conn.ReportHeldKeysOnce(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("display %q: %w", display, err)
	}
	if s.board, err = s.readKeyboard(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("display %q: %w", display, err)
	}
	return s, nil
}

func (s *x11System) done() <-chan struct{} { return s.conn.Done() }

// close ends the connection, and with it all grabs.
func (s *x11System) close() { s.conn.Close() }

// hear takes the events of the connection until it ends. It does not wait for the
// server.
func (s *x11System) hear() {
	for e := range s.conn.Events() {
		switch e := e.(type) {
		case x11.Key:
			if e.Pressed {
				s.press(e)
			} else {
				s.release(e)
			}
		case x11.MappingNotify:
			select {
			case s.changed <- none{}:
			default:
			}
		}
	}
}

func (s *x11System) press(e x11.Key) {
	s.mu.Lock()
	b := &s.board
	x, ok := s.grabs[grab{e.Code, e.Modifier & (x11.Shift | x11.Control | b.alt | b.super)}]
	_, held := s.down[e.Code]
	if ok && !held {
		s.down[e.Code] = x
	}
	s.mu.Unlock()
	if ok && !held {
		s.report(x, Pressed)
	}
}

func (s *x11System) release(e x11.Key) {
	s.mu.Lock()
	x, ok := s.down[e.Code]
	delete(s.down, e.Code)
	s.mu.Unlock()
	if ok {
		s.report(x, Released)
	}
}

// Symbols of modifiers, see X11/keysymdef.h.
var (
	altSymbols     = []uint32{0xffe9, 0xffea}                 // Alt_L, Alt_R
	metaSymbols    = []uint32{0xffe7, 0xffe8}                 // Meta_L, Meta_R
	superSymbols   = []uint32{0xffeb, 0xffec, 0xffed, 0xffee} // Super and Hyper
	numLockSymbols = []uint32{0xff7f}
	scrollSymbols  = []uint32{0xff14}
)

func (s *x11System) readKeyboard(ctx context.Context) (b keyboard, err error) {
	b.lowest, _ = s.conn.Keys()
	if b.symbols, err = s.conn.KeyboardMapping(ctx); err != nil {
		return b, err
	}
	modifiers, err := s.conn.ModifierMapping(ctx)
	if err != nil {
		return b, err
	}
	// The modifier that one of these symbols has: the first three are Shift, Lock
	// and Control.
	find := func(symbols ...uint32) uint16 {
		for i, keys := range modifiers {
			for _, key := range keys {
				if i >= 3 && key >= b.lowest && int(key-b.lowest) < len(b.symbols) &&
					slices.ContainsFunc(b.symbols[key-b.lowest], func(have uint32) bool { return slices.Contains(symbols, have) }) {
					return 1 << i
				}
			}
		}
		return 0
	}
	b.alt = find(altSymbols...)
	if b.alt == 0 {
		b.alt = find(metaSymbols...)
	}
	b.super = find(superSymbols...)
	b.locks = []uint16{0}
	for _, lock := range []uint16{x11.Lock, find(numLockSymbols...), find(scrollSymbols...)} {
		if lock == 0 || lock == b.alt || lock == b.super || slices.Contains(b.locks, lock) {
			continue
		}
		for _, before := range slices.Clone(b.locks) {
			b.locks = append(b.locks, before|lock)
		}
	}
	return b, nil
}

// maxKeys bounds the keys of one shortcut: some symbols are on several keys.
const maxKeys = 4

// find returns what has to be grabbed for a shortcut.
func (b *keyboard) find(x Shortcut) (list []grab, err error) {
	var modifiers uint16
	for _, m := range []struct {
		on   bool
		mask uint16
		name string
	}{{x.Shift, x11.Shift, "Shift"}, {x.Control, x11.Control, "Control"}, {x.Alt, b.alt, "Alt"}, {x.Super, b.super, "Super"}} {
		if m.on && m.mask == 0 {
			return nil, fmt.Errorf("shortcut %s: the keyboard has no key %s", x, m.name)
		}
		if m.on {
			modifiers |= m.mask
		}
	}
	k := keyByCode[x.Key]
	for _, symbol := range k.symbols {
		// What is on a key without Shift comes first.
		for level := 0; len(list) == 0 && level < len(b.symbols[0]); level++ {
			for i, on := range b.symbols {
				if on[level] == symbol && len(list) < maxKeys {
					list = append(list, grab{b.lowest + byte(i), modifiers})
				}
			}
		}
		if len(list) > 0 {
			return list, nil
		}
	}
	if k.place != 0 && int(k.place-b.lowest) < len(b.symbols) && k.place >= b.lowest {
		return []grab{{k.place, modifiers}}, nil
	}
	return nil, fmt.Errorf("shortcut %s: the keyboard has no key %s", x, x.Key)
}

func (s *x11System) register(ctx context.Context, list []Shortcut) (done []Shortcut, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSilent)
	defer cancel()
	s.changing <- none{}
	defer func() { <-s.changing }()
	for _, x := range list {
		if err := s.add(ctx, x); err != nil {
			return done, err
		}
		done = append(done, x)
	}
	return done, nil
}

// add grabs the keys of a shortcut. changing is held.
func (s *x11System) add(ctx context.Context, x Shortcut) error {
	s.mu.Lock()
	grabs, err := s.board.find(x)
	locks := s.board.locks
	for _, g := range grabs {
		if other, ok := s.grabs[g]; ok && other != x {
			err = fmt.Errorf("shortcut %s: it has the same key as %s: %w", x, other, ErrRegistered)
		}
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	var requests [][]byte
	for _, g := range grabs {
		for _, lock := range locks {
			requests = append(requests, x11.GrabKey(s.conn.Root(), g.key, g.modifiers|lock))
		}
	}
	// The keys may be pressed as soon as they are grabbed.
	s.mu.Lock()
	for _, g := range grabs {
		s.grabs[g] = x
	}
	s.keys[x] = grabs
	s.mu.Unlock()
	errs, err := s.conn.Check(ctx, requests...)
	if err == nil {
		err = errors.Join(errs...)
		if e := (*x11.Error)(nil); errors.As(err, &e) && e.Code == x11.BadAccess {
			err = ErrTaken
		}
	}
	if err != nil {
		s.drop(x) // what has been grabbed of it
		return fmt.Errorf("shortcut %s: %w", x, err)
	}
	return nil
}

// drop ends the grabs of a shortcut. changing is held.
func (s *x11System) drop(x Shortcut) {
	s.mu.Lock()
	var requests [][]byte
	for _, g := range s.keys[x] {
		if s.grabs[g] == x {
			delete(s.grabs, g)
		}
		for _, lock := range s.board.locks {
			requests = append(requests, x11.UngrabKey(s.conn.Root(), g.key, g.modifiers|lock))
		}
	}
	delete(s.keys, x)
	for key, pressed := range s.down {
		if pressed == x {
			delete(s.down, key)
		}
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errSilent)
	defer cancel()
	// Others can have them when this returns. Of a connection that has ended nothing
	// is grabbed.
	_, _ = s.conn.Check(ctx, requests...)
}

func (s *x11System) unregister(list []Shortcut) {
	s.changing <- none{}
	defer func() { <-s.changing }()
	for _, x := range list {
		s.drop(x)
	}
}

// follow grabs anew when the keyboard has another layout.
func (s *x11System) follow() {
	for {
		select {
		case <-s.changed:
		case <-s.conn.Done():
			return
		}
		if err := s.adapt(); err != nil {
			s.log.Error("global-shortcut: the keyboard has changed, and its new layout could not be read", "error", err)
		}
	}
}

func (s *x11System) adapt() error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errSilent)
	defer cancel()
	s.changing <- none{}
	defer func() { <-s.changing }()
	board, err := s.readKeyboard(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	var moved []Shortcut
	locks := slices.Equal(board.locks, s.board.locks)
	for x, before := range s.keys {
		now, err := board.find(x)
		if !locks || err != nil || !slices.Equal(before, now) {
			moved = append(moved, x)
		}
	}
	s.mu.Unlock()
	for _, x := range moved {
		s.drop(x)
	}
	s.mu.Lock()
	s.board = board
	s.mu.Unlock()
	for _, x := range moved {
		if err := s.add(ctx, x); err != nil {
			s.log.Warn("global-shortcut: with its new layout the keyboard does not have a shortcut", "error", err)
			s.mu.Lock()
			s.keys[x] = nil // for the next layout
			s.mu.Unlock()
		}
	}
	return nil
}
