package core_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/core"
)

// twoPixels are half-transparent red, and blue.
var twoPixels = []byte{255, 0, 0, 128, 0, 0, 255, 255}

func pngOf(t testing.TB, width, height int, rgba []byte) []byte {
	t.Helper()
	i := image.NewNRGBA(image.Rect(0, 0, width, height))
	copy(i.Pix, rgba)
	var b bytes.Buffer
	if err := png.Encode(&b, i); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bitmapOf is the bitmap of an icon: its pixels and mask from the bottom up.
func bitmapOf(width, height, depth int, palette, pixels, mask []byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 40)
	b = binary.LittleEndian.AppendUint32(b, uint32(width))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*height))
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, uint16(depth))
	b = append(b, make([]byte, 24)...)
	b = append(b, palette...)
	return append(append(b, pixels...), mask...)
}

func iconOf(pictures ...[]byte) []byte {
	b := []byte{0, 0, 1, 0, byte(len(pictures)), 0}
	from := 6 + 16*len(pictures)
	for n, p := range pictures {
		b = append(b, byte(n+1), byte(n+1), 0, 0, 1, 0, 32, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = binary.LittleEndian.AppendUint32(b, uint32(from))
		from += len(p)
	}
	return append(b, bytes.Join(pictures, nil)...)
}

func TestDecodeImage(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 1, 1))
	gray.Set(0, 0, color.Gray{7})
	var grayFile bytes.Buffer
	if err := png.Encode(&grayFile, gray); err != nil {
		t.Fatal(err)
	}
	small := pngOf(t, 1, 1, []byte{1, 2, 3, 4})
	for _, test := range []struct {
		name          string
		file          []byte
		width, height int
		want          []byte // nil: an error
	}{
		{"png", pngOf(t, 2, 1, twoPixels), 2, 1, twoPixels},
		{"gray png", grayFile.Bytes(), 1, 1, []byte{7, 7, 7, 255}},
		{"icon of pngs: the largest", iconOf(small, pngOf(t, 2, 1, twoPixels)), 2, 1, twoPixels},
		{"icon of 32 bits", iconOf(bitmapOf(1, 2, 32, nil, []byte{1, 2, 3, 4, 5, 6, 7, 8}, make([]byte, 8))), 1, 2, []byte{7, 6, 5, 8, 3, 2, 1, 4}},
		{"icon of 32 bits without alpha", iconOf(bitmapOf(2, 1, 32, nil, []byte{1, 2, 3, 0, 5, 6, 7, 0}, []byte{1 << 6, 0, 0, 0})), 2, 1, []byte{3, 2, 1, 255, 7, 6, 5, 0}},
		{"icon of 24 bits", iconOf(bitmapOf(1, 1, 24, nil, []byte{1, 2, 3, 0}, make([]byte, 4))), 1, 1, []byte{3, 2, 1, 255}},
		{"icon of 1 bit", iconOf(bitmapOf(2, 1, 1, []byte{0, 0, 0, 0, 255, 255, 255, 0}, []byte{1 << 6, 0, 0, 0}, []byte{1 << 7, 0, 0, 0})), 2, 1, []byte{0, 0, 0, 0, 255, 255, 255, 255}},
		{"nothing", nil, 0, 0, nil},
		{"something else", []byte("GIF89a"), 0, 0, nil},
		{"png cut off", pngOf(t, 2, 1, twoPixels)[:40], 0, 0, nil},
		{"icon without pictures", iconOf(), 0, 0, nil},
		{"icon cut off", iconOf(small)[:30], 0, 0, nil},
		{"icon of many", []byte{0, 0, 1, 0, 255, 255}, 0, 0, nil},
		{"bitmap of a bad size", iconOf(bitmapOf(1<<30, 1<<20, 32, nil, nil, nil)), 0, 0, nil},
		{"bitmap cut off", iconOf(bitmapOf(9, 9, 32, nil, nil, nil)), 0, 0, nil},
		{"bitmap of 16 bits", iconOf(bitmapOf(1, 1, 16, nil, make([]byte, 8), nil)), 0, 0, nil},
	} {
		i, err := core.DecodeImage(test.file)
		switch {
		case test.want == nil:
			if err == nil {
				t.Errorf("%s: was taken", test.name)
			}
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		default:
			if diff := cmp.Diff(&core.Image{Width: test.width, Height: test.height, RGBA: test.want}, i); diff != "" {
				t.Errorf("%s: %s", test.name, diff)
			}
		}
	}
}

