// Package positioner is the plugin positioner: it moves windows to well-known
// places, such as a corner of their monitor or beside the icon in the tray.
// Pages use @tauri-apps/plugin-positioner.
//
//	app.AddPlugin(positioner.New().Plugin())
//
// Places are within what panels and docks leave of the monitor. Wayland does not
// let windows choose their place; there all of this is an error wrapping
// errors.ErrUnsupported.
package positioner

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
)

// Position is a well-known place, with the numbers of the package for pages.
type Position int

// Places on the monitor that shows most of the window.
const (
	TopLeft Position = iota
	TopRight
	BottomLeft
	BottomRight
	TopCenter
	BottomCenter
	LeftCenter
	RightCenter
	Center
	// Places at the icon in the tray, see [Positioner.SetTray]: above it, or with
	// Bottom at its upper edge and so below what panel it is in hides of the
	// window. Left begins at the left edge of the icon, Right at its right edge.
	// What does not fit above the icon goes below it.
	TrayLeft
	TrayBottomLeft
	TrayRight
	TrayBottomRight
	TrayCenter
	TrayBottomCenter
)

// ErrNoTray is returned for places at the icon in the tray before that is known.
// On Linux, desktops do not tell where they show an icon: only a click on it
// says where the mouse was, which counts as an icon without a size.
var ErrNoTray = errors.New("Tray position not set") //nolint:revive,staticcheck // as published

// Positioner is the plugin, and its API for Go. It is safe for concurrent use.
type Positioner struct {
	app *mullion.App

	mu   sync.Mutex
	tray image.Rectangle // guarded by mu; physical pixels
	set  bool            // guarded by mu
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Positioner { return &Positioner{} }

// Plugin describes it to the app.
func (p *Positioner) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "positioner",
		Commands: plugin.Commands{
			"move_window":             plugin.Typed(p.command(p.Move)),
			"move_window_constrained": plugin.Typed(p.command(p.MoveConstrained)),
			"set_tray_icon_state":     plugin.Typed(p.trayCommand),
		},
		Default: []string{"allow-move-window", "allow-move-window-constrained", "allow-set-tray-icon-state"},
		Start: func(_ context.Context, app plugin.App) error {
			a, ok := mullion.AppOf(app)
			if !ok {
				return errors.New("it needs an app with windows")
			}
			p.app = a
			return nil
		},
	}
}

