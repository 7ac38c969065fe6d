package icons

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// picture is red above and half transparent blue below.
func picture(size int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			c := color.NRGBA{200, 10, 20, 255}
			if y >= size/2 {
				c = color.NRGBA{10, 20, 200, 100}
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

func near(a, b color.NRGBA) bool {
	d := func(x, y uint8) bool { return max(x, y)-min(x, y) <= 3 }
	return d(a.R, b.R) && d(a.G, b.G) && d(a.B, b.B) && d(a.A, b.A)
}

// looksRight checks the corners.
func looksRight(t *testing.T, name string, img image.Image, size int) {
	t.Helper()
	b := img.Bounds()
	if b.Dx() != size || b.Dy() != size {
		t.Errorf("%s: %v, want %d", name, b, size)
		return
	}
	at := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA) }
	for _, x := range []int{0, size - 1} {
		if got := at(x, 0); !near(got, color.NRGBA{200, 10, 20, 255}) {
			t.Errorf("%s: above %v", name, got)
		}
		if got := at(x, size-1); !near(got, color.NRGBA{10, 20, 200, 100}) {
			t.Errorf("%s: below %v", name, got)
		}
	}
}

func make1(t *testing.T, size int, more ...int) map[string][]byte {
	t.Helper()
	files, err := Make(picture(size), more...)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string][]byte{}
	for _, f := range files {
		byName[f.Name] = f.Data
	}
	return byName
}

// TestPictures: each has its size and looks like the source.
func TestPictures(t *testing.T) {
	files := make1(t, 1024, 16, 48, 2048, 64)
	for name, size := range map[string]int{
		"32x32.png": 32, "64x64.png": 64, "128x128.png": 128, "128x128@2x.png": 256, "icon.png": 512, "16x16.png": 16, "48x48.png": 48,
	} {
		img, err := png.Decode(bytes.NewReader(files[name]))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		looksRight(t, name, img, size)
	}
	if len(files) != 9 {
		t.Errorf("%d files", len(files))
	}
	for _, name := range Bundle {
		if files[name] == nil {
			t.Errorf("bundle.icon would name %s, which is not made", name)
		}
	}
}

// TestICO reads the file back as Windows does.
func TestICO(t *testing.T) {
	b := make1(t, 256)["icon.ico"]
	le := binary.LittleEndian
	if le.Uint16(b) != 0 || le.Uint16(b[2:]) != 1 || int(le.Uint16(b[4:])) != len(icoSizes) {
		t.Fatalf("header % x", b[:6])
	}
	end := 6 + 16*len(icoSizes)
	for i, size := range icoSizes {
		e := b[6+16*i:][:16]
		at, n := int(le.Uint32(e[12:])), int(le.Uint32(e[8:]))
		if int(e[0]) != size%256 || int(e[1]) != size%256 || at != end || le.Uint16(e[6:]) != 32 {
			t.Errorf("%d: entry % x, want offset %d", size, e, end)
		}
		end += n
		data := b[at : at+n]
		if size == 256 {
			img, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			looksRight(t, "256", img, 256)
			continue
		}
		stride := (size + 31) / 32 * 4
		if le.Uint32(data) != 40 || int(le.Uint32(data[4:])) != size || int(le.Uint32(data[8:])) != 2*size || n != 40+4*size*size+stride*size {
			t.Errorf("%d: %d bytes, header % x", size, n, data[:40])
		}
		img := image.NewNRGBA(image.Rect(0, 0, size, size))
		for line := range size {
			for x := range size {
				p := data[40+4*(line*size+x):]
				img.SetNRGBA(x, size-1-line, color.NRGBA{p[2], p[1], p[0], p[3]})
			}
		}
		looksRight(t, "bitmap", img, size)
		if mask := data[40+4*size*size:]; mask[0] != 0xff || mask[stride*(size-1)] != 0 {
			t.Errorf("%d: mask % x … % x", size, mask[0], mask[stride*(size-1)])
		}
	}
	if end != len(b) {
		t.Errorf("%d bytes, of which %d are known", len(b), end)
	}
}

// TestICNS reads the chunks back.
func TestICNS(t *testing.T) {
	for source, want := range map[int]int{1024: 12, 300: 9} {
		b := make1(t, source)["icon.icns"]
		be := binary.BigEndian
		if string(b[:4]) != "icns" || int(be.Uint32(b[4:])) != len(b) {
			t.Fatalf("header % x", b[:8])
		}
		n := 0
		for b = b[8:]; len(b) > 0; n++ {
			kind, length := string(b[:4]), int(be.Uint32(b[4:]))
			data := b[8:length]
			b = b[length:]
			switch kind {
			case "is32", "il32":
				size := map[string]int{"is32": 16, "il32": 32}[kind]
				if got := len(unpack(data)); got != 3*size*size {
					t.Errorf("%s: %d bytes of colours", kind, got)
				}
			case "s8mk", "l8mk":
				if size := map[string]int{"s8mk": 16, "l8mk": 32}[kind]; len(data) != size*size || data[0] != 255 {
					t.Errorf("%s: %d bytes", kind, len(data))
				}
			default:
				i := slices.IndexFunc(icnsTypes, func(t struct {
					kind string
					size int
				}) bool {
					return t.kind == kind
				})
				img, err := png.Decode(bytes.NewReader(data))
				if err != nil || i < 0 {
					t.Fatalf("%s: %v", kind, err)
				}
				looksRight(t, kind, img, icnsTypes[i].size)
			}
		}
		if n != want {
			t.Errorf("of %d pixels: %d chunks, want %d", source, n, want)
		}
	}
}

// unpack is the inverse of pack.
func unpack(b []byte) (out []byte) {
	for len(b) > 0 {
		n := int(b[0])
		if n < 128 {
			out = append(out, b[1:2+n]...)
			b = b[2+n:]
		} else {
			out = append(out, bytes.Repeat(b[1:2], n-125)...)
			b = b[2:]
		}
	}
	return out
}

// FuzzPack: what is packed is what is unpacked.
func FuzzPack(f *testing.F) {
	f.Add([]byte("aaaabcc"))
	f.Add(bytes.Repeat([]byte{7}, 300))
	f.Fuzz(func(t *testing.T, in []byte) {
		if got := unpack(pack(in)); !bytes.Equal(got, in) {
			t.Errorf("%q became %q", in, got)
		}
	})
}

// TestRead refuses what makes no icon, with what to do.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, img image.Image) string {
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	if img, err := Read(put("good.png", picture(256))); err != nil || img.Bounds().Dx() != 256 {
		t.Errorf("%v", err)
	}
	text := func(name, s string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	good, err := os.ReadFile(filepath.Join(dir, "good.png"))
	if err != nil {
		t.Fatal(err)
	}
	for want, name := range map[string]string{
		"too small":             put("small.png", picture(255)),
		"icons are square":      put("wide.png", image.NewNRGBA(image.Rect(0, 0, 512, 256))),
		"no element svg":        text("x.svg", "<html/>"),
		"neither PNG nor SVG":   text("x.png", "GIF89a"),
		"not enough pixel data": text("cut.png", string(good[:len(good)/2])),
		"no such file":          filepath.Join(dir, "nothing.png"),
		"is a directory":        dir,
	} {
		_, err := Read(name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if hint := term.HintOf(err); hint == "" && (strings.HasPrefix(want, "is") && want != "is a directory" || want == "too small") {
			t.Errorf("%s: no help", want)
		}
	}
	if !Transparent(image.NewNRGBA(image.Rect(0, 0, 4, 4))) || Transparent(picture(4)) {
		t.Error("what is transparent is not known")
	}
}
