package tray

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"

	"github.com/mullion-dev/mullion/internal/desktop/notifyicon"
	"github.com/mullion-dev/mullion/internal/desktop/picture"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
)

// Icon is an icon in the notification area. It is safe for concurrent use.
type Icon struct {
	icon   *notifyicon.Icon
	events *inorder.Queue[Event]

	mu      sync.Mutex
	removed bool // guarded by mu
}

// maxIcon is the largest width and height of an icon, in pixels.
const maxIcon = 64

// New shows an icon. What the user does is told to on, one event after the other.
// Names of icons mean nothing here: without a picture it is that of the program.
func (t *Tray) New(_ context.Context, _ string, s State, on func(Event)) (*Icon, error) {
	i := &Icon{events: inorder.New(t.Owner, inorder.Options[Event]{Name: "tray icon", Most: maxEvents}, on)}
	var err error
	if i.icon, err = notifyicon.New(stateOf(s), i.tell); err != nil {
		i.events.End()
		return nil, fmt.Errorf("tray icon: %w", err)
	}
	return i, nil
}

func stateOf(s State) notifyicon.State {
	tooltip := s.Tooltip
	if tooltip == "" {
		tooltip = s.Title
	}
	return notifyicon.State{Tooltip: tooltip, Picture: pictureOf(s.Icon), Hidden: s.Hidden, MenuOnLeft: !s.NoMenuOnLeftClick}
}

func pictureOf(m image.Image) *image.NRGBA {
	if m == nil || m.Bounds().Empty() {
		return nil
	}
	return picture.Fit(m, maxIcon)
}

// tell is called on the thread of the icons.
func (i *Icon) tell(e notifyicon.Event) {
	t := Event{X: e.X, Y: e.Y, Item: e.Item}
	switch e.Kind {
	case notifyicon.Left:
		t.Button = Left
	case notifyicon.Middle:
		t.Button = Middle
	case notifyicon.Right:
		t.Button = Right
	case notifyicon.Chosen:
	default:
		return
	}
	_ = i.events.Put(t) // where the app is busy, the user will click again
}

// Shown reports whether the taskbar has the icon.
func (i *Icon) Shown() bool { return i.icon.Shown() }

// Remove takes the icon away, for good.
func (i *Icon) Remove() {
	i.mu.Lock()
	again := i.removed
	i.removed = true
	i.mu.Unlock()
	if !again {
		i.events.End()
		i.icon.Remove()
	}
}

// Set shows another state.
func (i *Icon) Set(_ context.Context, s State) error { return wrap(i.icon.Set(stateOf(s))) }

// SetMenu shows another menu, or none.
func (i *Icon) SetMenu(_ context.Context, root *menu.Entry) error {
	var items []notifyicon.Item
	if root != nil {
		items = itemsOf(root.Items)
	}
	return wrap(i.icon.SetMenu(items))
}

func itemsOf(entries []menu.Entry) (items []notifyicon.Item) {
	for _, e := range entries {
		if e.Item.OnlyMac() {
			continue
		}
		items = append(items, notifyicon.Item{
			Number: e.Number, Text: e.Text, Checked: e.Kind == menu.Check && e.Checked,
			// Of the predefined items only Quit means something without a window.
			Enabled:   e.Enabled && (e.Kind != menu.Predefined || e.Item == menu.Quit),
			Separator: e.Kind == menu.Predefined && e.Item == menu.Separator,
			Submenu:   e.Kind == menu.Submenu, Items: itemsOf(e.Items),
		})
	}
	return items
}

func wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, notifyicon.ErrRemoved):
		return ErrRemoved
	}
	return fmt.Errorf("tray icon: %w", err)
}
