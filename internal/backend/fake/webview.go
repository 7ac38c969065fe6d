package fake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Webview is a webview in memory. Loading an address asks for a decision,
// makes the request if the scheme is a custom one, and reports the same
// events as a real engine; no script runs.
type Webview struct {
	engine *Engine
	id     uint32
	window *Window

	state     wire.WebviewState
	url       string
	bridge    string
	page      string
	patterns  []string
	actions   []wire.Action
	delivered []string // not yet taken by NextDelivery
	loaded    bool
	loading   bool
	history   []string
	at        int // of history: what is shown
	loads     int // counts navigations: what belongs to an older one is dropped
	commits   int // counts the pages that were shown
	crashed   bool
	closed    bool
	frozen    bool
	pending   []func(error) // deliveries to a page that is frozen
	next      func()        // the load that waits for it to go on
}

// Apply implements backend.Webview.
func (v *Webview) Apply(_, s *wire.WebviewState) error {
	if v.closed {
		return ErrClosed
	}
	v.state = *s
	v.window = v.engine.windows[s.Window]
	return nil
}

// ClearData implements backend.Webview. It records that it was called.
func (v *Webview) ClearData(done func(error)) {
	v.actions = append(v.actions, wire.Action{Name: wire.ActionClearData})
	v.engine.Post(func() { done(nil) })
}

// Print implements backend.Webview. The file has the address of the page.
func (v *Webview) Print(path string, done func(error)) {
	err := os.WriteFile(path, []byte("%PDF of "+v.url), 0o600)
	v.engine.Post(func() { done(err) })
}

// Do implements backend.Webview.
func (v *Webview) Do(a wire.Action) error {
	if v.closed {
		return ErrClosed
	}
	v.actions = append(v.actions, a)
	switch a.Name {
	case wire.ActionNavigate:
		var u string
		if err := json.Unmarshal(a.Args, &u); err != nil {
			return fmt.Errorf("fake: navigate: %w", err)
		}
		v.Load(u)
	case wire.ActionReload:
		v.load(v.url, v.at)
	case wire.ActionBack:
		v.travel(-1)
	case wire.ActionForward:
		v.travel(1)
	case wire.ActionStop:
		if v.loading {
			v.loads++
			v.loading = false
			v.engine.handler.Page(v.id, wire.PageEvent{Kind: wire.PageFailed, URL: v.url, Detail: "stopped", Cancelled: true})
			v.reportState()
		}
	case wire.ActionTerminate:
		v.engine.Post(func() { v.crash(wire.CrashTerminated) })
	case wire.ActionDevtools, wire.ActionFocus, wire.ActionCancelDownload:
	default:
		return fmt.Errorf("fake: unknown action %q", a.Name)
	}
	return nil
}

// SetScripts implements backend.Webview.
func (v *Webview) SetScripts(bridge, page string, patterns []string) {
	v.bridge, v.page, v.patterns = bridge, page, slices.Clone(patterns)
}

// Deliver implements backend.Webview.
func (v *Webview) Deliver(data string, done func(error)) {
	err := v.gone()
	if err == nil && !v.loaded {
		err = errors.New("fake: the page has no " + backend.DeliverFunction)
	}
	if err == nil && v.frozen {
		if done != nil {
			v.pending = append(v.pending, done)
		}
		return
	}
	if err == nil && data != "" { // a probe brings nothing
		v.delivered = append(v.delivered, data)
	}
	if done != nil {
		v.engine.Post(func() { done(err) })
	}
}

func (v *Webview) gone() error {
	switch {
	case v.closed:
		return ErrClosed
	case v.crashed:
		return ErrCrashed
	}
	return nil
}

// Load implements backend.Webview.
func (v *Webview) Load(address string) {
	at := len(v.history)
	if at > 0 {
		at = v.at + 1
	}
	v.load(address, at)
}

// travel loads what the history has before or after the page.
func (v *Webview) travel(by int) {
	if at := v.at + by; at >= 0 && at < len(v.history) {
		v.load(v.history[at], at)
	}
}

// load loads an address that becomes the entry at of the history.
func (v *Webview) load(address string, at int) {
	if v.frozen {
		v.next = func() { v.load(address, at) }
		return
	}
	v.loads++
	load := v.loads
	current := func() bool { return !v.closed && v.loads == load }
	d := wire.Decision{Kind: wire.DecideNavigation, URL: address, Page: v.url, MainFrame: true}
	v.engine.Post(func() {
		if !current() {
			return
		}
		v.ask(d, func(verdict wire.Verdict) {
			if verdict.Allow && current() {
				v.start(address, at, current)
			}
		})
	})
}

