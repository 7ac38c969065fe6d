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
	command("webview", "create_webview_window", false, (*Core).cmdCreateWebviewWindow),
	command("window", "create", false, func(*Core, context.Context, createArgs) (none, error) {
		return none{}, fmt.Errorf("create: windows without a page do not exist here; use new WebviewWindow: %w", errors.ErrUnsupported)
	}),
}

type createArgs struct {
	Options jsontext.Value `json:"options"`
}

// cmdCreateWebviewWindow opens a window as the options say. Whoever opens it
// must hold all rights that pages in it will have, and may lead it only where
// the opener itself may go.
func (c *Core) cmdCreateWebviewWindow(ctx context.Context, a createArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	switch {
	case c.opts.PageWindow == nil:
		return none{}, fmt.Errorf("create_webview_window: this app opens no windows for pages: %w", errors.ErrUnsupported)
	case len(a.Options) > maxWindowOptions:
		return none{}, fmt.Errorf("options of %d bytes: want at most %d", len(a.Options), maxWindowOptions)
	}
	o, err := c.opts.PageWindow(a.Options)
	if err != nil {
		return none{}, err
	}
	m, _ := ipc.MessageFrom(ctx)
	label := o.State.Label
	if err := c.Authority().Covers(authCaller(m.From), label, label); err != nil {
		return none{}, err
	}
	if address := o.Webview.URL; !m.From.Local || !c.IsLocal(address) {
		to := ipc.Message{Kind: ipc.Navigation, From: m.From, URL: address, MainFrame: true}
		if err := c.policy(d.webview, &to); err != nil {
			return none{}, fmt.Errorf("window %q: %s: %w", label, address, err)
		}
	}
	if n := len(c.Windows()); n >= maxPageWindows {
		return none{}, fmt.Errorf("window %q: there are %d windows already, and pages may open no more", label, n)
	}
	ctx, cancel := context.WithTimeout(ctx, pageOpenTimeout)
	defer cancel()
	_, err = c.OpenWindow(ctx, o)
	return none{}, err
}
