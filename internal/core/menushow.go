package core

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/internal/wire"
)

// menus says which menus are shown where. A window has its own, or else that
// of the app.
type menus struct {
	mu      sync.Mutex
	app     *shownMenu             // guarded by mu
	windows map[*Window]*shownMenu // guarded by mu
	// popups are what popped up last over each window.
	popups map[*Window]*menu.Item // guarded by mu
}

// shownMenu is a menu that windows show.
type shownMenu struct {
	root  *menu.Item
	stop  func()
	items []wire.MenuItem // guarded by menus.mu
}

// menuOf is the menu bar of a window, as it is to be now.
func (c *Core) menuOf(w *Window) []wire.MenuItem {
	m := &c.menus
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.of(w); s != nil {
		return s.items
	}
	return nil
}

// of returns what a window shows, or nil. m.mu is held.
func (m *menus) of(w *Window) *shownMenu {
	if s := m.windows[w]; s != nil {
		return s
	}
	return m.app
}

// Context ends with the app.
func (c *Core) Context() context.Context { return c.ctx }

// SetAppMenu gives all windows that have no menu of their own that menu, or
// none where root is nil. It returns the one before, which its caller has to
// release. root stays held until then.
func (c *Core) SetAppMenu(ctx context.Context, root *menu.Item) (before *menu.Item, err error) {
	return c.setMenu(ctx, root, nil)
}

// SetMenu gives a window a menu of its own, or takes it away where root is
// nil. What it returns is as with Core.SetAppMenu.
func (w *Window) SetMenu(ctx context.Context, root *menu.Item) (before *menu.Item, err error) {
	return w.core.setMenu(ctx, root, w)
}

func (c *Core) setMenu(ctx context.Context, root *menu.Item, w *Window) (before *menu.Item, err error) {
	m := &c.menus
	var shown *shownMenu
	if root != nil {
		items, err := c.menuItems(root)
		if err != nil {
			return nil, err
		}
		c.menuStore.Hold(root)
		shown = &shownMenu{root: root, items: items}
		shown.stop = c.menuStore.Watch(root, func() { c.menuChanged(shown) })
	}
	m.mu.Lock()
	old := m.app
	if w == nil {
		m.app = shown
	} else {
		if m.windows == nil {
			m.windows = map[*Window]*shownMenu{}
		}
		old = m.windows[w]
		delete(m.windows, w)
		if shown != nil {
			m.windows[w] = shown
		}
	}
	m.mu.Unlock()
	if old != nil {
		old.stop()
		before = old.root
	}
	if w == nil {
		return before, c.refreshMenus(ctx, func(s *shownMenu) bool { return s == shown })
	}
	if err = w.Update(ctx, func(*wire.WindowState) {}); err != nil {
		c.forgetMenus(w)
	}
	return before, err
}

// menuChanged brings a menu to the windows that show it.
func (c *Core) menuChanged(s *shownMenu) {
	items, err := c.menuItems(s.root)
	if err != nil {
		c.log.Warn("mullion: a menu stays as it was", "reason", err)
		return
	}
	c.menus.mu.Lock()
	s.items = items
	c.menus.mu.Unlock()
	if err := c.refreshMenus(c.ctx, func(o *shownMenu) bool { return o == s }); err != nil {
		c.log.Debug("mullion: menu", "error", err)
	}
}

// refreshMenus sends their state to the windows that show such a menu.
func (c *Core) refreshMenus(ctx context.Context, show func(*shownMenu) bool) error {
	c.mu.RLock()
	var windows []*Window
	for _, w := range c.windows {
		windows = append(windows, w)
	}
	started := c.started
	c.mu.RUnlock()
	if !started {
		return nil // windows open with it
	}
	var first error
	for _, w := range windows {
		c.menus.mu.Lock()
		concerned := show(c.menus.of(w))
		c.menus.mu.Unlock()
		if !concerned {
			continue
		}
		if err := w.Update(ctx, func(*wire.WindowState) {}); err != nil && err != ErrNoWindow && first == nil {
			first = err
		}
	}
	return first
}

// forgetMenus lets go of the menus of a window that is gone.
func (c *Core) forgetMenus(w *Window) {
	m := &c.menus
	m.mu.Lock()
	s, popup := m.windows[w], m.popups[w]
	delete(m.windows, w)
	delete(m.popups, w)
	m.mu.Unlock()
	if s != nil {
		s.stop()
		c.menuStore.Release(s.root)
	}
	if popup != nil {
		c.menuStore.Release(popup)
	}
}

// Popup shows a menu over a window, at a point of its content in logical
// pixels, or where the pointer is. It returns once the menu is shown.
func (w *Window) Popup(ctx context.Context, root *menu.Item, x, y *float64) error {
	c := w.core
	m := &c.menus
	items, err := c.menuItems(root)
	if err != nil {
		return err
	}
	c.menuStore.Hold(root)
	m.mu.Lock()
	if m.popups == nil {
		m.popups = map[*Window]*menu.Item{}
	}
	before := m.popups[w]
	m.popups[w] = root
	m.mu.Unlock()
	if before != nil {
		c.menuStore.Release(before)
	}
	select {
	case <-w.gone:
		c.forgetMenus(w)
		return ErrNoWindow
	default:
	}
	return w.Do(ctx, wire.ActionPopup, wire.Popup{Items: items, X: x, Y: y})
}

