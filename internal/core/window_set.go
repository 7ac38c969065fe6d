package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/units"
	"github.com/mullion-dev/mullion/internal/wire"
)

// act makes a command that does something with a window and a value.
func act[V any](name string, do func(*Window, context.Context, V) error) builtin {
	type args struct {
		Label string `json:"label,omitzero"`
		Value V      `json:"value,omitzero"`
	}
	return command("window", name, false, func(c *Core, ctx context.Context, a args) (none, error) {
		w, err := c.windowOrCaller(ctx, a.Label)
		if err != nil {
			return none{}, err
		}
		return none{}, do(w, ctx, a.Value)
	})
}

func isNull(v jsontext.Value) bool {
	return len(v) == 0 || v.Kind() == 'n'
}

// windowSetters are the commands that change a window by more than a text or
// a switch, and those of which systems lack the means.
var windowSetters = []builtin{
	act("set_size", func(w *Window, ctx context.Context, v *units.Size) error {
		if v == nil {
			return errors.New("set_size: value is missing")
		}
		width, height, err := units.LogicalSize(*v, w.Scale())
		if err != nil {
			return err
		}
		return w.Update(ctx, func(s *wire.WindowState) { s.Width, s.Height = width, height })
	}),
	act("set_min_size", func(w *Window, ctx context.Context, v *units.Size) error {
		return w.limit(ctx, v, func(s *wire.WindowState, width, height *float64) { s.MinWidth, s.MinHeight = width, height })
	}),
	act("set_max_size", func(w *Window, ctx context.Context, v *units.Size) error {
		return w.limit(ctx, v, func(s *wire.WindowState, width, height *float64) { s.MaxWidth, s.MaxHeight = width, height })
	}),
	act("set_size_constraints", (*Window).setConstraints),
	act("set_position", func(w *Window, ctx context.Context, v *units.Position) error {
		if v == nil {
			return errors.New("set_position: value is missing")
		}
		x, y, err := units.LogicalPosition(*v, w.Scale())
		if err != nil {
			return err
		}
		return w.Set(ctx, "set_position", func(s *wire.WindowState) { s.X, s.Y, s.Center = &x, &y, false })
	}),
	act("set_cursor_position", func(w *Window, ctx context.Context, v *units.Position) error {
		if v == nil {
			return errors.New("set_cursor_position: value is missing")
		}
		x, y, err := units.LogicalPosition(*v, w.Scale())
		if err != nil {
			return err
		}
		return w.Do(ctx, wire.ActionCursor, wire.Point{X: x, Y: y})
	}),
	act("set_fullscreen_on_monitor", func(w *Window, ctx context.Context, v *units.Point) error {
		if v == nil {
			return errors.New("set_fullscreen_on_monitor: value is missing")
		}
		if err := errors.Join(units.Check("x", v.X), units.Check("y", v.Y)); err != nil {
			return err
		}
		return w.Do(ctx, wire.ActionFullscreenAt, wire.Point{X: v.X, Y: v.Y})
	}),
	act("set_background_color", func(w *Window, ctx context.Context, v *colorArg) error {
		return w.Update(ctx, func(s *wire.WindowState) { s.Background = (*[4]uint8)(v) })
	}),
	act("set_theme", func(w *Window, ctx context.Context, v *string) error {
		theme := ""
		if v != nil {
			theme = strings.ToLower(*v)
			if theme != "light" && theme != "dark" {
				return fmt.Errorf("theme %q: want light, dark or null", *v)
			}
		}
		return w.Update(ctx, func(s *wire.WindowState) { s.Theme = theme })
	}),
	act("request_user_attention", func(w *Window, ctx context.Context, v *attentionArg) error {
		return w.Do(ctx, wire.ActionAttention, v != nil)
	}),
	act("start_resize_dragging", func(w *Window, ctx context.Context, edge string) error {
		if !slices.Contains(resizeEdges, edge) {
			return fmt.Errorf("direction %.20q: want one of %s", edge, strings.Join(resizeEdges, ", "))
		}
		return w.Do(ctx, wire.ActionResize, edge)
	}),

	act("set_effects", (*Window).setEffects),
	lacking("set_badge_label", isNull),
	lacking("set_title_bar_style", func(v string) bool { return strings.EqualFold(v, "visible") }),
	textless("activity_name", "only Android has activities"),
	textless("scene_identifier", "only iOS has scenes"),
}

