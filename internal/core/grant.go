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
		if c.popups.Add(1) > maxPopups {
			c.popups.Add(-1)
			return wire.Verdict{}, fmt.Errorf("pages have opened %d windows that are there still; close some of them", maxPopups)
		}
		features := q.Features
		c.tasks.Go(func() {
			defer c.popups.Add(-1)
			if w := c.openPopup(v, m, features); w != nil {
				select {
				case <-w.gone:
				case <-c.ctx.Done():
				}
			}
		})
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

// maxPopups bounds the windows that window.open has opened, those that are
// being opened included: each may take a host process of its own, and a host
// that was taken over needs no click for them.
const maxPopups = 32

// popupTimeout bounds how long the window of a page's wish may take to open.
const popupTimeout = time.Minute

// openPopup opens the window that a page was allowed to open. What the new
// window may do is what capabilities grant its label, popup-<number>; a page
// must not come to more that way than it has itself.
func (c *Core) openPopup(v *Webview, m *ipc.Message, features string) (w *Window) {
	c.mu.Lock()
	c.lastPopup++
	label := fmt.Sprintf("popup-%d", c.lastPopup)
	c.mu.Unlock()
	err := c.Authority().Covers(authCaller(m.From), label, label)
	if err == nil {
		ctx, cancel := context.WithTimeout(c.ctx, popupTimeout)
		defer cancel()
		s := wire.WindowState{
			Label: label, Title: c.popupTitle("", m.URL), Width: 800, Height: 600, Visible: true, Focus: true,
			Focusable: true, Resizable: true, Closable: true, Decorated: true,
		}
		popupFeatures(&s, features)
		w, err = c.OpenWindow(ctx, WindowOptions{
			State: s, Webview: wire.WebviewState{URL: m.URL}, Isolate: !c.IsLocal(m.URL), Popup: true, Most: maxPageWindows,
		})
	}
	if err != nil {
		c.log.Warn("mullion: window not opened", "url", m.URL, "from", m.From.String(), "window", m.From.Window, "error", err)
	}
	return w
}
