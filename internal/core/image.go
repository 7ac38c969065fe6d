package core

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
)

const (
	// maxImageSide and maxImagePixels bound one image: 64 MiB of RGBA.
	maxImageSide   = 16 << 10
	maxImagePixels = 16 << 20
	// maxImageFile bounds the file of an image, in bytes.
	maxImageFile = 32 << 20
	// maxImageBytes bounds the RGBA of all images of a document.
	maxImageBytes = 256 << 20
)

// Image is a picture: red, green, blue and alpha of each pixel, row by row
// from the top, alpha not multiplied in. It is never changed.
type Image struct {
	Width, Height int
	RGBA          []byte
}

// NewImage checks that there are as many bytes as the size says.
func NewImage(width, height int, rgba []byte) (*Image, error) {
	if err := checkImageSize(width, height); err != nil {
		return nil, err
	}
	if len(rgba) != 4*width*height {
		return nil, fmt.Errorf("image of %d×%d pixels: %d bytes of RGBA, want %d", width, height, len(rgba), 4*width*height)
	}
	return &Image{width, height, rgba}, nil
}

// NRGBA returns the image as one of package image. It must not be changed.
func (i *Image) NRGBA() *image.NRGBA {
	return &image.NRGBA{Pix: i.RGBA, Stride: 4 * i.Width, Rect: image.Rect(0, 0, i.Width, i.Height)}
}

func checkImageSize(width, height int) error {
	if width < 1 || height < 1 || width > maxImageSide || height > maxImageSide || width*height > maxImagePixels {
		return fmt.Errorf("image of %d×%d pixels: want 1 to %d on each side, and at most %d in all", width, height, maxImageSide, maxImagePixels)
	}
	return nil
}

// addImage gives an image to the page that has asked for it.
func (c *Core) addImage(ctx context.Context, i *Image) (uint32, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return 0, err
	}
	return c.addImageOf(d, i)
}

func (c *Core) addImageOf(d *document, i *Image) (uint32, error) {
	size := int64(len(i.RGBA))
	if d.images.Add(size) > maxImageBytes {
		d.images.Add(-size)
		return 0, fmt.Errorf("the images of this page take %d bytes; close some of them: %w", maxImageBytes, ErrBackpressure)
	}
	id, err := c.addResource(d, false, i, func() <-chan struct{} { d.images.Add(-size); return nil })
	if err != nil {
		d.images.Add(-size)
	}
	return id, err
}

func (c *Core) imageOf(ctx context.Context, id uint32) (*Image, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return nil, err
	}
	return resourceOf[*Image](c, d, id)
}

// octets are bytes that a page sends as a list of numbers.
type octets []byte

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (o *octets) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '[' {
		return errors.New("want bytes, as a list of numbers from 0 to 255")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	*o = octets{}
	for d.PeekKind() != ']' {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		if t.Kind() != '0' {
			return errors.New("a byte is not a number")
		}
		f, err := t.Float()
		if err != nil || f < 0 || f > 255 || f != math.Trunc(f) {
			return fmt.Errorf("%v is no byte: want 0 to 255", f)
		}
		*o = append(*o, byte(f))
	}
	_, err := d.ReadToken()
	return err
}

// imageArgument reads what a page names an image by, wherever a command takes
// one: a path, the bytes of a file, a resource, or the pixels themselves.
// Without a value, or with null, there is none.
func (c *Core) imageArgument(ctx context.Context, v jsontext.Value) (*Image, error) {
	switch v.Kind() {
	case jsontext.KindInvalid, 'n':
		return nil, nil
	case '"':
		var path string
		if err := json.Unmarshal(v, &path); err != nil {
			return nil, fmt.Errorf("image: %w", err)
		}
		return c.imageFromPath(ctx, path)
	case '[':
		var file octets
		if err := json.Unmarshal(v, &file); err != nil {
			return nil, fmt.Errorf("image: %w", err)
		}
		return DecodeImage(file)
	case '0':
		var id uint32
		if err := json.Unmarshal(v, &id); err != nil {
			return nil, fmt.Errorf("image: %w", err)
		}
		return c.imageOf(ctx, id)
	case '{':
		var whole struct {
			RGBA   octets `json:"rgba"`
			Width  int    `json:"width"`
			Height int    `json:"height"`
		}
		if err := json.Unmarshal(v, &whole, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("image: %w", err)
		}
		return NewImage(whole.Width, whole.Height, whole.RGBA)
	}
	return nil, errors.New("image: want a path, bytes, an Image, or an object with rgba, width and height")
}

// imageFromPath reads an image that the scope of core:image:allow-from-path
// holds. Entries are path patterns, alone or as {"path": pattern}; without
// one no file is meant. Other commands that take an image by its path ask for
// the same permission.
func (c *Core) imageFromPath(ctx context.Context, path string) (*Image, error) {
	m, ok := ipc.MessageFrom(ctx)
	if !ok {
		return nil, errors.New("only pages can do this")
	}
	granted, err := c.Authority().Check(authCaller(m.From), "plugin:image|from_path")
	if err != nil {
		return nil, err
	}
	allow, err1 := pathPatterns(granted.Allow)
	deny, err2 := pathPatterns(granted.Deny)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	scope, err := capability.NewPathScope(allow, deny, capability.PathOptions{
		Variables:    c.pathVariable,
		EvalSymlinks: filepath.EvalSymlinks,
		Lstat:        os.Lstat,
	})
	if err != nil {
		return nil, fmt.Errorf("scope of core:image:allow-from-path: %w", err)
	}
	real, err := scope.Check(path)
	if err != nil {
		err = fmt.Errorf("%w; the scope of core:image:allow-from-path says what a page may read", err)
		if f, ok := errors.AsType[*capability.ForbiddenPathError](err); ok && f.Missing() {
			err = &capability.OutOfScopeError{Err: err, Allow: []any{capability.PathEntry(path, c.pathVariable)}, Command: "plugin:image|from_path"}
		}
		return nil, err
	}
	data, err := readImageFile(real)
	if err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	return DecodeImage(data)
}

func readImageFile(path string) ([]byte, error) {
	// Opening a FIFO would wait for somebody to write to it.
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(before, now) {
		return nil, fmt.Errorf("%s has changed while it was opened", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxImageFile+1))
	if err == nil && len(data) > maxImageFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxImageFile)
	}
	return data, err
}
