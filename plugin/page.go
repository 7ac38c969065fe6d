package plugin

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// ErrNoPage is returned where a page has to be the caller and is not: the
// command was called by the app itself.
var ErrNoPage = errors.New("only pages can do this")

// PageOf returns the page that has called the command to which ctx belongs.
func PageOf(ctx context.Context) (ipc.Page, error) {
	m, ok := ipc.MessageFrom(ctx)
	if !ok || m.Page == nil {
		return nil, ErrNoPage
	}
	return m.Page, nil
}

// PerWebview returns the T of the webview that a page is in: what first returned
// when a page of that webview asked before any other. Such a value is for what
// outlives a page, such as something on the screen that the page has asked for.
// It stays until the webview is closed, when the context ends that first was
// given; first may be called although another value is then the first one. A
// webview has one value of each type, so T is one of the plugin's own.
func PerWebview[T any](p ipc.Page, first func(webview context.Context) *T) *T {
	return p.Share(webviewKey[T]{}, func(webview context.Context) any { return first(webview) }).(*T)
}

// webviewKey is the key of the T of a webview.
type webviewKey[T any] struct{}

// AddResource keeps a value for the page that has called, and returns the
// number by which it names the value: the rid of the class Resource in
// @tauri-apps/api/core. closed, which may be nil, is called once: when the page
// closes the resource, whose promise waits for it as no other call does, or when
// the page ends. A page has at most 16,384 resources.
func AddResource(ctx context.Context, value any, closed func()) (rid uint32, err error) {
	p, err := PageOf(ctx)
	if err != nil {
		return 0, err
	}
	return p.AddResource(value, closed)
}

// AddSharedResource is [AddResource] of a value that pages of other windows may
// use too, and close: they name it by the same number, which the page has to
// tell them. The value still ends with the page that it was added for.
func AddSharedResource(ctx context.Context, value any, closed func()) (rid uint32, err error) {
	p, err := PageOf(ctx)
	if err != nil {
		return 0, err
	}
	return p.AddSharedResource(value, closed)
}

// ResourceOf returns the value of a number that the page that has called was
// given, or that is shared, if it is a T. The number of another page is an error,
// like one that does not exist.
func ResourceOf[T any](ctx context.Context, rid uint32) (T, error) {
	var zero T
	p, err := PageOf(ctx)
	if err != nil {
		return zero, err
	}
	value, err := p.Resource(rid)
	if err != nil {
		return zero, err
	}
	v, ok := value.(T)
	if !ok {
		return zero, fmt.Errorf("The resource id %d is invalid.", rid)
	}
	return v, nil
}

// CloseResource closes a resource of the page that has called, as the page
// does by plugin:resources|close, and waits until it is closed or ctx ends.
func CloseResource(ctx context.Context, rid uint32) error {
	p, err := PageOf(ctx)
	if err != nil {
		return err
	}
	done, err := p.CloseResource(rid)
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ImageOf returns the image that an argument names, in one of the forms that
// transformImage of @tauri-apps/api/image makes: the number of an Image of the
// page, the bytes of a PNG or an ICO, a path to one, or an object with rgba,
// width and height. nil is what null names. A path has to be in the scope that
// core:image:allow-from-path has for the page. The image must not be changed: the
// page may have it too.
func ImageOf(ctx context.Context, v jsontext.Value) (*image.NRGBA, error) {
	p, err := PageOf(ctx)
	if err != nil {
		return nil, err
	}
	return p.Image(ctx, v)
}

// AddImage makes an image for the page that has called, and returns its number:
// the rid of the class Image in @tauri-apps/api/image. It has at most 16,777,216
// pixels, and all images of a page together at most 256 MiB, at 4 bytes for each
// pixel.
func AddImage(ctx context.Context, i image.Image) (rid uint32, err error) {
	p, err := PageOf(ctx)
	if err != nil {
		return 0, err
	}
	return p.AddImage(i)
}
