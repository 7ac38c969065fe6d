// Package menu is the plugin of that name, which every app has: the classes of
// @tauri-apps/api/menu. It makes and changes items; windows show them.
package menu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/internal/units"
	"github.com/mullion-dev/mullion/plugin"
)

// ErrNoWindow is what [App.Window] returns for a window that does not exist.
var ErrNoWindow = errors.New("window not found")

// App is what the plugin needs of the app that it is part of.
type App interface {
	// MenuStore has the items of all menus.
	MenuStore() *menu.Store
	// Owner owns what pages are told of choices.
	Owner() *inorder.Owner
	// SetAppMenu shows a menu in all windows that have none of their own. It
	// returns the one before, which its caller has to release.
	SetAppMenu(ctx context.Context, root *menu.Item) (before *menu.Item, err error)
	// Window returns the window with that label; without one, that which the
	// calling page is in.
	Window(ctx context.Context, label string) (Window, error)
}

// Window is a window that shows menus.
type Window interface {
	// SetMenu is SetAppMenu for this window alone.
	SetMenu(ctx context.Context, root *menu.Item) (before *menu.Item, err error)
	// Popup shows a menu at a point of the content in logical pixels, or where
	// the pointer is.
	Popup(ctx context.Context, root *menu.Item, x, y *float64) error
	// Scale is how many physical pixels a logical one has; 0 if that is not
	// known yet.
	Scale() float64
}

// menus is the plugin.
type menus struct {
	app App
	ctx context.Context // ends with the app
	log *slog.Logger
}

// New makes the plugin. Without an app it tells what it offers, and does nothing.
func New(app App) plugin.Plugin {
	m := &menus{app: app}
	commands := plugin.Commands{
		"new":                           plugin.Typed(m.make),
		"append":                        plugin.Typed(m.append),
		"prepend":                       plugin.Typed(m.prepend),
		"insert":                        plugin.Typed(m.insert),
		"remove":                        plugin.Typed(m.remove),
		"remove_at":                     plugin.Typed(m.removeAt),
		"items":                         plugin.Typed(m.items),
		"get":                           plugin.Typed(m.get),
		"popup":                         plugin.Typed(m.popup),
		"create_default":                plugin.Typed(m.makeDefault),
		"set_as_app_menu":               plugin.Typed(m.setForApp),
		"set_as_window_menu":            plugin.Typed(m.setForWindow),
		"text":                          getter(m, allItems, func(e menu.Entry) string { return e.Text }),
		"is_enabled":                    getter(m, switchable, func(e menu.Entry) bool { return e.Enabled }),
		"is_checked":                    getter(m, checkable, func(e menu.Entry) bool { return e.Checked }),
		"set_text":                      plugin.Typed(m.setText),
		"set_enabled":                   plugin.Typed(m.setEnabled),
		"set_checked":                   plugin.Typed(m.setChecked),
		"set_accelerator":               plugin.Typed(m.setAccelerator),
		"set_icon":                      plugin.Typed(m.setIcon),
		"set_as_windows_menu_for_nsapp": plugin.Typed(m.setForMac),
		"set_as_help_menu_for_nsapp":    plugin.Typed(m.setForMac),
	}
	return plugin.Plugin{
		Name: "menu", Commands: commands, Default: commands.Allow(),
		Start: func(ctx context.Context, app plugin.App) error {
			m.ctx, m.log = ctx, app.Log()
			return nil
		},
	}
}

type none = struct{}

// The kinds of items that commands are for.
var (
	containers = []menu.Kind{menu.Menu, menu.Submenu}
	allItems   = []menu.Kind{menu.Submenu, menu.Normal, menu.Predefined, menu.Check, menu.Icon}
	switchable = []menu.Kind{menu.Submenu, menu.Normal, menu.Check, menu.Icon}
	checkable  = []menu.Kind{menu.Check}
	shortcuts  = []menu.Kind{menu.Normal, menu.Check, menu.Icon}
	pictured   = []menu.Kind{menu.Icon, menu.Submenu}
)

