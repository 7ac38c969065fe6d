package mullion

import (
	"context"
	"errors"
	"fmt"
	"os"

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
// On Linux the desktop portal opens it, or xdg-open, without a shell. If
// neither is there, and on other systems for now, the error wraps
// errors.ErrUnsupported.
func (a *App) OpenURL(ctx context.Context, address string) error {
	if err := a.core.OpenURL(ctx, address); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// External is something to open outside of the app, by [App.OpenExternal].
type External struct {
	// URL is an absolute address, and Path the absolute path of a file or
	// folder: one of them is set.
	URL, Path string
	// File is what was opened at Path, if the caller has judged that. A desktop
	// portal is handed this descriptor; other programs are told the path.
	File *os.File
	// Program is the name of a program in PATH, or its absolute path. It gets
	// the address or path as its only argument. Empty is the user's default.
	Program string
}

// OpenExternal opens an address or a file with a program of the user's, and
// returns when that was started, or when the user has chosen one where the
// desktop asks. The program outlives the app.
//
// Addresses may have any scheme but those that name a file of this machine or
// are code, such as file: and javascript:, and are checked as those of
// [App.OpenURL] else; so who calls it for a page has to judge what the page
// wants. At most 10 things are opened within 10 seconds, together with links.
//
// On Linux web addresses, letters and folders are opened by the desktop portal, or by
// xdg-open if there is none; other addresses and files by xdg-open first,
// because portals may ask the user for a program. In Flatpak and Snap the
// portal is always first. Without one of them, and on other systems for now,
// the error wraps errors.ErrUnsupported.
func (a *App) OpenExternal(ctx context.Context, e External) error {
	if (e.URL == "") == (e.Path == "") {
		return errors.New("mullion: open: set URL or Path")
	}
	if err := a.core.OpenExternal(ctx, open.Request{Address: e.URL, Path: e.Path, File: e.File, Program: e.Program}); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// RevealFiles shows files or folders in the user's file manager, selected in the
// folders that they are in. The paths are absolute, and of at most 10 folders.
//
// On Linux the file manager is asked on the session bus
// (org.freedesktop.FileManager1); where none answers, the folders are opened as
// by [App.OpenExternal]. On other systems the error wraps errors.ErrUnsupported
// for now.
func (a *App) RevealFiles(ctx context.Context, paths ...string) error {
	if err := a.core.Reveal(ctx, paths); err != nil {
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
