package core

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
)

// A Core that a keeper has started may take over the windows of one before it,
// and leaves its own to the next. What the next one has to know of them is
// written into a journal, window by window, and before any host hears of it: so
// a Core that is killed has left it, too.

// Keeping is what a Core has to do with its keeper.
type Keeping struct {
	// Life counts the Cores under the same windows, from 1.
	Life int
	// Crash tells how the Core before has ended, if it has crashed, and Failed why
	// a program has not that was to take its place.
	Crash, Failed string
	// Windows is what the Core before has had remembered.
	Windows map[string][]byte
	// Remember has the next Core know of a window, before it returns. Without
	// data it is forgotten.
	Remember func(window string, data []byte)
	// Settled is told once that all windows are there which the app begins with,
	// and of the hosts that show them.
	Settled func(hosts []string)
}

// Journal entries, as JSON.
type (
	keptWindow struct {
		ID uint32 `json:"id"`
		// Opened is what it was opened with, State what has become of that.
		Opened   wire.WindowState `json:"opened"`
		State    wire.WindowState `json:"state"`
		URL      string           `json:"url"`
		Bare     bool             `json:"bare,omitzero"`
		Isolate  bool             `json:"isolate,omitzero"`
		Popup    bool             `json:"popup,omitzero"`
		Parent   string           `json:"parent,omitzero"`
		Modal    bool             `json:"modal,omitzero"`
		Later    bool             `json:"later,omitzero"` // it was opened while the app ran
		Front    uint64           `json:"front,omitzero"`
		Webviews []keptWebview    `json:"webviews"`
	}
	keptWebview struct {
		ID          uint32            `json:"id"`
		Opened      wire.WebviewState `json:"opened"`
		State       wire.WebviewState `json:"state"`
		URL         string            `json:"url"`
		Local       bool              `json:"local,omitzero"`
		Homes       []string          `json:"homes,omitzero"`
		Session     []byte            `json:"session,omitzero"`
		SessionHost string            `json:"sessionHost,omitzero"`
	}
)

// journal writes down windows that have changed.
type journal struct {
	core     *Core
	remember func(string, []byte)

	mu      sync.Mutex
	changed map[*Window]bool // guarded by mu
	timer   *time.Timer      // guarded by mu; nil while nothing has changed
	ended   bool             // guarded by mu

	writing sync.Mutex // held while windows are written, so that the last word is the last
}

// journalPause is how long changes are gathered that nothing depends on.
const journalPause = 100 * time.Millisecond

// Numbers of a Core before must mean nothing to the next: each Core begins its
// own above them.
const (
	lifeBits   = 32 // of 64-bit numbers
	windowBits = 20 // of those of windows, webviews and listeners
)

// beginLife reads what the Core before has left. It is called by New.
func (c *Core) beginLife(k *Keeping) {
	c.base = uint64(k.Life-1) << lifeBits
	c.lastID = uint32(k.Life-1) << windowBits
	c.events.nextID, c.events.base = c.lastID, c.lastID
	c.downloads.lastID = c.base
	c.lastSub.Store(c.base)
	c.journal = &journal{core: c, remember: k.Remember, changed: map[*Window]bool{}}
	c.kept = map[string]*keptWindow{}
	for label, data := range k.Windows {
		w := &keptWindow{}
		if err := json.Unmarshal(data, w); err != nil || w.State.Label != label {
			c.log.Warn("mullion: a window of the app before is not kept", "window", label, "error", err)
			k.Remember(label, nil)
			continue
		}
		c.kept[label] = w
	}
}

// claim returns what is known of a window of that label from the Core before,
// once. c.mu is held.
func (c *Core) claim(label string) *keptWindow {
	k := c.kept[label]
	delete(c.kept, label)
	return k
}

// resume makes a window that is about to be opened the one that is there. c.mu
// is held.
func (w *Window) resume(k *keptWindow, o *WindowOptions) {
	w.id, w.later = k.ID, k.Later
	opened := o.State
	o.State.Icon, w.opened = nil, bare(opened)
	o.State = merged(k.Opened, k.State, o.State)
	w.touch = touched(&k.State, &o.State)
	o.State.Icon = opened.Icon
	w.state = o.State
	w.front = k.Front
	w.core.focused = max(w.core.focused, k.Front)
}

// webview returns what is known of a webview, or nil.
func (k *keptWindow) webview(label string) *keptWebview {
	if k == nil {
		return nil
	}
	for i := range k.Webviews {
		if k.Webviews[i].State.Label == label {
			return &k.Webviews[i]
		}
	}
	return nil
}

// bare is a state without what is large and the same in all lives.
func bare(s wire.WindowState) wire.WindowState {
	s.Icon, s.Menu, s.Touch = nil, nil, nil
	return s
}

