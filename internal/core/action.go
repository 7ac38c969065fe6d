package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
)

// ErrNotRunning is returned before Run by what needs a window that is shown.
var ErrNotRunning = errors.New("the app does not run yet: this needs a window that is on the screen, which comes with App.Run")

// Do performs an action on the window.
func (w *Window) Do(ctx context.Context, name string, args any) error {
	_, err := w.ask(ctx, name, args)
	return err
}

// ask performs an action that may have an answer.
func (w *Window) ask(ctx context.Context, name string, args any) (jsontext.Value, error) {
	return w.core.act(ctx, target{w.gone, ErrNoWindow, w.host, wire.KindWindowAction, w.id}, name, args)
}

// Do performs an action on the webview.
func (v *Webview) Do(ctx context.Context, name string, args any) error {
	_, err := v.ask(ctx, name, args)
	return err
}

// ask performs an action that may have an answer.
func (v *Webview) ask(ctx context.Context, name string, args any) (jsontext.Value, error) {
	return v.core.act(ctx, target{v.gone, ErrNoWebview, func() *host { return v.Window().host() }, wire.KindWebviewAction, v.id}, name, args)
}

// Focus brings the window to the front and gives it the keyboard. Before Run it
// notes that.
func (w *Window) Focus(ctx context.Context) error {
	if !w.core.hasStarted() {
		return w.Update(ctx, func(s *wire.WindowState) { s.Focus = true })
	}
	return w.focus(ctx, nil)
}

// focusTime is how long a compositor under Wayland may take to give a window the
// keyboard.
const focusTime = 500 * time.Millisecond

// focus has the host ask for the keyboard. Under Wayland nobody tells the host whether
// it gets it: its answer is the error that is right if it does not.
func (w *Window) focus(ctx context.Context, args any) error {
	err := w.Do(ctx, wire.ActionFocus, args)
	if !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	late := time.NewTimer(focusTime)
	defer late.Stop()
	look := time.NewTicker(focusTime / 50)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if w.Observed().Focused {
				return nil
			}
		case <-late.C:
			return err
		case <-w.gone:
			return ErrNoWindow
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// Activate shows the window and brings it to the front, with the token that
// the desktop has given for that, if any.
func (w *Window) Activate(ctx context.Context, token string) error {
	if len(token) > wire.MaxToken || strings.ContainsRune(token, 0) {
		return fmt.Errorf("window %q: a token of the desktop has at most %d bytes, none of them zero", w.label, wire.MaxToken)
	}
	err := w.Update(ctx, func(s *wire.WindowState) { s.Visible, s.Minimized = true, false })
	if err != nil && !errors.Is(err, errors.ErrUnsupported) { // the focus brings back what is minimised under Wayland
		return err
	}
	return w.focus(ctx, wire.Focus{Token: token})
}

// Center puts the window in the middle of its monitor. Before Run it notes
// that.
func (w *Window) Center(ctx context.Context) error {
	if !w.core.hasStarted() {
		return w.Update(ctx, func(s *wire.WindowState) { s.X, s.Y, s.Center = nil, nil, true })
	}
	return w.Do(ctx, wire.ActionCenter, nil)
}

// hasStarted reports whether Run was called.
func (c *Core) hasStarted() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.started
}

// target is what an action is for.
type target struct {
	gone <-chan struct{}
	none error // once it is gone
	host func() *host
	kind wire.Kind
	id   uint32
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// act sends an action to the host of its target and waits for the answer. A
// host that is being started for the first time is waited for; one that was
// there and is gone is ErrHostLost.
func (c *Core) act(ctx context.Context, t target, name string, args any) (jsontext.Value, error) {
	if isClosed(t.gone) {
		return nil, t.none
	}
	if !c.hasStarted() {
		return nil, ErrNotRunning
	}
	if err := c.awaitFirst(ctx, t); err != nil {
		return nil, err
	}
	a := wire.Action{Name: name}
	if args != nil {
		a.Args = mustJSON(args)
	}
	value, err := t.host().request(t.kind, t.id, a).answer(ctx)
	if err != nil && isClosed(t.gone) {
		return nil, t.none // closed meanwhile
	}
	return value, err
}

// awaitFirst waits until the host of a target has been up once.
func (c *Core) awaitFirst(ctx context.Context, t target) error {
	for {
		h := t.host()
		h.mu.Lock()
		worked, up, dead := h.worked, h.up, h.dead
		h.mu.Unlock()
		switch {
		case dead != nil:
			return dead
		case worked:
			return nil
		}
		select {
		case <-up: // or given up, or the window has gone to another host
		case <-t.gone:
			return t.none
		case <-c.ctx.Done():
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
