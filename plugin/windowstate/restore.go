package windowstate

import (
	"context"
	"errors"
	"image"
	"slices"
	"time"

	"github.com/mullion-dev/mullion"
)

// opening has a window open as it was. How many monitors there are, and what
// their scale is, is not known before it is there: see opened.
func (s *States) opening(o *mullion.WindowOpening) {
	name, ok := s.nameOf(o.Label)
	if !ok || slices.Contains(s.options.Skip, name) {
		return
	}
	flags := s.options.Flags
	st, ok := s.known(name)
	if flags&Visible != 0 && (!ok || st.Visible) {
		o.Hidden = false
	}
	if !ok {
		return
	}
	scale := st.scale(1)
	if flags&Size != 0 && st.sized() {
		o.Width, o.Height = float64(st.Width)/scale, float64(st.Height)/scale
	}
	if x, y, ok := st.place(); ok && flags&Position != 0 {
		x, y := float64(x)/scale, float64(y)/scale
		o.X, o.Y, o.Center = &x, &y, false
	}
	if flags&Maximized != 0 {
		o.Maximized = st.Maximized
	}
	if flags&Decorations != 0 {
		o.Undecorated = !st.Decorated
	}
	if flags&Fullscreen != 0 {
		o.Fullscreen = st.Fullscreen
	}
}

// scale is that with which the state was saved, or another one where that is
// not known.
func (s state) scale(other float64) float64 {
	if s.Scale > 0 {
		return s.Scale
	}
	return other
}

// opened corrects what opening could not know.
func (s *States) opened(w *mullion.Window) {
	name, ok := s.nameOf(w.Label())
	if !ok || slices.Contains(s.options.Skip, name) {
		return
	}
	st, ok := s.known(name)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), screenTimeout)
	defer cancel()
	if err := s.correct(ctx, w, st); err != nil && !errors.Is(err, mullion.ErrNoWindow) {
		s.log.Warn("a window may not be where it was", "window", w.Label(), "error", err)
	}
}

func (s *States) correct(ctx context.Context, w *mullion.Window, st state) error {
	g, flags := w.Geometry(), s.options.Flags
	if flags&Position != 0 {
		want, got, err := s.place(ctx, w, st)
		if err != nil {
			return err
		}
		if got != want || !got.Empty() && st.scale(1) != g.Scale {
			return normally(ctx, w, g.Maximized, g.Fullscreen, func() error { return s.moveBack(ctx, w, st) })
		}
	}
	if flags&Size != 0 && st.sized() && st.Scale == 0 && g.Scale != 1 {
		return w.SetSize(ctx, float64(st.Width)/g.Scale, float64(st.Height)/g.Scale)
	}
	return nil
}

// place returns where the frame of a window was, and where it is to be: there,
// or on the nearest monitor if it is on none. Both are empty where the place is
// not known, or not for the app to choose.
func (s *States) place(ctx context.Context, w *mullion.Window, st state) (want, got image.Rectangle, err error) {
	x, y, ok := st.place()
	if !ok || isWayland(ctx, w) {
		return want, got, nil
	}
	monitors, err := w.Monitors(ctx)
	if err != nil {
		return want, got, err
	}
	g := w.Geometry()
	size := image.Pt(int(st.Width), int(st.Height))
	if st.Scale > 0 {
		size = image.Pt(int(float64(st.Width)*g.Scale/st.Scale), int(float64(st.Height)*g.Scale/st.Scale))
	}
	if !st.sized() {
		size = image.Pt(g.Width, g.Height)
	}
	size = size.Add(frameOf(g))
	want = image.Rectangle{Min: image.Pt(x, y), Max: image.Pt(x, y).Add(size)}
	return want, onScreen(want, monitors, g.Scale), nil
}

// frameOf is what the frame adds to the content.
func frameOf(g mullion.Geometry) image.Point {
	return image.Pt(max(g.OuterWidth-g.Width, 0), max(g.OuterHeight-g.Height, 0))
}

// moveBack moves a window to where it is to be, with the frame that it has: window
// managers tell of that in pieces, after the window is not maximised any more.
func (s *States) moveBack(ctx context.Context, w *mullion.Window, st state) error {
	var is image.Rectangle // where it was moved to
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		want, got, err := s.place(ctx, w, st)
		if err != nil || got.Empty() {
			return err
		}
		g, spent := w.Geometry(), time.Since(start)
		outer := image.Rect(g.X, g.Y, g.X+g.OuterWidth, g.Y+g.OuterHeight)
		switch {
		case got == is && outer == got && (framed(w.Options(), g) || spent > frameTime), !is.Empty() && spent > normalTime:
			return nil
		case got != is:
			is = got
			if err := put(ctx, w, want, got); err != nil {
				return err
			}
		}
	}
}

// put moves a window, and makes it smaller where it has to be.
func put(ctx context.Context, w *mullion.Window, want, got image.Rectangle) error {
	g := w.Geometry()
	var err error
	if got.Size() != want.Size() {
		content := got.Size().Sub(frameOf(g))
		err = w.SetSize(ctx, float64(max(content.X, 1))/g.Scale, float64(max(content.Y, 1))/g.Scale)
	}
	return errors.Join(err, w.SetPosition(ctx, float64(got.Min.X)/g.Scale, float64(got.Min.Y)/g.Scale))
}

