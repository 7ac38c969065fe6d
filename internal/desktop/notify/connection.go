//go:build !windows

package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

// connect returns the connection, and makes one if there is none, or none any
// more.
func (c *Client) connect(ctx context.Context) (*dbus.Conn, error) {
	c.connecting.Lock()
	defer c.connecting.Unlock()
	c.mu.Lock()
	conn, stopped := c.conn, c.stopped
	c.mu.Unlock()
	if stopped {
		return nil, errors.New("notifications: the app is shutting down")
	}
	if conn != nil && conn.Connected() {
		return conn, nil
	}
	conn, err := bus.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("notifications: %w", err)
	}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(service), dbus.WithMatchInterface(service), dbus.WithMatchObjectPath(object)},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, service)},
	} {
		if err := conn.AddMatchSignalContext(ctx, match...); err != nil {
			conn.Close()
			return nil, fmt.Errorf("notifications: %w", err)
		}
	}
	c.mu.Lock()
	if c.stopped {
		c.mu.Unlock()
		conn.Close()
		return nil, errors.New("notifications: the app is shutting down")
	}
	c.conn, c.abilities = conn, nil
	c.mu.Unlock()
	go c.listen(conn, signals) // ends with the connection
	return conn, nil
}

// listen handles signals until the connection ends.
func (c *Client) listen(conn *dbus.Conn, signals <-chan *dbus.Signal) {
	for s := range signals {
		c.signal(conn, s)
	}
	c.lost(conn, true)
}

// serverAbilities asks the server what it can do, once.
func (c *Client) serverAbilities(ctx context.Context, conn *dbus.Conn) ([]string, error) {
	c.mu.Lock()
	known := c.abilities
	if c.conn != conn {
		known = nil
	}
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var list []string
	err := conn.Object(service, object).CallWithContext(ctx, service+".GetCapabilities", 0).Store(&list)
	if err != nil {
		return nil, serverError("ask the notification server what it can do", err)
	}
	c.mu.Lock()
	if c.conn == conn {
		c.abilities = append([]string{}, list...)
	}
	c.mu.Unlock()
	return list, nil
}

// signal handles one signal. What does not look as the specification says is
// ignored: the bus also carries what others send by mistake.
func (c *Client) signal(conn *dbus.Conn, s *dbus.Signal) {
	if s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
		var name, before, after string
		if s.Sender == "org.freedesktop.DBus" && dbus.Store(s.Body, &name, &before, &after) == nil && name == service && before != "" {
			c.lost(conn, false) // a new server knows nothing of what the old one showed
		}
		return
	}
	if s.Path != object {
		return
	}
	var e Event
	var text string
	switch s.Name {
	case service + ".ActionInvoked":
		if dbus.Store(s.Body, &e.ID, &text) == nil {
			e.Action = text
			c.event(e)
		}
	case service + ".ActivationToken":
		if dbus.Store(s.Body, &e.ID, &text) == nil {
			e.Token = text
			c.event(e)
		}
	case service + ".NotificationReplied":
		if dbus.Store(s.Body, &e.ID, &text) == nil {
			e.Text, e.Replied = text, true
			c.event(e)
		}
	case service + ".NotificationClosed":
		var reason uint32
		if dbus.Store(s.Body, &e.ID, &reason) == nil {
			e.Closed, e.Reason = true, min(Reason(reason), Undefined)
			c.event(e)
		}
	}
}

// event tells whoever has shown the notification.
func (c *Client) event(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.shown[e.ID]; n != nil {
		c.tell(n, e)
	} else if c.pending > 0 && len(c.early) < maxEarly {
		c.early = append(c.early, e)
	}
}

// tell tells an event. A token comes ahead of the action that it is for. c.mu
// is held.
func (c *Client) tell(n *shown, e Event) {
	switch {
	case e.Token != "":
		n.token = e.Token
		return
	case e.Closed:
		c.forget(e.ID)
	default:
		e.Token, n.token = n.token, ""
	}
	n.tell(e)
}

// lost tells that everything is gone that was shown by a server, or through a
// connection that has ended.
func (c *Client) lost(conn *dbus.Conn, ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != conn {
		return
	}
	if ended {
		c.conn = nil
	}
	for _, id := range c.order {
		c.shown[id].tell(Event{ID: id, Closed: true, Reason: Lost})
	}
	c.abilities, c.shown, c.order, c.early = nil, map[uint32]*shown{}, nil, nil
}
