//go:build !windows

package tray

import (
	"fmt"
	"image"
	"slices"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/picture"
)

// maxIcon is the largest width and height of an icon that is sent; what is
// larger is made smaller. Trays show far less.
const maxIcon = 128

// pixmap is a picture as (iiay): alpha, red, green, blue, not multiplied.
type pixmap struct {
	Width, Height int32
	Data          []byte
}

// tooltip is (sa(iiay)ss).
type tooltip struct {
	IconName string
	Icon     []pixmap
	Title    string
	Text     string
}

func pixmapsOf(m image.Image) []pixmap {
	if m == nil || m.Bounds().Empty() {
		return []pixmap{}
	}
	n := picture.Fit(m, maxIcon)
	p := pixmap{int32(n.Rect.Dx()), int32(n.Rect.Dy()), make([]byte, 0, len(n.Pix))}
	for rgba := range slices.Chunk(n.Pix, 4) {
		p.Data = append(p.Data, rgba[3], rgba[0], rgba[1], rgba[2])
	}
	return []pixmap{p}
}

func status(s State) string {
	if s.Hidden {
		return "Passive"
	}
	return "Active"
}

// properties are those of the item. i.mu is held.
func (i *Icon) properties() map[string]any {
	s := i.state
	menu := dbus.ObjectPath("/NO_DBUSMENU") // what KDE takes for none
	if i.hasMenu {
		menu = menuPath
	}
	name := s.IconName
	if s.Icon != nil {
		name = ""
	}
	title := s.Title
	if title == "" {
		title = i.id
	}
	return map[string]any{
		"Category":            "ApplicationStatus",
		"Id":                  i.id,
		"Title":               title,
		"Status":              status(s),
		"WindowId":            int32(0),
		"IconThemePath":       "",
		"IconName":            name,
		"IconPixmap":          i.pixmaps,
		"OverlayIconName":     "",
		"OverlayIconPixmap":   []pixmap{},
		"AttentionIconName":   "",
		"AttentionIconPixmap": []pixmap{},
		"AttentionMovieName":  "",
		"ToolTip":             tooltip{"", []pixmap{}, escapeMarkup(s.Tooltip), ""},
		"ItemIsMenu":          i.hasMenu && !s.NoMenuOnLeftClick,
		"Menu":                menu,
		"XAyatanaLabel":       s.Title,
		"XAyatanaLabelGuide":  s.Title,
	}
}

// export puts the item and its menu on a connection.
func (i *Icon) export(conn *dbus.Conn) error {
	click := func(b Button) any {
		return func(x, y int32) *dbus.Error { i.tell(Event{Button: b, X: x, Y: y}); return nil }
	}
	item := map[string]any{
		"Activate":          click(Left),
		"SecondaryActivate": click(Middle),
		"ContextMenu":       click(Right),
		"Scroll": func(delta int32, orientation string) *dbus.Error {
			i.tell(Event{Delta: delta, Horizontal: orientation == "horizontal" || orientation == "Horizontal"})
			return nil
		},
		"ProvideXdgActivationToken": func(token string) *dbus.Error {
			i.mu.Lock()
			defer i.mu.Unlock()
			i.token = token
			return nil
		},
	}
	for _, e := range []struct {
		methods   map[string]any
		path      dbus.ObjectPath
		name      string
		described map[string]func() map[string]any
	}{
		{item, itemPath, itemInterface, map[string]func() map[string]any{itemInterface: i.properties}},
		{i.menuMethods(), menuPath, menuInterface, map[string]func() map[string]any{menuInterface: menuProperties}},
	} {
		if err := conn.ExportMethodTable(e.methods, e.path, e.name); err != nil {
			return err
		}
		if err := conn.ExportMethodTable(i.readers(e.described), e.path, "org.freedesktop.DBus.Properties"); err != nil {
			return err
		}
	}
	return nil
}

// readers are the methods by which properties are read, of which none can be
// set.
func (i *Icon) readers(by map[string]func() map[string]any) map[string]any {
	read := func(name string) (map[string]any, *dbus.Error) {
		properties := by[name]
		if properties == nil {
			return nil, dbus.NewError("org.freedesktop.DBus.Error.UnknownInterface", []any{fmt.Sprintf("no interface %q", name)})
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		return properties(), nil
	}
	return map[string]any{
		"Get": func(name, property string) (dbus.Variant, *dbus.Error) {
			all, err := read(name)
			if err != nil {
				return dbus.Variant{}, err
			}
			v, ok := all[property]
			if !ok {
				return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", []any{fmt.Sprintf("no property %q", property)})
			}
			return dbus.MakeVariant(v), nil
		},
		"GetAll": func(name string) (map[string]dbus.Variant, *dbus.Error) {
			all, err := read(name)
			if err != nil {
				return nil, err
			}
			out := map[string]dbus.Variant{}
			for k, v := range all {
				out[k] = dbus.MakeVariant(v)
			}
			return out, nil
		},
		"Set": func(string, string, dbus.Variant) *dbus.Error {
			return dbus.NewError("org.freedesktop.DBus.Error.PropertyReadOnly", []any{"properties can only be read"})
		},
	}
}
