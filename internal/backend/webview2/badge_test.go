package webview2

import (
	"strings"
	"testing"
)

func TestBadge(t *testing.T) {
	draw := func(n int64, side int) string {
		p := badge(n, side)
		var b strings.Builder
		for y := range side {
			for x := range side {
				switch c := p.RGBA[4*(y*side+x):]; {
				case c[3] == 0:
					b.WriteByte(' ')
				case c[1] == 0xFF:
					b.WriteByte('#')
				default:
					b.WriteByte('.')
				}
			}
			b.WriteByte('\n')
		}
		return b.String()
	}
	if got := draw(17, 16); strings.Count(got, "#") != 4*(8+7) {
		t.Errorf("17:\n%s", got)
	}
	if draw(100, 16) != draw(99, 16) {
		t.Error("100 is not 99")
	}
	if got := draw(-1, 16); strings.Contains(got, "#") || !strings.Contains(got, ".") {
		t.Errorf("-1:\n%s", got)
	}
	for _, side := range []int{8, 10, 16, 20, 24, 32, 64} { // none is drawn beyond its edge
		for n := range int64(100) {
			badge(n, side)
		}
	}
}
