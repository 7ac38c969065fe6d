package mullion

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/ipc"
)

// Handle makes f a command that pages call by its name, if a capability
// grants them allow-<name> (with hyphens for underscores). [ipc.Typed] lists the
// types that arguments and results may have. ctx ends when the page is left,
// the window closes, the call is aborted or the app ends.
//
// An error rejects the page's promise with its text; wrap it in an
// [ErrorValue] to reject with more than a text. A panic becomes an error too.
//
// [App.Run] reports what is wrong with a registration.
func Handle[A, R any](a *App, name string, f func(ctx context.Context, args A) (R, error)) {
	h, err := ipc.Typed(f)
	if err == nil {
		err = a.handle(name, h)
	}
	if err != nil {
		a.problem(fmt.Errorf("command %q: %w", name, err))
	}
}

// HandleRaw makes h a command without looking at arguments or result.
func (a *App) HandleRaw(name string, h ipc.Handler) {
	if err := a.handle(name, h); err != nil {
		a.problem(fmt.Errorf("command %q: %w", name, err))
	}
}

func (a *App) handle(name string, h ipc.Handler) error {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return fmt.Errorf("only lower-case letters, digits and underscores are allowed in a name")
	}
	// Permissions are named after commands, with single hyphens inside.
	if strings.Trim(name, "_") != name || strings.Contains(name, "__") {
		return fmt.Errorf("no capability could allow it: a name has no underscore at its start or end, and no two in a row")
	}
	a.mu.Lock()
	running := a.running
	if !running {
		a.own.Commands = append(a.own.Commands, name)
	}
	a.mu.Unlock()
	if running {
		return fmt.Errorf("it was added after Run; capabilities are resolved there")
	}
	return a.core.Register(name, h)
}

// ErrorValue returns an error that rejects the page's promise with a JSON
// value, made by [ipc.Marshal]. Err is what the log gets.
func ErrorValue(v any, err error) error {
	b, jerr := ipc.Marshal(v)
	if jerr != nil {
		return fmt.Errorf("%w (its value: %w)", err, jerr)
	}
	return &core.ValueError{Value: b, Err: err}
}

// Target says whom an event is for.
type Target = ipc.Target

// An Event is something that a page or the Core has announced.
type Event struct {
	Name string
	// From is who sent it.
	From Caller
	// Payload is JSON; [Event.Decode] reads it.
	Payload jsontext.Value
}

// Decode reads the payload into v, strictly: keys that v does not have are
// refused.
func (e Event) Decode(v any) error {
	if err := ipc.Unmarshal(e.Payload, v); err != nil {
		return fmt.Errorf("event %q: %w", e.Name, err)
	}
	return nil
}

// On calls f for every event of that name, whatever its target, in the order in
// which pages get them. Calls come one at a time, on a goroutine of their own;
// f may block, and may call everything here. ctx ends with the app. Up to
// 65,536 events, or 64 MiB, are queued for a slow f. Beyond that, pages that
// emit wait, [App.Emit] returns an error that wraps [ErrBackpressure], and f
// misses the oldest of the events of windows.
//
// The returned function removes f: queued events are dropped, and a call in
// progress is not waited for. Calling it again does nothing.
func (a *App) On(event string, f func(ctx context.Context, e Event)) (off func()) {
	off, err := a.core.Listen(event, ipc.Target{Kind: ipc.Any}, func(ctx context.Context, e core.CoreEvent) {
		f(ctx, Event{Name: e.Name, From: e.From, Payload: e.Payload})
	})
	if err != nil {
		a.problem(err)
		return func() {}
	}
	return off
}

// Emit sends an event to all listeners, its payload as [ipc.Marshal] writes it.
// Events of one sender arrive in order. A page for which 65,536 events or 64
// MiB are queued does not get the event, nor does such a function of [App.On];
// the error, which wraps [ErrBackpressure], names it. All others get it.
func (a *App) Emit(ctx context.Context, event string, payload any) error {
	return a.EmitTo(ctx, Target{Kind: ipc.Any}, event, payload)
}

// EmitTo sends an event to the listeners that the target names.
func (a *App) EmitTo(ctx context.Context, t Target, event string, payload any) error {
	b, err := ipc.Marshal(payload)
	if err != nil {
		return fmt.Errorf("event %q: %w", event, err)
	}
	return a.core.Emit(ctx, event, t, b)
}

// A Caller is who sent a message to the Core.
type Caller = ipc.Caller

// CallerFrom returns who called the command that ctx belongs to; ok is false
// outside of commands and listeners.
func CallerFrom(ctx context.Context) (c Caller, ok bool) {
	m, ok := ipc.MessageFrom(ctx)
	if !ok {
		return Caller{}, false
	}
	return m.From, true
}

// ScopeFrom returns what the capabilities of the caller say about the command
// that ctx belongs to.
func ScopeFrom(ctx context.Context) capability.Scope {
	m, ok := ipc.MessageFrom(ctx)
	if !ok {
		return capability.Scope{}
	}
	return m.Scope
}

// ErrBackpressure is wrapped by errors about pages that do not keep up.
var ErrBackpressure = core.ErrBackpressure

// Channel stands for a channel in the arguments of a command: the page passes
// a Channel of the npm package, the command sends values of type T through it,
// also after it has returned, until the page goes. It is safe for concurrent
// use.
type Channel[T any] struct{ ch ipc.Channel }

// SetChannel implements ipc.ChannelSetter.
func (c *Channel[T]) SetChannel(ch ipc.Channel) { c.ch = ch }

// MessageType is T. A command with a channel of what has no JSON form is
// refused when it is registered.
func (*Channel[T]) MessageType() reflect.Type { return reflect.TypeFor[T]() }

// Send sends a value. It blocks while too much is queued for the page, until
// ctx is done. After the page has gone it returns [ipc.ErrChannelClosed].
func (c *Channel[T]) Send(ctx context.Context, v T) error {
	if c.ch == nil {
		return ipc.ErrChannelClosed
	}
	if b, ok := any(v).([]byte); ok {
		return c.ch.SendBytes(ctx, b)
	}
	b, err := ipc.Marshal(v)
	if err != nil {
		return fmt.Errorf("channel: %w", err)
	}
	return c.ch.Send(ctx, b)
}

// Close ends the channel, which frees what the page keeps for it.
func (c *Channel[T]) Close() error {
	if c.ch == nil {
		return nil
	}
	return c.ch.Close()
}
