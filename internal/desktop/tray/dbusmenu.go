//go:build !windows

package tray

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/menu"
)

const (
	menuInterface = "com.canonical.dbusmenu"
	menuPath      = dbus.ObjectPath("/MenuBar")
)

var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escapeMarkup keeps plain text plain where it is read as markup.
func escapeMarkup(text string) string { return markup.Replace(text) }

// layout is an item of the menu and the numbers of what is in it.
type layout struct {
	properties map[string]dbus.Variant
	children   []int32
}

// itemProperties is (ia{sv}), removedProperties is (ias).
type itemProperties struct {
	ID         int32
	Properties map[string]dbus.Variant
}

type removedProperties struct {
	ID    int32
	Names []string
}

// node is (ia{sv}av): an item with all that is in it.
type node struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

// collect adds entries to the menu with that number.
func collect(items map[int32]*layout, parent int32, entries []menu.Entry) {
	for _, e := range entries {
		if e.Item.OnlyMac() {
			continue
		}
		id := int32(e.Number)
		items[parent].children = append(items[parent].children, id)
		if items[id] != nil {
			continue // it is in the menu twice
		}
		items[id] = &layout{properties: propertiesOf(e)}
		collect(items, id, e.Items)
	}
}

// propertiesOf leaves out what is as the protocol has it by default.
func propertiesOf(e menu.Entry) map[string]dbus.Variant {
	p := map[string]dbus.Variant{}
	if e.Kind == menu.Predefined && e.Item == menu.Separator {
		p["type"] = dbus.MakeVariant("separator")
		return p
	}
	p["label"] = dbus.MakeVariant(label(e.Text))
	// Of the predefined items only Quit means something without a window.
	if !e.Enabled || e.Kind == menu.Predefined && e.Item != menu.Quit {
		p["enabled"] = dbus.MakeVariant(false)
	}
	if e.Kind == menu.Submenu {
		p["children-display"] = dbus.MakeVariant("submenu")
	}
	if e.Kind == menu.Check {
		state := int32(0)
		if e.Checked {
			state = 1
		}
		p["toggle-type"], p["toggle-state"] = dbus.MakeVariant("checkmark"), dbus.MakeVariant(state)
	}
	if e.Picture != nil {
		var b bytes.Buffer
		m := &image.NRGBA{Pix: e.Picture.RGBA, Stride: 4 * e.Picture.Width, Rect: image.Rect(0, 0, e.Picture.Width, e.Picture.Height)}
		if err := png.Encode(&b, m); err == nil {
			p["icon-data"] = dbus.MakeVariant(b.Bytes())
		}
	}
	if keys := shortcut(e.Accelerator); keys != nil {
		p["shortcut"] = dbus.MakeVariant([][]string{keys})
	}
	return p
}

// label writes the mnemonic as the protocol has it: _ for &.
func label(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '_':
			b.WriteString("__")
		case c != '&':
			b.WriteByte(c)
		case i+1 < len(text) && text[i+1] == '&':
			b.WriteByte('&')
			i++
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}

func shortcut(a menu.Accelerator) (keys []string) {
	if a.Key == "" {
		return nil
	}
	for _, m := range []struct {
		on   bool
		name string
	}{{a.Control, "Control"}, {a.Alt, "Alt"}, {a.Shift, "Shift"}, {a.Super, "Super"}} {
		if m.on {
			keys = append(keys, m.name)
		}
	}
	return append(keys, a.Key)
}

func menuProperties() map[string]any {
	return map[string]any{"Version": uint32(3), "TextDirection": "ltr", "Status": "normal", "IconThemePath": []string{}}
}

// selected keeps the properties that are asked for; none means all.
func selected(all map[string]dbus.Variant, names []string) map[string]dbus.Variant {
	out := map[string]dbus.Variant{}
	for k, v := range all {
		if len(names) == 0 {
			out[k] = v
		}
	}
	for _, n := range names {
		if v, ok := all[n]; ok {
			out[n] = v
		}
	}
	return out
}

// nodeOf returns an item and what is in it, so deep; below zero means all. i.mu
// is held.
func (i *Icon) nodeOf(id, depth int32, names []string, above int) node {
	item := i.items[id]
	n := node{id, selected(item.properties, names), []dbus.Variant{}}
	if depth == 0 || above > menu.MaxDepth {
		return n
	}
	for _, c := range item.children {
		n.Children = append(n.Children, dbus.MakeVariant(i.nodeOf(c, depth-1, names, above+1)))
	}
	return n
}

func noItem(id int32) *dbus.Error {
	return dbus.NewError("org.freedesktop.DBus.Error.InvalidArgs", []any{fmt.Sprintf("the menu has no item %d", id)})
}

type menuEvent struct {
	ID   int32
	Kind string
	Data dbus.Variant
	Time uint32
}

func (i *Icon) menuMethods() map[string]any {
	has := func(id int32) bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.items[id] != nil
	}
	event := func(e menuEvent) bool {
		if !has(e.ID) {
			return false
		}
		if e.Kind == "clicked" && e.ID != 0 {
			i.tell(Event{Item: uint32(e.ID)})
		}
		return true
	}
	return map[string]any{
		"GetLayout": func(parent, depth int32, names []string) (uint32, node, *dbus.Error) {
			i.mu.Lock()
			defer i.mu.Unlock()
			if i.items[parent] == nil {
				return 0, node{}, noItem(parent)
			}
			return i.revision, i.nodeOf(parent, depth, names, 0), nil
		},
		"GetGroupProperties": func(ids []int32, names []string) ([]itemProperties, *dbus.Error) {
			i.mu.Lock()
			defer i.mu.Unlock()
			out := []itemProperties{}
			if len(ids) == 0 {
				for id := range i.items {
					ids = append(ids, id)
				}
			}
			for _, id := range ids {
				if item := i.items[id]; item != nil {
					out = append(out, itemProperties{id, selected(item.properties, names)})
				}
			}
			return out, nil
		},
		"GetProperty": func(id int32, name string) (dbus.Variant, *dbus.Error) {
			i.mu.Lock()
			defer i.mu.Unlock()
			if item := i.items[id]; item != nil {
				if v, ok := item.properties[name]; ok {
					return v, nil
				}
			}
			return dbus.Variant{}, noItem(id)
		},
		"Event": func(id int32, kind string, data dbus.Variant, time uint32) *dbus.Error {
			if !event(menuEvent{id, kind, data, time}) {
				return noItem(id)
			}
			return nil
		},
		"EventGroup": func(events []menuEvent) ([]int32, *dbus.Error) {
			unknown := []int32{}
			for _, e := range events {
				if !event(e) {
					unknown = append(unknown, e.ID)
				}
			}
			return unknown, nil
		},
		"AboutToShow": func(id int32) (bool, *dbus.Error) {
			if !has(id) {
				return false, noItem(id)
			}
			return false, nil
		},
		"AboutToShowGroup": func(ids []int32) ([]int32, []int32, *dbus.Error) {
			unknown := []int32{}
			for _, id := range ids {
				if !has(id) {
					unknown = append(unknown, id)
				}
			}
			return []int32{}, unknown, nil
		},
	}
}
