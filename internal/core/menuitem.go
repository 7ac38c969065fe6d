package core

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/picture"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/ipc"
)

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
	Handler     *channelArg      `json:"handler"`
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

// itemReference is an item that a page has, as [rid, kind].
type itemReference menuHandle

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *itemReference) UnmarshalJSONFrom(d *jsontext.Decoder) error {
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
func (c *Core) insertItems(ctx context.Context, into *menu.Item, position int, described []jsontext.Value, depth int) error {
	if len(described) > menu.MaxShown {
		return fmt.Errorf("%d items at once, more than %d: %w", len(described), menu.MaxShown, menu.ErrTooMany)
	}
	var items []*menu.Item
	defer func() {
		for _, i := range items {
			c.menuStore.Release(i) // the menu has them now, or nobody
		}
	}()
	for _, v := range described {
		if v.Kind() == '[' {
			var r itemReference
			if err := json.Unmarshal(v, &r); err != nil {
				return fmt.Errorf("menu item: %w", err)
			}
			i, err := c.menuItem(ctx, menuHandle(r), allItems)
			if err != nil {
				return err
			}
			c.menuStore.Hold(i)
			items = append(items, i)
			continue
		}
		i, err := c.newMenuItem(ctx, "", v, nil, depth+1)
		if err != nil {
			return err
		}
		items = append(items, i)
	}
	return c.menuStore.Insert(into, position, items...)
}

// newMenuItem makes an item, held, and what is in it. Without a kind the keys
// tell which one it is.
func (c *Core) newMenuItem(ctx context.Context, kind menu.Kind, options jsontext.Value, ch ipc.Channel, depth int) (*menu.Item, error) {
	if depth > menu.MaxDepth {
		return nil, fmt.Errorf("menu items nest deeper than %d: %w", menu.MaxDepth, menu.ErrTooMany)
	}
	m, ok := ipc.MessageFrom(ctx)
	if !ok {
		return nil, errors.New("only pages can do this")
	}
	var o itemOptions
	if len(options) > 0 && options.Kind() != 'n' {
		if err := json.Unmarshal(options, &o, json.WithUnmarshalers(ipc.ChannelUnmarshalers(m))); err != nil {
			return nil, fmt.Errorf("menu item: %w", err)
		}
	}
	if kind == "" {
		kind = o.kind()
	}
	if o.Handler != nil && o.Handler.ch != nil {
		ch = o.Handler.ch
	}
	e, err := c.menuEntry(ctx, kind, &o)
	if err != nil {
		c.endChannel(ch)
		return nil, err
	}
	s := &c.menuStore
	var chosen func(string)
	if ch != nil {
		told := inorder.New(c.app, inorder.Options[string]{Name: "menu item of a page", Most: maxChosen}, func(id string) {
			// That the page is gone is no error: its menu may have stayed.
			if err := ch.Send(c.ctx, mustJSON(id)); err != nil && !errors.Is(err, ipc.ErrChannelClosed) {
				c.log.Warn("mullion: a page was not told of its menu item", "item", id, "error", err)
			}
		})
		chosen = func(id string) { _ = told.Push(id) } // or the app has ended
	}
	i, err := s.New(e, chosen)
	if err != nil {
		c.endChannel(ch)
		return nil, err
	}
	if ch != nil {
		s.OnGone(i, func() { _ = ch.Close() })
	}
	if len(o.Items) > 0 {
		if err := c.insertItems(ctx, i, -1, o.Items, depth); err != nil {
			s.Release(i)
			return nil, err
		}
	}
	return i, nil
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

// menuEntry is what there will be to see of an item.
func (c *Core) menuEntry(ctx context.Context, kind menu.Kind, o *itemOptions) (menu.Entry, error) {
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
		err = c.predefinedEntry(ctx, &e, o.Item)
		return e, err
	case menu.Icon, menu.Submenu:
		if e.Picture, err = c.menuPicture(ctx, o.Icon); err != nil {
			return e, err
		}
	}
	if o.Accelerator != nil && kind != menu.Submenu && kind != menu.Menu {
		e.Accelerator, err = menu.ParseAccelerator(*o.Accelerator)
	}
	return e, err
}

// predefinedEntry reads a name, or {"About": …}.
func (c *Core) predefinedEntry(ctx context.Context, e *menu.Entry, v jsontext.Value) error {
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
	icon, err := c.imageArgument(ctx, a.Icon)
	if err != nil {
		return err
	}
	e.About = menu.About{
		Name: text(a.Name), Version: text(a.Version), ShortVersion: text(a.ShortVersion), Authors: a.Authors,
		Comments: text(a.Comments), Copyright: text(a.Copyright), License: text(a.License),
		Website: text(a.Website), WebsiteLabel: text(a.WebsiteLabel), Credits: text(a.Credits),
	}
	if icon != nil {
		e.About.Picture = icon.small(menu.MaxPicture)
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

// menuPicture reads the picture of an item; nil if it has none.
func (c *Core) menuPicture(ctx context.Context, v jsontext.Value) (*menu.Picture, error) {
	if nativeIcon.Match(v) {
		return nil, nil
	}
	i, err := c.imageArgument(ctx, v)
	if i == nil || err != nil {
		return nil, err
	}
	return i.small(menu.ItemPicture), nil
}

func (i *Image) small(side int) *menu.Picture {
	p := picture.Fit(i.NRGBA(), side)
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

func (c *Core) cmdMenuDefault(ctx context.Context, _ none) (*newHandle, error) {
	s := &c.menuStore
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
	return c.giveHandle(ctx, root)
}
