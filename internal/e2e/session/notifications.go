package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

const (
	notificationsName = "org.freedesktop.Notifications"
	notificationsPath = dbus.ObjectPath("/org/freedesktop/Notifications")
)

// Notification is what an app has asked the desktop to show.
type Notification struct {
	ID, Replaces uint32
	App, Icon    string
	Title, Body  string
	Actions      []string // id, label, id, label …
	Hints        map[string]dbus.Variant
	Timeout      int32
	Open         bool // not closed yet
	ClosedByApp  bool
	Times        int // how often it was shown, replacements included
}

// Notifications is a notification server.
type Notifications struct {
	bus  *Bus
	conn *dbus.Conn

	mu      sync.Mutex
	all     []Notification // guarded by mu
	changed chan struct{}  // guarded by mu; closed and replaced when all has changed
	can     []string
	next    uint32 // guarded by mu

	answers sync.RWMutex // a reader answers; see Hold
}

// StartNotifications puts a notification server with the given abilities on
// the bus.
func (b *Bus) StartNotifications(abilities ...string) *Notifications {
	b.t.Helper()
	n := &Notifications{bus: b, conn: b.Connect(), can: abilities, changed: make(chan struct{})}
	methods := map[string]any{
		"Notify":               n.notify,
		"CloseNotification":    n.closeNotification,
		"GetCapabilities":      func() ([]string, *dbus.Error) { return n.can, nil },
		"GetServerInformation": func() (string, string, string, string, *dbus.Error) { return "test", "test", "1", "1.2", nil },
	}
	if err := n.conn.ExportMethodTable(methods, notificationsPath, notificationsName); err != nil {
		b.t.Fatal(err)
	}
	b.own(n.conn, notificationsName)
	return n
}

func (n *Notifications) notify(app string, replaces uint32, icon, title, body string, actions []string, hints map[string]dbus.Variant, timeout int32) (uint32, *dbus.Error) {
	defer n.answers.RUnlock()
	defer n.answers.RLock() // once it is shown
	n.mu.Lock()
	defer n.mu.Unlock()
	shown := Notification{Replaces: replaces, App: app, Icon: icon, Title: title, Body: body, Actions: actions, Hints: hints, Timeout: timeout, Open: true, Times: 1}
	defer n.wake()
	for i := range n.all {
		if replaces != 0 && n.all[i].ID == replaces && n.all[i].Open {
			shown.ID, shown.Times = replaces, n.all[i].Times+1
			n.all[i] = shown
			return replaces, nil
		}
	}
	n.next++
	shown.ID = n.next
	n.all = append(n.all, shown)
	return shown.ID, nil
}

func (n *Notifications) wake() {
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *Notifications) closeNotification(id uint32) *dbus.Error {
	if !n.end(id, true) {
		return dbus.NewError("org.freedesktop.Notifications.Error.InvalidId", []any{"no such notification"})
	}
	if err := n.emit("NotificationClosed", id, uint32(3)); err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

func (n *Notifications) end(id uint32, byApp bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.all, func(s Notification) bool { return s.ID == id && s.Open })
	if i < 0 {
		return false
	}
	n.all[i].Open, n.all[i].ClosedByApp = false, byApp
	n.wake()
	return true
}

func (n *Notifications) emit(member string, values ...any) error {
	return n.conn.Emit(notificationsPath, notificationsName+"."+member, values...)
}

// Find waits until a notification is as wanted, and returns it.
func (n *Notifications) Find(ctx context.Context, wanted func(Notification) bool) (Notification, error) {
	ctx, cancel := await.Context(ctx, await.Limit)
	defer cancel()
	for {
		n.mu.Lock()
		all, changed := slices.Clone(n.all), n.changed
		n.mu.Unlock()
		if i := slices.IndexFunc(all, wanted); i >= 0 {
			return all[i], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Notification{}, fmt.Errorf("no notification is as wanted among %d: %w", len(all), ctx.Err())
		}
	}
}

// Forget drops the notifications that are closed.
func (n *Notifications) Forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = slices.DeleteFunc(n.all, func(s Notification) bool { return !s.Open })
}

// All returns what was shown.
func (n *Notifications) All() []Notification {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.all)
}

// Click presses a button of a notification, "default" for itself. A token that
// is not empty is sent ahead, as under Wayland.
func (n *Notifications) Click(id uint32, action, token string) error {
	var errs []error
	if token != "" {
		errs = append(errs, n.emit("ActivationToken", id, token))
	}
	return errors.Join(append(errs, n.emit("ActionInvoked", id, action))...)
}

// Answer sends what the user has written in a notification.
func (n *Notifications) Answer(id uint32, text string) error {
	return n.emit("NotificationReplied", id, text)
}

// Dismiss closes a notification as the user does.
func (n *Notifications) Dismiss(id uint32) error {
	n.end(id, false)
	return n.emit("NotificationClosed", id, uint32(2))
}

// Drop closes a notification and tells nobody, as servers do that have lost it.
func (n *Notifications) Drop(id uint32) { n.end(id, false) }

// Hold shows what comes and does not answer until release is called.
func (n *Notifications) Hold() (release func()) {
	n.answers.Lock()
	return n.answers.Unlock
}

// Stop takes the server away from the bus.
func (n *Notifications) Stop() { n.conn.Close() }
