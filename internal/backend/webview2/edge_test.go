package webview2

import "testing"

// TestEdgeAt: where a window of 200 by 100 pixels is taken by its edges, 5 pixels wide, and its corners, 16 pixels long.
func TestEdgeAt(t *testing.T) {
	for _, test := range []struct {
		x, y     int32
		whole    string // where all four edges are the window's own
		underTop string // where only the upper one is
	}{
		{0, 0, "NorthWest", "NorthWest"}, {15, 4, "NorthWest", "NorthWest"}, {4, 15, "NorthWest", ""},
		{16, 4, "North", "North"}, {100, 0, "North", "North"}, {100, 5, "", ""},
		{183, 0, "North", "North"}, {184, 0, "NorthEast", "NorthEast"}, {199, 15, "NorthEast", ""},
		{0, 50, "West", ""}, {4, 50, "West", ""}, {5, 50, "", ""},
		{194, 50, "", ""}, {195, 50, "East", ""}, {199, 50, "East", ""},
		{0, 99, "SouthWest", ""}, {4, 84, "SouthWest", ""}, {4, 83, "West", ""}, {15, 95, "SouthWest", ""},
		{100, 94, "", ""}, {100, 95, "South", ""}, {199, 99, "SouthEast", ""},
	} {
		for topOnly, want := range map[bool]string{false: test.whole, true: test.underTop} {
			hit := uintptr(hitClient)
			if want != "" {
				hit = edges[want]
			}
			if got := edgeAt(test.x, test.y, 200, 100, 5, 16, topOnly); got != hit {
				t.Errorf("%d, %d, topOnly %t: got %d, want %d, %q", test.x, test.y, topOnly, got, hit, want)
			}
		}
	}
}