// resume makes a webview that is about to be made the one that is there.
func (v *Webview) resume(k *keptWebview) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.id = k.ID
	v.state = merged(k.Opened, k.State, v.state)
	v.state.Window = v.Window().id
	for _, h := range k.Homes {
		if !slices.Contains(v.homes, h) {
			v.homes = append(v.homes, h)
		}
	}
	v.local = v.local || k.Local
	if k.Opened.URL != v.opened {
		v.elsewhere = true // the app wants another page now
		return
	}
	if k.URL != "" {
		v.url = k.URL
	}
	v.session, v.sessionHost = k.Session, k.SessionHost
}

// merged is what has become of a state since it was opened, with what the app
// opens it with now in another way.
func merged[S any](opened, now, wanted S) S {
	var a, b, w map[string]jsontext.Value
	if fields(opened, &a) != nil || fields(now, &b) != nil || fields(wanted, &w) != nil {
		return wanted
	}
	for name := range union(a, b, w) {
		if string(w[name]) != string(a[name]) {
			continue // changed in the app
		}
		if v, ok := b[name]; ok {
			w[name] = v
		} else {
			delete(w, name)
		}
	}
	text, err := json.Marshal(w)
	var s S
	if err != nil || json.Unmarshal(text, &s) != nil {
		return wanted
	}
	return s
}

func fields(s any, to *map[string]jsontext.Value) error {
	text, err := json.Marshal(s, json.Deterministic(true))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func union(maps ...map[string]jsontext.Value) map[string]bool {
	all := map[string]bool{}
	for _, m := range maps {
		for name := range m {
			all[name] = true
		}
	}
	return all
}

// reopen notes the windows that the Core before has opened while it ran, of
// which the app says nothing when it starts. It is called by Run, before hosts
// start.
func (c *Core) reopen(ctx context.Context) (windows []*Window) {
	c.mu.Lock()
	var later []*keptWindow
	for label, k := range c.kept {
		if !k.Later || c.windows[label] != nil {
			delete(c.kept, label) // the app has it no more
			c.journal.remember(label, nil)
			continue
		}
		later = append(later, k)
	}
	c.mu.Unlock()
	slices.SortFunc(later, func(a, b *keptWindow) int { return int(a.ID) - int(b.ID) })
	for _, k := range later {
		o := WindowOptions{State: k.State, Bare: k.Bare, Isolate: k.Isolate, Popup: k.Popup, Parent: k.Parent, Modal: k.Modal}
		for _, v := range k.Webviews {
			if v.State.Label == k.State.Label {
				o.Webview = v.State
				o.Webview.URL = v.Opened.URL
			}
		}
		if o.Parent != "" {
			if _, err := c.Window(o.Parent); err != nil {
				o.Parent, o.Modal = "", false
			}
		}
		w, err := c.OpenWindow(ctx, o)
		if err != nil {
			if _, err := c.Window(k.State.Label); err == nil {
				continue // the app has just opened it
			}
			c.log.Warn("mullion: a window is not kept", "window", k.State.Label, "error", err)
			c.journal.remember(k.State.Label, nil)
			continue
		}
		w.reopened.Store(true)
		windows = append(windows, w)
	}
	return windows
}

// addKept adds the webviews that a window had besides its own. c.mu is not held.
func (c *Core) addKept(ctx context.Context, w *Window, k *keptWindow) {
	for i := range k.Webviews {
		kv := &k.Webviews[i]
		if kv.State.Label == w.label && !k.Bare {
			continue
		}
		s := kv.State
		s.URL = kv.Opened.URL
		v, err := c.noteWebview(ctx, w, s.Label, WebviewOptions{State: s}, kv)
		if err != nil {
			c.log.Warn("mullion: a webview is not kept", "window", w.label, "webview", s.Label, "error", err)
			continue
		}
		v.reopened.Store(true)
	}
}

// settles tells the keeper when all windows are there.
func (c *Core) settles(told func([]string)) {
	c.mu.RLock()
	hosts := map[string]*host{}
	for _, w := range c.windows {
		hosts[w.host().name] = w.host()
	}
	c.mu.RUnlock()
	c.tasks.Go(func() {
		names := []string{}
		for name, h := range hosts {
			h.mu.Lock()
			up := h.up
			h.mu.Unlock()
			select {
			case <-up:
			case <-c.ctx.Done():
				return
			}
			names = append(names, name)
		}
		slices.Sort(names)
		told(names)
	})
}

// adopt compares what a host still has with what this Core wants. It comes
// before restore.
func (h *host) adopt(conn *wire.Conn, r *wire.Ready) {
	c := h.core
	for _, id := range r.Closed {
		c.mu.RLock()
		w := c.windowIDs[id]
		c.mu.RUnlock()
		if w != nil && w.host() == h {
			w.Destroy() // the user did not want to wait
		}
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, id := range r.Windows {
		if w := c.windowIDs[id]; w == nil || w.host() != h {
			conn.Send(wire.Frame{Kind: wire.KindCloseWindow, Target: id})
		}
	}
	for _, id := range r.Webviews {
		if v := c.webviewIDs[id]; v == nil || v.Window().host() != h {
			conn.Send(wire.Frame{Kind: wire.KindCloseWebview, Target: id})
		}
	}
}

// goElsewhere has pages left that were kept and are not the ones that the app
// opens its webviews on now.
func (h *host) goElsewhere() {
	for _, w := range h.windows() {
		for _, v := range w.webviewList() {
			v.mu.Lock()
			elsewhere := v.elsewhere
			v.elsewhere = false
			v.mu.Unlock()
			if elsewhere {
				h.core.tasks.Go(func() { _ = v.Navigate(h.core.ctx, v.opened) }) // the host logs what goes wrong
			}
		}
	}
}

// Leave ends this Core and leaves its hosts, with all that they show, to the
// next one.
func (c *Core) Leave() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed, c.left = true, true
	hosts := make([]*host, 0, len(c.hosts))
	for _, h := range c.hosts {
		hosts = append(hosts, h)
	}
	c.mu.Unlock()
	c.journal.end()
	for _, h := range hosts {
		h.leave()
	}
	c.cancel(ErrClosed)
}

// hasLeft reports whether Leave was called.
func (c *Core) hasLeft() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.left
}

