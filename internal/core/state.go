package core

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/durable"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/ipc"
)

// State is a named value that the Core holds and keeps in step with the pages
// that may see it.
type State struct {
	core  *Core
	name  string
	check func(jsontext.Value) (jsontext.Value, error)
	path  string // "" if the value is not persisted
	hold  func() (release func(), err error)
	shape int

	// changing is held while the value is changed and written to disk.
	changing sync.Mutex

	mu      sync.Mutex
	value   jsontext.Value                    // guarded by mu; changes only while changing is held
	version uint64                            // guarded by mu; grows with each change
	subs    map[subscriptionKey]*subscription // guarded by mu
	watches []*inorder.Queue[stateMessage]    // guarded by mu
}

// subscriptionKey names a subscription: a page may bring the number of one that
// it had with a Core before.
type subscriptionKey struct {
	doc *document
	id  uint64
}

// subscription is a page that follows a state.
type subscription struct {
	doc *document
	ch  *channel
	// values are those on their way to the page.
	values *inorder.Queue[stateMessage]
}

const (
	// maxPending is how many values may wait for one page. A page that is
	// further behind misses the oldest of them, never the last one.
	maxPending = 64
	// maxWatched and maxWatchedBytes bound what waits for one function of the
	// app, in the same way.
	maxWatched      = 1024
	maxWatchedBytes = 64 << 20
	// maxSubscriptions bounds the subscriptions of one document.
	maxSubscriptions = 1024
)

// StateOptions says how a state is kept.
type StateOptions struct {
	// Path is the file of a persisted state; empty means none.
	Path string
	// Hold keeps other processes from writing the file until release is called.
	// Nil: there are none.
	Hold func() (release func(), err error)
	// Version is that of the value's shape; Migrate turns older ones into it.
	Version int
	Migrate func(version int, old jsontext.Value) (jsontext.Value, error)
	// Check refuses values, and returns them in their normal form.
	Check func(jsontext.Value) (jsontext.Value, error)
}

// ErrConflict is returned when a value was changed by somebody else first.
var ErrConflict = errors.New("version conflict")

// IsConflict reports whether err is one.
func IsConflict(err error) bool { return errors.Is(err, ErrConflict) }

