package core

import (
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/transfer"
	"github.com/mullion-dev/mullion/internal/wire"
)

// readOnlyInbox is implemented by children that can change neither the files
// in their inbox nor the attributes of these. Where that is not so, files are
// copied: a second name would be a way to the user's own file.
type readOnlyInbox interface{ ReadOnlyInbox() bool }

// Transfer is where files on their way between the user and hosts are; nil
// where there is no such place. Its Inbox of a host is what the host has to
// be able to read, its Outbox what it has to be able to write.
func (c *Core) Transfer() *transfer.Area { return c.opts.Transfer }

// maxDeliveries bounds how often one page is given files, for all of them stay
// until it is left.
const maxDeliveries = 1000

// deliver brings files of the user into the inbox of the webview's host. They
// stay there until the page is left.
func (v *Webview) deliver(visit *visit, paths []string) ([]string, error) {
	area := v.core.opts.Transfer
	if area == nil {
		return nil, fmt.Errorf("files: %w", errors.ErrUnsupported)
	}
	if visit.deliveries.Add(1) > maxDeliveries {
		return nil, fmt.Errorf("files: this page has received files %d times; reload it to continue", maxDeliveries)
	}
	h := v.Window().host()
	h.mu.Lock()
	child, _ := h.child.(readOnlyInbox)
	h.mu.Unlock()
	o := transfer.PutOptions{Link: child != nil && child.ReadOnlyInbox()}
	d, err := area.Put(visit.ctx, h.name, paths, o)
	if err != nil {
		return nil, err
	}
	visit.onEnd(func() {
		if err := d.Remove(); err != nil {
			v.core.log.Warn("mullion: files given to a page could not be removed; they will be when the app exits", "error", err)
		}
	})
	return d.Paths, nil
}

// chooseFiles has the user choose files for a page that may ask for them.
func (c *Core) chooseFiles(v *Webview, q *wire.Decision) (wire.Verdict, error) {
	v.mu.Lock()
	busy := v.choosing
	v.choosing = true
	v.mu.Unlock()
	if busy {
		return wire.Verdict{}, errors.New("the page has another file chooser open")
	}
	defer func() {
		v.mu.Lock()
		v.choosing = false
		v.mu.Unlock()
	}()
	visit := v.currentVisit()
	d := wire.Dialog{Kind: wire.DialogOpen, Multiple: q.What == "files", Filters: acceptFilters(q.Accept)}
	r, err := c.Ask(visit.ctx, v.Window(), d)
	if err != nil {
		return wire.Verdict{}, err
	}
	paths, err := v.deliver(visit, texts(r.Paths))
	if err != nil {
		c.tasks.Go(func() {
			// The user has chosen, and nothing came of it.
			_, _ = c.Ask(visit.ctx, v.Window(), wire.Dialog{
				Kind: wire.DialogMessage, Level: "error", Title: c.opts.Name, Text: err.Error(), Buttons: []string{"OK"},
			})
		})
		return wire.Verdict{}, err
	}
	return wire.Verdict{Allow: true, Paths: paths}, nil
}

// maxAccept bounds the media types that a page can narrow a choice to.
const maxAccept = 100

// acceptFilters are the filters for what a page wants to have. It is a wish,
// as in browsers: the user can look at all files.
func acceptFilters(accept []string) []wire.DialogFilter {
	if len(accept) == 0 || len(accept) > maxAccept {
		return nil
	}
	return []wire.DialogFilter{
		{Name: "Files for this page", MediaTypes: accept},
		{Name: "All files", Extensions: []string{"*"}},
	}
}

// texts are paths as Go has them: any bytes.
func texts(paths [][]byte) []string {
	s := make([]string, len(paths))
	for i, p := range paths {
		s[i] = string(p)
	}
	return s
}