func (v *Webview) start(address string, at int, current func() bool) {
	if deadly := v.engine.Deadly; deadly != nil && deadly(address) {
		v.engine.Quit()
		return
	}
	v.crashed, v.loaded, v.loading = false, false, true
	v.url = address
	v.emit(wire.PageStarted, "")
	v.reportState()
	u, err := url.Parse(address)
	if unloadable := v.engine.Unloadable; err == nil && unloadable != nil && unloadable(address) {
		err = errors.New("cannot be loaded")
	}
	if err != nil {
		v.loading = false
		v.emit(wire.PageFailed, err.Error())
		v.reportState()
		return
	}
	if silent := v.engine.Silent; silent != nil && silent(address) {
		return
	}
	if !slices.Contains(v.engine.options.Schemes, u.Scheme) {
		v.commit(at)
		return
	}
	v.request(Request{Method: "GET", URL: address}, func(r Response) {
		switch {
		case !current():
		case r.Err != nil:
			v.loading = false
			v.emit(wire.PageFailed, r.Err.Error())
			v.reportState()
		default:
			v.commit(at)
		}
	})
}

func (v *Webview) commit(at int) {
	v.loaded, v.loading = true, false
	v.commits++
	if at == len(v.history) || v.history[at] != v.url {
		v.history = append(v.history[:at], v.url)
	}
	v.at = at
	v.delivered = nil
	v.emit(wire.PageCommitted, "")
	if broken := v.engine.Broken; broken != nil && broken(v.url) {
		v.emit(wire.PageFailed, "broke off")
		v.reportState()
		return
	}
	v.emit(wire.PageFinished, "")
	v.reportState()
	if draws := v.engine.Draws; draws == nil || draws(v.engine.options.Rendering) {
		v.emit(wire.PagePainted, "")
	}
}

func (v *Webview) emit(k wire.PageEventKind, detail string) {
	v.engine.handler.Page(v.id, wire.PageEvent{Kind: k, URL: v.url, Detail: detail})
}

func (v *Webview) reportState() {
	v.engine.handler.Page(v.id, wire.PageEvent{
		Kind: wire.PageState, URL: v.url, Loading: v.loading, Back: v.at > 0, Forward: v.at+1 < len(v.history),
	})
}

func (v *Webview) crash(reason string) {
	if v.closed || v.crashed {
		return
	}
	v.loads++
	v.crashed, v.loaded = true, false
	v.thaw(ErrCrashed)
	v.emit(wire.PageCrashed, reason)
}

func (v *Webview) ask(d wire.Decision, answer func(wire.Verdict)) {
	answered := false
	v.engine.handler.Decide(v.id, d, func(verdict wire.Verdict) {
		if answered {
			v.engine.blame("decision %s %s was answered twice", d.Kind, d.URL)
			return
		}
		answered = true
		answer(verdict)
	})
}

// Close implements backend.Webview.
func (v *Webview) Close() {
	if v.closed {
		return
	}
	v.closed, v.loaded = true, false
	v.thaw(ErrClosed)
	delete(v.engine.webviews, v.id)
}

// ID returns the webview's number.
func (v *Webview) ID() uint32 { return v.id }

// State returns the state that was applied last.
func (v *Webview) State() (s wire.WebviewState) {
	v.engine.call(func() { s = v.state })
	return s
}

// URL returns the address of the page.
func (v *Webview) URL() (u string) {
	v.engine.call(func() { u = v.url })
	return u
}

// Scripts returns what SetScripts was given last.
func (v *Webview) Scripts() (bridge, page string, patterns []string) {
	v.engine.call(func() { bridge, page, patterns = v.bridge, v.page, slices.Clone(v.patterns) })
	return bridge, page, patterns
}

// Actions returns what the webview was told to do.
func (v *Webview) Actions() (a []wire.Action) {
	v.engine.call(func() { a = slices.Clone(v.actions) })
	return a
}

// NextDelivery takes the oldest data that Deliver brought to the page that
// is shown now, and waits for it.
func (v *Webview) NextDelivery(ctx context.Context) (data string, err error) {
	err = v.engine.Wait(ctx, func() bool {
		if len(v.delivered) == 0 {
			return false
		}
		data, v.delivered = v.delivered[0], v.delivered[1:]
		return true
	})
	return data, err
}

