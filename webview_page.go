package mullion

import (
	"context"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Page is what a webview shows. The engine reports it, not the page, so it is
// right for remote pages too, which have no bridge. Pages choose their titles,
// which may be long.
type Page struct {
	// URL is the address of the document that is shown, including changes that
	// the document has made to it. Until a new document is shown, it is still that
	// of the old one.
	URL string
	// Title is that of the document; empty if it has none.
	Title string
	// Loading reports whether something is being loaded.
	Loading bool
	// CanGoBack and CanGoForward report whether there are such pages in the
	// webview's history.
	CanGoBack, CanGoForward bool
	// Failure says why the last requested page could not be loaded. In place of
	// a page of the app the user then sees one that says so, and the load is
	// tried again; in place of a remote page the previous one stays. It is empty
	// when the load was stopped, or refused by the app or its capabilities; see
	// [App.Use] for these.
	Failure string
}

// Page returns what the webview shows.
func (v *Webview) Page() Page { return Page(v.v.Page()) }

// OnPage calls f with what the webview shows: first as it is now, then after
// each change, until the webview is closed. Calls come one after the other,
// on a goroutine of their own, so f may block; changes in the meantime are part
// of the next call. The returned function ends that; a call in progress may
// still finish.
func (v *Webview) OnPage(f func(Page)) (off func()) {
	return v.v.OnPage(func(s core.PageState) { f(Page(s)) })
}

// Back goes back in the webview's history. At its beginning it does nothing.
func (v *Webview) Back(ctx context.Context) error { return v.v.Do(ctx, wire.ActionBack, nil) }

// Forward goes forward in the webview's history. At its end it does nothing.
func (v *Webview) Forward(ctx context.Context) error { return v.v.Do(ctx, wire.ActionForward, nil) }

// Stop ends the load in progress. The page that is shown stays.
func (v *Webview) Stop(ctx context.Context) error { return v.v.Do(ctx, wire.ActionStop, nil) }
