package clipboardmanager

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg" // what cameras and browsers put on the clipboard
	"image/png"
	"net/url"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxText bounds a text, HTML and a list of files, in bytes.
	maxText = 64 << 20
	// maxImageFile bounds an image as a file, in bytes.
	maxImageFile = 64 << 20
	// maxSide and maxPixels bound an image: that is what pages can have.
	maxSide   = 16 << 10
	maxPixels = 16 << 20
	// maxFiles and maxPath bound a list of files.
	maxFiles = 10_000
	maxPath  = 4096
)

// Content is what is written to the clipboard: the same thing in several forms,
// of which the program where it is pasted takes the one that it likes best.
type Content struct {
	// Text is plain text. It has no NUL.
	Text string
	// HTML is text with marks, in UTF-8.
	HTML string
	// Image is a picture of at most 16,777,216 pixels, which goes over as a PNG.
	Image image.Image
	// Files are files and folders.
	Files Files

	// Secret asks the programs that keep a history of the clipboard to leave this
	// out. They need not heed it: those of KDE, GNOME's extensions and Windows do.
	Secret bool
	// ClearAfter is how long the content stays, if nothing else takes its place
	// before; 0 is until something does.
	ClearAfter time.Duration
}

// Files are files and folders on the clipboard, as file managers put them there.
type Files struct {
	// Paths are absolute.
	Paths []string
	// Cut says that they are to be moved where they are pasted.
	Cut bool
}

// format is content in one form, by the name of that: a MIME type, or a name that
// X11 has had before them.
type format struct {
	name string
	data []byte
}

// offer is what the clipboard has of this app.
type offer struct {
	formats []format // those that are liked best come first
	secret  bool
	after   time.Duration
}

func (o *offer) find(name string) ([]byte, bool) {
	for _, f := range o.formats {
		if f.name == name {
			return f.data, true
		}
	}
	return nil, false
}

// The names of formats, as programs of X11 and Wayland have them.
const (
	utf8Text   = "UTF8_STRING"
	utf8MIME   = "text/plain;charset=utf-8"
	plainText  = "text/plain"
	latin1Text = "STRING"
	htmlText   = "text/html"
	pngImage   = "image/png"
	jpegImage  = "image/jpeg"
	uriList    = "text/uri-list"
	// gnomeFiles is what the file managers of GNOME, Xfce, Cinnamon and MATE
	// paste: the word copy or cut, and addresses, one a line.
	gnomeFiles = "x-special/gnome-copied-files"
	// secretHint has the value "secret" where the content is one. KDE's
	// klipper has introduced it, and others heed it.
	secretHint = "x-kde-passwordManagerHint"
)

// offer makes the forms of a content.
func (c *Content) offer(ctx context.Context, pictures gate) (*offer, error) {
	o := &offer{secret: c.Secret, after: c.ClearAfter}
	if c.ClearAfter < 0 {
		return nil, fmt.Errorf("clipboard: content that is to be cleared after %v", c.ClearAfter)
	}
	for what, text := range map[string]string{"text": c.Text, "HTML": c.HTML} {
		switch {
		case len(text) > maxText:
			return nil, fmt.Errorf("clipboard: %s of %d bytes; the limit is %d", what, len(text), maxText)
		case !utf8.ValidString(text):
			return nil, fmt.Errorf("clipboard: %s that is not UTF-8", what)
		case strings.ContainsRune(text, 0):
			return nil, fmt.Errorf("clipboard: %s with a NUL character; other programs take it for the end", what)
		}
	}
	add := func(name string, data []byte) { o.formats = append(o.formats, format{name, data}) }
	if c.Image != nil {
		file, err := encode(ctx, c.Image, pictures)
		if err != nil {
			return nil, err
		}
		add(pngImage, file)
	}
	if len(c.Files.Paths) > 0 {
		if err := c.Files.add(add); err != nil {
			return nil, err
		}
	}
	if c.HTML != "" {
		add(htmlText, []byte(c.HTML))
	}
	if text := c.plain(); text != "" || len(o.formats) == 0 {
		data := []byte(text)
		add(utf8MIME, data)
		add(utf8Text, data)
		add(plainText, data)
		if latin1, ok := toLatin1(text); ok {
			add(latin1Text, latin1)
		}
	}
	if c.Secret {
		add(secretHint, []byte("secret"))
	}
	return o, nil
}

// plain is the text of a content. Files without one are pasted into texts by their
// paths, as file managers do it.
func (c *Content) plain() string {
	if c.Text == "" && len(c.Files.Paths) > 0 {
		return strings.Join(c.Files.Paths, "\n")
	}
	return c.Text
}

