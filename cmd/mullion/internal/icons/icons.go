// Package icons makes the icons that systems and packages want of one picture.
// Begin with Read and Make.
package icons

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/draw"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

const (
	// Smallest is the size of a picture that is enough for what every app
	// needs, Best that of one for everything.
	Smallest, Best = 256, 1024
	// largest bounds what is decoded.
	largest     = 8192
	maxFileSize = 64 << 20
)

// Bundle lists the files for bundle.icon of the configuration.
var Bundle = []string{"32x32.png", "128x128.png", "128x128@2x.png", "icon.icns", "icon.ico"}

// pictures are the PNG files. The names are those of Tauri.
var pictures = []struct {
	name string
	size int
}{
	{"32x32.png", 32}, {"64x64.png", 64}, {"128x128.png", 128}, {"128x128@2x.png", 256}, {"icon.png", 512},
}

// File is one that was made.
type File struct {
	Name string
	Data []byte
}

// Read reads a picture and refuses what makes no icon. Its errors say what to do.
func Read(name string) (image.Image, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFileSize {
		return nil, fmt.Errorf("%s has more than %d MiB: that is no icon", name, maxFileSize>>20)
	}
	const export = "export it as a PNG of 1024×1024 pixels"
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".svg" || bytes.Contains(data[:min(len(data), 1024)], []byte("<svg")) {
		img, err := drawSVG(data)
		if err != nil {
			return nil, term.Help(fmt.Errorf("%s: %w", name, err), "change the picture, or %s, for instance: rsvg-convert -w 1024 -h 1024 %s -o icon.png", export, name)
		}
		return img, nil
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, term.Help(fmt.Errorf("%s is neither PNG nor SVG: %w", name, err), "%s", export)
	}
	switch size := fmt.Sprintf("%s is %d×%d pixels", name, c.Width, c.Height); {
	case c.Width != c.Height:
		return nil, term.Help(fmt.Errorf("%s, and icons are square", size), "cut it, or put it on a square with transparent borders: the tool does not guess which")
	case c.Width < Smallest:
		return nil, term.Help(fmt.Errorf("%s: that is too small", size), "use one of %d×%d, or at least %d×%d", Best, Best, Smallest, Smallest)
	case c.Width > largest:
		return nil, term.Help(fmt.Errorf("%s: that is too large", size), "use one of %d×%d", Best, Best)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return img, nil
}

// Make makes all files of a picture, and a PNG for each further size. What
// would be larger than the picture is left out.
func Make(img image.Image, sizes ...int) ([]File, error) {
	m := &maker{source: img, scaled: map[int]*image.NRGBA{}, encoded: map[int][]byte{}}
	size := img.Bounds().Dx()
	if size < Smallest || size != img.Bounds().Dy() {
		return nil, errors.New("the picture is too small, or no square")
	}
	var files []File
	add := func(name string, size int) error {
		data, err := m.png(size)
		files = append(files, File{name, data})
		return err
	}
	for _, p := range pictures {
		if err := add(p.name, min(p.size, size)); err != nil {
			return nil, err
		}
	}
	for _, s := range slices.Compact(slices.Sorted(slices.Values(sizes))) {
		name := fmt.Sprintf("%dx%d.png", s, s)
		if s > size || slices.ContainsFunc(files, func(f File) bool { return f.Name == name }) {
			continue
		}
		if err := add(name, s); err != nil {
			return nil, err
		}
	}
	ico, err := m.ico()
	if err != nil {
		return nil, err
	}
	icns, err := m.icns()
	if err != nil {
		return nil, err
	}
	return append(files, File{"icon.ico", ico}, File{"icon.icns", icns}), nil
}

// Transparent reports whether nothing would be seen of a picture.
func Transparent(img image.Image) bool {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if _, _, _, a := img.At(x, y).RGBA(); a != 0 {
				return false
			}
		}
	}
	return true
}

// maker keeps what is needed more than once.
type maker struct {
	source  image.Image
	scaled  map[int]*image.NRGBA
	encoded map[int][]byte
}

// at returns the picture in a size.
func (m *maker) at(size int) *image.NRGBA {
	if img := m.scaled[size]; img != nil {
		return img
	}
	// Between premultiplied colours no fringe comes from what is transparent.
	scaled := image.NewRGBA(image.Rect(0, 0, size, size))
	draw.CatmullRom.Scale(scaled, scaled.Bounds(), m.source, m.source.Bounds(), draw.Src, nil)
	img := image.NewNRGBA(scaled.Bounds())
	for y := range size {
		for x := range size {
			img.Set(x, y, color.NRGBAModel.Convert(scaled.RGBAAt(x, y)))
		}
	}
	m.scaled[size] = img
	return img
}

func (m *maker) png(size int) ([]byte, error) {
	if data := m.encoded[size]; data != nil {
		return data, nil
	}
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, m.at(size)); err != nil {
		return nil, err
	}
	m.encoded[size] = b.Bytes()
	return b.Bytes(), nil
}

// Write puts files into a folder, each as a whole.
func Write(dir string, files []File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := write(filepath.Join(dir, f.Name), f.Data); err != nil {
			return err
		}
	}
	return nil
}

func write(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // where it has not become the file
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
