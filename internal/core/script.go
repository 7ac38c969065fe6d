package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/wire"
)

// ScriptMaker makes the script that a plugin runs in the pages of a webview.
type ScriptMaker struct {
	// Plugin is for messages.
	Plugin string
	// Commands are those by which pages are told that have a use for the script:
	// those that may call one of them, by their whole name.
	Commands []string
	// Make is called on a goroutine that may wait.
	Make func(ctx context.Context, window, webview string) (string, error)
}

// pageScript is what a ScriptMaker has made for a webview.
type pageScript struct {
	commands []string
	text     string
}

// AddScript adds the script of a plugin, before Run.
func (c *Core) AddScript(m ScriptMaker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scripts = append(c.scripts, m)
}

// makeScripts asks the plugins for their scripts.
func (c *Core) makeScripts(ctx context.Context, window, webview string) ([]pageScript, error) {
	c.mu.RLock()
	makers := c.scripts
	c.mu.RUnlock()
	scripts := []pageScript{}
	for _, m := range makers {
		var text string
		err := errors.New("it panicked, see the log")
		c.app.Call("script of the plugin "+m.Plugin, func() { text, err = m.Make(ctx, window, webview) })
		if err == nil && len(text) > wire.MaxScript {
			err = fmt.Errorf("it has %d bytes, more than %d", len(text), wire.MaxScript)
		}
		if err != nil {
			return nil, fmt.Errorf("script of the plugin %q: %w", m.Plugin, err)
		}
		if text != "" {
			scripts = append(scripts, pageScript{m.Commands, text})
		}
	}
	return scripts, nil
}

// lockScripted makes the scripts of a webview to be, and locks c.mu if there is
// no error. Where a window is to be opened, state is that, and becomes what the
// app makes of it. Before Run, which asks for all that was noted by then,
// neither is done.
func (c *Core) lockScripted(ctx context.Context, window, webview string, state *wire.WindowState) (scripts []pageScript, err error) {
	c.mu.Lock()
	for c.started && scripts == nil {
		c.mu.Unlock()
		if state != nil {
			if *state, err = c.askApp(*state); err != nil {
				return nil, err
			}
		}
		if scripts, err = c.makeScripts(ctx, window, webview); err != nil {
			return nil, err
		}
		c.mu.Lock()
	}
	return scripts, nil
}

// lockAllScripted makes the scripts of the webviews that were noted before Run,
// asks about the windows, and locks c.mu if there is no error.
func (c *Core) lockAllScripted(ctx context.Context) error {
	c.mu.Lock()
	for {
		var missing []*Webview
		var unasked []*Window
		for _, w := range c.windows {
			if !w.asked {
				w.asked = true
				unasked = append(unasked, w)
			}
		}
		for _, v := range c.webviews {
			v.mu.Lock()
			if v.scripts == nil {
				missing = append(missing, v)
			}
			v.mu.Unlock()
		}
		if len(missing) == 0 && len(unasked) == 0 {
			return nil
		}
		c.mu.Unlock()
		for _, w := range unasked {
			if err := c.askForNoted(w); err != nil {
				return err
			}
		}
		for _, v := range missing {
			window := v.Window().label
			scripts, err := c.makeScripts(ctx, window, v.label)
			if err != nil {
				return fmt.Errorf("window %q: %w", window, err)
			}
			v.mu.Lock()
			v.scripts = scripts
			v.mu.Unlock()
		}
		c.mu.Lock()
	}
}

// scriptsFor returns those that the app's own pages, or the page at url, have a
// use for. v.mu is held.
func (v *Webview) scriptsFor(url string) string {
	c := v.core
	auth := c.Authority()
	if auth == nil {
		return ""
	}
	window := v.Window().label
	may := func(commands []string) bool {
		for _, caller := range []capability.Caller{
			{Window: window, Webview: v.label, URL: AppOrigin + "/", Local: true},
			{Window: window, Webview: v.label, URL: url, Local: c.IsLocal(url)},
		} {
			for _, name := range commands {
				if _, err := auth.Check(caller, name); err == nil {
					return true
				}
			}
		}
		return false
	}
	var text string
	for _, s := range v.scripts {
		if may(s.commands) {
			text += s.text + "\n"
		}
	}
	return text
}
