package globalshortcut

import (
	"context"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/win32"
)

// winSystem has the keys of RegisterHotKey, on a thread of its own, to which all
// fields belong.
type winSystem struct {
	thread *win32.Thread
	report func(Shortcut, State)

	last int              // number that was given last
	keys map[int]Shortcut // by their numbers
	ids  map[Shortcut]int // the other way round
	down map[int]uint32   // virtual keys that are held, by the numbers of their shortcuts
}

func openSystem(_ context.Context, _ appInfo, report func(Shortcut, State)) (system, error) {
	s := &winSystem{report: report, keys: map[int]Shortcut{}, ids: map[Shortcut]int{}, down: map[int]uint32{}}
	var err error
	if s.thread, err = win32.Start(s.message); err != nil {
		return nil, err
	}
	return s, nil
}

// Windows tells when keys are pressed, and not when they are let go: while one is
// held, a timer looks every so many milliseconds.
const downTimer, downPause = 1, 20

func (s *winSystem) message(m win32.Message) (answer uintptr, handled bool) {
	switch m.Number {
	case win32.HotKey:
		id := int(m.WParam)
		x, ok := s.keys[id]
		if !ok {
			return 0, true // ended meanwhile
		}
		if s.down[id] != 0 {
			s.report(x, Released) // and pressed again, between two looks
		}
		s.report(x, Pressed)
		if len(s.down) == 0 {
			win32.SetTimer(s.thread.Window(), downTimer, downPause)
		}
		s.down[id] = virtualKey(x.Key)
		return 0, true
	case win32.Timer:
		for id, key := range s.down {
			if !win32.KeyDown(key) {
				delete(s.down, id)
				s.report(s.keys[id], Released)
			}
		}
		if len(s.down) == 0 {
			win32.KillTimer(s.thread.Window(), downTimer)
		}
		return 0, true
	}
	return 0, false
}

func (s *winSystem) register(ctx context.Context, list []Shortcut) (done []Shortcut, err error) {
	for _, x := range list {
		if err = context.Cause(ctx); err != nil {
			return done, err
		}
		// This does not wait for others, and what it has done has to be known.
		if err = s.thread.Do(context.WithoutCancel(ctx), func() error { return s.add(x) }); err != nil {
			return done, err
		}
		done = append(done, x)
	}
	return done, nil
}

func (s *winSystem) add(x Shortcut) error {
	key := virtualKey(x.Key)
	if key == 0 {
		return fmt.Errorf("shortcut %s: Windows has no number for this key, or does not tell it from another one: %w", x, errors.ErrUnsupported)
	}
	modifiers := uint32(win32.ModNoRepeat)
	for _, m := range []struct {
		on  bool
		bit uint32
	}{{x.Alt, win32.ModAlt}, {x.Control, win32.ModControl}, {x.Shift, win32.ModShift}, {x.Super, win32.ModWin}} {
		if m.on {
			modifiers |= m.bit
		}
	}
	const mostID = 0xbfff // of a program
	for s.last = s.last%mostID + 1; s.keys[s.last] != (Shortcut{}); {
		s.last = s.last%mostID + 1
	}
	switch err := win32.RegisterHotKey(s.thread.Window(), s.last, modifiers, key); {
	case errors.Is(err, win32.ErrKeyTaken):
		return fmt.Errorf("shortcut %s: %w", x, ErrTaken)
	case err != nil:
		return fmt.Errorf("shortcut %s: %w", x, err)
	}
	s.keys[s.last], s.ids[x] = x, s.last
	return nil
}

func (s *winSystem) unregister(list []Shortcut) {
	_ = s.thread.Do(context.Background(), func() error {
		for _, x := range list {
			if id, ok := s.ids[x]; ok {
				win32.UnregisterHotKey(s.thread.Window(), id)
				delete(s.ids, x)
				delete(s.keys, id)
				delete(s.down, id)
			}
		}
		return nil
	})
}

func (s *winSystem) done() <-chan struct{} { return s.thread.Done() }

// close ends the thread, and with it all keys.
func (s *winSystem) close() { s.thread.Close() }
