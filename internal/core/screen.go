package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/internal/wire"
)

// Screen asks the window's host about monitors and mouse. Where a guard keeps
// from the host what is not its own, the Core looks for the mouse itself.
func (w *Window) Screen(ctx context.Context) (wire.Screen, error) {
	var s wire.Screen
	value, err := w.ask(ctx, wire.ActionScreen, nil)
	if err != nil {
		return s, fmt.Errorf("ask about monitors: %w", err)
	}
	if err := json.Unmarshal(value, &s); err != nil {
		return s, fmt.Errorf("ask about monitors: %w", err)
	}
	if len(s.Monitors) > wire.MaxMonitors {
		return s, fmt.Errorf("ask about monitors: there cannot be %d", len(s.Monitors))
	}
	for _, i := range []int{s.Primary, s.Current} {
		if i < -1 || i >= len(s.Monitors) {
			return s, fmt.Errorf("ask about monitors: there is no number %d of %d", i, len(s.Monitors))
		}
	}
	if s.Cursor == nil || w.core.opts.Cursor == nil {
		return s, nil
	}
	if x, y, ok, err := w.core.opts.Cursor(); err != nil {
		return s, fmt.Errorf("ask where the mouse is: %w", err)
	} else if ok {
		s.Cursor = &wire.Point{X: float64(x), Y: float64(y)}
	}
	return s, nil
}

// monitorInfo is a monitor as pages get it, in physical pixels.
type monitorInfo struct {
	Name     *string   `json:"name"`
	Scale    float64   `json:"scaleFactor"`
	Position point     `json:"position"`
	Size     pixels    `json:"size"`
	Work     placeInfo `json:"workArea"`
}

type placeInfo struct {
	Position point  `json:"position"`
	Size     pixels `json:"size"`
}

func monitorOf(m wire.Monitor) *monitorInfo {
	info := &monitorInfo{
		Scale:    m.Scale,
		Position: point{int(m.Area.X), int(m.Area.Y)}, Size: pixels{int(m.Area.Width), int(m.Area.Height)},
		Work: placeInfo{point{int(m.Work.X), int(m.Work.Y)}, pixels{int(m.Work.Width), int(m.Work.Height)}},
	}
	if m.Name != "" {
		info.Name = &m.Name
	}
	return info
}

// ofScreen makes a command that tells something of what the caller's host
// sees.
func ofScreen[A, R any](name string, tell func(wire.Screen, A) (R, error)) builtin {
	return command("window", name, true, func(c *Core, ctx context.Context, a A) (R, error) {
		var zero R
		d, err := callerDocument(ctx)
		if err != nil {
			return zero, err
		}
		s, err := d.webview.Window().Screen(ctx)
		if err != nil {
			return zero, err
		}
		return tell(s, a)
	})
}

func numbered(s wire.Screen, i int) *monitorInfo {
	if i < 0 {
		return nil
	}
	return monitorOf(s.Monitors[i])
}

type pointArgs struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// screenCommands tell of monitors and mouse.
var screenCommands = []builtin{
	ofScreen("current_monitor", func(s wire.Screen, _ none) (*monitorInfo, error) { return numbered(s, s.Current), nil }),
	ofScreen("primary_monitor", func(s wire.Screen, _ none) (*monitorInfo, error) { return numbered(s, s.Primary), nil }),
	ofScreen("available_monitors", func(s wire.Screen, _ none) ([]*monitorInfo, error) {
		list := make([]*monitorInfo, len(s.Monitors))
		for i, m := range s.Monitors {
			list[i] = monitorOf(m)
		}
		return list, nil
	}),
	ofScreen("monitor_from_point", func(s wire.Screen, a pointArgs) (*monitorInfo, error) {
		for _, m := range s.Monitors {
			if m.Area.Contains(wire.Point{X: a.X, Y: a.Y}) {
				return monitorOf(m), nil
			}
		}
		return nil, nil
	}),
	ofScreen("cursor_position", func(s wire.Screen, _ none) (wire.Point, error) {
		if s.Cursor == nil {
			return wire.Point{}, fmt.Errorf("cursor_position: Wayland does not tell where the mouse is: %w", errors.ErrUnsupported)
		}
		return *s.Cursor, nil
	}),
}
