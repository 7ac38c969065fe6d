package mullion

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/instance"
	"github.com/mullion-dev/mullion/ipc"
)

// Private marks a type as one that never leaves the Core: see [ipc.Private].
type Private = ipc.Private

// State is a value that the Core holds and keeps in step with every window
// that may see it: settings, a selection, a cache. Pages get it by the module
// /_mullion/api.js, if a capability grants them state:read or state:write with
// its name. It is safe for concurrent use.
type State[T any] struct {
	s   *core.State
	err error
}

// StateOptions are the options of a state. The zero value keeps it in memory
// only.
type StateOptions[T any] struct {
	// Persist keeps the value in a file of the app's data folder. A change is
	// acknowledged once it is on disk. The previous copy is kept, and used if
	// the file is damaged.
	Persist bool
	// Version is that of the shape of T. Raise it when T changes, and let
	// Migrate convert what an older version stored into a T.
	Version int
	Migrate func(version int, old jsontext.Value) (T, error)
	// Check rejects invalid values, from Go as well as from pages.
	Check func(T) error
}

// NewState makes a state with that name. Its value is the persisted one, or
// else initial. [App.Run] reports what is wrong with it.
func NewState[T any](a *App, name string, initial T, o StateOptions[T]) *State[T] {
	s, err := newState(a, name, initial, o)
	if err != nil {
		var held *instance.HeldError
		if !errors.As(err, &held) { // which Run says by itself, once for all states
			a.problem(err)
		}
		return &State[T]{err: err}
	}
	return &State[T]{s: s}
}

func newState[T any](a *App, name string, initial T, o StateOptions[T]) (*core.State, error) {
	if err := ipc.CheckType(reflect.TypeFor[T]()); err != nil {
		return nil, fmt.Errorf("state %q: %w", name, err)
	}
	first, err := ipc.Marshal(initial, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("state %q: %w", name, err)
	}
	co := core.StateOptions{Version: o.Version}
	if o.Persist {
		if err := a.holdFolder(); err != nil {
			return nil, err
		}
		co.Hold = a.folder.use
		co.Path = filepath.Join(a.folders.Data, "states", name+".json")
	}
	co.Check = func(v jsontext.Value) (jsontext.Value, error) {
		t, err := decodeState[T](v)
		if err == nil && o.Check != nil {
			err = o.Check(t)
		}
		if err != nil {
			return nil, err
		}
		return ipc.Marshal(t, json.Deterministic(true))
	}
	if o.Migrate != nil {
		co.Migrate = func(version int, old jsontext.Value) (jsontext.Value, error) {
			t, err := o.Migrate(version, old)
			if err != nil {
				return nil, err
			}
			return ipc.Marshal(t, json.Deterministic(true))
		}
	}
	return a.core.NewState(name, first, co)
}

func decodeState[T any](v jsontext.Value) (t T, err error) {
	err = ipc.Unmarshal(v, &t)
	return t, err
}

// Get returns the value.
func (s *State[T]) Get() T {
	t, _ := s.GetVersion()
	return t
}

// GetVersion returns the value and its version, which grows with each change.
func (s *State[T]) GetVersion() (T, uint64) {
	var zero T
	if s.err != nil {
		return zero, 0
	}
	v, version := s.s.Get()
	t, err := decodeState[T](v)
	if err != nil {
		return zero, version // cannot be: only values that decode are let in
	}
	return t, version
}

// Set changes the value. When it returns nil, the value is on disk if the state
// is persisted, and is on its way to every window that follows the state.
func (s *State[T]) Set(ctx context.Context, v T) error {
	return s.set(ctx, v, 0)
}

// Update sets the value to f of the current one. If somebody else changes the
// value in the meantime, f is called again with the newer one.
func (s *State[T]) Update(ctx context.Context, f func(T) T) error {
	for {
		v, version := s.GetVersion()
		err := s.set(ctx, f(v), version)
		if !core.IsConflict(err) {
			return err
		}
	}
}

func (s *State[T]) set(ctx context.Context, v T, version uint64) error {
	if s.err != nil {
		return s.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b, err := ipc.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err
	}
	_, err = s.s.Set(b, version)
	return err
}

// Watch calls f with the current value, and then with each new one, in order.
// Calls come one at a time, on a goroutine of their own; f may block, and may
// change the state. If more than 1024 values, or 64 MiB, are queued for a slow
// f, it misses the oldest, never the last.
//
// The returned function removes f: queued values are dropped, and a call in
// progress is not waited for. Calling it again does nothing.
func (s *State[T]) Watch(f func(v T, version uint64)) (off func()) {
	if s.err != nil {
		return func() {}
	}
	return s.s.Watch(func(v jsontext.Value, version uint64) {
		if t, err := decodeState[T](v); err == nil {
			f(t, version)
		}
	})
}
