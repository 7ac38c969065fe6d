package core

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// WindowOptions is what a window is opened with.
type WindowOptions struct {
	State wire.WindowState
	// Webview is the window's own webview. Its label is the window's. More
	// are added by AddWebview.
	Webview wire.WebviewState
	// Bare leaves out the window's own webview: all that it has are added.
	Bare bool
	// Isolate gives the window a host of its own.
	Isolate bool
	// Parent is the label of a window of the same host that this one stays
	// above; Modal keeps the user from that and all others of the host while
	// this one is open.
	Parent string
	Modal  bool
	// Popup says that a page opens the window, by window.open.
	Popup bool
	// Most, if not 0, is how many windows there may be with this one, and how
	// many webviews.
	Most int
}

// Window is a window and what is wanted of it. It lives as long as the window
// is wanted, through any number of hosts.
type Window struct {
	core  *Core
	id    uint32
	label string
	// isolate is set where the app wants a host for this window alone.
	isolate bool
	// popup is set for windows that pages open by window.open.
	popup bool
	// url is what the window was opened on, own the webview with its label; nil
	// for a bare window.
	url string
	own *Webview
	// placed changes only before Run and while its host is down.
	placed atomic.Pointer[host]

	mu       sync.Mutex
	state    wire.WindowState    // guarded by mu; wanted
	observed wire.WindowObserved // guarded by mu
	unseen   unseen              // guarded by mu
	webviews []*Webview          // guarded by mu
	closing  bool                // guarded by mu
	parent   *Window             // guarded by mu; nil once it is gone
	front    uint64              // guarded by Core.mu; when it was in front, as Core.focused counts
	gone     chan struct{}       // closed when the window is destroyed

	// For the next Core, where there is a keeper.
	opened    wire.WindowState // what it was opened with
	plainIcon bool             // its icon is that of the app
	later     bool             // it was opened while the app ran
	touch     []wire.Touch     // guarded by mu; what the app wants otherwise than the Core before
	reopened  atomic.Bool      // it is there because the Core before has opened it

	asked  bool                   // guarded by Core.mu; what the app makes of it before it opens is known
	told   atomic.Bool            // the app knows that it is gone
	asking atomic.Int32           // whether the app, or pages, are being asked whether the window may close
	chosen *inorder.Queue[uint32] // numbers of items of menus
}

var labelPattern = regexp.MustCompile(`^[A-Za-z0-9\-/:_]+$`)

