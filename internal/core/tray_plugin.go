package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/ipc"
)

var trayCommands = []builtin{
	command("tray", "new", true, (*Core).cmdTrayNew),
	command("tray", "get_by_id", true, (*Core).cmdTrayByID),
	command("tray", "remove_by_id", true, (*Core).cmdRemoveTrayByID),
	command("tray", "set_icon", true, (*Core).cmdTrayIcon),
	// The form of the icon matters on macOS alone, which has its own colours.
	command("tray", "set_icon_with_as_template", true, func(c *Core, ctx context.Context, a trayTemplateArgs) (none, error) {
		return c.cmdTrayIcon(ctx, trayIconArgs{a.ID, a.Icon})
	}),
	command("tray", "set_icon_as_template", true, func(c *Core, ctx context.Context, a struct {
		ID         uint32 `json:"rid"`
		AsTemplate bool   `json:"asTemplate"`
	}) (none, error) {
		return c.changeTray(ctx, a.ID, func(*tray.State) {})
	}),
	// No icon is written to a file.
	command("tray", "set_temp_dir_path", true, func(c *Core, ctx context.Context, a struct {
		ID   uint32  `json:"rid"`
		Path *string `json:"path"`
	}) (none, error) {
		return c.changeTray(ctx, a.ID, func(*tray.State) {})
	}),
	command("tray", "set_menu", true, (*Core).cmdTrayMenu),
	command("tray", "set_tooltip", true, func(c *Core, ctx context.Context, a struct {
		ID      uint32  `json:"rid"`
		Tooltip *string `json:"tooltip"`
	}) (none, error) {
		return c.changeTray(ctx, a.ID, func(s *tray.State) { s.Tooltip = textOr(a.Tooltip, "") })
	}),
	command("tray", "set_title", true, func(c *Core, ctx context.Context, a struct {
		ID    uint32  `json:"rid"`
		Title *string `json:"title"`
	}) (none, error) {
		return c.changeTray(ctx, a.ID, func(s *tray.State) { s.Title = textOr(a.Title, "") })
	}),
	command("tray", "set_visible", true, func(c *Core, ctx context.Context, a struct {
		ID      uint32 `json:"rid"`
		Visible bool   `json:"visible"`
	}) (none, error) {
		return c.changeTray(ctx, a.ID, func(s *tray.State) { s.Hidden = !a.Visible })
	}),
	command("tray", "set_show_menu_on_left_click", true, func(c *Core, ctx context.Context, a struct {
		ID     uint32 `json:"rid"`
		OnLeft bool   `json:"onLeft"`
	}) (none, error) {
		return c.changeTray(ctx, a.ID, func(s *tray.State) { s.NoMenuOnLeftClick = !a.OnLeft })
	}),
}

type trayTemplateArgs struct {
	ID         uint32         `json:"rid"`
	Icon       jsontext.Value `json:"icon,omitzero"`
	AsTemplate bool           `json:"asTemplate"`
}

func textOr(text *string, otherwise string) string {
	if text == nil {
		return otherwise
	}
	return *text
}

// trayMenu is a menu as [rid, kind].
type trayMenu struct{ id uint32 }

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (m *trayMenu) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var parts []jsontext.Value
	if err := json.UnmarshalDecode(d, &parts); err != nil {
		return err
	}
	if len(parts) != 2 || json.Unmarshal(parts[0], &m.id) != nil {
		return errors.New("menu: want [rid, kind]")
	}
	return nil
}

// trayMenuOf finds a menu that a page names; nil is none.
func (c *Core) trayMenuOf(d *document, m *trayMenu) (*menu.Item, error) {
	if m == nil {
		return nil, nil
	}
	value, err := page{d}.Resource(m.id)
	if err != nil {
		return nil, err
	}
	root, ok := value.(*menu.Item)
	if !ok {
		return nil, invalidResource(m.id)
	}
	if k := c.MenuStore().Entry(root).Kind; k != menu.Menu && k != menu.Submenu {
		return nil, fmt.Errorf("a tray icon shows a Menu or a Submenu, not a %s: %w", k, menu.ErrKind)
	}
	return root, nil
}

// pageChannel is a channel of any JSON.
type pageChannel struct{ ipc.Channel }

// SetChannel implements ipc.ChannelSetter.
func (c *pageChannel) SetChannel(ch ipc.Channel) { c.Channel = ch }

type trayNewArgs struct {
	Options struct {
		ID                  string         `json:"id,omitzero"`
		Menu                *trayMenu      `json:"menu,omitzero"`
		Icon                jsontext.Value `json:"icon,omitzero"`
		Tooltip             *string        `json:"tooltip,omitzero"`
		Title               *string        `json:"title,omitzero"`
		TempDirPath         *string        `json:"tempDirPath,omitzero"`
		IconAsTemplate      *bool          `json:"iconAsTemplate,omitzero"`
		MenuOnLeftClick     *bool          `json:"menuOnLeftClick,omitzero"`
		ShowMenuOnLeftClick *bool          `json:"showMenuOnLeftClick,omitzero"`
	} `json:"options"`
	Handler pageChannel `json:"handler"`
}

