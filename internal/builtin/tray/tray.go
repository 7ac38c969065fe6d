// Package tray is the plugin of that name, which every app has: the class
// TrayIcon of @tauri-apps/api/tray.
package tray

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// App is what the plugin needs of the app that it is part of.
type App struct {
	// Icons are those of the app and its pages.
	Icons *trayicons.Icons
	// Menus has the items of all menus, which the plugin menu gives to pages.
	Menus *menu.Store
}

// icons is the plugin.
type icons struct {
	app App
	log *slog.Logger

	mu    sync.Mutex
	pages map[*trayicons.Icon]owner // guarded by mu; of icons that pages have made
}

// owner is the page that has made an icon, and its number for it.
type owner struct {
	page ipc.Page
	rid  uint32
}

// New makes the plugin. Without an app it tells what it offers, and does nothing.
func New(app App) plugin.Plugin {
	i := &icons{app: app, pages: map[*trayicons.Icon]owner{}}
	commands := plugin.Commands{
		"new":                         plugin.Typed(i.make),
		"get_by_id":                   plugin.Typed(i.byID),
		"remove_by_id":                plugin.Typed(i.removeByID),
		"set_icon":                    plugin.Typed(i.setIcon),
		"set_menu":                    plugin.Typed(i.setMenu),
		"set_tooltip":                 plugin.Typed(i.setTooltip),
		"set_title":                   plugin.Typed(i.setTitle),
		"set_visible":                 plugin.Typed(i.setVisible),
		"set_temp_dir_path":           plugin.Typed(i.setTempDir),
		"set_icon_as_template":        plugin.Typed(i.setTemplate),
		"set_icon_with_as_template":   plugin.Typed(i.setIconWithTemplate),
		"set_show_menu_on_left_click": plugin.Typed(i.setMenuOnLeft),
	}
	return plugin.Plugin{
		Name: "tray", Commands: commands, Default: commands.Allow(),
		Start: func(_ context.Context, app plugin.App) error {
			i.log = app.Log()
			return nil
		},
	}
}

type none = struct{}

// channel is a channel of any JSON.
type channel struct{ ipc.Channel }

// SetChannel implements ipc.ChannelSetter.
func (c *channel) SetChannel(ch ipc.Channel) { c.Channel = ch }

// menuReference is a menu that a page has, as [rid, kind].
type menuReference struct{ id uint32 }

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (r *menuReference) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var parts []jsontext.Value
	if err := json.UnmarshalDecode(d, &parts); err != nil {
		return err
	}
	if len(parts) != 2 || json.Unmarshal(parts[0], &r.id) != nil {
		return errors.New("menu: want [rid, kind]")
	}
	return nil
}

// menuOf finds a menu that a page names; nil is none.
func (i *icons) menuOf(ctx context.Context, r *menuReference) (*menu.Item, error) {
	if r == nil {
		return nil, nil
	}
	root, err := plugin.ResourceOf[*menu.Item](ctx, r.id)
	if err != nil {
		return nil, err
	}
	if k := i.app.Menus.Entry(root).Kind; k != menu.Menu && k != menu.Submenu {
		return nil, fmt.Errorf("a tray icon shows a Menu or a Submenu, not a %s: %w", k, menu.ErrKind)
	}
	return root, nil
}

type newArgs struct {
	Options options `json:"options"`
	Handler channel `json:"handler"`
}

type options struct {
	ID                  string         `json:"id,omitzero"`
	Menu                *menuReference `json:"menu,omitzero"`
	Icon                jsontext.Value `json:"icon,omitzero"`
	Tooltip             *string        `json:"tooltip,omitzero"`
	Title               *string        `json:"title,omitzero"`
	TempDirPath         *string        `json:"tempDirPath,omitzero"`
	IconAsTemplate      *bool          `json:"iconAsTemplate,omitzero"`
	MenuOnLeftClick     *bool          `json:"menuOnLeftClick,omitzero"`
	ShowMenuOnLeftClick *bool          `json:"showMenuOnLeftClick,omitzero"`
}

// handle is [rid, id].
type handle [2]any

