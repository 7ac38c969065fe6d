package wire

// Screen is what a host sees of monitors and mouse: the answer to
// ActionScreen. Lengths are physical pixels.
type Screen struct {
	Monitors []Monitor `json:"monitors"`
	// Primary and Current are places in Monitors, -1 for none. Current is the
	// monitor of the window that was asked.
	Primary int `json:"primary"`
	Current int `json:"current"`
	// Cursor is where the mouse is on the desktop; nil where the system does
	// not tell (Wayland).
	Cursor *Point `json:"cursor,omitzero"`
}

// MaxMonitors bounds the monitors of a Screen.
const MaxMonitors = 64

// Monitor is one of them.
type Monitor struct {
	Name  string  `json:"name,omitzero"`
	Scale float64 `json:"scale"`
	Area  Rect    `json:"area"`
	// Work is the part that panels leave free.
	Work Rect `json:"work"`
}

// Contains reports whether a point is in the rectangle. Its right and lower
// edges are not.
func (r Rect) Contains(p Point) bool {
	return p.X >= r.X && p.X < r.X+r.Width && p.Y >= r.Y && p.Y < r.Y+r.Height
}

// Point is a place. Which pixels it counts is said where it is used.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}