// normalTime is how long a window may take not to be maximised any more, and to
// be where it was moved to. It passes where the window manager does otherwise.
const normalTime = 2 * time.Second

// frameTime is how long a window manager may take to tell of the frame of a window
// that is where it was moved to. Some make none, and there may be none at all.
const frameTime = 500 * time.Millisecond

// framed reports whether the frame of a window is known, or there is none.
func framed(o mullion.WindowOptions, g mullion.Geometry) bool {
	return o.Undecorated || o.Hidden || frameOf(g) != image.Point{}
}

// normally calls f while the window is neither maximised nor fullscreen: window
// managers would move such a window itself, not the place to which it goes back.
// Then it makes the window so.
func normally(ctx context.Context, w *mullion.Window, maximized, fullscreen bool, f func() error) error {
	var errs []error
	g := w.Geometry()
	if g.Fullscreen {
		errs = append(errs, w.SetFullscreen(ctx, false))
	}
	if g.Maximized {
		errs = append(errs, w.SetMaximized(ctx, false))
	}
	// What it is then, and what frame it has, is told a little later, or never, if
	// the window manager does not do it.
	for end := time.Now().Add(normalTime); (g.Maximized || g.Fullscreen) && time.Now().Before(end); g = w.Geometry() {
		time.Sleep(10 * time.Millisecond)
	}
	errs = append(errs, f())
	if maximized {
		errs = append(errs, w.SetMaximized(ctx, true))
	}
	if fullscreen {
		errs = append(errs, w.SetFullscreen(ctx, true))
	}
	return errors.Join(errs...)
}

// isWayland reports whether the system does not tell where windows are. It tells
// the position of the mouse where it does.
func isWayland(ctx context.Context, w *mullion.Window) bool {
	_, _, err := w.CursorPosition(ctx)
	return errors.Is(err, errors.ErrUnsupported)
}

// What of a window has to be on a monitor for its user to get hold of it, in
// logical pixels of its upper edge.
const (
	gripHeight = 24
	gripWidth  = 48
	gripDepth  = 8
)

// onScreen returns where a window is to be: there, if the user can get hold of
// it there, or else in the work area of the nearest monitor, as large as fits.
func onScreen(w image.Rectangle, monitors []mullion.Monitor, scale float64) image.Rectangle {
	if len(monitors) == 0 {
		return w
	}
	near, least := monitors[0], -1
	middle := w.Min.Add(w.Size().Div(2))
	for _, m := range monitors {
		area := image.Rect(m.X, m.Y, m.X+m.Width, m.Y+m.Height)
		grip := image.Rect(w.Min.X, w.Min.Y, w.Max.X, w.Min.Y+int(gripHeight*scale)).Intersect(area)
		if grip.Dx() >= min(w.Dx(), int(gripWidth*scale)) && grip.Dy() >= int(gripDepth*scale) {
			return w
		}
		nearest := image.Pt(min(max(middle.X, area.Min.X), area.Max.X), min(max(middle.Y, area.Min.Y), area.Max.Y))
		away := nearest.Sub(middle)
		if d := away.X*away.X + away.Y*away.Y; least < 0 || d < least {
			near, least = m, d
		}
	}
	room := near.Work
	if room.Empty() {
		room = image.Rect(near.X, near.Y, near.X+near.Width, near.Y+near.Height)
	}
	size := image.Pt(min(w.Dx(), room.Dx()), min(w.Dy(), room.Dy()))
	at := image.Pt(min(max(w.Min.X, room.Min.X), room.Max.X-size.X), min(max(w.Min.Y, room.Min.Y), room.Max.Y-size.Y))
	return image.Rectangle{Min: at, Max: at.Add(size)}
}

// Restore makes a window as it is remembered, as far as flags say. One of which
// nothing is remembered stays as it is, but is shown with Visible. Positions
// under Wayland are left out.
func (s *States) Restore(ctx context.Context, w *mullion.Window, flags Flags) error {
	if err := check(flags); err != nil {
		return err
	}
	if s.app == nil {
		return mullion.ErrNotRunning
	}
	st, ok := state{}, false
	if name, tracked := s.nameOf(w.Label()); tracked {
		st, ok = s.known(name)
	}
	var errs []error
	if ok {
		if flags&Decorations != 0 {
			errs = append(errs, w.SetDecorations(ctx, st.Decorated))
		}
		g := w.Geometry()
		maximized, fullscreen := g.Maximized, g.Fullscreen
		if flags&Maximized != 0 {
			maximized = st.Maximized
		}
		if flags&Fullscreen != 0 {
			fullscreen = st.Fullscreen
		}
		errs = append(errs, normally(ctx, w, maximized, fullscreen, func() error { return s.restorePlace(ctx, w, st, flags) }))
	}
	if flags&Visible != 0 && (!ok || st.Visible) {
		errs = append(errs, w.SetVisible(ctx, true))
		if err := w.Focus(ctx); !errors.Is(err, errors.ErrUnsupported) { // or it is the compositor's to give
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (s *States) restorePlace(ctx context.Context, w *mullion.Window, st state, flags Flags) error {
	var errs []error
	if flags&Size != 0 && st.sized() {
		scale := st.scale(w.Geometry().Scale)
		errs = append(errs, w.SetSize(ctx, float64(st.Width)/scale, float64(st.Height)/scale))
	}
	if flags&Position != 0 {
		errs = append(errs, s.moveBack(ctx, w, st))
	}
	return errors.Join(errs...)
}
