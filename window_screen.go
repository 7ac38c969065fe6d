package mullion

import (
	"context"
	"image"
)

// Center puts the window in the middle of what panels leave of its monitor.
// Under Wayland it is an error wrapping errors.ErrUnsupported.
func (w *Window) Center(ctx context.Context) error { return w.w.Center(ctx) }

// Theme is "light" or "dark", as the window is seen.
func (w *Window) Theme() string { return w.w.Theme() }

// Monitor is a monitor. Lengths are physical pixels.
type Monitor struct {
	// Name is that of its connector, such as "HDMI-1", or of its model where the
	// system does not tell; it may be empty.
	Name string
	// Scale is the number of physical pixels in a logical one.
	Scale               float64
	X, Y, Width, Height int
	// Work is the part that panels and docks leave free.
	Work image.Rectangle
	// Current is set on the monitor that shows most of the window, Primary on
	// the one that the user has made the first.
	Current, Primary bool
}

// Monitors asks the window's host for the monitors that are there. While no host is
// up it is an error.
func (w *Window) Monitors(ctx context.Context) ([]Monitor, error) {
	s, err := w.w.Screen(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Monitor, len(s.Monitors))
	for i, m := range s.Monitors {
		work := image.Rect(int(m.Work.X), int(m.Work.Y), int(m.Work.X+m.Work.Width), int(m.Work.Y+m.Work.Height))
		list[i] = Monitor{m.Name, m.Scale, int(m.Area.X), int(m.Area.Y), int(m.Area.Width), int(m.Area.Height), work, i == s.Current, i == s.Primary}
	}
	return list, nil
}
