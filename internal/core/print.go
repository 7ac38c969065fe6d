package core

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// Print writes the page as a PDF, to where the user or the app says: a host
// sees no printers. Printing reuses the download path; only the producer
// differs. Print returns when the file is there.
func (v *Webview) Print(ctx context.Context) error {
	c, h := v.core, v.Window().host()
	switch {
	case isClosed(v.gone):
		return fmt.Errorf("print: %w", ErrNoWebview)
	case !c.hasStarted():
		return fmt.Errorf("print: %w", ErrNotRunning)
	}
	if c.opts.Transfer == nil {
		return fmt.Errorf("print: %w", errors.ErrUnsupported)
	}
	if err := c.downloads.enter(h); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	page := v.Page()
	d := &download{core: c, host: h, view: v, progress: make(chan wire.DownloadEvent, 1)}
	err := d.choosePlace(&ipc.Message{Name: cmp.Or(page.Title, "page") + ".pdf"})
	if err == nil {
		d.staged, err = c.opts.Transfer.Stage(h.name)
	}
	if err != nil {
		c.downloads.leave(h)
		return fmt.Errorf("print: %w", err)
	}
	d.begin(page.URL)
	if err := v.Do(ctx, wire.ActionPrint, wire.Print{Path: d.staged.Path()}); err != nil {
		d.fail(err)
		return fmt.Errorf("print: %w", err)
	}
	if !c.downloads.take(d) {
		return fmt.Errorf("print: %w", ErrCancelled)
	}
	d.finish()
	if err := d.tell(func(*DownloadEvent) {}).Err; err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// printFromPage is Print for a page, which does not learn whether the user has
// thought better of it.
func (v *Webview) printFromPage(ctx context.Context) error {
	if err := v.Print(ctx); !errors.Is(err, ErrCancelled) {
		return err
	}
	return nil
}
