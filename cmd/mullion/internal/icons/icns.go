package icons

import (
	"encoding/binary"
	"image"
	"slices"
)

// icnsTypes are the pictures of a file for macOS: those that are PNG.
var icnsTypes = []struct {
	kind string
	size int
}{
	{"ic11", 32},   // 16@2x
	{"ic12", 64},   // 32@2x
	{"ic07", 128},  //
	{"ic13", 256},  // 128@2x
	{"ic08", 256},  //
	{"ic14", 512},  // 256@2x
	{"ic09", 512},  //
	{"ic10", 1024}, // 512@2x
}

// icns makes a file for macOS: chunks with a type of four letters and a
// length. The two small pictures are packed colours with a mask beside them,
// for there programs do not expect PNG.
func (m *maker) icns() ([]byte, error) {
	var body []byte
	chunk := func(kind string, data []byte) {
		body = append(body, kind...)
		body = binary.BigEndian.AppendUint32(body, uint32(8+len(data)))
		body = append(body, data...)
	}
	for _, small := range []struct {
		colors, mask string
		size         int
	}{{"is32", "s8mk", 16}, {"il32", "l8mk", 32}} {
		colors, mask := planes(m.at(small.size))
		chunk(small.colors, colors)
		chunk(small.mask, mask)
	}
	for _, t := range icnsTypes {
		if t.size > m.source.Bounds().Dx() {
			continue // it would be blurred; macOS scales a smaller one
		}
		data, err := m.png(t.size)
		if err != nil {
			return nil, err
		}
		chunk(t.kind, data)
	}
	head := binary.BigEndian.AppendUint32([]byte("icns"), uint32(8+len(body)))
	return append(head, body...), nil
}

// planes are red, green and blue, each packed, and the mask.
func planes(img *image.NRGBA) (colors, mask []byte) {
	var channels [4][]byte
	for i := 0; i < len(img.Pix); i += 4 {
		for c := range channels {
			channels[c] = append(channels[c], img.Pix[i+c])
		}
	}
	return slices.Concat(pack(channels[0]), pack(channels[1]), pack(channels[2])), channels[3]
}

// pack writes runs: a byte below 128 is followed by one more than that many
// bytes as they are, any other by one that stands 125 less than that many times.
func pack(in []byte) (out []byte) {
	var plain []byte
	flush := func() {
		for len(plain) > 0 {
			n := min(len(plain), 128)
			out = append(append(out, byte(n-1)), plain[:n]...)
			plain = plain[n:]
		}
	}
	for i := 0; i < len(in); {
		run := 1
		for run < 130 && i+run < len(in) && in[i+run] == in[i] {
			run++
		}
		if run < 3 {
			plain = append(plain, in[i:i+run]...)
		} else {
			flush()
			out = append(out, byte(run+125), in[i])
		}
		i += run
	}
	flush()
	return out
}