type attentionArg struct {
	Type string `json:"type"`
}

// ResizeEdges are the sides and corners by which a window can be resized.
func ResizeEdges() []string { return slices.Clone(resizeEdges) }

var resizeEdges = []string{"East", "North", "NorthEast", "NorthWest", "South", "SouthEast", "SouthWest", "West"}

// textless makes a command of the default set that only mobile platforms
// support.
func textless(name, reason string) builtin {
	return command("window", name, true, func(*Core, context.Context, labelArgs) (string, error) {
		return "", fmt.Errorf("%s: %s: %w", name, reason, errors.ErrUnsupported)
	})
}

// limit sets two limits of the size at once; nil lifts them.
func (w *Window) limit(ctx context.Context, v *units.Size, set func(s *wire.WindowState, width, height *float64)) error {
	if v == nil {
		return w.Update(ctx, func(s *wire.WindowState) { set(s, nil, nil) })
	}
	width, height, err := units.LogicalSize(*v, w.Scale())
	if err != nil {
		return err
	}
	return w.Update(ctx, func(s *wire.WindowState) { set(s, &width, &height) })
}

// effectsArg is what pages ask for. No system that there is has more than the names.
type effectsArg struct {
	Effects     []string       `json:"effects"`
	State       string         `json:"state,omitzero"`
	Radius      float64        `json:"radius,omitzero"`
	Color       jsontext.Value `json:"color,omitzero"`
	Interactive bool           `json:"interactive,omitzero"`
}

// maxEffects bounds a list of effects, and their names in bytes: Tauri has 29.
const maxEffects, maxEffectName = 64, 64

func (w *Window) setEffects(ctx context.Context, v *effectsArg) error {
	if v == nil {
		v = &effectsArg{}
	}
	if len(v.Effects) > maxEffects || slices.ContainsFunc(v.Effects, func(name string) bool { return len(name) > maxEffectName }) {
		return fmt.Errorf("set_effects: want at most %d names of at most %d bytes", maxEffects, maxEffectName)
	}
	return w.Set(ctx, "set_effects", func(s *wire.WindowState) { s.Effects = v.Effects })
}

type constraintsArg struct {
	MinWidth  *units.Length `json:"minWidth,omitzero"`
	MinHeight *units.Length `json:"minHeight,omitzero"`
	MaxWidth  *units.Length `json:"maxWidth,omitzero"`
	MaxHeight *units.Length `json:"maxHeight,omitzero"`
}

// setConstraints replaces all four limits of the size.
func (w *Window) setConstraints(ctx context.Context, v *constraintsArg) error {
	if v == nil {
		v = &constraintsArg{}
	}
	var limits [4]*float64
	for i, l := range []*units.Length{v.MinWidth, v.MinHeight, v.MaxWidth, v.MaxHeight} {
		f, err := units.LogicalLength(l, w.Scale())
		if err != nil {
			return err
		}
		limits[i] = f
	}
	return w.Update(ctx, func(s *wire.WindowState) {
		s.MinWidth, s.MinHeight, s.MaxWidth, s.MaxHeight = limits[0], limits[1], limits[2], limits[3]
	})
}

// Theme is "light" or "dark": what is seen on the screen, else what is wanted.
func (w *Window) Theme() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.observed.Theme != "":
		return w.observed.Theme
	case w.state.Theme != "":
		return w.state.Theme
	}
	return "light"
}
