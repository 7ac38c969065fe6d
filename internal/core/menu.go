package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/internal/units"
)

var menuCommands = []builtin{
	command("menu", "new", true, (*Core).cmdMenuNew),
	command("menu", "append", true, menuInsert(func(menuInsertArgs) int { return -1 })),
	command("menu", "prepend", true, (*Core).cmdMenuPrepend),
	command("menu", "insert", true, (*Core).cmdMenuInsert),
	command("menu", "remove", true, (*Core).cmdMenuRemove),
	command("menu", "remove_at", true, (*Core).cmdMenuRemoveAt),
	command("menu", "items", true, (*Core).cmdMenuItems),
	command("menu", "get", true, (*Core).cmdMenuGet),
	command("menu", "popup", true, (*Core).cmdMenuPopup),
	command("menu", "create_default", true, (*Core).cmdMenuDefault),
	command("menu", "set_as_app_menu", true, (*Core).cmdMenuForApp),
	command("menu", "set_as_window_menu", true, (*Core).cmdMenuForWindow),
	menuGetter("text", allItems, func(e menu.Entry) string { return e.Text }),
	menuGetter("is_enabled", switchable, func(e menu.Entry) bool { return e.Enabled }),
	menuGetter("is_checked", []menu.Kind{menu.Check}, func(e menu.Entry) bool { return e.Checked }),
	command("menu", "set_text", true, func(c *Core, ctx context.Context, a menuTextArgs) (none, error) {
		return c.changeItem(ctx, a.menuHandle, allItems, func(e *menu.Entry) error { e.Text = a.Text; return nil })
	}),
	command("menu", "set_enabled", true, func(c *Core, ctx context.Context, a menuEnabledArgs) (none, error) {
		return c.changeItem(ctx, a.menuHandle, switchable, func(e *menu.Entry) error { e.Enabled = a.Enabled; return nil })
	}),
	command("menu", "set_checked", true, func(c *Core, ctx context.Context, a menuCheckedArgs) (none, error) {
		return c.changeItem(ctx, menuHandle{ID: a.ID, Kind: menu.Check}, []menu.Kind{menu.Check}, func(e *menu.Entry) error { e.Checked = a.Checked; return nil })
	}),
	command("menu", "set_accelerator", true, func(c *Core, ctx context.Context, a menuAcceleratorArgs) (none, error) {
		var key menu.Accelerator
		if a.Accelerator != nil {
			var err error
			if key, err = menu.ParseAccelerator(*a.Accelerator); err != nil {
				return none{}, err
			}
		}
		return c.changeItem(ctx, a.menuHandle, []menu.Kind{menu.Normal, menu.Check, menu.Icon}, func(e *menu.Entry) error { e.Accelerator = key; return nil })
	}),
	command("menu", "set_icon", true, func(c *Core, ctx context.Context, a menuIconArgs) (none, error) {
		picture, err := c.menuPicture(ctx, a.Icon)
		if err != nil {
			return none{}, err
		}
		return c.changeItem(ctx, a.menuHandle, []menu.Kind{menu.Icon, menu.Submenu}, func(e *menu.Entry) error { e.Picture = picture; return nil })
	}),
	// Only macOS has such menus.
	command("menu", "set_as_windows_menu_for_nsapp", true, (*Core).cmdMenuForMac),
	command("menu", "set_as_help_menu_for_nsapp", true, (*Core).cmdMenuForMac),
}

// The kinds of items that commands are for.
var (
	containers = []menu.Kind{menu.Menu, menu.Submenu}
	allItems   = []menu.Kind{menu.Submenu, menu.Normal, menu.Predefined, menu.Check, menu.Icon}
	switchable = []menu.Kind{menu.Submenu, menu.Normal, menu.Check, menu.Icon}
)

// menuHandle is how a page names an item that it has.
type menuHandle struct {
	ID   uint32    `json:"rid"`
	Kind menu.Kind `json:"kind,omitzero"`
}

type menuTextArgs struct {
	menuHandle
	Text string `json:"text"`
}

type menuEnabledArgs struct {
	menuHandle
	Enabled bool `json:"enabled"`
}

type menuCheckedArgs struct {
	ID      uint32 `json:"rid"`
	Checked bool   `json:"checked"`
}

type menuAcceleratorArgs struct {
	menuHandle
	Accelerator *string `json:"accelerator"`
}

type menuIconArgs struct {
	menuHandle
	Icon jsontext.Value `json:"icon,omitzero"`
}