// WaitDelivery waits until Deliver has brought something that nobody took.
func (v *Webview) WaitDelivery(ctx context.Context) error {
	return v.engine.Wait(ctx, func() bool { return len(v.delivered) > 0 })
}

// TakeDeliveries takes what Deliver has brought to the page that is shown now.
func (v *Webview) TakeDeliveries() (all []string) {
	v.engine.call(func() { all, v.delivered = v.delivered, nil })
	return all
}

// Commits counts the pages that were shown, and tells whether the last one is
// there: it is not while another one is being fetched.
func (v *Webview) Commits() (n int, shown bool) {
	v.engine.call(func() { n, shown = v.commits, v.loaded && !v.closed })
	return n, shown
}

// Emit reports e as it is; an empty URL becomes the page's.
func (v *Webview) Emit(e wire.PageEvent) error {
	var err error
	return v.engine.callErr(&err, func() {
		if err = v.gone(); err == nil {
			if e.URL == "" {
				e.URL = v.url
			}
			v.engine.handler.Page(v.id, e)
		}
	})
}

// Freeze keeps the page from running anything, or lets it go on. What was to be
// loaded meanwhile is loaded then, unless its process has ended.
func (v *Webview) Freeze(on bool) {
	v.engine.call(func() {
		if v.frozen = on; !on {
			v.thaw(nil)
		}
	})
}

func (v *Webview) thaw(err error) {
	v.frozen = false
	for _, done := range v.pending {
		v.engine.Post(func() { done(err) })
	}
	v.pending = nil
	if next := v.next; next != nil && err == nil {
		v.engine.Post(next)
	}
	v.next = nil
}

// Drag moves files that are held over the page.
func (v *Webview) Drag(e wire.DragEvent) {
	v.engine.call(func() { v.engine.handler.Dragged(v.id, e) })
}

// SaveSession acts as the engine whose history has changed.
func (v *Webview) SaveSession(data string) {
	v.engine.call(func() { v.engine.handler.Session(v.id, []byte(data)) })
}

// Crash ends the web process.
func (v *Webview) Crash(reason string) error {
	var err error
	return v.engine.callErr(&err, func() {
		if err = v.gone(); err == nil {
			v.crash(reason)
		}
	})
}

// Decide acts as a page that wants something, and waits for the verdict.
func (v *Webview) Decide(ctx context.Context, d wire.Decision) (wire.Verdict, error) {
	return await(ctx, v, func(answer func(wire.Verdict, error)) {
		if d.Page == "" {
			d.Page = v.url
		}
		v.ask(d, func(verdict wire.Verdict) { answer(verdict, nil) })
	})
}

// A MessageError is the rejection that Reply.Fail gives a message.
type MessageError struct{ Text string }

func (e *MessageError) Error() string { return e.Text }

// Message acts as the bridge: it sends body and waits for the answer.
func (v *Webview) Message(ctx context.Context, body string) (string, error) {
	return v.Send(body)(ctx)
}

// Send is the first half of Message, and wait the second. What is sent by one
// call after the other arrives in that order.
func (v *Webview) Send(body string) (wait func(context.Context) (string, error)) {
	return begin(v, func(answer func(string, error)) {
		v.engine.handler.Message(v.id, v.url, body, &reply{engine: v.engine, body: body, answer: answer})
	})
}

// await runs start on the main loop and waits for its answer.
func await[T any](ctx context.Context, v *Webview, start func(answer func(T, error))) (T, error) {
	return begin(v, start)(ctx)
}

// begin has start run on the main loop.
func begin[T any](v *Webview, start func(answer func(T, error))) (wait func(context.Context) (T, error)) {
	type result struct {
		value T
		err   error
	}
	c := make(chan result, 1)
	answer := func(value T, err error) { c <- result{value, err} }
	v.engine.Post(func() {
		if err := v.gone(); err != nil {
			var none T
			answer(none, err)
			return
		}
		start(answer)
	})
	return func(ctx context.Context) (T, error) {
		var none T
		select {
		case r := <-c:
			return r.value, r.err
		case <-v.engine.ended:
			return none, ErrQuit
		case <-ctx.Done():
			return none, context.Cause(ctx)
		}
	}
}

type reply struct {
	engine *Engine
	body   string
	done   bool
	answer func(string, error)
}

func (r *reply) Return(text string)  { r.finish(text, nil) }
func (r *reply) Fail(message string) { r.finish("", &MessageError{message}) }

func (r *reply) finish(text string, err error) {
	if r.done {
		r.engine.blame("message %.100q was answered twice", r.body)
		return
	}
	r.done = true
	r.answer(text, err)
}
