package core

import (
	"slices"

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

// OnPage calls f with what the webview shows, now and after each change, from
// a goroutine of its own. Changes that follow each other while f runs are
// told at once.
func (v *Webview) OnPage(f func(PageState)) (off func()) {
	changed, ended := make(chan struct{}, 1), make(chan struct{})
	changed <- struct{}{}
	v.mu.Lock()
	v.watches = append(v.watches, changed)
	v.mu.Unlock()
	off = func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if i := slices.Index(v.watches, changed); i >= 0 {
			v.watches = slices.Delete(v.watches, i, i+1)
			close(ended)
		}
	}
	go func() {
		for {
			select {
			case <-changed:
				v.core.callApp("OnPage", func() { f(v.Page()) })
			case <-ended:
				return
			case <-v.gone:
				return
			case <-v.core.ctx.Done():
				return
			}
		}
	}()
	return off
}

// follow notes what an event changes of what is shown.
func (v *Webview) follow(e wire.PageEvent) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := v.shown
	s := &v.shown
	switch e.Kind {
	case wire.PageStarted:
		s.Failure = ""
	case wire.PageCommitted:
		s.Title, s.Failure = "", ""
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
		select {
		case w <- struct{}{}:
		default: // it has still to look at an earlier change
		}
	}
}