// handle is how a page names an item that it has.
type handle struct {
	ID   uint32    `json:"rid"`
	Kind menu.Kind `json:"kind,omitzero"`
}

// item finds an item that must be of one of those kinds, and of the one that
// the page takes it for if it says so.
func (m *menus) item(ctx context.Context, h handle, kinds []menu.Kind) (*menu.Item, error) {
	i, err := plugin.ResourceOf[*menu.Item](ctx, h.ID)
	if err != nil {
		return nil, err
	}
	kind := m.app.MenuStore().Entry(i).Kind
	if h.Kind != "" && h.Kind != kind {
		return nil, fmt.Errorf("The resource id %d is invalid.", h.ID)
	}
	if !slices.Contains(kinds, kind) {
		return nil, fmt.Errorf("menu item of kind %s: %w", kind, menu.ErrKind)
	}
	return i, nil
}

// give makes a resource of an item that is held; the resource takes that over.
// Pages of other windows may use it too, as the contract has it.
func (m *menus) give(ctx context.Context, i *menu.Item) (uint32, error) {
	release := func() { m.app.MenuStore().Release(i) }
	id, err := plugin.AddSharedResource(ctx, i, release)
	if err != nil {
		release()
	}
	return id, err
}

// newHandle is what a page gets of an item: its resource and its ID.
type newHandle [2]any

func (m *menus) giveHandle(ctx context.Context, i *menu.Item) (*newHandle, error) {
	if i == nil {
		return nil, nil
	}
	e := m.app.MenuStore().Entry(i)
	id, err := m.give(ctx, i)
	if err != nil {
		return nil, err
	}
	return &newHandle{id, e.ID}, nil
}

// foundItem is a newHandle with the kind.
type foundItem [3]any

func (m *menus) giveFound(ctx context.Context, i *menu.Item) (*foundItem, error) {
	e := m.app.MenuStore().Entry(i)
	id, err := m.give(ctx, i)
	if err != nil {
		return nil, err
	}
	return &foundItem{id, e.ID, e.Kind}, nil
}

type newArgs struct {
	Kind    menu.Kind      `json:"kind"`
	Options jsontext.Value `json:"options,omitzero"`
	Handler channel        `json:"handler"`
}

func (m *menus) make(ctx context.Context, a newArgs) (*newHandle, error) {
	i, err := m.newItem(ctx, a.Kind, a.Options, a.Handler.Channel, 0)
	if err != nil {
		return nil, err
	}
	return m.giveHandle(ctx, i)
}

type itemsArgs struct {
	handle
	Items    []jsontext.Value `json:"items"`
	Position int              `json:"position,omitzero"`
}

// insertAt puts items where position says.
func (m *menus) insertAt(ctx context.Context, a itemsArgs, position int) (none, error) {
	into, err := m.item(ctx, a.handle, containers)
	if err != nil {
		return none{}, err
	}
	return none{}, m.insertItems(ctx, into, position, a.Items, 0)
}

func (m *menus) append(ctx context.Context, a itemsArgs) (none, error) {
	return m.insertAt(ctx, a, -1)
}

// prepend puts each item before the one before it, as the contract has it:
// several come out in reverse.
func (m *menus) prepend(ctx context.Context, a itemsArgs) (none, error) {
	slices.Reverse(a.Items)
	return m.insertAt(ctx, a, 0)
}

func (m *menus) insert(ctx context.Context, a itemsArgs) (none, error) {
	if a.Position < 0 {
		return none{}, fmt.Errorf("insert at %d: want 0 or more", a.Position)
	}
	return m.insertAt(ctx, a, a.Position)
}

type removeArgs struct {
	handle
	Item reference `json:"item"`
}

func (m *menus) remove(ctx context.Context, a removeArgs) (none, error) {
	from, err := m.item(ctx, a.handle, containers)
	if err != nil {
		return none{}, err
	}
	i, err := m.item(ctx, handle(a.Item), allItems)
	if err != nil {
		return none{}, err
	}
	return none{}, m.app.MenuStore().Remove(from, i)
}

