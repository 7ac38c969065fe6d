package core

import (
	"context"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// maxWindowWebviews bounds the webviews of one window: each has a process of
// the engine.
const maxWindowWebviews = 32

// WebviewOptions is what a webview is added to a window with.
type WebviewOptions struct {
	// State has the label and the address. Without Bounds the webview fills
	// the window.
	State wire.WebviewState
	// AutoResize keeps the part of the window that Bounds covers when the
	// window is resized.
	AutoResize bool
	// Most, if not 0, is how many webviews there may be with this one.
	Most int
}

// newWebview makes what the Core knows of a webview.
func newWebview(w *Window, id uint32, label string, s wire.WebviewState) *Webview {
	c := w.core
	v := &Webview{core: c, id: id, label: label, opened: s.URL, state: s}
	v.in.Store(w)
	v.openedState = s
	v.state.Label, v.state.Window = label, w.id
	v.url = s.URL
	v.homes = c.homes(s.URL)
	v.local = c.IsLocal(s.URL)
	v.files, v.gone, v.arrived = make(chan struct{}, maxFiles), make(chan struct{}), make(chan struct{})
	v.outbox.init(v)
	return v
}

// AddWebview adds a webview to a window, above those that it has, and waits
// until the host has made it. Before Run it only notes the webview.
//
// The webviews of a window share its host. So one that may come to show pages
// of others needs a window that has its host for itself, else the error is
// ErrSharedHost.
func (c *Core) AddWebview(ctx context.Context, w *Window, o WebviewOptions) (*Webview, error) {
	label := o.State.Label
	if !labelPattern.MatchString(label) {
		return nil, fmt.Errorf("webview label %q: only letters, digits and - / : _ are allowed", label)
	}
	if o.State.Bounds != nil {
		if err := checkBounds(*o.State.Bounds); err != nil {
			return nil, fmt.Errorf("webview %q: %w", label, err)
		}
	}
	if err := webviewFits(&o.State); err != nil {
		return nil, fmt.Errorf("webview %q: %w", label, err)
	}
	if o.AutoResize && o.State.Bounds != nil {
		width, height := w.contentSize()
		share := shareOf(*o.State.Bounds, width, height)
		o.State.Bounds, o.State.Share = nil, &share
	}
	v, err := c.noteWebview(ctx, w, label, o, nil)
	if err != nil {
		return nil, fmt.Errorf("webview %q: %w", label, err)
	}
	c.mu.RLock()
	started := c.started
	c.mu.RUnlock()
	c.write(w)
	if !started {
		return v, nil
	}
	h := w.host()
	if err := h.open(ctx, func() pending { return v.create(h) }); err != nil {
		v.Close()
		return nil, fmt.Errorf("webview %q: %w", label, err)
	}
	c.events.emit(w.host(), eventWebviewCreated, ipc.Target{Kind: ipc.Any}, mustJSON(struct {
		Label string `json:"label"`
	}{label}))
	return v, nil
}

// noteWebview makes a webview known, so that a host that starts makes it too.
//
// kept is what is known of it from the Core before, or nil.
func (c *Core) noteWebview(ctx context.Context, w *Window, label string, o WebviewOptions, kept *keptWebview) (*Webview, error) {
	scripts, err := c.lockScripted(ctx, w.label, label, nil)
	if err != nil {
		return nil, err
	}
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, ErrClosed
	case kept == nil && c.webviews[label] != nil && c.webviews[label].Window() == w && c.webviews[label].reopened.CompareAndSwap(true, false):
		return c.webviews[label], nil // the one that was there before this Core
	case c.webviews[label] != nil:
		return nil, fmt.Errorf("a webview with label `%s` already exists", label)
	case c.windows[label] != nil:
		return nil, fmt.Errorf("a window with label `%s` already exists", label)
	case o.Most > 0 && len(c.webviews) >= o.Most:
		return nil, fmt.Errorf("there are %d webviews already, and pages may add no more", len(c.webviews))
	}
	if err := c.hasRoom(w.host()); err != nil {
		return nil, err
	}
	if c.started && c.mayLeave(w.label, label, o.State.URL) {
		if err := w.host().maySeeOthers(); err != nil {
			return nil, err
		}
	}
	if c.started { // else Run tells, which knows all capabilities
		c.tellUnheeded(w, label)
	}
	v := newWebview(w, c.lastID+1, label, o.State)
	v.scripts = scripts
	if kept != nil {
		v.resume(kept)
	}
	if err := w.take(v); err != nil {
		return nil, err
	}
	c.lastID++
	c.webviews[label], c.webviewIDs[v.id] = v, v
	return v, nil
}

// tellUnheeded logs the capabilities that grant system resources to a single
// webview, which have no effect.
func (c *Core) tellUnheeded(w *Window, label string) {
	if ids := c.Authority().Unheeded(w.label, label); len(ids) > 0 {
		c.log.Warn("mullion: system resources are granted per window: list the window under \"windows\"; this grant is ignored",
			"window", w.label, "webview", label, "capabilities", ids)
	}
}

// create asks the host to make the webview.
func (v *Webview) create(h *host) pending {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		p := make(pending, 1)
		p <- outcome{err: ErrNoWebview}
		return p
	}
	return h.request(wire.KindWebview, v.id, v.remade())
}

// place is create without an answer: what goes wrong is in the host's log.
func (v *Webview) place(h *host) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.closed {
		h.send(wire.KindWebview, v.id, v.remade())
	}
}

// Close removes the webview from its window. The window's own takes the window
// along. Nobody is asked.
func (v *Webview) Close() {
	c, w := v.core, v.Window()
	if w.own == v {
		w.Destroy()
		return
	}
	if err := w.release(v); err != nil {
		return // it is closed, goes with its window, or goes to another one
	}

	v.mu.Lock()
	v.closed = true
	w.host().send(wire.KindCloseWebview, v.id, nil)
	v.mu.Unlock()
	c.mu.Lock()
	delete(c.webviews, v.label)
	delete(c.webviewIDs, v.id)
	c.mu.Unlock()
	v.endDocument(errDocumentClosed)
	v.over()
}

// Gone is closed when the webview has been closed.
func (v *Webview) Gone() <-chan struct{} { return v.gone }
