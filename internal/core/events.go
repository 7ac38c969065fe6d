package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// events knows who listens to what.
type events struct {
	core *Core

	mu     sync.RWMutex
	byName map[string][]*listener // guarded by mu; the slices are never changed in place
	nextID uint32                 // guarded by mu; shared by pages and Core, from 0
	page   []func(*Webview, wire.PageEvent)
}

// listener wants the events of one name that are for its target. It belongs
// either to a document or to the Core.
type listener struct {
	id      uint32
	name    string
	target  ipc.Target
	doc     *document
	handler uint32                           // the page's callback
	call    func(context.Context, CoreEvent) // the Core's
}

// CoreEvent is an event as a listener in the Core gets it.
type CoreEvent struct {
	Name    string
	From    ipc.Caller
	Payload jsontext.Value
}

// maxListeners bounds the listeners of one name.
const maxListeners = 64 << 10

// notInEventName reports whether names of events must not have r. It is no
// regular expression: to compile one with all letters takes longer than the
// rest of what this package does before main, in each process.
func notInEventName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("-/:_", r)
}

func checkEventName(name string) error {
	if name == "" || len(name) > 1024 || strings.ContainsFunc(name, notInEventName) {
		if len(name) > 80 {
			name = name[:80] + "…"
		}
		return fmt.Errorf("only alphanumeric, '-', '/', ':', '_' permitted for event names: %q", name)
	}
	return nil
}

func (e *events) add(l *listener) (uint32, error) {
	if err := checkEventName(l.name); err != nil {
		return 0, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byName == nil {
		e.byName = map[string][]*listener{}
	}
	old := e.byName[l.name]
	if len(old) >= maxListeners {
		return 0, fmt.Errorf("event %q has %d listeners: %w", l.name, len(old), ErrBackpressure)
	}
	l.id = e.nextID
	e.nextID++
	e.byName[l.name] = append(slices.Clip(old), l)
	return l.id, nil
}

// remove removes the listeners of that name for which f reports true.
func (e *events) remove(name string, f func(*listener) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.removeLocked(name, f)
}

func (e *events) removeLocked(name string, f func(*listener) bool) {
	left := slices.DeleteFunc(slices.Clone(e.byName[name]), f)
	if len(left) == 0 {
		delete(e.byName, name)
	} else {
		e.byName[name] = left
	}
}

// dropDocument removes all listeners of a document.
func (e *events) dropDocument(d *document) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name := range e.byName {
		e.removeLocked(name, func(l *listener) bool { return l.doc == d })
	}
}

// hears reports whether an event for that target reaches a listener.
func (l *listener) hears(t ipc.Target) bool {
	switch t.Kind {
	case ipc.Any, "":
		return true
	case ipc.AppTarget:
		return l.target.Kind == ipc.Any || l.target.Kind == ipc.AppTarget
	}
	if l.target.Kind == ipc.Any {
		return true
	}
	if l.target.Label != t.Label {
		return false
	}
	switch t.Kind {
	case ipc.AnyLabel:
		return l.target.Kind != ipc.AppTarget
	case ipc.Window, ipc.Webview, ipc.WebviewWindow:
		return l.target.Kind == t.Kind || l.target.Kind == ipc.AnyLabel
	}
	return false
}

// Listen adds a listener of the Core. The returned function removes it.
func (c *Core) Listen(name string, t ipc.Target, f func(context.Context, CoreEvent)) (off func(), err error) {
	l := &listener{name: name, target: t, call: f}
	if _, err := c.events.add(l); err != nil {
		return nil, err
	}
	return func() { c.events.remove(name, func(o *listener) bool { return o == l }) }, nil
}

// Emit sends an event from the Core.
func (c *Core) Emit(ctx context.Context, name string, t ipc.Target, payload jsontext.Value) error {
	return c.events.send(ctx, &ipc.Message{Kind: ipc.Event, Name: name, Args: payload, Target: t})
}

// emit sends an event of the Core's own; nobody can be told of a failure.
func (e *events) emit(ctx context.Context, name string, t ipc.Target, payload jsontext.Value) {
	m := &ipc.Message{Kind: ipc.Event, Name: name, Args: payload, Target: t}
	if err := e.send(ctx, m); err != nil {
		e.core.log.Warn("mullion: event not delivered", "event", name, "error", err)
	}
}