// leave gives a host up without ending it.
func (h *host) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.quits = true
	if h.child != nil {
		h.child.Conn().Close()
	}
}

// noted has the journal follow a change of a window, some time soon.
func (c *Core) noted(w *Window) {
	if c.journal != nil {
		c.journal.mark(w)
	}
}

// write has the journal know of a window now.
func (c *Core) write(w *Window) {
	if c.journal != nil {
		c.journal.writing.Lock()
		defer c.journal.writing.Unlock()
		c.journal.write(w)
	}
}

func (j *journal) mark(w *Window) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ended {
		return
	}
	j.changed[w] = true
	if j.timer == nil {
		j.timer = time.AfterFunc(journalPause, j.flush)
	}
}

// flush writes what has changed.
func (j *journal) flush() {
	j.mu.Lock()
	changed := j.changed
	j.changed, j.timer = map[*Window]bool{}, nil
	j.mu.Unlock()
	j.writing.Lock()
	defer j.writing.Unlock()
	for w := range changed {
		j.write(w)
	}
}

// end writes all that there is, for the last time.
func (j *journal) end() {
	c := j.core
	c.mu.RLock()
	windows := make([]*Window, 0, len(c.windows))
	for _, w := range c.windows {
		windows = append(windows, w)
	}
	c.mu.RUnlock()
	j.mu.Lock()
	j.ended = true
	j.mu.Unlock()
	j.writing.Lock()
	defer j.writing.Unlock()
	for _, w := range windows {
		j.write(w)
	}
}

// write writes a window, or that there is none any more. j.writing is held.
func (j *journal) write(w *Window) {
	if isClosed(w.gone) {
		j.core.mu.RLock()
		another := j.core.windows[w.label] != nil
		j.core.mu.RUnlock()
		if !another {
			j.remember(w.label, nil)
		}
		return
	}
	text, err := json.Marshal(w.entry())
	if err != nil {
		j.core.log.Warn("mullion: a window will not be kept", "window", w.label, "error", err)
		return
	}
	j.remember(w.label, text)
}

// entry is what the next Core is to know of the window.
func (w *Window) entry() *keptWindow {
	w.core.mu.RLock()
	front := w.front
	w.core.mu.RUnlock()
	w.mu.Lock()
	w.adopt()
	k := &keptWindow{
		ID: w.id, Opened: w.opened, State: w.state, URL: w.url, Bare: w.own == nil, Isolate: w.isolate, Popup: w.popup,
		Later: w.later, Front: front,
	}
	if w.parent != nil {
		k.Parent, k.Modal = w.parent.label, w.state.Modal
	}
	views := slices.Clone(w.webviews)
	w.mu.Unlock()
	k.State.Menu, k.State.Touch, k.State.Parent, k.State.Modal = nil, nil, 0, false
	if w.plainIcon {
		k.State.Icon = nil // that of the app
	}
	for _, v := range views {
		v.mu.Lock()
		kv := keptWebview{
			ID: v.id, Opened: v.openedState, State: v.state, URL: v.url, Local: v.local, Homes: slices.Clone(v.homes),
			Session: v.session, SessionHost: v.sessionHost,
		}
		v.mu.Unlock()
		kv.State.Session = nil
		k.Webviews = append(k.Webviews, kv)
	}
	return k
}