func menuGetter[R any](name string, kinds []menu.Kind, get func(menu.Entry) R) builtin {
	return command("menu", name, true, func(c *Core, ctx context.Context, a menuHandle) (R, error) {
		i, err := c.menuItem(ctx, a, kinds)
		if err != nil {
			var zero R
			return zero, err
		}
		return get(c.menuStore.Entry(i)), nil
	})
}

// menuItem finds an item that must be of one of those kinds, and of the one
// that the page takes it for if it says so.
func (c *Core) menuItem(ctx context.Context, h menuHandle, kinds []menu.Kind) (*menu.Item, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return nil, err
	}
	i, err := resourceOf[*menu.Item](c, d, h.ID)
	if err != nil {
		return nil, err
	}
	kind := c.menuStore.Entry(i).Kind
	if h.Kind != "" && h.Kind != kind {
		return nil, invalidResource(h.ID)
	}
	for _, k := range kinds {
		if k == kind {
			return i, nil
		}
	}
	return nil, fmt.Errorf("menu item of kind %s: %w", kind, menu.ErrKind)
}

func (c *Core) changeItem(ctx context.Context, h menuHandle, kinds []menu.Kind, change func(*menu.Entry) error) (none, error) {
	i, err := c.menuItem(ctx, h, kinds)
	if err != nil {
		return none{}, err
	}
	return none{}, c.menuStore.Change(i, func(e *menu.Entry) { err = errors.Join(err, change(e)) })
}

// giveItem makes a resource of an item that is held; the resource takes that
// over. Pages of other windows may use it too, as the contract has it.
func (c *Core) giveItem(ctx context.Context, i *menu.Item) (uint32, error) {
	release := func() { c.menuStore.Release(i) }
	d, err := callerDocument(ctx)
	if err != nil {
		release()
		return 0, err
	}
	id, err := c.addResource(d, true, i, release)
	if err != nil {
		release()
	}
	return id, err
}

// newHandle is what a page gets of an item: its resource and its ID.
type newHandle [2]any

func (c *Core) giveHandle(ctx context.Context, i *menu.Item) (*newHandle, error) {
	if i == nil {
		return nil, nil
	}
	e := c.menuStore.Entry(i)
	id, err := c.giveItem(ctx, i)
	if err != nil {
		return nil, err
	}
	return &newHandle{id, e.ID}, nil
}

// foundItem is a newHandle with the kind.
type foundItem [3]any

func (c *Core) giveFound(ctx context.Context, i *menu.Item) (*foundItem, error) {
	e := c.menuStore.Entry(i)
	id, err := c.giveItem(ctx, i)
	if err != nil {
		return nil, err
	}
	return &foundItem{id, e.ID, e.Kind}, nil
}

type menuNewArgs struct {
	Kind    menu.Kind      `json:"kind"`
	Options jsontext.Value `json:"options,omitzero"`
	Handler channelArg     `json:"handler"`
}

func (c *Core) cmdMenuNew(ctx context.Context, a menuNewArgs) (*newHandle, error) {
	i, err := c.newMenuItem(ctx, a.Kind, a.Options, a.Handler.ch, 0)
	if err != nil {
		return nil, err
	}
	return c.giveHandle(ctx, i)
}

type menuInsertArgs struct {
	menuHandle
	Items    []jsontext.Value `json:"items"`
	Position int              `json:"position,omitzero"`
}

// menuInsert makes a command that puts items where position says.
func menuInsert(position func(menuInsertArgs) int) func(*Core, context.Context, menuInsertArgs) (none, error) {
	return func(c *Core, ctx context.Context, a menuInsertArgs) (none, error) {
		into, err := c.menuItem(ctx, a.menuHandle, containers)
		if err != nil {
			return none{}, err
		}
		return none{}, c.insertItems(ctx, into, position(a), a.Items, 0)
	}
}

func (c *Core) cmdMenuInsert(ctx context.Context, a menuInsertArgs) (none, error) {
	if a.Position < 0 {
		return none{}, fmt.Errorf("insert at %d: want 0 or more", a.Position)
	}
	return menuInsert(func(a menuInsertArgs) int { return a.Position })(c, ctx, a)
}

// cmdMenuPrepend puts each item before the one before it, as the contract has
// it: several come out in reverse.
func (c *Core) cmdMenuPrepend(ctx context.Context, a menuInsertArgs) (none, error) {
	for l, r := 0, len(a.Items)-1; l < r; l, r = l+1, r-1 {
		a.Items[l], a.Items[r] = a.Items[r], a.Items[l]
	}
	return menuInsert(func(menuInsertArgs) int { return 0 })(c, ctx, a)
}

type menuRemoveArgs struct {
	menuHandle
	Item itemReference `json:"item"`
}

