package core

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/units"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// webviewOrCaller finds the webview with that label, or the caller's own.
func (c *Core) webviewOrCaller(ctx context.Context, label string) (*Webview, error) {
	if label == "" {
		d, err := callerDocument(ctx)
		if err != nil {
			return nil, err
		}
		return d.webview, nil
	}
	return c.Webview(label)
}

// webviewTells makes a command that tells something of a webview.
func webviewTells[R any](name string, tell func(*Webview) R) builtin {
	return command("webview", name, true, func(c *Core, ctx context.Context, a labelArgs) (R, error) {
		v, err := c.webviewOrCaller(ctx, a.Label)
		if err != nil {
			var zero R
			return zero, err
		}
		return tell(v), nil
	})
}

// webviewDoes makes a command that does something to a webview.
func webviewDoes(name string, byDefault bool, do func(*Webview, context.Context) error) builtin {
	return command("webview", name, byDefault, func(c *Core, ctx context.Context, a labelArgs) (none, error) {
		v, err := c.webviewOrCaller(ctx, a.Label)
		if err != nil {
			return none{}, err
		}
		return none{}, do(v, ctx)
	})
}

// webviewTakes makes a command that does something to a webview with a value.
func webviewTakes[V any](name string, do func(*Webview, context.Context, V) error) builtin {
	type args struct {
		Label string `json:"label,omitzero"`
		Value V      `json:"value"`
	}
	return command("webview", name, false, func(c *Core, ctx context.Context, a args) (none, error) {
		v, err := c.webviewOrCaller(ctx, a.Label)
		if err != nil {
			return none{}, err
		}
		return none{}, do(v, ctx, a.Value)
	})
}

// webviewCommands place, change, add and remove webviews.
var webviewCommands = []builtin{
	command("webview", "create_webview", false, (*Core).cmdCreateWebview),
	webviewTells("webview_position", func(v *Webview) point {
		r, scale := v.Bounds(), v.scale()
		return point{int(math.Round(r.X * scale)), int(math.Round(r.Y * scale))}
	}),
	webviewTells("webview_size", func(v *Webview) pixels {
		r, scale := v.Bounds(), v.scale()
		return pixels{int(math.Round(r.Width * scale)), int(math.Round(r.Height * scale))}
	}),
	webviewTakes("set_webview_size", func(v *Webview, ctx context.Context, s units.Size) error {
		width, height, err := units.LogicalSize(s, v.Window().Scale())
		if err != nil {
			return err
		}
		return v.ChangeBounds(ctx, func(r *wire.Rect) { r.Width, r.Height = width, height })
	}),
	webviewTakes("set_webview_position", func(v *Webview, ctx context.Context, p units.Position) error {
		x, y, err := units.LogicalPosition(p, v.Window().Scale())
		if err != nil {
			return err
		}
		return v.ChangeBounds(ctx, func(r *wire.Rect) { r.X, r.Y = x, y })
	}),
	webviewTakes("set_webview_auto_resize", (*Webview).SetAutoResize),
	webviewTakes("set_webview_zoom", (*Webview).SetZoom),
	webviewTakes("set_webview_background_color", func(v *Webview, ctx context.Context, color *colorArg) error {
		return v.Update(ctx, func(s *wire.WebviewState) { s.Background = (*[4]uint8)(color) })
	}),
	webviewDoes("set_webview_focus", false, func(v *Webview, ctx context.Context) error { return v.Do(ctx, wire.ActionFocus, nil) }),
	webviewDoes("webview_show", false, func(v *Webview, ctx context.Context) error { return v.SetVisible(ctx, true) }),
	webviewDoes("webview_hide", false, func(v *Webview, ctx context.Context) error { return v.SetVisible(ctx, false) }),
	webviewDoes("webview_close", false, (*Webview).closeFromPage),
	webviewDoes("clear_all_browsing_data", false, func(v *Webview, ctx context.Context) error { return v.Do(ctx, wire.ActionClearData, nil) }),
	webviewDoes("internal_toggle_devtools", true, func(v *Webview, ctx context.Context) error {
		return v.Do(ctx, wire.ActionDevtools, wire.DevtoolsToggle)
	}),
	webviewDoes("print", false, (*Webview).printFromPage),
	command("webview", "reparent", false, (*Core).cmdReparent),
}

