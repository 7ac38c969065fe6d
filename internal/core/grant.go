package core

import (
	"context"
	"fmt"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// grant does what was allowed, as far as the engine leaves it to the Core,
// and completes the verdict. It may wait for the user; see waits.
func (c *Core) grant(v *Webview, m *ipc.Message, q *wire.Decision) (wire.Verdict, error) {
	switch m.Kind {
	case ipc.NewWindow:
		c.tasks.Go(func() { c.openPopup(v, m) })
	case ipc.Download:
		return c.startDownload(v, m)
	case ipc.FileChooser:
		return c.chooseFiles(v, q)
	}
	return wire.Verdict{Allow: true}, nil
}

// waits reports whether granting something of that kind takes the user, or
// the disk.
func waits(kind ipc.Kind) bool { return kind == ipc.Download || kind == ipc.FileChooser }

// popupTimeout bounds how long the window of a page's wish may take to open.
const popupTimeout = time.Minute

// openPopup opens the window that a page was allowed to open. What the new
// window may do is what capabilities grant its label, popup-<number>; a page
// must not come to more that way than it has itself.
func (c *Core) openPopup(v *Webview, m *ipc.Message) {
	c.mu.Lock()
	c.lastPopup++
	label := fmt.Sprintf("popup-%d", c.lastPopup)
	c.mu.Unlock()
	err := c.Authority().Covers(authCaller(m.From), label, label)
	if err == nil {
		ctx, cancel := context.WithTimeout(c.ctx, popupTimeout)
		defer cancel()
		s := wire.WindowState{
			Label: label, Title: c.opts.Name, Width: 800, Height: 600, Visible: true, Focus: true,
			Focusable: true, Resizable: true, Closable: true, Decorated: true,
		}
		_, err = c.OpenWindow(ctx, WindowOptions{State: s, Webview: wire.WebviewState{URL: m.URL}, Isolate: !c.IsLocal(m.URL)})
	}
	if err != nil {
		c.log.Warn("mullion: window not opened", "url", m.URL, "from", m.From.String(), "error", err)
	}
}
