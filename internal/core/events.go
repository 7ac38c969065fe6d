package core

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// events knows who listens to what.
type events struct {
	core *Core

	mu     sync.RWMutex
	byName map[string][]*listener // guarded by mu; what is in a slice never changes: deliver goes through it without mu
	byDoc  map[*document]names    // guarded by mu
	nextID uint32                 // guarded by mu; shared by pages and Core, from base
	base   uint32                 // numbers below are those of Cores before
	// reserved are events of the app and its plugins, see ReserveEvents.
	reserved map[string]bool // guarded by mu

	// order is held while an event is put where several hear it, so that all
	// of them get events in the same order.
	order sync.Mutex
}

// names are those that a document listens to.
type names struct {
	listeners int            // of all names
	of        map[string]int // by name
}

// listener wants the events of one name that are for its target. It belongs
// either to a document or to the Core.
type listener struct {
	id      uint32
	again   bool // it had that id with a Core before
	name    string
	target  ipc.Target
	doc     *document
	handler uint32                // the page's callback
	told    *inorder.Queue[heard] // the Core's function
}

// heard is an event on its way to a function of the app.
type heard struct {
	ctx   context.Context
	event CoreEvent
}

// CoreEvent is an event as a listener in the Core gets it.
type CoreEvent struct {
	Name    string
	From    ipc.Caller
	Payload jsontext.Value
}

const (
	// maxListeners bounds the listeners of one document.
	maxListeners = 16 << 10
	// maxHeard and maxHeardBytes bound the events that wait for one function
	// of the app.
	maxHeard      = 64 << 10
	maxHeardBytes = 64 << 20
	// maxOwn bounds the events of a host's windows that wait for interceptors.
	maxOwn = 4096
)

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
		e.byName, e.byDoc = map[string][]*listener{}, map[*document]names{}
	}
	if d := l.doc; d != nil {
		n := e.byDoc[d]
		switch {
		case n.listeners >= maxListeners:
			return 0, fmt.Errorf("this page has %d listeners: %w", n.listeners, ErrBackpressure)
		case n.of == nil:
			n.of = map[string]int{}
		}
		n.listeners++
		n.of[l.name]++
		e.byDoc[d] = n
	}
	if !l.again || l.id >= e.base {
		l.id = e.nextID
		e.nextID++
	}
	e.byName[l.name] = append(e.byName[l.name], l)
	return l.id, nil
}

// remove removes the listeners of that name for which f reports true.
func (e *events) remove(name string, f func(*listener) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.removeLocked(name, f)
}

