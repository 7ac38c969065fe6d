package icons

import (
	"encoding/binary"
	"image"
	"slices"
)

// icoSizes are those that Windows shows.
var icoSizes = []int{16, 24, 32, 48, 64, 256}

// ico makes a file for Windows. The large picture is a PNG, as Windows reads
// it since Vista; the others are bitmaps, which all programs read. See
// https://learn.microsoft.com/windows/win32/menurc/newheader.
func (m *maker) ico() ([]byte, error) {
	le := binary.LittleEndian
	head := le.AppendUint16(le.AppendUint16(le.AppendUint16(nil, 0), 1), uint16(len(icoSizes)))
	at := len(head) + 16*len(icoSizes)
	var body []byte
	for _, size := range icoSizes {
		data := bitmap(m.at(size))
		if size == 256 {
			var err error
			if data, err = m.png(size); err != nil {
				return nil, err
			}
		}
		head = append(head, byte(size), byte(size), 0, 0) // 256 is written as 0
		head = le.AppendUint16(le.AppendUint16(head, 1), 32)
		head = le.AppendUint32(le.AppendUint32(head, uint32(len(data))), uint32(at+len(body)))
		body = append(body, data...)
	}
	return append(head, body...), nil
}

// bitmap is a BITMAPINFOHEADER, the colours from the last line to the first, and
// a mask for programs that know no transparency.
func bitmap(img *image.NRGBA) []byte {
	le := binary.LittleEndian
	size := img.Bounds().Dx()
	b := le.AppendUint32(nil, 40)
	b = le.AppendUint32(le.AppendUint32(b, uint32(size)), uint32(2*size)) // with the mask
	b = le.AppendUint16(le.AppendUint16(b, 1), 32)
	b = append(b, make([]byte, 24)...)
	stride := (size + 31) / 32 * 4
	mask := make([]byte, stride*size)
	for line := range size {
		for x := range size {
			c := img.NRGBAAt(x, size-1-line)
			b = append(b, c.B, c.G, c.R, c.A)
			if c.A < 128 {
				mask[line*stride+x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return slices.Concat(b, mask)
}
