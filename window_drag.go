package mullion

import (
	"context"
	"fmt"
	"slices"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// StartDragging lets the user move the window with the button of the mouse
// that is held down just now, as on a title bar. Without one nothing happens.
// A page need not ask for it: elements with the attribute
// data-tauri-drag-region do it by themselves.
func (w *Window) StartDragging(ctx context.Context) error { return w.w.Do(ctx, wire.ActionDrag, nil) }

// ResizeEdge is a side or corner of a window.
type ResizeEdge string

// The sides and corners.
const (
	ResizeEast      ResizeEdge = "East"
	ResizeNorth     ResizeEdge = "North"
	ResizeNorthEast ResizeEdge = "NorthEast"
	ResizeNorthWest ResizeEdge = "NorthWest"
	ResizeSouth     ResizeEdge = "South"
	ResizeSouthEast ResizeEdge = "SouthEast"
	ResizeSouthWest ResizeEdge = "SouthWest"
	ResizeWest      ResizeEdge = "West"
)

// StartResizeDragging lets the user resize the window by that edge, with the
// button of the mouse that is held down just now.
func (w *Window) StartResizeDragging(ctx context.Context, edge ResizeEdge) error {
	if !slices.Contains(core.ResizeEdges(), string(edge)) {
		return fmt.Errorf("window %q: edge %q: want one of %q", w.Label(), edge, core.ResizeEdges())
	}
	return w.w.Do(ctx, wire.ActionResize, string(edge))
}

// SetFullscreenAt makes the window cover the monitor that has a point of the
// desktop, in physical pixels as [Window.Monitors] counts them. It is an error
// if none has.
func (w *Window) SetFullscreenAt(ctx context.Context, x, y int) error {
	return w.w.Do(ctx, wire.ActionFullscreenAt, wire.Point{X: float64(x), Y: float64(y)})
}

// RequestClose closes the window as its close button does: pages that listen
// and functions of [App.OnCloseRequested] may keep it.
func (w *Window) RequestClose() { w.w.CloseRequested() }
