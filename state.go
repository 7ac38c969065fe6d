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

// StateOptions says how a state is kept. The zero value keeps it in memory.
type StateOptions[T any] struct {
	// Persist keeps the value in a file of the app's data folder. A change has
	// happened when it is on disk; the copy before it is kept, and used if the
	// file is damaged.
	Persist bool
	// Version is that of the shape of T. Raise it when T changes, and let
	// Migrate make what was stored by an older version into a T.
	Version int
	Migrate func(version int, old jsontext.Value) (T, error)
	// Check refuses values that make no sense, whoever sets them.
	Check func(T) error
}

// NewState makes a state with that name. Its value is what was persisted, or
// else initial. What is wrong is reported by [App.Run].
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
		co.Path = filepath.Join(a.folders.data, "states", name+".json")
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

// Set changes the value. When it returns nil every window is being told, and
// the value is on disk if the state is persisted.
func (s *State[T]) Set(ctx context.Context, v T) error {
	return s.set(ctx, v, 0)
}

// Update changes the value by a function of it, which is called again if
// somebody else was faster.
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

// Watch calls f with the value as it is now, and then with each new one, in
// order. Its calls come one after the other, on a goroutine of their own; it
// may wait, and may change the state. Where it is slow, 1024 values of up to
// 64 MiB wait for it; then it misses the oldest, never the last one.
//
// The returned function ends that: what waits is dropped, a call that goes on
// is not waited for. Calling it again does nothing.
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
