package menu

import (
	"context"
	"errors"
	"fmt"
	"image"
	"regexp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/picture"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// channel is a channel of any JSON.
type channel struct{ ipc.Channel }

// SetChannel implements ipc.ChannelSetter.
func (c *channel) SetChannel(ch ipc.Channel) { c.Channel = ch }

// itemOptions is how a page describes a menu item.
type itemOptions struct {
	ID          *string          `json:"id"`
	Text        *string          `json:"text"`
	Enabled     *bool            `json:"enabled"`
	Checked     *bool            `json:"checked"`
	Accelerator *string          `json:"accelerator"`
	Item        jsontext.Value   `json:"item,omitzero"`
	Icon        jsontext.Value   `json:"icon,omitzero"`
	Items       []jsontext.Value `json:"items"`
	Handler     *channel         `json:"handler"`
}

// aboutOptions is what a page has the item About tell.
type aboutOptions struct {
	Name         *string        `json:"name"`
	Version      *string        `json:"version"`
	ShortVersion *string        `json:"shortVersion"`
	Authors      []string       `json:"authors"`
	Comments     *string        `json:"comments"`
	Copyright    *string        `json:"copyright"`
	License      *string        `json:"license"`
	Website      *string        `json:"website"`
	WebsiteLabel *string        `json:"websiteLabel"`
	Credits      *string        `json:"credits"`
	Icon         jsontext.Value `json:"icon,omitzero"`
}

// maxAbout bounds what About may tell, in bytes.
const maxAbout = 16 << 10

// reference is an item that a page has, as [rid, kind].
type reference handle

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *reference) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var pair []jsontext.Value
	if err := json.UnmarshalDecode(d, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return errors.New("want an item as [rid, kind]")
	}
	if err := json.Unmarshal(pair[0], &r.ID); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &r.Kind)
}

// insertItems puts items into a menu: those that the page has, and new ones.
func (m *menus) insertItems(ctx context.Context, into *menu.Item, position int, described []jsontext.Value, depth int) error {
	if len(described) > menu.MaxShown {
		return fmt.Errorf("%d items at once, more than %d: %w", len(described), menu.MaxShown, menu.ErrTooMany)
	}
	var items []*menu.Item
	defer func() {
		for _, i := range items {
			m.app.MenuStore().Release(i) // the menu has them now, or nobody
		}
	}()
	for _, v := range described {
		if v.Kind() == '[' {
			var r reference
			if err := json.Unmarshal(v, &r); err != nil {
				return fmt.Errorf("menu item: %w", err)
			}
			i, err := m.item(ctx, handle(r), allItems)
			if err != nil {
				return err
			}
			m.app.MenuStore().Hold(i)
			items = append(items, i)
			continue
		}
		i, err := m.newItem(ctx, "", v, nil, depth+1)
		if err != nil {
			return err
		}
		items = append(items, i)
	}
	return m.app.MenuStore().Insert(into, position, items...)
}

// newItem makes an item, held, and what is in it. Without a kind the keys tell
// which one it is. ch, which may be nil, is told of choices, and is closed with
// the item, or with an error.
func (m *menus) newItem(ctx context.Context, kind menu.Kind, options jsontext.Value, ch ipc.Channel, depth int) (*menu.Item, error) {
	o, err := readOptions(ctx, options, depth)
	if o.Handler != nil && o.Handler.Channel != nil {
		ch = o.Handler.Channel
	}
	var e menu.Entry
	if err == nil {
		if kind == "" {
			kind = o.kind()
		}
		e, err = o.entry(ctx, kind)
	}
	s := m.app.MenuStore()
	var i *menu.Item
	if err == nil {
		i, err = s.New(e, m.teller(ch))
	}
	if err != nil {
		if ch != nil {
			_ = ch.Close() // the page may be gone
		}
		return nil, err
	}
	if ch != nil {
		s.OnGone(i, func() { _ = ch.Close() })
	}
	if len(o.Items) > 0 {
		if err := m.insertItems(ctx, i, -1, o.Items, depth); err != nil {
			s.Release(i)
			return nil, err
		}
	}
	return i, nil
}

// readOptions reads what a page says of an item. It may return a part of it
// with an error.
func readOptions(ctx context.Context, options jsontext.Value, depth int) (o itemOptions, err error) {
	if depth > menu.MaxDepth {
		return o, fmt.Errorf("menu items nest deeper than %d: %w", menu.MaxDepth, menu.ErrTooMany)
	}
	msg, ok := ipc.MessageFrom(ctx)
	if !ok {
		return o, plugin.ErrNoPage
	}
	if len(options) == 0 || options.Kind() == 'n' {
		return o, nil
	}
	if err := json.Unmarshal(options, &o, json.WithUnmarshalers(ipc.ChannelUnmarshalers(msg))); err != nil {
		return o, fmt.Errorf("menu item: %w", err)
	}
	return o, nil
}

// maxChosen bounds the choices of an item that the page is not told of yet.
const maxChosen = 64

// teller returns what tells a page that its item was chosen; nil without a
// channel.
func (m *menus) teller(ch ipc.Channel) func(id string) {
	if ch == nil {
		return nil
	}
	told := inorder.New(m.app.Owner(), inorder.Options[string]{Name: "menu item of a page", Most: maxChosen}, func(id string) {
		text, err := ipc.Marshal(id)
		if err == nil {
			err = ch.Send(m.ctx, text)
		}
		// That the page is gone is no error: its menu may have stayed.
		if err != nil && !errors.Is(err, ipc.ErrChannelClosed) {
			m.log.Warn("mullion: a page was not told of its menu item", "item", id, "error", err)
		}
	})
	return func(id string) { _ = told.Push(id) } // or the app has ended
}

