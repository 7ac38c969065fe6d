package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/mullion-dev/mullion/internal/units"
	"github.com/mullion-dev/mullion/internal/wire"
)

// contentSize is the size of the window's content in logical pixels: what is
// seen of it, or what is wanted while nothing is.
func (w *Window) contentSize() (width, height float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if o := w.observed; o.Scale > 0 && o.Width > 0 && o.Height > 0 {
		return float64(o.Width) / o.Scale, float64(o.Height) / o.Scale
	}
	return w.state.Width, w.state.Height
}

func checkBounds(r wire.Rect) error {
	if r.Width < 0 || r.Height < 0 {
		return fmt.Errorf("size %v × %v: want no negative length", r.Width, r.Height)
	}
	return errors.Join(units.Check("x", r.X), units.Check("y", r.Y), units.Check("width", r.Width), units.Check("height", r.Height))
}

// shareOf turns a place into fractions of a window's content.
func shareOf(r wire.Rect, width, height float64) wire.Rect {
	width, height = max(width, 1), max(height, 1)
	return wire.Rect{X: r.X / width, Y: r.Y / height, Width: r.Width / width, Height: r.Height / height}
}

// Bounds is the webview's place in the window's content, in logical pixels.
func (v *Webview) Bounds() wire.Rect {
	width, height := v.Window().contentSize()
	v.mu.Lock()
	defer v.mu.Unlock()
	return boundsOf(&v.state, width, height)
}

func boundsOf(s *wire.WebviewState, width, height float64) wire.Rect {
	switch {
	case s.Share != nil:
		return wire.Rect{X: s.Share.X * width, Y: s.Share.Y * height, Width: s.Share.Width * width, Height: s.Share.Height * height}
	case s.Bounds != nil:
		return *s.Bounds
	}
	return wire.Rect{Width: width, Height: height}
}

// ChangeBounds moves and resizes the webview. One that keeps its share of the
// window goes on doing so, with the new one.
func (v *Webview) ChangeBounds(ctx context.Context, change func(*wire.Rect)) error {
	width, height := v.Window().contentSize()
	var bad error
	err := v.Update(ctx, func(s *wire.WebviewState) {
		r := boundsOf(s, width, height)
		change(&r)
		if bad = checkBounds(r); bad != nil {
			return
		}
		if s.Share == nil {
			s.Bounds = &r
			return
		}
		share := shareOf(r, width, height)
		s.Share = &share
	})
	return errors.Join(bad, err)
}

// SetAutoResize makes the webview keep its share of the window when that is
// resized, or its place and size.
func (v *Webview) SetAutoResize(ctx context.Context, on bool) error {
	width, height := v.Window().contentSize()
	return v.Update(ctx, func(s *wire.WebviewState) {
		r := boundsOf(s, width, height)
		switch {
		case on && s.Bounds != nil:
			share := shareOf(r, width, height)
			s.Bounds, s.Share = nil, &share
		case !on:
			s.Bounds, s.Share = &r, nil
		}
	})
}

// inSight reports whether something of the webview is within its window.
func (v *Webview) inSight() bool {
	width, height := v.Window().contentSize()
	v.mu.Lock()
	defer v.mu.Unlock()
	r := boundsOf(&v.state, width, height)
	return !v.state.Hidden && r.Width >= 1 && r.Height >= 1 && r.X < width && r.Y < height && r.X+r.Width > 0 && r.Y+r.Height > 0
}

// CheckZoom refuses factors by which no page can be read, and what is no
// number.
func CheckZoom(factor float64) error {
	const least, most = 0.05, 20
	if !(factor >= least && factor <= most) {
		return fmt.Errorf("zoom %v: want a factor from %v to %v", factor, least, most)
	}
	return nil
}

// SetZoom enlarges the page: 1 is 100 %.
func (v *Webview) SetZoom(ctx context.Context, factor float64) error {
	if err := CheckZoom(factor); err != nil {
		return err
	}
	return v.Update(ctx, func(s *wire.WebviewState) { s.Zoom = factor })
}

// What the keys that zoom go to at most, and by one press.
const (
	leastKeyZoom, mostKeyZoom = 0.2, 10
	keyZoomStep               = 0.2
)

// zoomWished handles a key that zooms. It does not wait for the host.
func (v *Webview) zoomWished(key string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.state.ZoomKeys {
		return nil // switched off after the press
	}
	zoom := cmp.Or(v.state.Zoom, 1)
	switch key {
	case wire.ZoomIn:
		zoom = max(zoom, min(zoom+keyZoomStep, mostKeyZoom))
	case wire.ZoomOut:
		zoom = min(zoom, max(zoom-keyZoomStep, leastKeyZoom))
	case wire.ZoomReset:
		zoom = 1
	default:
		return fmt.Errorf("%w: zoom key %q", wire.ErrProtocol, key)
	}
	v.state.Zoom, v.zoomed = math.Round(zoom*100)/100, true
	if !v.zooming {
		v.zooming = true
		v.core.tasks.Go(v.tellZoom)
	}
	return nil
}

// tellZoom gives the host the zoom that the keys have made. What is pressed
// while it answers is told together.
func (v *Webview) tellZoom() {
	for {
		v.mu.Lock()
		if v.zooming = v.zoomed; !v.zoomed {
			v.mu.Unlock()
			return
		}
		v.zoomed = false
		v.mu.Unlock()
		if err := v.Update(v.core.ctx, func(*wire.WebviewState) {}); err != nil && !errors.Is(err, ErrNoWebview) {
			v.core.log.Warn("mullion: the page could not be zoomed", "window", v.Window().label, "webview", v.label, "reason", err)
		}
	}
}

// scale is the number of physical pixels in a logical one, 1 while it is not
// known.
func (v *Webview) scale() float64 {
	if s := v.Window().Scale(); s > 0 {
		return s
	}
	return 1
}