type removeAtArgs struct {
	handle
	Position int `json:"position"`
}

func (m *menus) removeAt(ctx context.Context, a removeAtArgs) (*foundItem, error) {
	from, err := m.item(ctx, a.handle, containers)
	if err != nil {
		return nil, err
	}
	i, err := m.app.MenuStore().RemoveAt(from, a.Position)
	if errors.Is(err, menu.ErrNotThere) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return m.giveFound(ctx, i)
}

func (m *menus) items(ctx context.Context, a handle) ([]*foundItem, error) {
	of, err := m.item(ctx, a, containers)
	if err != nil {
		return nil, err
	}
	found := []*foundItem{}
	items := m.app.MenuStore().Items(of)
	for n, i := range items {
		f, err := m.giveFound(ctx, i)
		if err != nil {
			for _, left := range items[n+1:] {
				m.app.MenuStore().Release(left)
			}
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

type getArgs struct {
	handle
	Name string `json:"id"`
}

func (m *menus) get(ctx context.Context, a getArgs) (found *foundItem, err error) {
	of, err := m.item(ctx, a.handle, containers)
	if err != nil {
		return nil, err
	}
	s := m.app.MenuStore()
	for _, i := range s.Items(of) {
		if err == nil && found == nil && s.Entry(i).ID == a.Name {
			found, err = m.giveFound(ctx, i)
		} else {
			s.Release(i)
		}
	}
	return found, err
}

type popupArgs struct {
	handle
	Window *string         `json:"window,omitzero"`
	At     *units.Position `json:"at,omitzero"`
}

func (m *menus) popup(ctx context.Context, a popupArgs) (none, error) {
	i, err := m.item(ctx, a.handle, containers)
	if err != nil {
		return none{}, err
	}
	w, err := m.app.Window(ctx, text(a.Window))
	if errors.Is(err, ErrNoWindow) {
		return none{}, nil // the contract wants no error
	}
	if err != nil {
		return none{}, err
	}
	if a.At == nil {
		return none{}, w.Popup(ctx, i, nil, nil)
	}
	x, y, err := units.LogicalPosition(*a.At, w.Scale())
	if err != nil {
		return none{}, err
	}
	return none{}, w.Popup(ctx, i, &x, &y)
}

type resourceArgs struct {
	ID uint32 `json:"rid"`
}

func (m *menus) setForApp(ctx context.Context, a resourceArgs) (*newHandle, error) {
	i, err := m.item(ctx, handle{ID: a.ID}, []menu.Kind{menu.Menu})
	if err != nil {
		return nil, err
	}
	before, err := m.app.SetAppMenu(ctx, i)
	return m.giveBefore(ctx, before, err)
}

type windowArgs struct {
	ID     uint32  `json:"rid"`
	Window *string `json:"window,omitzero"`
}

func (m *menus) setForWindow(ctx context.Context, a windowArgs) (*newHandle, error) {
	i, err := m.item(ctx, handle{ID: a.ID}, []menu.Kind{menu.Menu})
	if err != nil {
		return nil, err
	}
	w, err := m.app.Window(ctx, text(a.Window))
	if err != nil {
		return nil, err
	}
	before, err := w.SetMenu(ctx, i)
	return m.giveBefore(ctx, before, err)
}

// giveBefore gives a page the menu in whose place another one has come.
func (m *menus) giveBefore(ctx context.Context, before *menu.Item, err error) (*newHandle, error) {
	if err != nil {
		if before != nil {
			m.app.MenuStore().Release(before)
		}
		return nil, err
	}
	return m.giveHandle(ctx, before)
}

// setForMac checks a menu that only macOS has a place for.
func (m *menus) setForMac(ctx context.Context, a resourceArgs) (none, error) {
	_, err := m.item(ctx, handle{ID: a.ID}, []menu.Kind{menu.Submenu})
	return none{}, err
}
