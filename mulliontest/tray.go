package mulliontest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/e2e/session"
)

func fileURL(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }

// TrayIcon is an icon of the app in the tray, as the desktop sees it.
type TrayIcon struct {
	// ID and Title are what it says of itself. Title is what the app has given
	// it, or its tooltip.
	ID, Title, Tooltip string
	// Menu has the labels of the items of its menu, those of submenus after
	// theirs, without separators.
	Menu []string

	d      *Desktop
	item   session.TrayItem
	labels []string // as they are on the bus, with marks for keys
}

// shown is a label as the desktop shows it: an underscore marks the key of the
// letter behind it, two are one.
func shown(label string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(label, "__", "\x00"), "_", ""), "\x00", "_")
}

// Tray waits until the app has an icon in the tray, and returns the first. It
// says how things are at that moment: call it again to see a change.
func (d *Desktop) Tray() *TrayIcon {
	d.r.t.Helper()
	if d.tray == nil {
		d.r.t.Fatalf("tray: %v", errNoBus)
	}
	ctx, cancel := d.r.context()
	defer cancel()
	item, err := d.tray.Find(ctx, func(session.TrayItem) bool { return true })
	if err != nil {
		d.r.t.Fatalf("tray: the app has no icon there (%v)", err)
	}
	i := &TrayIcon{ID: item.Text("Id"), Title: item.Text("Title"), d: d, item: item}
	if tip, ok := item.Properties["ToolTip"].Value().([]any); ok && len(tip) == 4 {
		i.Tooltip, _ = tip[2].(string)
	}
	var add func([]session.MenuItem)
	add = func(items []session.MenuItem) {
		for _, m := range items {
			if m.Label != "" {
				i.Menu, i.labels = append(i.Menu, shown(m.Label)), append(i.labels, m.Label)
			}
			add(m.Items)
		}
	}
	add(item.Menu)
	return i
}

// Click clicks the icon with the left button.
func (i *TrayIcon) Click() {
	i.d.r.t.Helper()
	if err := i.d.tray.Click(i.item, "Activate", 0, 0, ""); err != nil {
		i.d.r.t.Fatalf("click the icon in the tray: %v", err)
	}
}

// Choose clicks the item with that label in the menu of the icon.
func (i *TrayIcon) Choose(label string) {
	i.d.r.t.Helper()
	n := slices.Index(i.Menu, label)
	if n < 0 {
		i.d.r.t.Fatalf("the menu of the icon in the tray has no item %q; it has %q", label, i.Menu)
	}
	if err := i.d.tray.Choose(i.item, i.labels[n]); err != nil {
		i.d.r.t.Fatalf("choose %q in the tray: %v", label, err)
	}
}

// Notification is a notification that the app has asked the desktop to show.
type Notification struct {
	Title, Body string
	// Buttons are the labels of its buttons.
	Buttons []string

	d *Desktop
	n session.Notification
}

// Notification waits until the app shows a notification with that title, and
// returns the last one; "" is any.
func (d *Desktop) Notification(title string) *Notification {
	d.r.t.Helper()
	if d.notifications == nil {
		d.r.t.Fatalf("notification: %v", errNoBus)
	}
	var found *Notification
	d.r.until("notification", func() error {
		var titles []string
		for _, n := range slices.Backward(d.notifications.All()) {
			if n.Open && (title == "" || n.Title == title) {
				found = &Notification{Title: n.Title, Body: n.Body, d: d, n: n}
				for i := 0; i+1 < len(n.Actions); i += 2 {
					if n.Actions[i] != "default" {
						found.Buttons = append(found.Buttons, n.Actions[i+1])
					}
				}
				return nil
			}
			if n.Open {
				titles = append(titles, n.Title)
			}
		}
		if len(titles) > 0 {
			return fmt.Errorf("there is none with the title %q; there are %q", title, titles)
		}
		return errors.New("there is none")
	})
	return found
}

// Click clicks the notification itself.
func (n *Notification) Click() { n.d.r.t.Helper(); n.act("default") }

// Press presses the button with that label.
func (n *Notification) Press(button string) {
	n.d.r.t.Helper()
	for i := 0; i+1 < len(n.n.Actions); i += 2 {
		if n.n.Actions[i+1] == button && n.n.Actions[i] != "default" {
			n.act(n.n.Actions[i])
			return
		}
	}
	n.d.r.t.Fatalf("the notification %q has no button %q; it has %q", n.Title, button, n.Buttons)
}

// Dismiss closes the notification as its user does.
func (n *Notification) Dismiss() {
	n.d.r.t.Helper()
	if err := n.d.notifications.Dismiss(n.n.ID); err != nil {
		n.d.r.t.Fatalf("notification %q: %v", n.Title, err)
	}
}

// WaitClosed waits until the app has taken the notification away, or it was
// dismissed.
func (n *Notification) WaitClosed() {
	n.d.r.t.Helper()
	ctx, cancel := n.d.r.context()
	defer cancel()
	if _, err := n.d.notifications.Find(ctx, func(s session.Notification) bool { return s.ID == n.n.ID && !s.Open }); err != nil {
		n.d.r.t.Fatalf("notification %q is still there: %v", n.Title, context.Cause(ctx))
	}
}

func (n *Notification) act(action string) {
	n.d.r.t.Helper()
	if err := n.d.notifications.Click(n.n.ID, action, ""); err != nil {
		n.d.r.t.Fatalf("notification %q: %v", n.Title, err)
	}
}