// menuItems is what a host is told of a menu.
func (c *Core) menuItems(root *menu.Item) ([]wire.MenuItem, error) {
	e, err := c.menuStore.Snapshot(root)
	if err != nil {
		return nil, err
	}
	items := wireItems(e.Items)
	if n := len(mustJSON(items)); n > wire.MaxMenu {
		return nil, fmt.Errorf("the menu takes %d bytes with its pictures, more than %d", n, wire.MaxMenu)
	}
	return items, nil
}

// hostItems are the predefined items that a host does itself.
var hostItems = map[menu.PredefinedItem]bool{
	menu.Copy: true, menu.Cut: true, menu.Paste: true, menu.SelectAll: true, menu.Undo: true, menu.Redo: true,
}

func wireItems(entries []menu.Entry) []wire.MenuItem {
	var items []wire.MenuItem
	for _, e := range entries {
		i := wire.MenuItem{Number: e.Number, Kind: wire.MenuNormal, Text: e.Text, Enabled: e.Enabled}
		switch e.Kind {
		case menu.Submenu:
			i.Kind, i.Items = wire.MenuSubmenu, wireItems(e.Items)
		case menu.Check:
			i.Kind, i.Checked = wire.MenuCheck, e.Checked
		case menu.Predefined:
			if e.Standard {
				i.Standard = string(e.Item)
			}
			switch {
			case e.Item.OnlyMac():
				continue
			case e.Item == menu.Separator:
				i = wire.MenuItem{Number: e.Number, Kind: wire.MenuSeparator}
			case hostItems[e.Item]:
				i.Kind = wire.MenuItemKind(e.Item)
			}
		}
		if a := e.Accelerator; a.Key != "" {
			i.Accelerator = &wire.MenuAccelerator{Control: a.Control, Shift: a.Shift, Alt: a.Alt, Super: a.Super, Key: a.Key}
		}
		if p := e.Picture; p != nil {
			i.Icon = &wire.Picture{Width: p.Width, Height: p.Height, RGBA: p.RGBA}
		}
		items = append(items, i)
	}
	return items
}

// maxChosen bounds the choices in one window that are being dealt with.
const maxChosen = 64

// menuChosen does what the user has chosen, if the window shows such an item:
// a host chooses for its own windows only.
func (w *Window) menuChosen(number uint32) {
	c := w.core
	if err := w.chosen.Put(number); errors.Is(err, inorder.ErrFull) {
		c.log.Warn("mullion: refused", "what", "menu item", "window", w.label, "reason", ErrBackpressure)
	}
}

// choose does what an item is for.
func (w *Window) choose(number uint32) {
	c := w.core
	m := &c.menus
	m.mu.Lock()
	shown, popup := m.of(w), m.popups[w]
	m.mu.Unlock()
	var i *menu.Item
	if popup != nil {
		i = c.menuStore.Find(popup, number)
	}
	if i == nil && shown != nil {
		i = c.menuStore.Find(shown.root, number)
	}
	if i == nil {
		return // taken out while the user chose it
	}
	if c.menuStore.Activate(i) {
		c.predefined(w, c.menuStore.Entry(i))
	}
}

// predefined does what an item means by itself, unless the host has.
func (c *Core) predefined(w *Window, e menu.Entry) {
	if e.Kind != menu.Predefined {
		return
	}
	do := predefinedItems[e.Item]
	if do == nil {
		return
	}
	if err := do(w, e); err != nil {
		c.log.Warn("mullion: menu", "item", e.Item, "window", w.label, "error", err)
	}
}

var predefinedItems = map[menu.PredefinedItem]func(*Window, menu.Entry) error{
	menu.Minimize: func(w *Window, _ menu.Entry) error {
		return w.Update(w.core.ctx, func(s *wire.WindowState) { s.Minimized = true })
	},
	menu.Maximize: func(w *Window, _ menu.Entry) error { return w.Update(w.core.ctx, toggleMaximize) },
	menu.Fullscreen: func(w *Window, _ menu.Entry) error {
		return w.Update(w.core.ctx, func(s *wire.WindowState) { s.Fullscreen = !s.Fullscreen })
	},
	menu.CloseWindow: func(w *Window, _ menu.Entry) error { w.CloseRequested(); return nil },
	menu.Quit:        func(w *Window, _ menu.Entry) error { go w.core.shutdown(nil); return nil },
	menu.AboutApp:    (*Window).about,
}

// about tells of the app, in a dialog.
func (w *Window) about(e menu.Entry) error {
	a := e.About
	name := a.Name
	if name == "" {
		name = w.core.opts.Name
	}
	version := a.Version
	if version == "" {
		version = w.core.opts.Version
	}
	if a.ShortVersion != "" {
		version += " (" + a.ShortVersion + ")"
	}
	lines := []string{strings.TrimSpace(name + " " + version)}
	for _, line := range []string{a.Comments, strings.Join(a.Authors, ", "), a.Copyright, a.License, strings.TrimSpace(a.WebsiteLabel + " " + a.Website), a.Credits} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	d := wire.Dialog{Kind: wire.DialogMessage, Title: name, Level: "info", Text: strings.Join(lines, "\n\n"), Buttons: []string{"OK"}}
	if p := a.Picture; p != nil {
		d.Picture = &wire.Picture{Width: p.Width, Height: p.Height, RGBA: p.RGBA}
	}
	_, err := w.core.Ask(w.core.ctx, w, d)
	return err
}