func (f *Files) add(add func(name string, data []byte)) error {
	if len(f.Paths) > maxFiles {
		return fmt.Errorf("clipboard: %d files; the limit is %d", len(f.Paths), maxFiles)
	}
	var uris []string
	for _, p := range f.Paths {
		if !filepath.IsAbs(p) || len(p) > maxPath || strings.ContainsRune(p, 0) {
			return fmt.Errorf("clipboard: %.100q is no absolute path of at most %d bytes", p, maxPath)
		}
		path := filepath.ToSlash(p)
		if !strings.HasPrefix(path, "/") { // C:/folder
			path = "/" + path
		}
		uris = append(uris, (&url.URL{Scheme: "file", Path: path}).String())
	}
	action := "copy"
	if f.Cut {
		action = "cut"
	}
	add(gnomeFiles, []byte(action+"\n"+strings.Join(uris, "\n")))
	add(uriList, []byte(strings.Join(uris, "\r\n")+"\r\n"))
	return nil
}

// parseURIs reads text/uri-list of RFC 2483, or the lines of gnomeFiles: the
// paths of this machine.
func parseURIs(data []byte) (paths []string) {
	for line := range strings.SplitSeq(string(data), "\n") {
		line = strings.TrimRight(line, "\r\x00")
		if line == "" || line[0] == '#' {
			continue
		}
		u, err := url.Parse(line)
		if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" || !strings.HasPrefix(u.Path, "/") {
			continue
		}
		path := u.Path
		if filepath.VolumeName(path[1:]) != "" {
			path = path[1:]
		}
		if p := filepath.FromSlash(path); !strings.ContainsRune(p, 0) && len(p) <= maxPath && len(paths) < maxFiles {
			paths = append(paths, p)
		}
	}
	return paths
}

func toLatin1(text string) ([]byte, bool) {
	data := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return nil, false
		}
		data = append(data, byte(r))
	}
	return data, true
}

// text reads what another program has given as a text of a format.
func text(name string, data []byte) string {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) { // HTML of some programs is UTF-16
		var units []uint16
		for d := data[2:]; len(d) >= 2; d = d[2:] {
			units = append(units, binary.LittleEndian.Uint16(d))
		}
		return strings.TrimSuffix(string(utf16.Decode(units)), "\x00")
	}
	data = bytes.TrimSuffix(data, []byte{0}) // old toolkits count it
	if name == latin1Text || name == plainText && !utf8.Valid(data) {
		r := make([]rune, len(data))
		for i, b := range data {
			r[i] = rune(b)
		}
		return string(r)
	}
	return strings.ToValidUTF8(string(bytes.TrimPrefix(data, []byte("\ufeff"))), "\ufffd")
}

// gate lets a few through at a time: pictures take much memory.
type gate chan struct{}

func (g gate) enter(ctx context.Context) error {
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g gate) leave() { <-g }

func checkSize(width, height int) error {
	if width < 1 || height < 1 || width > maxSide || height > maxSide || width*height > maxPixels {
		return fmt.Errorf("clipboard: an image of %d×%d pixels; want 1 to %d on each side, and at most %d in all", width, height, maxSide, maxPixels)
	}
	return nil
}

func encode(ctx context.Context, i image.Image, pictures gate) ([]byte, error) {
	if err := checkSize(i.Bounds().Dx(), i.Bounds().Dy()); err != nil {
		return nil, err
	}
	if err := pictures.enter(ctx); err != nil {
		return nil, err
	}
	defer pictures.leave()
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&file, i); err != nil {
		return nil, fmt.Errorf("clipboard: image: %w", err)
	}
	if file.Len() > maxImageFile {
		return nil, fmt.Errorf("clipboard: the image takes %d bytes as a PNG; the limit is %d", file.Len(), maxImageFile)
	}
	return file.Bytes(), nil
}

func decode(ctx context.Context, file []byte, pictures gate) (image.Image, error) {
	head, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("clipboard: the image on it is neither PNG nor JPEG: %w", err)
	}
	if err := checkSize(head.Width, head.Height); err != nil {
		return nil, err
	}
	if err := pictures.enter(ctx); err != nil {
		return nil, err
	}
	defer pictures.leave()
	i, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("clipboard: image: %w", err)
	}
	// What says one size at the beginning may have another.
	return i, checkSize(i.Bounds().Dx(), i.Bounds().Dy())
}
