package core

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mullion-dev/mullion/internal/desktop"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// grant does what was allowed, as far as the engine leaves it to the Core,
// and completes the verdict.
func (c *Core) grant(v *Webview, m *ipc.Message) (wire.Verdict, error) {
	switch m.Kind {
	case ipc.NewWindow:
		c.tasks.Go(func() { c.openPopup(v, m) })
	case ipc.Download:
		dir, err := desktop.DownloadDir()
		if err != nil {
			return wire.Verdict{}, fmt.Errorf("no folder for downloads: %w", err)
		}
		path, err := desktop.Reserve(dir, fileName(m.Name))
		if err != nil {
			return wire.Verdict{}, fmt.Errorf("download: %w", err)
		}
		c.log.Info("mullion: download", "url", m.URL, "file", path, "window", v.window.label)
		return wire.Verdict{Allow: true, Path: path}, nil
	case ipc.FileChooser:
		return wire.Verdict{}, fmt.Errorf("choosing files is not supported yet")
	}
	return wire.Verdict{Allow: true}, nil
}

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

// fileName makes a harmless file name of what a server suggests.
func fileName(suggested string) string {
	name := filepath.Base(strings.ReplaceAll(suggested, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || strings.ContainsRune(`/:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, ". ") // nothing hidden, and what Windows would cut off
	for len(name) > 200 {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	if name == "" {
		return "download"
	}
	return name
}
