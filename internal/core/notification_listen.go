package core

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// tellNotificationListeners sends an event to those who listen in a webview.
func (c *Core) tellNotificationListeners(v *Webview, event string, payload jsontext.Value) {
	s := &v.notifications
	s.mu.Lock()
	listeners := slices.Clone(s.listeners)
	s.mu.Unlock()
	for _, l := range listeners {
		if l.event == event {
			_ = l.ch.Send(l.doc.ctx, payload) // the page may be gone
		}
	}
}

type actionTypesArgs struct {
	Types jsontext.Value `json:"types"`
}

func (c *Core) cmdRegisterActionTypes(ctx context.Context, a actionTypesArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	var types []struct {
		ID      string       `json:"id"`
		Actions []pageAction `json:"actions"`
	}
	if len(a.Types) > maxNotification {
		return none{}, fmt.Errorf("action types of %d bytes: the limit is %d", len(a.Types), maxNotification)
	}
	if err := json.Unmarshal(a.Types, &types); err != nil {
		return none{}, fmt.Errorf("action types: %w", err)
	}
	for _, t := range types {
		if t.ID == "" || len(t.Actions) > maxActions {
			return none{}, fmt.Errorf("action type %q: it needs an id and at most %d actions", t.ID, maxActions)
		}
		for _, action := range t.Actions {
			if action.ID == "" || action.Title == "" || strings.ContainsRune(action.ID+action.Title+action.Button+action.Placeholder, 0) {
				return none{}, fmt.Errorf("action type %q: action %q needs an id and a title, without zero bytes", t.ID, action.ID)
			}
		}
	}
	c.lessActionOptions(d, a.Types)
	s := &d.webview.notifications
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.types == nil {
		s.types = map[string][]pageAction{}
	}
	for _, t := range types {
		if _, ok := s.types[t.ID]; !ok && len(s.types) >= maxActionTypes {
			return none{}, fmt.Errorf("%d action types are registered: %w", maxActionTypes, ErrBackpressure)
		}
		s.types[t.ID] = t.Actions
	}
	return none{}, nil
}

// pageChannel is a channel of any JSON.
type pageChannel struct{ ipc.Channel }

// SetChannel implements ipc.ChannelSetter.
func (c *pageChannel) SetChannel(ch ipc.Channel) { c.Channel = ch }

type notificationListenArgs struct {
	Event   string      `json:"event"`
	Handler pageChannel `json:"handler"`
}

func (c *Core) cmdListenNotifications(ctx context.Context, a notificationListenArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	if a.Event != "notification" && a.Event != "actionPerformed" {
		return none{}, fmt.Errorf("there is no event %q of notifications: %w", a.Event, ErrNoSuchCommand)
	}
	s := &d.webview.notifications
	s.mu.Lock()
	first := !slices.ContainsFunc(s.listeners, func(l notificationListener) bool { return l.doc == d })
	if len(s.listeners) >= maxNotificationListeners {
		s.mu.Unlock()
		return none{}, fmt.Errorf("%d listeners: %w", maxNotificationListeners, ErrBackpressure)
	}
	s.listeners = append(s.listeners, notificationListener{d, a.Event, a.Handler.Channel})
	s.mu.Unlock()
	if first {
		d.onEnd(s, func() { s.drop(func(l notificationListener) bool { return l.doc == d }) })
	}
	return none{}, nil
}

func (s *pageNotifications) drop(which func(notificationListener) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = slices.DeleteFunc(s.listeners, which)
}

// has reports whether a listener has that channel: one may hear both events.
func (s *pageNotifications) has(ch ipc.Channel) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.listeners, func(l notificationListener) bool { return l.ch == ch })
}

type notificationUnlistenArgs struct {
	Event   string `json:"event"`
	Channel uint32 `json:"channelId"`
}

func (c *Core) cmdUnlistenNotifications(ctx context.Context, a notificationUnlistenArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	s := &d.webview.notifications
	var gone ipc.Channel
	s.drop(func(l notificationListener) bool {
		ch, ok := l.ch.(*channel)
		if !ok || l.doc != d || l.event != a.Event || ch.id != a.Channel {
			return false
		}
		gone = l.ch
		return true
	})
	if gone != nil && !s.has(gone) {
		c.endChannel(gone)
	}
	return none{}, nil
}
