package webview2

import (
	"strconv"

	"github.com/mullion-dev/mullion/internal/wire"
)

// figures are the digits, of three by five pixels: a row has three bits, the top row first.
var figures = [10][5]uint8{
	{7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7}, {5, 5, 7, 1, 1},
	{7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 1, 1}, {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7},
}

// figureWidth and figureHeight are the size of a digit.
const figureWidth, figureHeight = 3, 5

// badge is a round picture with a number, for an overlay of so many pixels on a side: 16 at 96 pixels per
// inch, and 8 at least. There is room for two digits: what is more than 99 is 99, and what is less than nothing has none.
func badge(n int64, side int) *wire.Picture {
	p := &wire.Picture{Width: side, Height: side, RGBA: make([]byte, 4*side*side)}
	put := func(x, y int, c [4]byte) { copy(p.RGBA[4*(y*side+x):], c[:]) }
	red, white := [4]byte{0xC4, 0x2B, 0x1C, 0xFF}, [4]byte{0xFF, 0xFF, 0xFF, 0xFF}
	for y := range side {
		for x := range side {
			if dx, dy := 2*x+1-side, 2*y+1-side; dx*dx+dy*dy <= side*side {
				put(x, y, red)
			}
		}
	}
	if n < 0 {
		return p
	}
	text := strconv.FormatInt(min(n, 99), 10)
	scale := max(1, side/(figureWidth*2+1+1)) // two digits, a gap, and a rim
	width := (len(text)*(figureWidth+1) - 1) * scale
	left, top := (side-width)/2, (side-figureHeight*scale)/2
	for i, digit := range text {
		for row, bits := range figures[digit-'0'] {
			for column := range figureWidth {
				if bits>>(figureWidth-1-column)&1 == 0 {
					continue
				}
				x, y := left+(i*(figureWidth+1)+column)*scale, top+row*scale
				for k := range scale * scale {
					put(x+k%scale, y+k/scale, white)
				}
			}
		}
	}
	return p
}
