package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

const (
	// maxPageWindows bounds the windows of an app once pages open more. It is
	// far beyond what a user can handle and keeps a page from taking the
	// machine.
	maxPageWindows = 128
	// maxWindowOptions bounds the text of a window's options.
	maxWindowOptions = 64 << 10
	// pageOpenTimeout bounds how long a window of a page may take to appear.
	pageOpenTimeout = time.Minute
)

// createCommands open windows from pages.
var createCommands = []builtin{
	command("webview", "create_webview_window", false, func(c *Core, ctx context.Context, a createArgs) (none, error) {
		return none{}, c.createFromPage(ctx, a, false)
	}),
	command("window", "create", false, func(c *Core, ctx context.Context, a createArgs) (none, error) {
		return none{}, c.createFromPage(ctx, a, true)
	}),
}

type createArgs struct {
	Options jsontext.Value `json:"options"`
}

// createFromPage opens a window as the options say. Whoever opens it must hold
// all rights that pages in it will have, and may lead it only where the opener
// itself may go. A bare window has no page of its own.
func (c *Core) createFromPage(ctx context.Context, a createArgs, bare bool) error {
	d, err := callerDocument(ctx)
	if err != nil {
		return err
	}
	switch {
	case c.opts.PageWindow == nil:
		return fmt.Errorf("create a window: this app opens none for pages: %w", errors.ErrUnsupported)
	case len(a.Options) > maxWindowOptions:
		return fmt.Errorf("options of %d bytes: want at most %d", len(a.Options), maxWindowOptions)
	}
	o, err := c.opts.PageWindow(a.Options, bare)
	if err != nil {
		return err
	}
	m, _ := ipc.MessageFrom(ctx)
	label := o.State.Label
	if err := c.Authority().Covers(authCaller(m.From), label, label); err != nil {
		return err
	}
	if address := o.Webview.URL; !bare && (!m.From.Local || !c.IsLocal(address)) {
		to := ipc.Message{Kind: ipc.Navigation, From: m.From, URL: address, MainFrame: true}
		if err := c.policy(d.webview, &to); err != nil {
			return fmt.Errorf("window %q: %s: %w", label, address, err)
		}
	}
	o.Bare, o.Most = bare, maxPageWindows
	ctx, cancel := context.WithTimeout(ctx, pageOpenTimeout)
	defer cancel()
	_, err = c.OpenWindow(ctx, o)
	return err
}
