package core

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/picture"
	"github.com/mullion-dev/mullion/internal/wire"
)

// iconCommands change what the desktop shows for a window.
var iconCommands = []builtin{
	command("window", "set_icon", false, (*Core).cmdSetIcon),
	command("window", "set_overlay_icon", false, (*Core).cmdSetOverlayIcon),
}

type iconArgs struct {
	Label string         `json:"label,omitzero"`
	Value jsontext.Value `json:"value,omitzero"`
}

func (c *Core) cmdSetIcon(ctx context.Context, a iconArgs) (none, error) {
	w, err := c.windowOrCaller(ctx, a.Label)
	if err != nil {
		return none{}, err
	}
	i, err := c.imageArgument(ctx, a.Value)
	if err != nil {
		return none{}, err
	}
	return none{}, w.SetIcon(ctx, i)
}

// SetIcon changes the window's icon; nil is that of the app again.
func (w *Window) SetIcon(ctx context.Context, i *Image) error {
	if i == nil {
		icon := w.core.icon()
		return w.Update(ctx, func(s *wire.WindowState) { s.Icon = icon })
	}
	return w.Set(ctx, "set_icon", func(s *wire.WindowState) { s.Icon = i.forWindow() })
}

func (c *Core) cmdSetOverlayIcon(ctx context.Context, a iconArgs) (none, error) {
	w, err := c.windowOrCaller(ctx, a.Label)
	if err != nil {
		return none{}, err
	}
	if err := w.host().lacks.check("set_overlay_icon"); err != nil && !isNull(a.Value) {
		return none{}, err // whatever the picture is
	}
	i, err := c.imageArgument(ctx, a.Value)
	if err != nil {
		return none{}, err
	}
	return none{}, w.SetOverlayIcon(ctx, i)
}

// SetOverlayIcon shows a small picture over the window's button in the taskbar; nil shows none.
func (w *Window) SetOverlayIcon(ctx context.Context, i *Image) error {
	return w.Set(ctx, "set_overlay_icon", func(s *wire.WindowState) {
		s.Overlay = nil
		if i != nil {
			s.Overlay = i.fit(wire.MaxOverlaySide)
		}
	})
}

func (i *Image) forWindow() *wire.Picture { return i.fit(wire.MaxIconSide) }

func (i *Image) fit(side int) *wire.Picture {
	p := picture.Fit(i.NRGBA(), side)
	return &wire.Picture{Width: p.Rect.Dx(), Height: p.Rect.Dy(), RGBA: p.Pix}
}

// readIcon reads the icon of all windows that have none of their own.
func (c *Core) readIcon() *wire.Picture {
	if c.opts.Icon == nil {
		return nil
	}
	i, err := c.opts.Icon()
	if err != nil {
		c.log.Warn("mullion: windows have no icon", "error", err)
	}
	if i == nil || err != nil {
		return nil
	}
	return i.forWindow()
}
