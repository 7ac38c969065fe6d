// Package image is the plugin of that name, which every app has: the class
// Image of @tauri-apps/api/image.
package image

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/plugin"
)

// New makes the plugin.
func New() plugin.Plugin {
	commands := plugin.Commands{
		"new":        plugin.Typed(fromPixels),
		"from_bytes": plugin.Typed(fromBytes),
		"from_path":  plugin.Typed(fromPath),
		"rgba":       plugin.Typed(rgba),
		"size":       plugin.Typed(size),
	}
	return plugin.Plugin{Name: "image", Commands: commands, Default: commands.Allow()}
}

type pixelsArgs struct {
	RGBA   jsontext.Value `json:"rgba"`
	Width  int            `json:"width"`
	Height int            `json:"height"`
}

// fromPixels takes the pixels as numbers, or those of another image.
func fromPixels(ctx context.Context, a pixelsArgs) (uint32, error) {
	if a.RGBA.Kind() == '[' {
		return add(ctx, jsontext.Value(fmt.Sprintf(`{"rgba":%s,"width":%d,"height":%d}`, a.RGBA, a.Width, a.Height)))
	}
	from, err := named(ctx, a.RGBA)
	if err != nil {
		return 0, err
	}
	if a.Width < 1 || a.Height < 1 || a.Width > len(from.Pix) || a.Height > len(from.Pix) || len(from.Pix) != 4*a.Width*a.Height {
		return 0, fmt.Errorf("image of %d×%d pixels: %d bytes of RGBA, want 4 for each", a.Width, a.Height, len(from.Pix))
	}
	return plugin.AddImage(ctx, &image.NRGBA{Pix: from.Pix, Stride: 4 * a.Width, Rect: image.Rect(0, 0, a.Width, a.Height)})
}

type bytesArgs struct {
	Bytes jsontext.Value `json:"bytes"`
}

func fromBytes(ctx context.Context, a bytesArgs) (uint32, error) {
	if a.Bytes.Kind() != '[' {
		return 0, errors.New("bytes: want bytes, as a list of numbers from 0 to 255")
	}
	return add(ctx, a.Bytes)
}

type pathArgs struct {
	Path string `json:"path"`
}

func fromPath(ctx context.Context, a pathArgs) (uint32, error) {
	path, err := jsontext.AppendQuote(nil, a.Path)
	if err != nil {
		return 0, err
	}
	return add(ctx, path)
}

// add makes an image of what an argument names.
func add(ctx context.Context, v jsontext.Value) (uint32, error) {
	i, err := named(ctx, v)
	if err != nil {
		return 0, err
	}
	return plugin.AddImage(ctx, i)
}

func named(ctx context.Context, v jsontext.Value) (*image.NRGBA, error) {
	i, err := plugin.ImageOf(ctx, v)
	if err == nil && i == nil {
		err = errors.New("there is no image")
	}
	return i, err
}

type resourceArgs struct {
	ID uint32 `json:"rid"`
}

func of(ctx context.Context, id uint32) (*image.NRGBA, error) {
	return named(ctx, jsontext.Value(fmt.Sprint(id)))
}

func rgba(ctx context.Context, a resourceArgs) ([]byte, error) {
	i, err := of(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	return i.Pix, nil
}

type pixels struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

func size(ctx context.Context, a resourceArgs) (pixels, error) {
	i, err := of(ctx, a.ID)
	if err != nil {
		return pixels{}, err
	}
	return pixels{i.Rect.Dx(), i.Rect.Dy()}, nil
}
