package notification

import (
	"context"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

const (
	// maxActive bounds the notifications of a webview that are shown at a
	// time: for one more, the oldest is taken away.
	maxActive = 64
	// maxSending bounds those that are on their way to the desktop.
	maxSending = 32
	// maxOptions bounds the options of one, in bytes.
	maxOptions = 64 << 10
	// maxTypes and maxActions bound what a page registers.
	maxTypes, maxActions = 64, 16
	maxListeners         = 64
)

// webview is what the plugin keeps for one. It outlives the pages, as what is on
// the screen does.
type webview struct {
	mu      sync.Mutex
	sending []*shown            // guarded by mu; on their way to the desktop, at most maxSending
	active  []*shown            // guarded by mu; oldest first, at most maxActive
	types   map[string][]action // guarded by mu; at most maxTypes
	told    map[string]bool     // guarded by mu; options of which the log says that they have no effect
	clicked *click              // guarded by mu; the last one, see focus
}

func webviewOf(p ipc.Page) *webview {
	return plugin.PerWebview(p, func(context.Context) *webview {
		return &webview{types: map[string][]action{}, told: map[string]bool{}}
	})
}

// caller returns the page that has called, and its webview.
func caller(ctx context.Context) (ipc.Page, *webview, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	return p, webviewOf(p), nil
}

// shown is a notification of a page.
type shown struct {
	page    ipc.Page
	options options
	raw     jsontext.Value // the options, as the page has them
	// handler is told of clicks and of the end; nil if the page does not ask.
	handler ipc.Channel
	server  uint32 // the desktop's number of it
	closed  bool   // guarded by webview.mu
	removed bool   // guarded by webview.mu; by the page, before it was shown
}

// tell tells the page that has made the notification.
func (s *shown) tell(what string) {
	if s.handler != nil {
		_ = s.handler.Send(s.page.Context(), jsontext.Value(`"`+what+`"`)) // the page may be gone
	}
}

// end tells the last that there is to tell.
func (s *shown) end(what string) {
	s.tell(what)
	if s.handler != nil {
		_ = s.handler.Close()
	}
}

// find returns the notification that another one with these options replaces.
// w.mu is held.
func (w *webview) find(o *options) *shown {
	for _, s := range w.active {
		if o.ID != nil && *s.options.ID == *o.ID || o.Tag != "" && s.options.Tag == o.Tag {
			return s
		}
	}
	return nil
}