// OpenWindow opens a window and waits until a host has made it. Before Run it
// only notes the window, which then opens with the app.
func (c *Core) OpenWindow(ctx context.Context, o WindowOptions) (*Window, error) {
	label := o.State.Label
	if !labelPattern.MatchString(label) {
		return nil, fmt.Errorf("window label %q: only letters, digits and - / : _ are allowed", label)
	}
	plainIcon := o.State.Icon == nil
	if plainIcon {
		o.State.Icon = c.icon()
	}
	if err := errors.Join(fits(&o.State), webviewFits(&o.Webview)); err != nil {
		return nil, fmt.Errorf("window %q: %w", label, err)
	}
	hooked := o.State
	scripts, err := c.lockScripted(ctx, label, label, &hooked)
	if err != nil {
		return nil, fmt.Errorf("window %q: %w", label, err)
	}
	if c.closed {
		c.mu.Unlock()
		return nil, ErrClosed
	}
	if w := c.windows[label]; w != nil && w.reopened.CompareAndSwap(true, false) {
		c.mu.Unlock()
		return w, nil // the one that was there before this Core
	}
	if c.windows[label] != nil {
		c.mu.Unlock()
		return nil, fmt.Errorf("a window with label `%s` already exists", label)
	}
	if c.webviews[label] != nil {
		c.mu.Unlock()
		return nil, fmt.Errorf("a webview with label `%s` already exists", label)
	}
	if o.Most > 0 && (len(c.windows) >= o.Most || !o.Bare && len(c.webviews) >= o.Most) {
		n, m := len(c.windows), len(c.webviews)
		c.mu.Unlock()
		return nil, fmt.Errorf("window %q: there are %d windows and %d webviews already, and pages may open no more", label, n, m)
	}
	for _, s := range []*wire.WindowState{&o.State, &hooked} {
		if s.Theme == "" {
			s.Theme = c.theme
		}
	}
	c.lastID += 2
	w := &Window{core: c, id: c.lastID - 1, label: label, isolate: o.Isolate, popup: o.Popup, url: o.Webview.URL, state: o.State, gone: make(chan struct{})}
	w.later = c.started
	var before *keptWindow
	if c.journal != nil {
		w.opened, w.plainIcon = bare(o.State), plainIcon
		if before = c.claim(label); before != nil {
			w.resume(before, &o)
		}
	}
	if w.asked = c.started || before != nil; before == nil {
		w.state = hooked
	}
	w.chosen = inorder.New(c.app, inorder.Options[uint32]{Name: "menu", Most: maxChosen}, w.choose)
	h := newHost(c, sharedHost, capability.Resources{}) // until Run knows better
	if c.started {
		h = c.hostFor(w)
	}
	if !o.Bare && !o.Isolate {
		if err := c.hasRoom(h); err != nil {
			c.mu.Unlock()
			return nil, fmt.Errorf("window %q: %w", label, err)
		}
	}
	w.placed.Store(h)
	if err := c.adoptBy(w, o.Parent, o.Modal); err != nil {
		c.mu.Unlock()
		return nil, fmt.Errorf("window %q: %w", label, err)
	}
	if !o.Bare {
		v := newWebview(w, c.lastID, label, o.Webview)
		if kv := before.webview(label); kv != nil {
			v.resume(kv)
		}
		v.scripts = scripts
		w.own, w.webviews = v, []*Webview{v}
		c.webviews[label], c.webviewIDs[v.id] = v, v
	}
	c.windows[label], c.windowIDs[w.id] = w, w
	c.hadWindow = true
	started := c.started
	c.mu.Unlock()
	if before != nil {
		c.addKept(ctx, w, before)
	}
	c.write(w) // before a host hears of it
	if started {
		c.mu.Lock()
		c.startHost(h)
		c.mu.Unlock()
	}
	if !started {
		return w, nil
	}
	if err := h.open(ctx, func() pending { return h.place(w) }); err != nil {
		w.Destroy()
		return nil, fmt.Errorf("window %q: %w", label, err)
	}
	c.announce(w)
	return w, nil
}

// announce tells everybody that a window and its own webview exist.
func (c *Core) announce(w *Window) {
	payload := mustJSON(struct {
		Label string `json:"label"`
	}{w.label})
	c.events.emit(w.host(), eventWindowCreated, ipc.Target{Kind: ipc.Any}, payload)
	if w.own != nil {
		c.events.emit(w.host(), eventWebviewCreated, ipc.Target{Kind: ipc.Any}, payload)
	}
}

// Label returns the window's label.
func (w *Window) Label() string { return w.label }

// State returns the wanted state.
func (w *Window) State() wire.WindowState {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

// Current is State with what the user has done to the window since.
func (w *Window) Current() wire.WindowState {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.adopt()
	return w.state
}

// Isolated reports whether the app wants a host for this window alone.
func (w *Window) Isolated() bool { return w.isolate }

// Observed returns what the host last saw of the window.
func (w *Window) Observed() wire.WindowObserved {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.observed
}

// Scale is how many physical pixels of its screen a logical one has; 0 where
// that is not known yet.
func (w *Window) Scale() float64 { return w.Observed().Scale }

// Gone is closed when the window has been destroyed.
func (w *Window) Gone() <-chan struct{} { return w.gone }

func (w *Window) webviewList() []*Webview {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]*Webview(nil), w.webviews...)
}

// Webview returns the window's own webview, which stays as long as the window
// does; nil for a bare window.
func (w *Window) Webview() *Webview { return w.own }