func (c *Core) cmdMenuRemove(ctx context.Context, a menuRemoveArgs) (none, error) {
	from, err := c.menuItem(ctx, a.menuHandle, containers)
	if err != nil {
		return none{}, err
	}
	i, err := c.menuItem(ctx, menuHandle(a.Item), allItems)
	if err != nil {
		return none{}, err
	}
	return none{}, c.menuStore.Remove(from, i)
}

type menuPositionArgs struct {
	menuHandle
	Position int `json:"position"`
}

func (c *Core) cmdMenuRemoveAt(ctx context.Context, a menuPositionArgs) (*foundItem, error) {
	from, err := c.menuItem(ctx, a.menuHandle, containers)
	if err != nil {
		return nil, err
	}
	i, err := c.menuStore.RemoveAt(from, a.Position)
	if errors.Is(err, menu.ErrNotThere) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.giveFound(ctx, i)
}

func (c *Core) cmdMenuItems(ctx context.Context, a menuHandle) ([]*foundItem, error) {
	of, err := c.menuItem(ctx, a, containers)
	if err != nil {
		return nil, err
	}
	found := []*foundItem{}
	items := c.menuStore.Items(of)
	for n, i := range items {
		f, err := c.giveFound(ctx, i)
		if err != nil {
			for _, left := range items[n+1:] {
				c.menuStore.Release(left)
			}
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

type menuGetArgs struct {
	menuHandle
	Name string `json:"id"`
}

func (c *Core) cmdMenuGet(ctx context.Context, a menuGetArgs) (found *foundItem, err error) {
	of, err := c.menuItem(ctx, a.menuHandle, containers)
	if err != nil {
		return nil, err
	}
	for _, i := range c.menuStore.Items(of) {
		if err == nil && found == nil && c.menuStore.Entry(i).ID == a.Name {
			found, err = c.giveFound(ctx, i)
		} else {
			c.menuStore.Release(i)
		}
	}
	return found, err
}

type menuPopupArgs struct {
	menuHandle
	Window *string         `json:"window,omitzero"`
	At     *units.Position `json:"at,omitzero"`
}

func (c *Core) cmdMenuPopup(ctx context.Context, a menuPopupArgs) (none, error) {
	i, err := c.menuItem(ctx, a.menuHandle, containers)
	if err != nil {
		return none{}, err
	}
	label := ""
	if a.Window != nil {
		label = *a.Window
	}
	w, err := c.windowOrCaller(ctx, label)
	if errors.Is(err, ErrNoWindow) {
		return none{}, nil // the contract wants no error
	}
	if err != nil {
		return none{}, err
	}
	if a.At == nil {
		return none{}, w.Popup(ctx, i, nil, nil)
	}
	x, y, err := units.LogicalPosition(*a.At, w.Observed().Scale)
	if err != nil {
		return none{}, err
	}
	return none{}, w.Popup(ctx, i, &x, &y)
}

func (c *Core) cmdMenuForApp(ctx context.Context, a resourceArgs) (*newHandle, error) {
	i, err := c.menuItem(ctx, menuHandle{ID: a.ID}, []menu.Kind{menu.Menu})
	if err != nil {
		return nil, err
	}
	before, err := c.SetAppMenu(ctx, i)
	return c.giveBefore(ctx, before, err)
}

type menuWindowArgs struct {
	ID     uint32  `json:"rid"`
	Window *string `json:"window,omitzero"`
}

func (c *Core) cmdMenuForWindow(ctx context.Context, a menuWindowArgs) (*newHandle, error) {
	i, err := c.menuItem(ctx, menuHandle{ID: a.ID}, []menu.Kind{menu.Menu})
	if err != nil {
		return nil, err
	}
	label := ""
	if a.Window != nil {
		label = *a.Window
	}
	w, err := c.windowOrCaller(ctx, label)
	if err != nil {
		return nil, err
	}
	before, err := w.SetMenu(ctx, i)
	return c.giveBefore(ctx, before, err)
}

// giveBefore gives a page the menu in whose place another one has come.
func (c *Core) giveBefore(ctx context.Context, before *menu.Item, err error) (*newHandle, error) {
	if err != nil && before != nil {
		c.menuStore.Release(before)
		before = nil
	}
	if err != nil {
		return nil, err
	}
	return c.giveHandle(ctx, before)
}

func (c *Core) cmdMenuForMac(ctx context.Context, a resourceArgs) (none, error) {
	_, err := c.menuItem(ctx, menuHandle{ID: a.ID}, []menu.Kind{menu.Submenu})
	return none{}, err
}
