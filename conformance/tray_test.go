package conformance

import (
	"bytes"
	"context"
	"image/png"

	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/ipc"
)

// trayIcon is what the desktop shows of an icon.
type trayIcon struct {
	Title   string   `json:"title"`
	Status  string   `json:"status"`
	Tooltip string   `json:"tooltip"`
	OnLeft  bool     `json:"onLeft"`
	Pixels  []int    `json:"pixels"` // width and height, then alpha, red, green, blue …
	Menu    []string `json:"menu"`
}

// trayMenuItem is what the desktop shows of an item of a menu.
type trayMenuItem struct {
	Label     string         `json:"label"`
	Enabled   bool           `json:"enabled"`
	Checked   bool           `json:"checked"`
	Separator bool           `json:"separator"`
	Picture   int            `json:"picture"` // how wide it is, in pixels; 0 without one
	Shortcut  []string       `json:"shortcut"`
	Items     []trayMenuItem `json:"items"`
}

func shownItems(items []session.MenuItem) []trayMenuItem {
	all := []trayMenuItem{}
	for _, i := range items {
		s := trayMenuItem{Label: i.Label, Enabled: i.Properties["enabled"].Value() != false, Shortcut: []string{}, Items: shownItems(i.Items)}
		s.Checked = i.Properties["toggle-state"].Value() == int32(1)
		s.Separator = i.Properties["type"].Value() == "separator"
		if keys, ok := i.Properties["shortcut"].Value().([][]string); ok && len(keys) == 1 {
			s.Shortcut = keys[0]
		}
		if data, ok := i.Properties["icon-data"].Value().([]byte); ok {
			if picture, err := png.DecodeConfig(bytes.NewReader(data)); err == nil {
				s.Picture = picture.Width
			}
		}
		all = append(all, s)
	}
	return all
}

func shownIcon(i session.TrayItem) trayIcon {
	s := trayIcon{Title: i.Text("XAyatanaLabel"), Status: i.Text("Status"), Pixels: []int{}, Menu: []string{}}
	s.OnLeft, _ = i.Properties["ItemIsMenu"].Value().(bool)
	if tip, ok := i.Properties["ToolTip"].Value().([]any); ok && len(tip) == 4 {
		s.Tooltip, _ = tip[2].(string)
	}
	if pixmaps, ok := i.Properties["IconPixmap"].Value().([][]any); ok && len(pixmaps) == 1 {
		for _, n := range pixmaps[0][:2] {
			v, _ := n.(int32)
			s.Pixels = append(s.Pixels, int(v))
		}
		data, _ := pixmaps[0][2].([]byte)
		for _, b := range data {
			s.Pixels = append(s.Pixels, int(b))
		}
	}
	for _, m := range i.Menu {
		s.Menu = append(s.Menu, m.Label)
	}
	return s
}

// trayCommands are what the tests of tray ask of the desktop.
func (h *house) trayCommands() map[string]ipc.Handler {
	type idArgs struct {
		ID string `json:"id"`
	}
	find := func(ctx context.Context, id string, wanted func(trayIcon) bool) (session.TrayItem, error) {
		return h.tray.Find(ctx, func(i session.TrayItem) bool {
			return i.Text("Id") == h.Config().Identifier+"-"+id && (wanted == nil || wanted(shownIcon(i)))
		})
	}
	return map[string]ipc.Handler{
		// dock waits until docks show that on the app's icon.
		"dock": handler(func(ctx context.Context, a struct {
			Count       int64   `json:"count"`
			Progress    float64 `json:"progress"`
			HasProgress bool    `json:"hasProgress"`
		}) (none, error) {
			return none{}, h.dock.Wait(ctx, h.Config().Identifier+".desktop", session.DockEntry{
				Count: a.Count, HasCount: a.Count != 0, Progress: a.Progress, HasProgress: a.HasProgress,
			})
		}),
		"tray_icon": handler(func(ctx context.Context, a idArgs) (trayIcon, error) {
			i, err := find(ctx, a.ID, nil)
			return shownIcon(i), err
		}),
		"tray_menu": handler(func(ctx context.Context, a struct {
			ID    string `json:"id"`
			Items int    `json:"items"`
		}) (trayIcon, error) {
			i, err := find(ctx, a.ID, func(s trayIcon) bool { return len(s.Menu) == a.Items })
			return shownIcon(i), err
		}),
		"tray_items": handler(func(ctx context.Context, a idArgs) ([]trayMenuItem, error) {
			i, err := find(ctx, a.ID, nil)
			return shownItems(i.Menu), err
		}),
		"tray_empty": handler(func(ctx context.Context, _ none) (none, error) { return none{}, h.tray.WaitEmpty(ctx) }),
		"tray_click": handler(func(ctx context.Context, a struct {
			ID     string `json:"id"`
			Method string `json:"method"`
			X      int32  `json:"x"`
			Y      int32  `json:"y"`
		}) (none, error) {
			i, err := find(ctx, a.ID, nil)
			if err != nil {
				return none{}, err
			}
			return none{}, h.tray.Click(i, a.Method, a.X, a.Y, "")
		}),
		"tray_choose": handler(func(ctx context.Context, a struct {
			ID    string `json:"id"`
			Label string `json:"label"`
		}) (none, error) {
			i, err := find(ctx, a.ID, nil)
			if err != nil {
				return none{}, err
			}
			return none{}, h.tray.Choose(i, a.Label)
		}),
	}
}