// Update changes the wanted state and waits until the host has applied it. A
// host that is not there just now gets the state when it comes back.
func (w *Window) Update(ctx context.Context, change func(*wire.WindowState)) error {
	r, err := w.change(change)
	if err != nil {
		return err
	}
	err = r.wait(ctx)
	if errors.Is(err, ErrHostLost) {
		return nil
	}
	if errors.Is(err, errors.ErrUnsupported) {
		w.mu.Lock()
		w.unseen = unseen{} // it does not come: what is seen counts again
		w.mu.Unlock()
	}
	return err
}

// change is Update without waiting for the host.
func (w *Window) change(change func(*wire.WindowState)) (pending, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		return nil, ErrNoWindow
	}
	w.adopt()
	s := w.state
	change(&s)
	if err := fits(&s); err != nil {
		return nil, fmt.Errorf("window %q: %w", w.label, err)
	}
	s.Menu = w.core.menuOf(w)
	s.Taskbar = w.core.taskbar()
	before := w.state
	w.state = s
	w.unseen.ask(&before, &s, w.observed)
	s.Touch = touched(&before, &s)
	w.core.noted(w)
	return w.host().request(wire.KindWindow, w.id, s), nil
}

// fits refuses a state that no host could be sent: the window would not change
// any more, and not come back after the loss of its host. There is room for its
// menu, which has a limit of its own.
func fits(s *wire.WindowState) error {
	bare := *s
	bare.Menu = nil
	return wire.Fits(wire.KindWindow, &bare, wire.MaxMenu)
}

// adopt makes what the user has done to the window the wanted state. w.mu is
// held.
func (w *Window) adopt() {
	o := w.observed
	if o.Scale <= 0 || !o.Visible {
		return
	}
	u := w.unseen.now()
	if !u.fullscreen {
		w.state.Fullscreen = o.Fullscreen
	}
	if !u.maximized {
		w.state.Maximized = o.Maximized
	}
	if !u.minimized {
		w.state.Minimized = o.Minimized
	}
	w.adoptPlace()
}

// adoptPlace is adopt for the size and the position, which are those to which a
// maximised window goes back. w.mu is held.
func (w *Window) adoptPlace() {
	o := w.observed
	if u := w.unseen.now(); u.fullscreen || u.maximized {
		return // it may be on its way there already
	}
	if o.Fullscreen || o.Maximized || o.Minimized || o.Width < 2 || o.Height < 2 {
		return // keep the normal geometry to restore later
	}
	w.state.Width, w.state.Height = float64(o.Width)/o.Scale, float64(o.Height)/o.Scale
	if o.X != 0 || o.Y != 0 {
		x, y := float64(o.X)/o.Scale, float64(o.Y)/o.Scale
		w.state.X, w.state.Y, w.state.Center = &x, &y, false
	}
}

