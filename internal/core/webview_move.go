package core

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/mullion-dev/mullion/internal/wire"
)

// Move takes the webview to another window, with the page that it shows: the
// page keeps its state, and until it is left also what it may do and the
// window that it takes for its own. Only windows of the same host can exchange
// webviews, and never their own.
func (v *Webview) Move(ctx context.Context, to *Window) error {
	r, err := v.move(to)
	if err != nil || r == nil {
		return err
	}
	if err := r.wait(ctx); !errors.Is(err, ErrHostLost) {
		return err
	}
	return nil // the next host makes it in the new window
}

// move changes what is wanted, and asks the host for it unless there is
// nothing to do.
func (v *Webview) move(to *Window) (pending, error) {
	c := v.core
	c.mu.Lock() // so that no two webviews are on their way at a time
	defer c.mu.Unlock()
	switch {
	case isClosed(v.gone):
		return nil, ErrNoWebview
	case isClosed(to.gone):
		return nil, ErrNoWindow
	}
	from := v.Window()
	if from == to {
		return nil, nil
	}
	h := to.host()
	if h != from.host() {
		return nil, fmt.Errorf("move webview %q from window %q to %q, which has another host process: %w", v.label, from.label, to.label, errors.ErrUnsupported)
	}
	if c.mayLeave(to.label, v.label, v.opened) {
		if err := h.maySeeOthers(); err != nil {
			return nil, fmt.Errorf("move webview %q: %w", v.label, err)
		}
	}
	if err := to.take(v); err != nil {
		return nil, err
	}
	if err := from.release(v); err != nil {
		_ = to.release(v)
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.in.Store(to)
	v.state.Window = to.id
	return h.request(wire.KindWebview, v.id, v.wanted()), nil
}

// take puts a webview above those of the window.
func (w *Window) take(v *Webview) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closing:
		return ErrNoWindow
	case len(w.webviews) >= maxWindowWebviews:
		return fmt.Errorf("window %q has %d webviews; more are not possible", w.label, len(w.webviews))
	}
	w.webviews = append(slices.Clip(w.webviews), v)
	return nil
}

// release takes a webview out of the window.
func (w *Window) release(v *Webview) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.webviews, v)
	switch {
	case i < 0 || w.closing:
		return ErrNoWebview
	case w.own == v:
		return fmt.Errorf("webview %q belongs to its window and cannot leave it", v.label)
	}
	w.webviews = slices.Delete(slices.Clone(w.webviews), i, i+1)
	return nil
}
