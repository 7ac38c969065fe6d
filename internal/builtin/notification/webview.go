package notification

import (
	"context"
	"fmt"
	"slices"
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
	// What a page registers: action types, actions of one, and listeners.
	maxTypes     = 64
	maxActions   = 16
	maxListeners = 64
)

// webview is what the plugin keeps for one. It outlives the pages, as what is on
// the screen does. Pages of one origin know nothing of what those of another have
// shown there before.
type webview struct {
	mu      sync.Mutex
	sending []*shown             // guarded by mu; on their way to the desktop, at most maxSending
	active  []*shown             // guarded by mu; oldest first, at most maxActive
	types   map[typeKey][]action // guarded by mu; at most maxTypes
	told    map[string]bool      // guarded by mu; options of which the log says that they have no effect
	clicked *click               // guarded by mu; the last one, see focus
}

func webviewOf(p ipc.Page) *webview {
	return plugin.PerWebview(p, func(context.Context) *webview {
		return &webview{types: map[typeKey][]action{}, told: map[string]bool{}}
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
	reply   string         // the id of the action in which users write
	// handler is told of clicks and of the end; nil if the page does not ask.
	handler ipc.Channel
	// answered is closed once the desktop has it, or will not have it.
	answered chan struct{}
	server   uint32 // the desktop's number of it
	closed   bool   // guarded by webview.mu
	removed  bool   // guarded by webview.mu; by the page, before it was shown
}

// of reports whether a page may know of the notification.
func (s *shown) of(p ipc.Page) bool { return s.page.Caller().Origin == p.Caller().Origin }

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

// takesPlaceOf reports whether the notification replaces another one.
func (s *shown) takesPlaceOf(other *shown) bool {
	o, before := &s.options, &other.options
	return other.of(s.page) && (*before.ID == *o.ID || o.Tag != "" && before.Tag == o.Tag)
}

// begin notes that a notification is on its way. Where one is that it will take
// the place of, that is returned: the desktop has to have it first.
func (w *webview) begin(s *shown) (before *shown, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sending) >= maxSending {
		return nil, fmt.Errorf("%d notifications are on their way already", maxSending)
	}
	for _, other := range w.sending {
		if s.takesPlaceOf(other) {
			before = other
		}
	}
	w.sending = append(w.sending, s)
	return before, nil
}

// replaces returns the desktop's number of what a notification takes the place
// of, or 0.
func (w *webview) replaces(s *shown) uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, other := range w.active {
		if s.takesPlaceOf(other) {
			return other.server
		}
	}
	return 0
}

// answer notes that the desktop has a notification, or that there was an error.
// It returns the one that has lost its place to it, and one that has to be taken
// away; either may be nil.
func (w *webview) answer(s *shown, err error) (replaced, gone *shown) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(s.answered)
	w.sending = slices.DeleteFunc(w.sending, func(other *shown) bool { return other == s })
	if err != nil {
		return nil, nil
	}
	if i := slices.IndexFunc(w.active, func(other *shown) bool { return other.server == s.server }); i >= 0 {
		replaced = w.active[i]
		w.active = slices.Delete(w.active, i, i+1)
	}
	switch {
	case s.removed:
		return replaced, s
	case !s.closed:
		w.active = append(w.active, s)
	}
	if len(w.active) > maxActive {
		gone = w.active[0]
		w.active = slices.Delete(w.active, 0, 1)
	}
	return replaced, gone
}