// touched tells what a change means to change of all that the user can change.
func touched(before, after *wire.WindowState) (t []wire.Touch) {
	add := func(differs bool, what wire.Touch) {
		if differs {
			t = append(t, what)
		}
	}
	same := func(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
	add(before.Width != after.Width || before.Height != after.Height, wire.TouchSize)
	add(!same(before.X, after.X) || !same(before.Y, after.Y), wire.TouchPosition)
	add(before.Maximized != after.Maximized, wire.TouchMaximized)
	add(before.Minimized != after.Minimized, wire.TouchMinimized)
	add(before.Fullscreen != after.Fullscreen, wire.TouchFullscreen)
	return t
}

// wanted is the state for a host that makes the window anew, so that it comes
// back as the user left it.
func (w *Window) wanted() wire.WindowState {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.adopt()
	w.state.Menu, w.state.Taskbar = w.core.menuOf(w), w.core.taskbar()
	s := w.state
	s.Touch, w.touch = w.touch, nil
	if w.observed.Scale > 0 { // it was there before: the focus stays where it is by now
		s.Focus = w.observed.Focused
		s.Margin = nil // as the user has it
	}
	return s
}

// observe notes what the host sees and tells the listeners what has changed.
func (w *Window) observe(o wire.WindowObserved) {
	if len(o.Handle) > wire.MaxHandle || strings.ContainsFunc(o.Handle, func(r rune) bool { return r <= ' ' || r > '~' }) {
		o.Handle = "" // no compositor calls a window so
	}
	w.mu.Lock()
	old := w.observed
	w.observed = o
	w.unseen.see(&w.state, o)
	if old.Scale > 0 && o.Scale > 0 && o.Visible && placeOf(old) != placeOf(o) {
		w.adoptPlace() // the next thing that is seen may be a window that is maximised
	}
	w.mu.Unlock()
	w.core.noted(w)
	if old.Scale == 0 && o.Scale > 0 {
		w.tellOpened()
	}
	if o.Focused && !old.Focused {
		w.core.mu.Lock()
		w.core.focused++
		w.front = w.core.focused
		w.core.mu.Unlock()
	}
	w.emitChanges(old, o)
}

// placeOf is where a window is, and how large.
func placeOf(o wire.WindowObserved) [4]int { return [4]int{o.X, o.Y, o.Width, o.Height} }

// emitChanges sends the window events of what has changed.
func (w *Window) emitChanges(old, o wire.WindowObserved) {
	type size struct {
		Width  int `json:"width"`
		Height int `json:"height"`
	}
	type position struct {
		X int `json:"x"`
		Y int `json:"y"`
	}
	if old.Scale == 0 {
		return // the first look at a window is no change
	}
	if o.Width != old.Width || o.Height != old.Height {
		w.emit(eventResize, size{o.Width, o.Height})
	}
	if o.X != old.X || o.Y != old.Y {
		w.emit(eventMove, position{o.X, o.Y})
	}
	if o.Scale != old.Scale {
		w.emit(eventScaleChange, struct {
			ScaleFactor float64 `json:"scaleFactor"`
			Size        size    `json:"size"`
		}{o.Scale, size{o.Width, o.Height}})
	}
	if o.Theme != old.Theme && o.Theme != "" {
		w.emit(eventThemeChanged, o.Theme)
	}
	if o.Focused != old.Focused {
		name := eventBlur
		if o.Focused {
			name = eventFocus
		}
		w.emit(name, nil)
	}
}

// emit sends a window event to those who listen to this window.
func (w *Window) emit(name string, payload any) {
	w.core.events.emitToWindow(w.host(), name, w.label, mustJSON(payload))
}

// Destroy closes the window without asking anyone.
func (w *Window) Destroy() {
	c := w.core
	c.tasks.begin() // the app does not end before it has been told
	defer c.tasks.done()
	w.mu.Lock()
	if w.closing {
		w.mu.Unlock()
		return
	}
	w.closing = true
	views := w.webviews
	w.mu.Unlock()

	for _, v := range views {
		v.endDocument(errDocumentClosed)
	}
	c.mu.Lock()
	delete(c.windows, w.label)
	delete(c.windowIDs, w.id)
	for _, v := range views {
		delete(c.webviews, v.label)
		delete(c.webviewIDs, v.id)
	}
	h := w.host()
	hostEmpty, empty := h.name != sharedHost, len(c.windows) == 0
	for _, other := range c.windows {
		hostEmpty = hostEmpty && other.host() != h
	}
	if hostEmpty && (!empty || c.opts.StayOpen) && c.hosts[h.name] == h {
		delete(c.hosts, h.name)
	}
	quit := empty && c.hadWindow && !c.opts.StayOpen
	c.mu.Unlock()

	h.send(wire.KindCloseWindow, w.id, nil)
	if hostEmpty {
		h.quit()
	}
	close(w.gone)
	for _, v := range views {
		v.over()
	}
	c.write(w)
	c.orphan(w)
	c.forgetMenus(w)
	w.emit(eventDestroyed, nil)
	w.tellClosed()
	if quit {
		c.shutdown(nil)
	}
}
