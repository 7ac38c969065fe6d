package core

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/ipc"
)

// page is what plugins see of a document. It implements [ipc.Page].
type page struct{ *document }

// Caller says which document it is.
func (p page) Caller() ipc.Caller { return p.caller }

// Context ends with the document.
func (p page) Context() context.Context { return p.ctx }

// Emit sends an event to those who listen in the webview that the document is in,
// whether they take it for a webview or for its window.
func (p page) Emit(ctx context.Context, event string, payload any) error {
	text, err := ipc.Marshal(payload)
	if err != nil {
		return fmt.Errorf("event %q: %w", event, err)
	}
	return p.webview.core.Emit(ctx, event, ipc.Target{Kind: ipc.AnyLabel, Label: p.webview.label}, text)
}

// AddResource gives the document a value that it names by a number.
func (p page) AddResource(value any, closed func()) (uint32, error) {
	return p.addResource(false, value, closed)
}

// AddSharedResource gives the document a value that others may use too.
func (p page) AddSharedResource(value any, closed func()) (uint32, error) {
	return p.addResource(true, value, closed)
}

func (p page) addResource(shared bool, value any, closed func()) (uint32, error) {
	var queued closer
	if closed != nil {
		queued = func() <-chan struct{} {
			c := closing{closed, make(chan struct{})}
			if err := p.closing().Add(c); err != nil {
				close(c.done) // the app has ended
			}
			return c.done
		}
	}
	return p.webview.core.addResource(p.document, shared, pluginResource{value}, queued)
}

// pluginResource is what a plugin keeps for a page, so that no plugin gets hold
// of what others have made.
type pluginResource struct{ value any }

// Resource returns what AddResource or AddSharedResource was given.
func (p page) Resource(rid uint32) (any, error) {
	r, err := resourceOf[pluginResource](p.webview.core, p.document, rid)
	return r.value, err
}

// CloseResource closes what the document may use.
func (p page) CloseResource(rid uint32) (done <-chan struct{}, err error) {
	return p.webview.core.closeResource(p.document, rid)
}

// Image returns what a page names an image by.
func (p page) Image(ctx context.Context, v jsontext.Value) (*image.NRGBA, error) {
	if d, err := callerDocument(ctx); err != nil || d != p.document {
		return nil, errors.New("image: the call is not one of this page")
	}
	i, err := p.webview.core.imageArgument(ctx, v)
	if i == nil || err != nil {
		return nil, err
	}
	return i.NRGBA(), nil
}

// AddImage gives the document an image.
func (p page) AddImage(i image.Image) (uint32, error) {
	own, err := ImageOf(i)
	if err != nil {
		return 0, err
	}
	return p.webview.core.addImageOf(p.document, own)
}

// WindowOf returns the window that a page is in: not the one that it was loaded
// in, if its webview was moved since.
func (c *Core) WindowOf(p ipc.Page) (*Window, error) {
	own, ok := p.(page)
	if !ok || own.webview.core != c {
		return nil, fmt.Errorf("a page of another app: %w", ErrNoWindow)
	}
	return own.webview.Window(), nil
}

// Share returns what the pages of the webview have in common.
func (p page) Share(key any, first func(webview context.Context) any) any {
	return p.webview.share(key, first)
}

// share returns the value that is kept for the webview under a key, and makes it
// if there is none.
func (v *Webview) share(key any, first func(webview context.Context) any) any {
	v.mu.Lock()
	value, ok := v.shared[key]
	if v.lasting == nil {
		v.lasting, v.endLasting = context.WithCancel(v.core.ctx)
		if isClosed(v.gone) {
			v.endLasting()
		}
	}
	ctx := v.lasting
	v.mu.Unlock()
	if ok {
		return value
	}
	value = first(ctx) // without the lock: it is the plugin's
	v.mu.Lock()
	defer v.mu.Unlock()
	if other, ok := v.shared[key]; ok {
		return other
	}
	if v.shared == nil {
		v.shared = map[any]any{}
	}
	v.shared[key] = value
	return value
}

// over notes that the webview has been closed.
func (v *Webview) over() {
	close(v.gone)
	v.mu.Lock()
	end := v.endLasting
	v.shared = nil
	v.mu.Unlock()
	if end != nil {
		end()
	}
}

// closing is a function that closes what a plugin has kept for a page, and what is
// closed once it has.
type closing struct {
	closed func()
	done   chan struct{}
}

// closing is the queue of functions that close what plugins have kept for the
// document: one that waits keeps none waiting but those of its own page.
func (p page) closing() *inorder.Queue[closing] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closes == nil {
		p.closes = inorder.New(p.webview.core.app, inorder.Options[closing]{Name: "closing resources of a page", Most: maxResources}, func(c closing) {
			defer close(c.done)
			c.closed()
		})
	}
	return p.closes
}