// SetTray says where the icon in the tray is, in physical pixels of the desktop.
func (p *Positioner) SetTray(icon image.Rectangle) error {
	for _, n := range []int{icon.Min.X, icon.Min.Y, icon.Max.X, icon.Max.Y} {
		if n < -maxLength || n > maxLength {
			return fmt.Errorf("the icon in the tray: %v is no place on a screen", icon)
		}
	}
	if icon.Dx() < 0 || icon.Dy() < 0 {
		return fmt.Errorf("the icon in the tray: a size of %d × %d", icon.Dx(), icon.Dy())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tray, p.set = icon, true
	return nil
}

// maxLength is how far away a place may be, in pixels.
const maxLength = 1 << 20

// Move moves a window. The whole frame is placed.
func (p *Positioner) Move(ctx context.Context, w *mullion.Window, to Position) error {
	return p.move(ctx, w, to, false)
}

// MoveConstrained is Move, but at the icon in the tray it keeps the window on the
// monitor of the icon, in what panels leave of it.
func (p *Positioner) MoveConstrained(ctx context.Context, w *mullion.Window, to Position) error {
	return p.move(ctx, w, to, true)
}

func (p *Positioner) move(ctx context.Context, w *mullion.Window, to Position, constrained bool) error {
	if to < TopLeft || to > TrayBottomCenter {
		return fmt.Errorf("position %d: there are those from %d to %d", to, TopLeft, TrayBottomCenter)
	}
	p.mu.Lock()
	tray, known := p.tray, p.set
	p.mu.Unlock()
	if to >= TrayLeft && !known {
		return ErrNoTray
	}
	monitors, err := w.Monitors(ctx)
	if err != nil {
		return err
	}
	g := w.Geometry()
	if g.Scale <= 0 {
		return fmt.Errorf("window %q: its size is not known yet", w.Label())
	}
	size := image.Pt(g.OuterWidth, g.OuterHeight)
	var at image.Point
	if to < TrayLeft {
		i := slices.IndexFunc(monitors, func(m mullion.Monitor) bool { return m.Current })
		if i < 0 {
			return errors.New("No monitor found for the window")
		}
		at = place(to, size, workOf(monitors[i]))
	} else {
		at = beside(to, size, tray, runtime.GOOS)
		if constrained {
			i := slices.IndexFunc(monitors, func(m mullion.Monitor) bool {
				return tray.Min.In(image.Rect(m.X, m.Y, m.X+m.Width, m.Y+m.Height))
			})
			if i >= 0 {
				at = within(at, size, workOf(monitors[i]))
			}
		}
	}
	return w.SetPosition(ctx, float64(at.X)/g.Scale, float64(at.Y)/g.Scale)
}

// workOf is what panels leave of a monitor.
func workOf(m mullion.Monitor) image.Rectangle {
	if m.Work.Empty() {
		return image.Rect(m.X, m.Y, m.X+m.Width, m.Y+m.Height)
	}
	return m.Work
}

// Where a window is between the edges of an area: each place by its fractions of
// the room that is left, in halves.
var places = map[Position]image.Point{
	TopLeft: {0, 0}, TopCenter: {1, 0}, TopRight: {2, 0},
	LeftCenter: {0, 1}, Center: {1, 1}, RightCenter: {2, 1},
	BottomLeft: {0, 2}, BottomCenter: {1, 2}, BottomRight: {2, 2},
}

func place(to Position, size image.Point, area image.Rectangle) image.Point {
	room, part := area.Size().Sub(size), places[to]
	return area.Min.Add(image.Pt(room.X*part.X/2, room.Y*part.Y/2))
}

// beside is the place of a window at the icon in the tray.
func beside(to Position, size image.Point, tray image.Rectangle, system string) image.Point {
	at := tray.Min
	switch to {
	case TrayRight, TrayBottomRight:
		at.X = tray.Max.X
	case TrayCenter, TrayBottomCenter:
		at.X = tray.Min.X + tray.Dx()/2 - size.X/2
	}
	switch to {
	case TrayLeft, TrayRight, TrayCenter:
		if at.Y -= size.Y; at.Y < 0 {
			at.Y = tray.Max.Y
			if system == "darwin" {
				at.Y = tray.Min.Y // the menu bar, which windows are kept below
			}
		}
	}
	return at
}

// within moves a window into an area; where it is too large, its upper left
// corner counts.
func within(at, size image.Point, area image.Rectangle) image.Point {
	return image.Pt(max(min(at.X, area.Max.X-size.X), area.Min.X), max(min(at.Y, area.Max.Y-size.Y), area.Min.Y))
}

type moveArgs struct {
	Position Position `json:"position"`
}

// command moves the window that the page is in.
func (p *Positioner) command(move func(context.Context, *mullion.Window, Position) error) func(context.Context, moveArgs) (struct{}, error) {
	return func(ctx context.Context, a moveArgs) (struct{}, error) {
		page, err := plugin.PageOf(ctx)
		if err != nil {
			return struct{}{}, err
		}
		v, err := p.app.Webview(page.Caller().Webview) // which may be in another window by now
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, move(ctx, v.Window(), a.Position)
	}
}

// trayArgs are physical pixels, as pages get them with events of the tray.
type trayArgs struct {
	Position struct {
		X float64 `json:"x"`
		Y float64 `json:"y"`
	} `json:"position"`
	Size struct {
		Width  float64 `json:"width"`
		Height float64 `json:"height"`
	} `json:"size"`
}

func (p *Positioner) trayCommand(_ context.Context, a trayArgs) (struct{}, error) {
	pixels := func(f float64) int { return int(max(min(math.Floor(f), 2*maxLength), -2*maxLength)) }
	icon := image.Rectangle{
		Min: image.Pt(pixels(a.Position.X), pixels(a.Position.Y)),
		Max: image.Pt(pixels(a.Position.X+a.Size.Width), pixels(a.Position.Y+a.Size.Height)),
	}
	return struct{}{}, p.SetTray(icon)
}
