package core

import (
	"slices"

	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/wire"
)

// PageState is what a webview shows, as its host has told it last.
type PageState struct {
	URL, Title                       string
	Loading, CanGoBack, CanGoForward bool
	Failure                          string
}

// Page returns what the webview shows.
func (v *Webview) Page() PageState {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.shown
	if s.URL == "" {
		s.URL = v.url
	}
	return s
}

// OnPage calls f with what the webview shows, now and after each change.
// Changes that follow each other while f runs are told at once.
func (v *Webview) OnPage(f func(PageState)) (off func()) {
	changed := inorder.New(v.core.app, inorder.Options[struct{}]{Name: "OnPage", Most: 1, Quiet: true}, func(struct{}) { f(v.Page()) })
	v.mu.Lock()
	v.watches = append(v.watches, changed)
	v.mu.Unlock()
	_ = changed.Push(struct{}{}) // or the app has ended
	return func() {
		v.mu.Lock()
		v.watches = slices.DeleteFunc(v.watches, func(w *inorder.Queue[struct{}]) bool { return w == changed })
		v.mu.Unlock()
		changed.End()
	}
}

// follow notes what an event changes of what is shown.
func (v *Webview) follow(e wire.PageEvent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.shown
	s := &v.shown
	switch e.Kind {
	case wire.PageStarted:
		if v.problem == nil {
			s.Failure = ""
		}
	case wire.PageCommitted:
		s.Title = ""
		if v.problem == nil { // else it is the error page that tells of it
			s.Failure = ""
		}
		if e.URL != errorAddress {
			s.URL = e.URL
		}
	case wire.PageTitle:
		s.Title = e.Detail
	case wire.PageFailed:
		if !e.Cancelled {
			s.Failure = e.Detail
		}
	case wire.PageCrashed:
		s.Loading = false
	case wire.PageState:
		s.Loading, s.CanGoBack, s.CanGoForward = e.Loading, e.Back, e.Forward
		// A step within the document stays at its origin: a host cannot claim
		// more with it than with the document.
		if s.URL != "" && originOf(e.URL) == originOf(s.URL) {
			s.URL = e.URL
		}
	}
	if *s == before {
		return
	}
	for _, w := range v.watches {
		_ = w.Push(struct{}{}) // or the app has ended
	}
}
