package webview2

// What a place of a window is for the mouse, of winuser.h.
const (
	hitClient  = 1
	hitCaption = 2
)

// edges are the values for the edges of a window.
var edges = map[string]uintptr{
	"West": 10, "East": 11, "North": 12, "NorthWest": 13, "NorthEast": 14, "South": 15, "SouthWest": 16, "SouthEast": 17,
}

// How far from its edges a window without borders can be resized, and from its corners in two directions at once, in logical
// pixels. It is the content's place, so it is less than the borders of Windows are wide.
const (
	edgeWidth  = 5
	edgeCorner = 16
)

// edgeAt is the edge by which the mouse takes a window of a size, as WM_NCHITTEST names it, with the mouse at x and y from its
// top left corner; hitClient is none. With topOnly the other edges are elsewhere.
func edgeAt(x, y, width, height, edge, corner int32, topOnly bool) uintptr {
	north, south := y < edge, !topOnly && y >= height-edge
	west, east := !topOnly && x < edge, !topOnly && x >= width-edge
	if north || south { // a corner reaches along both of its edges
		west, east = x < corner, x >= width-corner
	}
	if west || east {
		north, south = north || !topOnly && y < corner, south || !topOnly && y >= height-corner
	}
	var name string
	switch {
	case north:
		name = "North"
	case south:
		name = "South"
	}
	switch {
	case west:
		name += "West"
	case east:
		name += "East"
	}
	if name == "" {
		return hitClient
	}
	return edges[name]
}
