package menu

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/plugin"
)

// getter makes a command that tells something of an item.
func getter[R any](m *menus, kinds []menu.Kind, get func(menu.Entry) R) plugin.Command {
	return plugin.Typed(func(ctx context.Context, a handle) (r R, err error) {
		i, err := m.item(ctx, a, kinds)
		if err != nil {
			return r, err
		}
		return get(m.app.MenuStore().Entry(i)), nil
	})
}

// change changes an item that must be of one of those kinds.
func (m *menus) change(ctx context.Context, h handle, kinds []menu.Kind, change func(*menu.Entry)) (none, error) {
	i, err := m.item(ctx, h, kinds)
	if err != nil {
		return none{}, err
	}
	return none{}, m.app.MenuStore().Change(i, change)
}

type textArgs struct {
	handle
	Text string `json:"text"`
}

func (m *menus) setText(ctx context.Context, a textArgs) (none, error) {
	return m.change(ctx, a.handle, allItems, func(e *menu.Entry) { e.Text = a.Text })
}

type enabledArgs struct {
	handle
	Enabled bool `json:"enabled"`
}

func (m *menus) setEnabled(ctx context.Context, a enabledArgs) (none, error) {
	return m.change(ctx, a.handle, switchable, func(e *menu.Entry) { e.Enabled = a.Enabled })
}

type checkedArgs struct {
	ID      uint32 `json:"rid"`
	Checked bool   `json:"checked"`
}

func (m *menus) setChecked(ctx context.Context, a checkedArgs) (none, error) {
	return m.change(ctx, handle{ID: a.ID, Kind: menu.Check}, checkable, func(e *menu.Entry) { e.Checked = a.Checked })
}

type acceleratorArgs struct {
	handle
	Accelerator *string `json:"accelerator"`
}

func (m *menus) setAccelerator(ctx context.Context, a acceleratorArgs) (none, error) {
	var key menu.Accelerator
	if a.Accelerator != nil {
		var err error
		if key, err = menu.ParseAccelerator(*a.Accelerator); err != nil {
			return none{}, err
		}
	}
	return m.change(ctx, a.handle, shortcuts, func(e *menu.Entry) { e.Accelerator = key })
}

type iconArgs struct {
	handle
	Icon jsontext.Value `json:"icon,omitzero"`
}

func (m *menus) setIcon(ctx context.Context, a iconArgs) (none, error) {
	p, err := itemPicture(ctx, a.Icon)
	if err != nil {
		return none{}, err
	}
	return m.change(ctx, a.handle, pictured, func(e *menu.Entry) { e.Picture = p })
}