func (e *events) removeLocked(name string, f func(*listener) bool) {
	var left []*listener // a list of its own: deliver may read the other one
	for _, l := range e.byName[name] {
		if !f(l) {
			left = append(left, l)
			continue
		}
		if d := l.doc; d != nil {
			n := e.byDoc[d]
			n.listeners--
			if n.of[name]--; n.of[name] == 0 {
				delete(n.of, name)
			}
			if e.byDoc[d] = n; n.listeners == 0 {
				delete(e.byDoc, d)
			}
		}
	}
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
	for name := range e.byDoc[d].of { // which shrinks meanwhile
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

// Listen adds a listener of the Core. f is told of events in order, one call
// after the other, beside whoever sends them. The returned function ends that;
// a call that goes on is not waited for.
func (c *Core) Listen(name string, t ipc.Target, f func(context.Context, CoreEvent)) (off func(), err error) {
	l := &listener{name: name, target: t}
	l.told = inorder.New(c.app, inorder.Options[heard]{
		Name: "listener of " + name, Most: maxHeard,
		Size: func(h heard) int { return len(h.event.Payload) }, MostBytes: maxHeardBytes,
	}, func(h heard) { f(h.ctx, h.event) })
	if _, err := c.events.add(l); err != nil {
		return nil, err
	}
	return func() {
		c.events.remove(name, func(o *listener) bool { return o == l })
		l.told.End()
	}, nil
}

// Emit sends an event from the Core.
func (c *Core) Emit(ctx context.Context, name string, t ipc.Target, payload jsontext.Value) error {
	return c.events.send(ctx, &ipc.Message{Kind: ipc.Event, Name: name, Args: payload, Target: t})
}

// own is an event of the Core's own.
type own struct {
	name    string
	target  ipc.Target
	payload jsontext.Value
	hears   func(*listener, ipc.Target) bool
}

// emit sends an event of the Core's own about something that h shows; nobody
// can be told of a failure. It never waits: what it has to go through is code
// of the app, and who emits may be the reader of that host.
func (e *events) emit(h *host, name string, t ipc.Target, payload jsontext.Value) {
	e.emitOwn(h, own{name, t, payload, (*listener).hears})
}

// emitToWindow sends a window event: to listeners with target Window or
// WebviewWindow of that label, and to those who listen to everything.
func (e *events) emitToWindow(h *host, name, label string, payload jsontext.Value) {
	e.emitOwn(h, own{name, ipc.Target{Kind: ipc.Window, Label: label}, payload, func(l *listener, t ipc.Target) bool {
		return l.target.Kind == ipc.Any ||
			l.target.Label == t.Label && (l.target.Kind == ipc.Window || l.target.Kind == ipc.WebviewWindow)
	}})
}

func (e *events) emitOwn(h *host, o own) {
	if len(e.core.chains.Load().interceptors) == 0 {
		e.sendOwn(o)
	} else {
		_ = h.events.Push(o) // the app ends
	}
}

// sendOwn takes an event of the Core's own to its listeners.
func (e *events) sendOwn(o own) {
	m := &ipc.Message{Kind: ipc.Event, Name: o.name, Args: o.payload, Target: o.target}
	if err := e.through(e.core.ctx, m, o.hears, true); err != nil {
		e.core.log.Warn("mullion: event not delivered", "event", o.name, "error", err)
	}
}

// send takes an event of the app or of a page through the interceptors to its
// listeners. Where a function of the app does not keep up, a page waits, and
// the app gets an error.
func (e *events) send(ctx context.Context, m *ipc.Message) error {
	if err := checkEventName(m.Name); err != nil {
		return err
	}
	return e.through(ctx, m, (*listener).hears, false)
}

// through takes an event through the interceptors.
func (e *events) through(ctx context.Context, m *ipc.Message, hears func(*listener, ipc.Target) bool, own bool) error {
	in := e.core.chains.Load().interceptors
	if len(in) == 0 {
		return e.deliver(ctx, m, hears, own)
	}
	_, err := e.core.dispatch(ctx, ipc.Chain(func(ctx context.Context, m *ipc.Message) (ipc.Result, error) {
		return ipc.Result{}, e.deliver(ctx, m, hears, own)
	}, in...), m)
	return err
}

// deliver gives an event to the listeners that hear it: one message per
// document, however many listeners it has, and one call per function.
func (e *events) deliver(ctx context.Context, m *ipc.Message, hears func(*listener, ipc.Target) bool, own bool) error {
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

	var functions []*listener
	var docs []*document
	var byDoc map[*document][]*listener
	for _, l := range listeners {
		if !hears(l, m.Target) || own && !l.concerns(m.Target) {
			continue
		}
		if l.doc == nil {
			functions = append(functions, l)
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
	var h heard
	if len(functions) > 0 {
		h = e.heard(ctx, m, payload)
	}
	if !own && !m.From.FromCore() {
		for _, l := range functions {
			if err := l.told.Wait(ctx, h); err != nil {
				return err
			}
		}
	}
	if len(functions)+len(docs) > 1 {
		e.order.Lock()
		defer e.order.Unlock()
	}
	var errs []error
	for _, l := range functions {
		if err := l.tell(h, own); errors.Is(err, inorder.ErrFull) {
			errs = append(errs, behindError(m.Name))
		}
	}
	for _, d := range docs {
		if err := d.webview.outbox.message(d, eventText(m.Name, payload, byDoc[d])); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// behindError is that a function of the app does not keep up with an event. It
// is an ErrBackpressure, which speaks of pages.
type behindError string

func (e behindError) Error() string {
	return fmt.Sprintf("event %q: a function of the app that listens does not keep up", string(e))
}

func (behindError) Unwrap() error { return ErrBackpressure }

// tell tells a function of the app.
func (l *listener) tell(h heard, own bool) error {
	switch {
	case own:
		return l.told.Push(h)
	case h.event.From.FromCore():
		return l.told.Put(h)
	}
	return l.told.Add(h) // the page has waited for room
}

// heard is what functions of the app get of an event. Their context has the
// values of the sender's, but ends with the app: the sender does not wait.
func (e *events) heard(ctx context.Context, m *ipc.Message, payload jsontext.Value) heard {
	about := &ipc.Message{Kind: ipc.Event, Name: m.Name, From: m.From}
	return heard{ipc.WithMessage(lasting{e.core.ctx, ctx}, about), CoreEvent{Name: m.Name, From: m.From, Payload: payload}}
}

// lasting is a context with the values of another one.
type lasting struct {
	context.Context
	values context.Context
}

// Value implements context.Context.
func (c lasting) Value(key any) any { return c.values.Value(key) }

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