// make makes an icon that belongs to the page, and goes with it.
func (i *icons) make(ctx context.Context, a newArgs) (*handle, error) {
	h, err := i.makeFor(ctx, &a.Options, a.Handler.Channel)
	if err != nil && a.Handler.Channel != nil {
		_ = a.Handler.Close() // the page may be gone
	}
	return h, err
}

func (i *icons) makeFor(ctx context.Context, o *options, ch ipc.Channel) (*handle, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return nil, err
	}
	s := tray.State{Title: text(o.Title), Tooltip: text(o.Tooltip)}
	for _, onLeft := range []*bool{o.MenuOnLeftClick, o.ShowMenuOnLeftClick} {
		if onLeft != nil {
			s.NoMenuOnLeftClick = !*onLeft
		}
	}
	if o.TempDirPath != nil {
		i.noEffect(p, "tempDirPath", "pictures go over the session bus, and no file is written")
	}
	if o.IconAsTemplate != nil && *o.IconAsTemplate {
		i.noEffect(p, "iconAsTemplate", "only macOS has icons that are templates")
	}
	change, err := picture(ctx, o.Icon)
	if err != nil {
		return nil, err
	}
	change(&s)
	root, err := i.menuOf(ctx, o.Menu)
	if err != nil {
		return nil, err
	}
	i.sweep()
	t, err := i.app.Icons.New(ctx, o.ID, s, root, func(id string, e tray.Event) {
		if e.Button == "" || ch == nil {
			return
		}
		if text, err := ipc.Marshal(clickOf(id, e)); err == nil {
			_ = ch.Send(p.Context(), text) // the page may be gone
		}
	})
	if err != nil {
		return nil, err
	}
	rid, err := plugin.AddSharedResource(ctx, t, t.Remove)
	if err != nil {
		t.Remove()
		return nil, err
	}
	i.own(t, owner{p, rid}, ch)
	return &handle{rid, t.ID()}, nil
}

// own notes whose icon it is, until it is removed. The page forgets its callback
// then.
func (i *icons) own(t *trayicons.Icon, o owner, ch ipc.Channel) {
	i.mu.Lock()
	i.pages[t] = o
	i.mu.Unlock()
	t.OnGone(func() {
		i.mu.Lock()
		delete(i.pages, t)
		i.mu.Unlock()
		if ch != nil {
			_ = ch.Close() // the page may be gone
		}
	})
}

// sweep removes the icons that pages have closed, and those of pages that were
// left. They are removed anyway, but a moment later: a page that is loaded again
// makes the same icons again.
func (i *icons) sweep() {
	i.mu.Lock()
	owners := maps.Clone(i.pages)
	i.mu.Unlock()
	for t, o := range owners {
		if _, err := o.page.Resource(o.rid); err != nil {
			t.Remove()
		}
	}
}

// noEffect says in the log that an option has none here, and why: nothing that
// is asked for is left out without a word.
func (i *icons) noEffect(p ipc.Page, option, reason string) {
	i.log.Info("mullion: an option has no effect on this system", "window", p.Caller().Window, "option", option, "reason", reason)
}

// click is an event of the page-side contract. Where the icon is, trays of Linux
// do not tell: it counts as being under the pointer.
type click struct {
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

type point struct {
	X int `json:"x"`
	Y int `json:"y"`
}

type pixels struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

func clickOf(id string, e tray.Event) click {
	c := click{Type: "Click", ID: id, Position: point{int(e.X), int(e.Y)}, Button: e.Button, State: "Up"}
	c.Rect.Position.Physical = c.Position
	return c
}

type idArgs struct {
	ID string `json:"id"`
}

// byID gives the page a handle of its own. To close that does not remove the
// icon.
func (i *icons) byID(ctx context.Context, a idArgs) (*uint32, error) {
	i.sweep()
	t, err := i.app.Icons.Icon(a.ID)
	if err != nil {
		return nil, nil // the contract's word for none
	}
	rid, err := plugin.AddResource(ctx, t, nil)
	return &rid, err
}

func (i *icons) removeByID(_ context.Context, a idArgs) (none, error) {
	i.sweep()
	t, err := i.app.Icons.Icon(a.ID)
	if err != nil {
		return none{}, err
	}
	t.Remove()
	return none{}, nil
}