// send takes an event through the interceptors to its listeners.
func (e *events) send(ctx context.Context, m *ipc.Message) error {
	if err := checkEventName(m.Name); err != nil {
		return err
	}
	in := e.core.chains.Load().interceptors
	if len(in) == 0 {
		return e.deliver(ctx, m, m.Target, (*listener).hears)
	}
	_, err := e.core.dispatch(ctx, ipc.Chain(func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
		return ipc.Result{}, e.deliver(ctx, m, m.Target, (*listener).hears)
	}, in...), m)
	return err
}

// emitToWindow sends a window event: to listeners with target Window or
// WebviewWindow of that label, and to those who listen to everything.
func (e *events) emitToWindow(name, label string, payload jsontext.Value) {
	m := &ipc.Message{Kind: ipc.Event, Name: name, Args: payload, Target: ipc.Target{Kind: ipc.Window, Label: label}}
	final := func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
		return ipc.Result{}, e.deliver(ctx, m, m.Target, func(l *listener, t ipc.Target) bool {
			return l.target.Kind == ipc.Any ||
				l.target.Label == t.Label && (l.target.Kind == ipc.Window || l.target.Kind == ipc.WebviewWindow)
		})
	}
	if _, err := e.core.dispatch(e.core.ctx, ipc.Chain(final, e.core.chains.Load().interceptors...), m); err != nil {
		e.core.log.Warn("mullion: event not delivered", "event", name, "error", err)
	}
}

// deliver gives an event to the listeners that hear it: one message per
// document, however many listeners it has.
func (e *events) deliver(ctx context.Context, m *ipc.Message, t ipc.Target, hears func(*listener, ipc.Target) bool) error {
	payload := m.Args
	if len(payload) == 0 {
		payload = jsontext.Value("null")
	}
	if len(payload) > wire.MaxPayload/2 {
		return fmt.Errorf("event %q: payload of %d bytes is larger than %d; use a channel or a command for it", m.Name, len(payload), wire.MaxPayload/2)
	}
	e.mu.RLock()
	listeners := e.byName[m.Name]
	e.mu.RUnlock()

	var errs []error
	var docs []*document
	var byDoc map[*document][]*listener
	for _, l := range listeners {
		if !hears(l, t) {
			continue
		}
		if l.doc == nil {
			l.run(e.core, ctx, CoreEvent{Name: m.Name, From: m.From, Payload: payload})
			continue
		}
		if byDoc == nil {
			byDoc = map[*document][]*listener{}
		}
		if byDoc[l.doc] == nil {
			docs = append(docs, l.doc)
		}
		byDoc[l.doc] = append(byDoc[l.doc], l)
	}
	for _, d := range docs {
		if err := d.webview.outbox.message(d, eventText(m.Name, payload, byDoc[d])); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (l *listener) run(c *Core, ctx context.Context, ev CoreEvent) {
	m := &ipc.Message{Kind: ipc.Event, Name: ev.Name, From: ev.From}
	_, _ = c.dispatch(ctx, func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
		l.call(ipc.WithMessage(ctx, m), ev)
		return ipc.Result{}, nil
	}, m)
}

// eventText is `["e", event, payload, [[id, handler], …]]`. A valid event
// name needs no escaping.
func eventText(name string, payload jsontext.Value, ls []*listener) []byte {
	b := make([]byte, 0, len(payload)+len(name)+16+24*len(ls))
	b = append(b, `["e","`...)
	b = append(b, name...)
	b = append(b, `",`...)
	b = append(b, payload...)
	b = append(b, ",["...)
	for i, l := range ls {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = strconv.AppendUint(b, uint64(l.id), 10)
		b = append(b, ',')
		b = strconv.AppendUint(b, uint64(l.handler), 10)
		b = append(b, ']')
	}
	return append(b, "]]"...)
}

// listensForClose reports whether a page wants to decide itself whether that
// window closes. Listeners of everything do not count.
func (e *events) listensForClose(label string) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return slices.ContainsFunc(e.byName["tauri://close-requested"], func(l *listener) bool {
		return l.doc != nil && l.target.Label == label && (l.target.Kind == ipc.Window || l.target.Kind == ipc.WebviewWindow)
	})
}

// OnPage adds a function that is told of everything that webviews go through.
func (c *Core) OnPage(f func(*Webview, wire.PageEvent)) {
	c.events.mu.Lock()
	defer c.events.mu.Unlock()
	c.events.page = append(slices.Clip(c.events.page), f)
}

func (e *events) pageEvent(v *Webview, p wire.PageEvent) {
	e.mu.RLock()
	fs := e.page
	e.mu.RUnlock()
	for _, f := range fs {
		f(v, p)
	}
}