// kind tells what a description without a kind means.
func (o *itemOptions) kind() menu.Kind {
	given := func(v jsontext.Value) bool { return len(v) > 0 && v.Kind() != 'n' }
	switch {
	case given(o.Item):
		return menu.Predefined
	case o.Checked != nil:
		return menu.Check
	case given(o.Icon):
		return menu.Icon
	case o.Items != nil:
		return menu.Submenu
	}
	return menu.Normal
}

// entry is what there will be to see of an item.
func (o *itemOptions) entry(ctx context.Context, kind menu.Kind) (menu.Entry, error) {
	e := menu.Entry{Kind: kind, Enabled: o.Enabled == nil || *o.Enabled, Checked: kind == menu.Check && o.Checked != nil && *o.Checked}
	if o.ID != nil {
		e.ID = *o.ID
	}
	switch {
	case o.Text != nil:
		e.Text = *o.Text
	case kind != menu.Menu && kind != menu.Predefined:
		return e, fmt.Errorf("menu item of kind %s: text is missing", kind)
	}
	var err error
	switch kind {
	case menu.Predefined:
		err = readPredefined(ctx, &e, o.Item)
		return e, err
	case menu.Icon, menu.Submenu:
		if e.Picture, err = itemPicture(ctx, o.Icon); err != nil {
			return e, err
		}
	}
	if o.Accelerator != nil && kind != menu.Submenu && kind != menu.Menu {
		e.Accelerator, err = menu.ParseAccelerator(*o.Accelerator)
	}
	return e, err
}

// readPredefined reads a name, or {"About": …}.
func readPredefined(ctx context.Context, e *menu.Entry, v jsontext.Value) error {
	if v.Kind() != '{' {
		if err := json.Unmarshal(v, &e.Item); err != nil {
			return fmt.Errorf("predefined menu item: %w", err)
		}
		return nil
	}
	if len(v) > maxAbout {
		return fmt.Errorf("predefined menu item: About of %d bytes, more than %d", len(v), maxAbout)
	}
	var o struct {
		About *aboutOptions `json:"About"`
	}
	if err := json.Unmarshal(v, &o, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("predefined menu item: %w", err)
	}
	e.Item = menu.AboutApp
	a := o.About
	if a == nil {
		return nil
	}
	icon, err := plugin.ImageOf(ctx, a.Icon)
	if err != nil {
		return err
	}
	e.About = menu.About{
		Name: text(a.Name), Version: text(a.Version), ShortVersion: text(a.ShortVersion), Authors: a.Authors,
		Comments: text(a.Comments), Copyright: text(a.Copyright), License: text(a.License),
		Website: text(a.Website), WebsiteLabel: text(a.WebsiteLabel), Credits: text(a.Credits),
	}
	if icon != nil {
		e.About.Picture = small(icon, menu.MaxPicture)
	}
	return nil
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// nativeIcon are the names of pictures that macOS has of its own; elsewhere
// nothing is shown in their place. A path has a dot or a slash.
var nativeIcon = regexp.MustCompile(`^"[A-Z][A-Za-z]*"$`)

// itemPicture reads the picture of an item; nil if it has none.
func itemPicture(ctx context.Context, v jsontext.Value) (*menu.Picture, error) {
	if nativeIcon.Match(v) {
		return nil, nil
	}
	i, err := plugin.ImageOf(ctx, v)
	if i == nil || err != nil {
		return nil, err
	}
	return small(i, menu.ItemPicture), nil
}

func small(i image.Image, side int) *menu.Picture {
	p := picture.Fit(i, side)
	return &menu.Picture{Width: p.Rect.Dx(), Height: p.Rect.Dy(), RGBA: p.Pix}
}

// defaultMenu is what an app without a menu of its own may show: on Linux
// there is no menu File, and Help tells about the app.
var defaultMenu = []struct {
	text  string
	items []menu.PredefinedItem
}{
	{"&Edit", []menu.PredefinedItem{menu.Undo, menu.Redo, menu.Separator, menu.Cut, menu.Copy, menu.Paste, menu.SelectAll}},
	{"&Window", []menu.PredefinedItem{menu.Minimize, menu.Maximize, menu.CloseWindow}},
	{"&Help", []menu.PredefinedItem{menu.AboutApp}},
}

// makeDefault makes that menu.
func (m *menus) makeDefault(ctx context.Context, _ none) (*newHandle, error) {
	s := m.app.MenuStore()
	add := func(into *menu.Item, e menu.Entry) (*menu.Item, error) {
		e.Enabled = true
		i, err := s.New(e, nil)
		if err != nil {
			return nil, err
		}
		if into != nil {
			defer s.Release(i)
			err = s.Insert(into, -1, i)
		}
		return i, err
	}
	root, err := add(nil, menu.Entry{Kind: menu.Menu})
	if err != nil {
		return nil, err
	}
	for _, sub := range defaultMenu {
		under, err := add(root, menu.Entry{Kind: menu.Submenu, Text: sub.text})
		for _, item := range sub.items {
			if err == nil {
				_, err = add(under, menu.Entry{Kind: menu.Predefined, Item: item})
			}
		}
		if err != nil {
			s.Release(root)
			return nil, err
		}
	}
	return m.giveHandle(ctx, root)
}