// SetVisible shows or hides the webview.
func (v *Webview) SetVisible(ctx context.Context, visible bool) error {
	return v.Update(ctx, func(s *wire.WebviewState) { s.Hidden = !visible })
}

// closeFromPage closes the webview; the window's own one closes as its window
// does, which may be kept.
func (v *Webview) closeFromPage(ctx context.Context) error {
	w := v.Window()
	if w.Webview() == v {
		w.pageWantsClose()
		return nil
	}
	if d, err := callerDocument(ctx); err == nil && d.webview == v {
		go v.Close() // it ends the very call
		return nil
	}
	v.Close()
	return nil
}

type createWebviewArgs struct {
	Window  string         `json:"windowLabel"`
	Options jsontext.Value `json:"options"`
}

// cmdCreateWebview adds a webview as the options say. The rules are those of
// cmdCreateWebviewWindow.
func (c *Core) cmdCreateWebview(ctx context.Context, a createWebviewArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	switch {
	case c.opts.PageWebview == nil:
		return none{}, fmt.Errorf("create_webview: this app adds no webviews for pages: %w", errors.ErrUnsupported)
	case len(a.Options) > maxWindowOptions:
		return none{}, fmt.Errorf("options of %d bytes: want at most %d", len(a.Options), maxWindowOptions)
	}
	o, err := c.opts.PageWebview(a.Options)
	if err != nil {
		return none{}, err
	}
	w, err := c.Window(a.Window)
	if err != nil {
		return none{}, fmt.Errorf("webview %q: window %q: %w", o.State.Label, a.Window, err)
	}
	m, _ := ipc.MessageFrom(ctx)
	if err := c.Authority().Covers(authCaller(m.From), w.label, o.State.Label); err != nil {
		return none{}, err
	}
	if address := o.State.URL; !m.From.Local || !c.IsLocal(address) {
		to := ipc.Message{Kind: ipc.Navigation, From: m.From, URL: address, MainFrame: true}
		if err := c.policy(d.webview, &to); err != nil {
			return none{}, fmt.Errorf("webview %q: %s: %w", o.State.Label, address, err)
		}
	}
	o.Most = maxPageWindows
	ctx, cancel := context.WithTimeout(ctx, pageOpenTimeout)
	defer cancel()
	v, err := c.AddWebview(ctx, w, o.WebviewOptions)
	if err != nil {
		return none{}, err
	}
	if o.Focus {
		return none{}, v.Do(ctx, wire.ActionFocus, nil)
	}
	return none{}, nil
}

// PageWebviewOptions is what a page adds a webview with.
type PageWebviewOptions struct {
	WebviewOptions
	// Focus gives it the keyboard.
	Focus bool
}

type reparentArgs struct {
	Label  string `json:"label,omitzero"`
	Window string `json:"window"`
}

// cmdReparent takes a webview to another window. In it the next page of the
// webview may have other rights: whoever moves it must hold them.
func (c *Core) cmdReparent(ctx context.Context, a reparentArgs) (none, error) {
	v, err := c.webviewOrCaller(ctx, a.Label)
	if err != nil {
		return none{}, err
	}
	to, err := c.Window(a.Window)
	if err != nil {
		return none{}, fmt.Errorf("reparent: window %q: %w", a.Window, err)
	}
	m, _ := ipc.MessageFrom(ctx)
	if err := c.Authority().Covers(authCaller(m.From), to.label, v.label); err != nil {
		return none{}, err
	}
	return none{}, v.Move(ctx, to)
}