// NewState makes a state, with what was persisted or else with initial.
func (c *Core) NewState(name string, initial jsontext.Value, o StateOptions) (*State, error) {
	if err := mustLabel(name); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	s := &State{core: c, name: name, check: o.Check, path: o.Path, hold: o.Hold, shape: o.Version, value: initial, version: 1, subs: map[subscriptionKey]*subscription{}}
	if o.Path != "" {
		if err := s.load(o); err != nil {
			return nil, fmt.Errorf("state %q: %w", name, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states == nil {
		c.states = map[string]*State{}
	}
	if c.states[name] != nil {
		return nil, fmt.Errorf("state %q exists already", name)
	}
	c.states[name] = s
	return s, nil
}

func (s *State) load(o StateOptions) error {
	v, ok, warning, err := durable.Read(o.Path)
	if warning != nil {
		s.core.log.Warn("mullion: state was damaged", "state", s.name, "error", warning)
	}
	if err != nil {
		return fmt.Errorf("%w; remove or repair the file %s", err, filepath.Base(o.Path))
	}
	if !ok {
		return nil
	}
	if v.Version != o.Version {
		if v.Version > o.Version {
			return fmt.Errorf("%s was written by a newer version of the app (%d, this one knows %d)", filepath.Base(o.Path), v.Version, o.Version)
		}
		if o.Migrate == nil {
			return fmt.Errorf("%s has version %d and there is no Migrate function to make it %d", filepath.Base(o.Path), v.Version, o.Version)
		}
		if v.JSON, err = o.Migrate(v.Version, v.JSON); err != nil {
			return fmt.Errorf("migrate from version %d: %w", v.Version, err)
		}
	}
	if o.Check != nil {
		if v.JSON, err = o.Check(v.JSON); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(o.Path), err)
		}
	}
	s.value = v.JSON
	return nil
}

// Get returns the value and its version.
func (s *State) Get() (jsontext.Value, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.version
}

// Set changes the value and returns its new version, once it is on disk if it
// is persisted. If expected is not 0, the value must still have that version.
func (s *State) Set(v jsontext.Value, expected uint64) (uint64, error) {
	if s.check != nil {
		checked, err := s.check(v)
		if err != nil {
			return 0, fmt.Errorf("state %q: %w", s.name, err)
		}
		v = checked
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	before, version := s.Get()
	if expected != 0 && expected != version {
		return 0, fmt.Errorf("state %q: %w: it has version %d now, not %d", s.name, ErrConflict, version, expected)
	}
	if bytes.Equal(v, before) {
		return version, nil
	}
	if s.path != "" {
		if err := s.write(v); err != nil {
			return 0, fmt.Errorf("state %q: %w", s.name, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = v
	s.version++
	now := stateMessage{s.value, s.version}
	for _, sub := range s.subs {
		_ = sub.values.Push(now) // or the app ends
	}
	for _, w := range s.watches {
		_ = w.Push(now)
	}
	return s.version, nil
}

// write keeps a value.
func (s *State) write(v jsontext.Value) error {
	if s.hold != nil {
		release, err := s.hold()
		if err != nil {
			return err
		}
		defer release()
	}
	return durable.Write(s.path, durable.Value{Version: s.shape, JSON: v})
}

// Watch calls f with the value and with each change, in order, beside whoever
// makes them. A function that falls behind misses the oldest of them, never
// the last one. The returned function ends that.
func (s *State) Watch(f func(v jsontext.Value, version uint64)) (off func()) {
	w := inorder.New(s.core.app, inorder.Options[stateMessage]{
		Name: "watch of state " + s.name, Most: maxWatched, Quiet: true,
		Size: func(m stateMessage) int { return len(m.Value) }, MostBytes: maxWatchedBytes,
	}, func(m stateMessage) { f(m.Value, m.Version) })
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = w.Push(stateMessage{s.value, s.version}) // or the app has ended
	s.watches = append(s.watches, w)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watches = slices.DeleteFunc(s.watches, func(other *inorder.Queue[stateMessage]) bool { return other == w })
		w.End()
	}
}

type stateMessage struct {
	Value   jsontext.Value `json:"value"`
	Version uint64         `json:"version"`
}

// follow makes a subscription.
func (s *State) follow(ch *channel) *subscription {
	sub := &subscription{doc: ch.doc, ch: ch}
	sub.values = inorder.New(s.core.app, inorder.Options[stateMessage]{Name: "state " + s.name, Most: maxPending, Quiet: true}, func(m stateMessage) {
		err := ch.Send(ch.doc.ctx, mustJSON(m))
		if err != nil && ch.doc.ctx.Err() == nil && !errors.Is(err, ipc.ErrChannelClosed) {
			s.core.log.Warn("mullion: state not sent", "state", s.name, "webview", ch.doc.webview.label, "version", m.Version, "error", err)
		}
	})
	return sub
}

// The commands of state.

var stateCommands = []builtin{
	command("state", "get", false, (*Core).cmdStateGet),
	command("state", "set", false, (*Core).cmdStateSet),
	command("state", "subscribe", false, (*Core).cmdStateSubscribe),
	command("state", "unsubscribe", false, (*Core).cmdStateUnsubscribe),
}

// stateSets are the permissions of states as an app grants them: with the
// names of the states as allow list.
var stateSets = []capability.Set{
	{Identifier: "read", Description: "Reads and follows the states that are named.", Permissions: []string{"allow-get", "allow-subscribe", "allow-unsubscribe"}},
	{Identifier: "write", Description: "Changes the states that are named.", Permissions: []string{"allow-set"}},
}

// state finds a state that the caller's scope names.
func (c *Core) state(ctx context.Context, name string) (*State, error) {
	m, ok := ipc.MessageFrom(ctx)
	if !ok {
		return nil, errors.New("only pages can do this")
	}
	if denied, err := matchesGlob(m.Scope.Deny, "name", name); denied || err != nil {
		return nil, fmt.Errorf("state %q is denied by the scope of this permission", name)
	}
	if ok, err := matchesGlob(m.Scope.Allow, "name", name); !ok || err != nil {
		return nil, &capability.OutOfScopeError{
			Err: fmt.Errorf("state %q not allowed: it is not in the scope of the permission", name), Allow: []any{map[string]string{"name": name}},
		}
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if s := c.states[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("state %q not found", name)
}

type stateArgs struct {
	Name string `json:"name"`
}

func (c *Core) cmdStateGet(ctx context.Context, a stateArgs) (stateMessage, error) {
	s, err := c.state(ctx, a.Name)
	if err != nil {
		return stateMessage{}, err
	}
	v, version := s.Get()
	return stateMessage{v, version}, nil
}

type stateSetArgs struct {
	Name    string         `json:"name"`
	Value   jsontext.Value `json:"value,omitzero"` // null is a value too
	Version uint64         `json:"version,omitzero"`
}

func (c *Core) cmdStateSet(ctx context.Context, a stateSetArgs) (uint64, error) {
	s, err := c.state(ctx, a.Name)
	if err != nil {
		return 0, err
	}
	if a.Value == nil {
		return 0, errors.New("invalid args `value` for command `plugin:state|set`: command plugin:state|set missing required key value")
	}
	return s.Set(a.Value, a.Version)
}

type subscribeArgs struct {
	Name     string     `json:"name"`
	OnChange channelArg `json:"onChange"`
	// Again is the number that the subscription had with a Core before.
	Again uint64 `json:"again,omitzero"`
}

// channelArg is a channel in the arguments of a builtin.
type channelArg struct{ ch ipc.Channel }

func (a *channelArg) SetChannel(ch ipc.Channel) { a.ch = ch }

func (c *Core) cmdStateSubscribe(ctx context.Context, a subscribeArgs) (uint64, error) {
	s, err := c.state(ctx, a.Name)
	if err != nil {
		return 0, err
	}
	ch, ok := a.OnChange.ch.(*channel)
	if !ok {
		return 0, errors.New("only pages can do this")
	}
	sub := s.follow(ch)
	id := a.Again
	if id == 0 || id > c.base {
		id = c.lastSub.Add(1)
	}
	s.mu.Lock()
	n := 0
	for _, other := range s.subs {
		if other.doc == sub.doc {
			n++
		}
	}
	if n >= maxSubscriptions {
		s.mu.Unlock()
		return 0, fmt.Errorf("state %q: this page has %d subscriptions: %w", a.Name, n, ErrBackpressure)
	}
	if s.subs[subscriptionKey{ch.doc, id}] != nil {
		id = c.lastSub.Add(1) // a page that asks for the same twice
	}
	s.subs[subscriptionKey{ch.doc, id}] = sub
	_ = sub.values.Push(stateMessage{s.value, s.version}) // or the app ends
	s.mu.Unlock()
	ch.doc.onEnd(s, func() {
		s.mu.Lock()
		maps.DeleteFunc(s.subs, func(_ subscriptionKey, other *subscription) bool { return other.doc == ch.doc })
		s.mu.Unlock()
	})
	return id, nil
}

type unsubscribeArgs struct {
	ID uint64 `json:"id"`
}

func (c *Core) cmdStateUnsubscribe(ctx context.Context, a unsubscribeArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, s := range c.states {
		s.mu.Lock()
		sub := s.subs[subscriptionKey{d, a.ID}]
		if sub != nil {
			delete(s.subs, subscriptionKey{d, a.ID})
			sub.values.End()
		}
		s.mu.Unlock()
		if sub != nil {
			c.endChannel(sub.ch)
		}
	}
	return none{}, nil
}
