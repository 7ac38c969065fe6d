//go:build !windows

package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/inorder"
)

const (
	service = "org.freedesktop.Notifications"
	object  = dbus.ObjectPath("/org/freedesktop/Notifications")
	// maxKept bounds the notifications whose signals are waited for.
	maxKept = 1024
	// maxEarly bounds the signals that are kept while an answer with a new id
	// is on its way.
	maxEarly = 256
)

// Client shows notifications. It connects when it is first used, and again
// when it is used after the bus has gone. It is safe for concurrent use.
type Client struct {
	app   App
	owner *inorder.Owner

	mu        sync.Mutex
	stopped   bool              // guarded by mu
	conn      *dbus.Conn        // guarded by mu; nil while there is none
	abilities []string          // guarded by mu; of the server; nil until asked
	shown     map[uint32]*shown // guarded by mu
	order     []uint32          // guarded by mu; ids of shown, oldest first
	pending   int               // guarded by mu; calls that may bring a new id
	early     []Event           // guarded by mu; of ids that may be new

	// connecting is held while a connection is made.
	connecting sync.Mutex
}

// shown is a notification on the screen.
type shown struct {
	told  *inorder.Queue[Event]
	token string // guarded by Client.mu; that came ahead of an action
}

// tell tells the one who has shown the notification.
func (n *shown) tell(e Event) { _ = n.told.Push(e) } // or the app has ended

// New makes a client for an app. Nothing is connected yet. What becomes of
// notifications is told as long as its owner lives.
func New(app App, owner *inorder.Owner) *Client {
	return &Client{app: app, owner: owner, shown: map[uint32]*shown{}}
}

// Show shows a notification and returns its id. What becomes of it is told to
// on, in order, until it is closed; on may be nil.
func (c *Client) Show(ctx context.Context, n Notification, on func(Event)) (uint32, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return 0, err
	}
	abilities, err := c.serverAbilities(ctx, conn)
	if err != nil {
		return 0, err
	}
	body, actions, hints := n.arguments(abilities)
	if c.app.DesktopEntry != "" {
		hints["desktop-entry"] = dbus.MakeVariant(c.app.DesktopEntry)
	}
	timeout := int32(-1)
	if n.Timeout < 0 {
		timeout = 0
	} else if n.Timeout > 0 {
		timeout = int32(min(max(n.Timeout.Milliseconds(), 1), 1<<31-1))
	}
	c.mu.Lock()
	c.pending++
	c.mu.Unlock()
	var id uint32
	err = conn.Object(service, object).CallWithContext(ctx, service+".Notify", 0,
		c.app.Name, n.Replaces, n.Icon, n.Title, body, actions, hints, timeout).Store(&id)
	c.keep(conn, id, on, err == nil)
	if err != nil {
		return 0, serverError("show a notification", err)
	}
	return id, nil
}

// keep notes a notification that is shown, and tells it what came before its
// id did.
func (c *Client) keep(conn *dbus.Conn, id uint32, on func(Event), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending--
	if ok && on != nil {
		// Where there are too many, the oldest are dropped, and so never the end.
		n := &shown{told: inorder.New(c.owner, inorder.Options[Event]{Name: "notification", Most: maxQueued, Quiet: true}, on)}
		if c.conn != conn {
			n.tell(Event{ID: id, Closed: true, Reason: Lost})
		} else {
			if c.shown[id] == nil {
				c.order = append(c.order, id)
			}
			c.shown[id] = n
			for len(c.order) > maxKept {
				c.tell(c.shown[c.order[0]], Event{ID: c.order[0], Closed: true, Reason: Undefined})
			}
			for _, e := range c.early {
				if e.ID == id && c.shown[id] == n {
					c.tell(n, e)
				}
			}
			c.early = slices.DeleteFunc(c.early, func(e Event) bool { return e.ID == id })
		}
	}
	if c.pending == 0 {
		c.early = nil
	}
}

// forget drops a notification. c.mu is held.
func (c *Client) forget(id uint32) {
	delete(c.shown, id)
	if i := slices.Index(c.order, id); i >= 0 {
		c.order = slices.Delete(c.order, i, i+1)
	}
}

// Close takes a notification away. One that is gone already is an error
// wrapping ErrNotShown. That it is closed is told also where the server does not
// say so.
func (c *Client) Close(ctx context.Context, id uint32) error {
	c.mu.Lock()
	n := c.shown[id]
	c.mu.Unlock()
	if n == nil {
		return fmt.Errorf("notification %d: %w", id, ErrNotShown)
	}
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	err = conn.Object(service, object).CallWithContext(ctx, service+".CloseNotification", 0, id).Err
	gone := isGone(err)
	if err == nil || gone {
		c.mu.Lock()
		if c.conn == conn && c.shown[id] == n {
			c.tell(n, Event{ID: id, Closed: true, Reason: Closed})
		}
		c.mu.Unlock()
	}
	if gone {
		return fmt.Errorf("notification %d: %w", id, ErrNotShown)
	}
	return serverError("close a notification", err)
}

// isGone reports whether the server has answered that it does not show a
// notification: by an error of its own, whose name the specification leaves open,
// and not by one of the bus.
func isGone(err error) bool {
	var e dbus.Error
	return errors.As(err, &e) && !strings.HasPrefix(e.Name, "org.freedesktop.DBus.Error.")
}

// Abilities returns what the server can do, such as "actions", "body-markup"
// and "inline-reply".
func (c *Client) Abilities(ctx context.Context) ([]string, error) {
	conn, err := c.connect(ctx)
	if err != nil {
		return nil, err
	}
	return c.serverAbilities(ctx, conn)
}

// Stop disconnects. Notifications stay on the screen and nothing more is heard
// of them. There is no use of the client after that.
func (c *Client) Stop() {
	c.mu.Lock()
	conn := c.conn
	c.stopped, c.conn, c.shown, c.order = true, nil, map[uint32]*shown{}, nil
	c.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

func serverError(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case bus.IsUnknownService(err):
		return fmt.Errorf("%s: %w", what, ErrNoServer)
	}
	return fmt.Errorf("%s: %w", what, err)
}
