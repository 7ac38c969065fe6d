package mullion

import (
	"context"
	"fmt"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/open"
)

// Link is an address that a page of the app does not show itself: the user has
// clicked on it, and it leads to another site, or is of a kind that the user
// has another program for, such as mailto:.
type Link struct {
	// Window and Webview are the labels of where the page is.
	Window, Webview string
	// URL is the address. The page has chosen it.
	URL string
	// NewWindow is set for links that ask for a window of their own, by
	// target=_blank or window.open, where the app's capabilities grant none.
	NewWindow bool
}

// LinkAction says what to do with a [Link].
type LinkAction int

// The values of LinkAction.
const (
	// LinkOpen opens the link with the user's program for it.
	LinkOpen LinkAction = iota
	// LinkIgnore does nothing: the app does not want the link, or has handled
	// it itself, for example by [App.OpenWindow].
	LinkIgnore
)

var (
	// ErrURLRefused is wrapped where an address is not for the programs of
	// the user: see [App.OpenURL].
	ErrURLRefused = open.ErrRefused
	// ErrTooManyLinks is wrapped where more than 10 addresses are to be opened
	// within 10 seconds.
	ErrTooManyLinks = core.ErrTooManyLinks
)

// OpenURL opens an address with the user's default program: a page in the
// browser, mailto: in the mail program. It returns when that program was
// started, and works before Run, too.
//
// The address must be absolute, with the scheme http, https, mailto, tel or one
// of [Options.LinkSchemes], without a user name, and in mailto: without a file
// to attach; otherwise the error wraps [ErrURLRefused]. At most 10 addresses
// are opened within 10 seconds, including those of links; see
// [ErrTooManyLinks].
//
// On Linux xdg-open opens it, without a shell, or the desktop portal if
// xdg-open is not installed. If neither is there, and on other systems for now,
// the error wraps errors.ErrUnsupported.
func (a *App) OpenURL(ctx context.Context, address string) error {
	if err := a.core.OpenURL(ctx, address); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// linkOptions are those of the Core.
func linkOptions(o Options) (core.LinkOptions, error) {
	for _, s := range o.LinkSchemes {
		if err := open.CheckScheme(s); err != nil {
			return core.LinkOptions{}, fmt.Errorf("mullion: LinkSchemes: %w", err)
		}
	}
	lo := core.LinkOptions{Schemes: o.LinkSchemes}
	if o.OnLink != nil {
		lo.On = func(l core.Link) bool {
			return o.OnLink(Link{Window: l.Window, Webview: l.Webview, URL: l.URL, NewWindow: l.NewWindow}) == LinkOpen
		}
	}
	return lo, nil
}