func FuzzDecodeImage(f *testing.F) {
	f.Add(pngOf(f, 2, 1, twoPixels))
	f.Add(iconOf(bitmapOf(2, 1, 1, make([]byte, 8), make([]byte, 4), make([]byte, 4))))
	f.Fuzz(func(t *testing.T, file []byte) {
		if i, err := core.DecodeImage(file); err == nil && len(i.RGBA) != 4*i.Width*i.Height {
			t.Errorf("%d×%d with %d bytes", i.Width, i.Height, len(i.RGBA))
		}
	})
}

// numbers is how a page sends bytes.
func numbers(b []byte) string {
	return strings.ReplaceAll(fmt.Sprint(b), " ", ",")
}

func TestImages(t *testing.T) {
	dir := t.TempDir()
	inside, outside := filepath.Join(dir, "in", "a.png"), filepath.Join(dir, "b.png")
	if err := os.Mkdir(filepath.Dir(inside), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{inside, outside} {
		if err := os.WriteFile(path, pngOf(t, 2, 1, twoPixels), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := newPair(t, fmt.Sprintf(`{"identifier": "all", "windows": ["*"], "permissions": ["core:default",
		{"identifier": "core:image:allow-from-path", "allow": [{"path": %q}]}]}`, filepath.Dir(inside)+"/*"), core.Options{}, nil)
	main, other := p.open("main", "app://localhost/"), p.open("other", "app://localhost/")
	for _, test := range []struct{ name, call string }{
		{"pixels", `["plugin:image|new",{"rgba":` + numbers(twoPixels) + `,"width":2,"height":1}]`},
		{"file", `["plugin:image|from_bytes",{"bytes":` + numbers(pngOf(t, 2, 1, twoPixels)) + `}]`},
		{"path", fmt.Sprintf(`["plugin:image|from_path",{"path":%q}]`, inside)},
	} {
		id := main.call(test.call)
		if !strings.HasPrefix(id, "o") || id == "o0" {
			t.Errorf("%s: %s", test.name, id)
			continue
		}
		id = id[1:]
		if got := main.call(`["plugin:image|size",{"rid":` + id + `}]`); got != `o{"width":2,"height":1}` {
			t.Errorf("%s: size %s", test.name, got)
		}
		if got := main.call(`["plugin:image|rgba",{"rid":` + id + `}]`); !strings.Contains(got, base64.StdEncoding.EncodeToString(twoPixels)) {
			t.Errorf("%s: rgba %s", test.name, got)
		}
		if got := other.call(`["plugin:image|size",{"rid":` + id + `}]`); !strings.Contains(got, "is invalid") {
			t.Errorf("%s: another window got %s", test.name, got)
		}
		if got := main.call(`["plugin:resources|close",{"rid":` + id + `}]`); got != "onull" {
			t.Errorf("%s: close: %s", test.name, got)
		}
		if got := main.call(`["plugin:image|size",{"rid":` + id + `}]`); !strings.Contains(got, "is invalid") {
			t.Errorf("%s: closed, and %s", test.name, got)
		}
	}
	for _, call := range []string{
		`["plugin:image|new",{"rgba":[1,2,3],"width":1,"height":1}]`,
		`["plugin:image|new",{"rgba":[1,2,3,256],"width":1,"height":1}]`,
		`["plugin:image|new",{"rgba":[1,2,3,-1],"width":1,"height":1}]`,
		`["plugin:image|new",{"rgba":[1,2,3,1.5],"width":1,"height":1}]`,
		`["plugin:image|new",{"rgba":[],"width":0,"height":0}]`,
		`["plugin:image|new",{"rgba":[],"width":-1,"height":4294967296}]`,
		`["plugin:image|from_bytes",{"bytes":"iVBOR"}]`,
		fmt.Sprintf(`["plugin:image|from_path",{"path":%q}]`, outside),
		fmt.Sprintf(`["plugin:image|from_path",{"path":%q}]`, filepath.Dir(inside)+"/../b.png"),
		`["plugin:image|from_path",{"path":"a.png"}]`,
	} {
		if got := main.call(call); !strings.HasPrefix(got, "e") {
			t.Errorf("%s: %s", call, got)
		}
	}
}