// trayHandle is [rid, id].
type trayHandle [2]any

func (c *Core) cmdTrayNew(ctx context.Context, a trayNewArgs) (*trayHandle, error) {
	h, t, err := c.newPageTray(ctx, a)
	if err != nil {
		c.endChannel(a.Handler.Channel)
		return nil, err
	}
	t.OnGone(func() { c.endChannel(a.Handler.Channel) })
	return h, nil
}

// newPageTray makes an icon that belongs to the page, and goes with it.
func (c *Core) newPageTray(ctx context.Context, a trayNewArgs) (*trayHandle, *Tray, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return nil, nil, err
	}
	o := &a.Options
	s := tray.State{Title: textOr(o.Title, ""), Tooltip: textOr(o.Tooltip, "")}
	for _, onLeft := range []*bool{o.MenuOnLeftClick, o.ShowMenuOnLeftClick} {
		if onLeft != nil {
			s.NoMenuOnLeftClick = !*onLeft
		}
	}
	if o.TempDirPath != nil {
		c.noEffect(d, "tempDirPath", "pictures go over the session bus, and no file is written")
	}
	if o.IconAsTemplate != nil && *o.IconAsTemplate {
		c.noEffect(d, "iconAsTemplate", "only macOS has icons that are templates")
	}
	picture, err := c.imageArgument(ctx, o.Icon)
	if err != nil {
		return nil, nil, err
	}
	if picture != nil {
		s.Icon = picture.NRGBA()
	}
	root, err := c.trayMenuOf(d, o.Menu)
	if err != nil {
		return nil, nil, err
	}
	t, err := c.NewTray(ctx, o.ID, s, root, func(id string, e tray.Event) {
		if e.Button != "" {
			_ = a.Handler.Send(d.ctx, mustJSON(clickOf(id, e))) // the page may be gone
		}
	})
	if err != nil {
		return nil, nil, err
	}
	rid, err := c.addResource(d, true, t, t.Remove)
	if err != nil {
		t.Remove()
		return nil, nil, err
	}
	return &trayHandle{rid, t.id}, t, nil
}

// trayClick is an event of the page-side contract. Where the icon is, trays of
// Linux do not tell: it counts as being under the pointer.
type trayClick struct {
	Type     string `json:"type"`
	ID       string `json:"id"`
	Position point  `json:"position"`
	Rect     struct {
		Position struct{ Physical point }  `json:"position"`
		Size     struct{ Physical pixels } `json:"size"`
	} `json:"rect"`
	Button tray.Button `json:"button"`
	State  string      `json:"buttonState"`
}

func clickOf(id string, e tray.Event) trayClick {
	k := trayClick{Type: "Click", ID: id, Position: point{int(e.X), int(e.Y)}, Button: e.Button, State: "Up"}
	k.Rect.Position.Physical = k.Position
	return k
}

type trayIDArgs struct {
	ID string `json:"id"`
}

// cmdTrayByID gives the page a handle of its own. To close that does not
// remove the icon.
func (c *Core) cmdTrayByID(ctx context.Context, a trayIDArgs) (*uint32, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return nil, err
	}
	t, err := c.Tray(a.ID)
	if err != nil {
		return nil, nil // the contract's word for none
	}
	rid, err := c.addResource(d, false, t, nil)
	return &rid, err
}

func (c *Core) cmdRemoveTrayByID(_ context.Context, a trayIDArgs) (none, error) {
	t, err := c.Tray(a.ID)
	if err != nil {
		return none{}, err
	}
	t.Remove()
	return none{}, nil
}

func (c *Core) trayOf(ctx context.Context, id uint32) (*document, *Tray, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return nil, nil, err
	}
	t, err := resourceOf[*Tray](c, d, id)
	return d, t, err
}

func (c *Core) changeTray(ctx context.Context, id uint32, change func(*tray.State)) (none, error) {
	_, t, err := c.trayOf(ctx, id)
	if err != nil {
		return none{}, err
	}
	return none{}, t.Update(ctx, change)
}

type trayIconArgs struct {
	ID   uint32         `json:"rid"`
	Icon jsontext.Value `json:"icon,omitzero"`
}

func (c *Core) cmdTrayIcon(ctx context.Context, a trayIconArgs) (none, error) {
	picture, err := c.imageArgument(ctx, a.Icon)
	if err != nil {
		return none{}, err
	}
	return c.changeTray(ctx, a.ID, func(s *tray.State) {
		s.Icon = nil
		if picture != nil {
			s.Icon = picture.NRGBA()
		}
	})
}

type trayMenuArgs struct {
	ID   uint32    `json:"rid"`
	Menu *trayMenu `json:"menu"`
}

func (c *Core) cmdTrayMenu(ctx context.Context, a trayMenuArgs) (none, error) {
	d, t, err := c.trayOf(ctx, a.ID)
	if err != nil {
		return none{}, err
	}
	root, err := c.trayMenuOf(d, a.Menu)
	if err != nil {
		return none{}, err
	}
	return none{}, t.SetMenu(ctx, root)
}
