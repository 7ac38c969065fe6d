package core

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

var (
	pngMagic = []byte("\x89PNG\r\n\x1a\n")
	icoMagic = []byte{0, 0, 1, 0}

	errIconShort = errors.New("ICO: the file is cut off")
)

// DecodeImage reads a PNG or an ICO, of which it takes the largest picture.
func DecodeImage(file []byte) (*Image, error) {
	switch {
	case bytes.HasPrefix(file, pngMagic):
		return decodePNG(file)
	case bytes.HasPrefix(file, icoMagic):
		return decodeIcon(file)
	}
	return nil, errors.New("image: neither PNG nor ICO")
}

func decodePNG(file []byte) (*Image, error) {
	head, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("PNG: %w", err)
	}
	if err := checkImageSize(head.Width, head.Height); err != nil {
		return nil, err
	}
	decoded, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("PNG: %w", err)
	}
	return ImageOf(decoded)
}

// ImageOf copies an image.
func ImageOf(from image.Image) (*Image, error) {
	b := from.Bounds()
	if err := checkImageSize(b.Dx(), b.Dy()); err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	if same, ok := from.(*image.NRGBA); ok && same.Stride == out.Stride && len(same.Pix) == len(out.Pix) {
		copy(out.Pix, same.Pix)
	} else {
		for y := range b.Dy() {
			for x := range b.Dx() {
				out.SetNRGBA(x, y, color.NRGBAModel.Convert(from.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA))
			}
		}
	}
	return &Image{b.Dx(), b.Dy(), out.Pix}, nil
}

// decodeIcon reads the largest picture of an ICO, and of several of that size
// the one with most colours. The layout is that of Microsoft's "Icons".
func decodeIcon(file []byte) (*Image, error) {
	const head, entry = 6, 16
	count := 0
	if len(file) >= head {
		count = int(binary.LittleEndian.Uint16(file[4:]))
	}
	if count == 0 || len(file) < head+count*entry {
		return nil, errIconShort
	}
	var best []byte
	bestArea, bestDepth := 0, 0
	for i := range count {
		e := file[head+i*entry:]
		side := func(b byte) int { // 0 stands for 256
			if b == 0 {
				return 256
			}
			return int(b)
		}
		area, depth := side(e[0])*side(e[1]), int(binary.LittleEndian.Uint16(e[6:]))
		size, from := uint64(binary.LittleEndian.Uint32(e[8:])), uint64(binary.LittleEndian.Uint32(e[12:]))
		if from+size > uint64(len(file)) {
			return nil, errIconShort
		}
		if area > bestArea || area == bestArea && depth > bestDepth {
			best, bestArea, bestDepth = file[from:from+size], area, depth
		}
	}
	if bytes.HasPrefix(best, pngMagic) {
		return decodePNG(best)
	}
	return decodeBitmap(best)
}

// decodeBitmap reads a bitmap without a file header, whose height counts the
// mask that follows the picture: a set bit there is a pixel that is not seen.
func decodeBitmap(b []byte) (*Image, error) {
	const head = 40
	if len(b) < head {
		return nil, errIconShort
	}
	size := int(binary.LittleEndian.Uint32(b))
	width, height := int(int32(binary.LittleEndian.Uint32(b[4:]))), int(int32(binary.LittleEndian.Uint32(b[8:])))/2
	depth, compression := int(binary.LittleEndian.Uint16(b[14:])), binary.LittleEndian.Uint32(b[16:])
	if err := checkImageSize(width, height); err != nil {
		return nil, err
	}
	if size < head || size > len(b) || compression != 0 {
		return nil, errors.New("ICO: a bitmap of a kind that is not known")
	}
	palette := 0
	switch depth {
	case 1, 4, 8:
		palette = 1 << depth
		if used := int(binary.LittleEndian.Uint32(b[32:])); used > 0 && used < palette {
			palette = used
		}
	case 24, 32:
	default:
		return nil, fmt.Errorf("ICO: a bitmap of %d bits per pixel", depth)
	}
	colors := b[size:]
	stride, maskStride := (width*depth+31)/32*4, (width+31)/32*4
	if len(colors) < palette*4+stride*height {
		return nil, errIconShort
	}
	pixels := colors[palette*4:]
	mask := pixels[stride*height:]
	if len(mask) < maskStride*height {
		mask = nil // some writers leave it out where there is alpha
	}
	out := &Image{width, height, make([]byte, 4*width*height)}
	opaque := true // until a pixel has alpha
	for y := range height {
		row := pixels[(height-1-y)*stride:] // from the bottom
		for x := range width {
			p := out.RGBA[4*(y*width+x):]
			var c []byte
			p[3] = 255
			switch depth {
			case 24, 32:
				c = row[x*depth/8:]
				if depth == 32 {
					p[3] = c[3]
					opaque = opaque && c[3] == 0
				}
			default:
				bit := x * depth
				index := int(row[bit/8]>>(8-depth-bit%8)) & (1<<depth - 1)
				if index >= palette {
					return nil, errors.New("ICO: a colour outside of the palette")
				}
				c = colors[index*4:]
			}
			p[0], p[1], p[2] = c[2], c[1], c[0]
		}
	}
	if depth == 32 && !opaque || mask == nil {
		return out, nil
	}
	for y := range height {
		row := mask[(height-1-y)*maskStride:]
		for x := range width {
			alpha := byte(255)
			if row[x/8]>>(7-x%8)&1 == 1 {
				alpha = 0
			}
			out.RGBA[4*(y*width+x)+3] = alpha
		}
	}
	return out, nil
}
