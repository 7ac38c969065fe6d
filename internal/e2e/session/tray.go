package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

const (
	watcherName = "org.kde.StatusNotifierWatcher"
	itemName    = "org.kde.StatusNotifierItem"
	itemPath    = dbus.ObjectPath("/StatusNotifierItem")
	menuName    = "com.canonical.dbusmenu"
)

// TrayItem is an icon in the tray, as it says it is.
type TrayItem struct {
	Name       string // on the bus
	Properties map[string]dbus.Variant
	Menu       []MenuItem
	// Signals counts those that the item has sent, by their members.
	Signals map[string]int
}

// Text returns a property that is a string or an object path.
func (i TrayItem) Text(name string) string { return fmt.Sprint(i.Properties[name].Value()) }

// MenuItem is an item of a menu.
type MenuItem struct {
	ID         int32
	Label      string
	Properties map[string]dbus.Variant
	Items      []MenuItem
}

// Tray is the desktop's tray: the watcher with which icons register, and a
// host that reads and clicks them.
type Tray struct {
	conn *dbus.Conn

	mu      sync.Mutex
	names   []string                  // guarded by mu
	signals map[string]map[string]int // guarded by mu; by unique name
	changed chan struct{}             // guarded by mu; closed and replaced when something may have changed
}

// StartTray puts a tray on the bus.
func (b *Bus) StartTray() *Tray {
	b.t.Helper()
	t := &Tray{conn: b.Connect(), signals: map[string]map[string]int{}, changed: make(chan struct{})}
	methods := map[string]any{
		"RegisterStatusNotifierItem": func(name string) *dbus.Error { t.change(func() { t.names = append(t.names, name) }); return nil },
		"RegisterStatusNotifierHost": func(string) *dbus.Error { return nil },
	}
	if err := t.conn.ExportMethodTable(methods, "/StatusNotifierWatcher", watcherName); err != nil {
		b.t.Fatal(err)
	}
	signals := make(chan *dbus.Signal, 64)
	t.conn.Signal(signals)
	for _, match := range []dbus.MatchOption{
		dbus.WithMatchInterface(itemName), dbus.WithMatchInterface(menuName), dbus.WithMatchMember("NameOwnerChanged"),
	} {
		if err := t.conn.AddMatchSignal(match); err != nil {
			b.t.Fatal(err)
		}
	}
	go func() { // ends with the connection
		for s := range signals {
			var name, before, after string
			t.change(func() {
				if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && dbus.Store(s.Body, &name, &before, &after) == nil && after == "" {
					t.names = slices.DeleteFunc(t.names, func(n string) bool { return n == name })
				}
				if t.signals[s.Sender] == nil {
					t.signals[s.Sender] = map[string]int{}
				}
				t.signals[s.Sender][s.Name[strings.LastIndexByte(s.Name, '.')+1:]]++
			})
		}
	}()
	b.own(t.conn, watcherName)
	return t
}

func (t *Tray) change(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
	close(t.changed)
	t.changed = make(chan struct{})
}

// Stop takes the tray away from the bus.
func (t *Tray) Stop() { t.conn.Close() }

// Find waits until an icon is as wanted, and returns it.
func (t *Tray) Find(ctx context.Context, wanted func(TrayItem) bool) (TrayItem, error) {
	var found TrayItem
	err := t.wait(ctx, func(items []TrayItem) bool {
		at := slices.IndexFunc(items, wanted)
		if at >= 0 {
			found = items[at]
		}
		return at >= 0
	})
	return found, err
}

// WaitEmpty waits until there is no icon.
func (t *Tray) WaitEmpty(ctx context.Context) error {
	return t.wait(ctx, func(items []TrayItem) bool { return len(items) == 0 })
}

func (t *Tray) wait(ctx context.Context, enough func([]TrayItem) bool) error {
	ctx, cancel := await.Context(ctx, await.Limit)
	defer cancel()
	for {
		t.mu.Lock()
		names, changed := slices.Clone(t.names), t.changed
		t.mu.Unlock()
		var items []TrayItem
		var last error
		for _, name := range names {
			item, err := t.read(ctx, name)
			if last = err; err == nil {
				items = append(items, item)
			}
		}
		if enough(items) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("no tray icon is as wanted among %+v (%v): %w", items, last, ctx.Err())
		}
	}
}

// read asks an icon for everything.
func (t *Tray) read(ctx context.Context, name string) (TrayItem, error) {
	item := TrayItem{Name: name, Signals: map[string]int{}}
	var owner string
	err := errors.Join(
		t.conn.Object(name, itemPath).CallWithContext(ctx, "org.freedesktop.DBus.Properties.GetAll", 0, itemName).Store(&item.Properties),
		t.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, name).Store(&owner),
	)
	if err != nil {
		return item, err
	}
	t.mu.Lock()
	for k, v := range t.signals[owner] {
		item.Signals[k] = v
	}
	t.mu.Unlock()
	path, _ := item.Properties["Menu"].Value().(dbus.ObjectPath)
	if path == "" || path == "/NO_DBUSMENU" {
		return item, nil
	}
	var revision uint32
	var root []any
	err = t.conn.Object(name, path).CallWithContext(ctx, menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root)
	if err != nil {
		return item, err
	}
	m, err := menuItem(root)
	item.Menu = m.Items
	return item, err
}

// menuItem reads (ia{sv}av).
func menuItem(v []any) (m MenuItem, err error) {
	if len(v) != 3 {
		return m, fmt.Errorf("a menu item of %d parts", len(v))
	}
	var children []dbus.Variant
	if err := dbus.Store(v, &m.ID, &m.Properties, &children); err != nil {
		return m, err
	}
	m.Label, _ = m.Properties["label"].Value().(string)
	for _, c := range children {
		parts, _ := c.Value().([]any)
		child, err := menuItem(parts)
		if err != nil {
			return m, err
		}
		m.Items = append(m.Items, child)
	}
	return m, nil
}

// Click calls Activate, SecondaryActivate or ContextMenu. A token that is not
// empty is given ahead, as under Wayland.
func (t *Tray) Click(i TrayItem, method string, x, y int32, token string) error {
	o := t.conn.Object(i.Name, itemPath)
	if token != "" {
		if err := o.Call(itemName+".ProvideXdgActivationToken", 0, token).Err; err != nil {
			return err
		}
	}
	return o.Call(itemName+"."+method, 0, x, y).Err
}

// Scroll turns the wheel over an icon.
func (t *Tray) Scroll(i TrayItem, delta int32, orientation string) error {
	return t.conn.Object(i.Name, itemPath).Call(itemName+".Scroll", 0, delta, orientation).Err
}

// Choose clicks the item of the menu with that label, at any depth.
func (t *Tray) Choose(i TrayItem, label string) error {
	var find func([]MenuItem) *MenuItem
	find = func(items []MenuItem) *MenuItem {
		for n := range items {
			if items[n].Label == label {
				return &items[n]
			}
			if m := find(items[n].Items); m != nil {
				return m
			}
		}
		return nil
	}
	m := find(i.Menu)
	if m == nil {
		return fmt.Errorf("the menu has no item %q: %+v", label, i.Menu)
	}
	path, _ := i.Properties["Menu"].Value().(dbus.ObjectPath)
	return t.conn.Object(i.Name, path).Call(menuName+".Event", 0, m.ID, "clicked", dbus.MakeVariant(int32(0)), uint32(0)).Err
}
