package clipboardmanager

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/bits"
)

// The sizes of the heads of bitmaps, and their kinds of pixels, of wingdi.h.
const (
	infoHead, v5Head  = 40, 124
	rgbPixels         = 0
	maskedPixels      = 3
	sRGB              = 0x73524742 // LCS_sRGB
	intentPictures    = 4          // LCS_GM_IMAGES
	maskRed, maskBlue = 0x00ff0000, 0x000000ff
	maskGreen         = 0x0000ff00
	maskAlpha         = 0xff000000
)

// encodeDIB is CF_DIBV5: a BITMAPV5HEADER and pixels of 32 bits, with alpha, from
// the bottom row up. The system makes the older formats of it.
func encodeDIB(i image.Image) []byte {
	b := i.Bounds()
	pixels := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(pixels, pixels.Rect, i, b.Min, draw.Src)
	size := len(pixels.Pix)
	data := make([]byte, v5Head, v5Head+size)
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(data[at:], v) }
	put(0, v5Head)
	put(4, uint32(b.Dx()))
	put(8, uint32(b.Dy()))
	put(12, 1|32<<16) // one plane
	put(16, maskedPixels)
	put(20, uint32(size))
	for n, mask := range []uint32{maskRed, maskGreen, maskBlue, maskAlpha, sRGB} {
		put(infoHead+4*n, mask)
	}
	put(108, intentPictures)
	for y := b.Dy() - 1; y >= 0; y-- {
		row := pixels.Pix[y*pixels.Stride:][:4*b.Dx()]
		for ; len(row) > 0; row = row[4:] {
			data = append(data, row[2], row[1], row[0], row[3])
		}
	}
	return data
}

var errBitmap = errors.New("the image on it is a bitmap of a kind that is not known, or is cut off")

// decodeDIB reads CF_DIBV5, which the system makes of other bitmaps: pixels of 24
// or 32 bits.
func decodeDIB(data []byte) (image.Image, error) {
	if len(data) < infoHead {
		return nil, errBitmap
	}
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(data[i:]) }
	head, width, height, depth, kind := at(0), int(int32(at(4))), int(int32(at(8))), at(12)>>16, at(16)
	fromTop := height < 0
	if fromTop {
		height = -height
	}
	if err := checkSize(width, height); err != nil {
		return nil, err
	}
	if head < infoHead || head > v5Head || depth != 24 && depth != 32 || kind != rgbPixels && kind != maskedPixels || kind == maskedPixels && depth != 32 {
		return nil, errBitmap
	}
	// Masks are part of the newer heads, or come after the old one. So do the
	// colors of a palette that is of no use here.
	start := uint64(head) + 4*uint64(at(32))
	masks := [4]uint32{maskRed, maskGreen, maskBlue, 0}
	if kind == maskedPixels {
		if head == infoHead {
			start += 12
		}
		if uint64(len(data)) < max(start, infoHead+16) {
			return nil, errBitmap
		}
		for n := range masks {
			if n < 3 || head > infoHead+12 {
				masks[n] = at(infoHead + 4*n)
			}
		}
	}
	stride := (width*int(depth)/8 + 3) &^ 3
	if start > uint64(len(data)) || uint64(len(data))-start < uint64(stride)*uint64(height) {
		return nil, errBitmap
	}
	pixels := data[start:]
	i := image.NewNRGBA(image.Rect(0, 0, width, height))
	transparent := masks[3] != 0
	for y := range height {
		row := pixels[stride*y:]
		if !fromTop {
			row = pixels[stride*(height-1-y):]
		}
		for x := range width {
			var v uint32
			if depth == 24 {
				v = uint32(row[3*x]) | uint32(row[3*x+1])<<8 | uint32(row[3*x+2])<<16
			} else {
				v = binary.LittleEndian.Uint32(row[4*x:])
			}
			c := color.NRGBA{part(v, masks[0]), part(v, masks[1]), part(v, masks[2]), 0xff}
			if transparent {
				c.A = part(v, masks[3])
			}
			i.SetNRGBA(x, y, c)
		}
	}
	return i, nil
}

// part is what a mask takes of a pixel, as 8 bits.
func part(v, mask uint32) uint8 {
	if mask == 0 {
		return 0
	}
	low := bits.TrailingZeros32(mask)
	most := uint64(mask >> low)
	return uint8(uint64(v&mask>>low) * 255 / most)
}

func pngOfDIB(data []byte) ([]byte, error) {
	i, err := decodeDIB(data)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&file, i); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}
