package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// maxListeners bounds the listeners of a page where nobody says how many.
const maxListeners = 256

// Listeners are the pages that listen to a plugin, by addPluginListener of
// @tauri-apps/api/core. They are forgotten when they end. It is safe for
// concurrent use; make it by [NewListeners].
type Listeners struct {
	// Most is how many listeners a page may have, of all events together: 0 means
	// 256. It is set before pages can call.
	Most int

	events []string

	mu     sync.Mutex
	byPage map[ipc.Page][]listener // guarded by mu
}

type listener struct {
	event string
	id    uint32
	ch    ipc.Channel
}

// NewListeners makes listeners of these events, and refuses those of others.
func NewListeners(events ...string) *Listeners {
	return &Listeners{events: events, byPage: map[ipc.Page][]listener{}}
}

// AddTo adds the commands by which pages begin and end to listen:
// register_listener and remove_listener.
func (l *Listeners) AddTo(c Commands) {
	c["register_listener"] = Typed(l.register)
	c["remove_listener"] = Typed(l.remove)
}

type registerArgs struct {
	Event   string `json:"event"`
	Handler string `json:"handler"`
}

func (l *Listeners) register(ctx context.Context, a registerArgs) (struct{}, error) {
	m, _ := ipc.MessageFrom(ctx)
	p, err := PageOf(ctx)
	if err != nil {
		return struct{}{}, err
	}
	if !slices.Contains(l.events, a.Event) {
		return struct{}{}, fmt.Errorf("there is no event %q here; there are: %q", a.Event, l.events)
	}
	id, err := ipc.ParseChannel(a.Handler)
	if err != nil {
		return struct{}{}, err
	}
	ch, err := m.Channels.OpenChannel(id)
	if err != nil {
		return struct{}{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	before, known := l.byPage[p]
	if most := cmp.Or(l.Most, maxListeners); len(before) >= most {
		return struct{}{}, fmt.Errorf("%d listeners; end some of them", most)
	}
	l.byPage[p] = append(before, listener{a.Event, id, ch})
	if !known {
		context.AfterFunc(p.Context(), func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.byPage, p)
		})
	}
	return struct{}{}, nil
}

type removeArgs struct {
	Event   string `json:"event"`
	Channel uint32 `json:"channelId"`
}

func (l *Listeners) remove(ctx context.Context, a removeArgs) (struct{}, error) {
	p, err := PageOf(ctx)
	if err != nil {
		return struct{}{}, err
	}
	l.mu.Lock()
	list := l.byPage[p]
	i := slices.IndexFunc(list, func(x listener) bool { return x.event == a.Event && x.id == a.Channel })
	if i < 0 {
		l.mu.Unlock()
		return struct{}{}, nil
	}
	gone := list[i]
	list = slices.Delete(slices.Clone(list), i, i+1) // Tell may read the other one
	l.byPage[p] = list
	last := !slices.ContainsFunc(list, func(x listener) bool { return x.ch == gone.ch })
	l.mu.Unlock()
	if last {
		err = gone.ch.Close()
	}
	return struct{}{}, err
}

// Tell sends an event to all pages that listen to it. It waits for room on the
// way to each, until ctx is done; pages that are gone are no error.
func (l *Listeners) Tell(ctx context.Context, event string, payload any) error {
	return l.TellPages(ctx, event, payload, func(ipc.Page) bool { return true })
}

// TellPage sends an event to one page, if it listens to it.
func (l *Listeners) TellPage(ctx context.Context, p ipc.Page, event string, payload any) error {
	return l.TellPages(ctx, event, payload, func(other ipc.Page) bool { return other == p })
}

// TellPages sends an event to those pages that listen to it for which to reports
// true.
func (l *Listeners) TellPages(ctx context.Context, event string, payload any, to func(ipc.Page) bool) error {
	text, err := ipc.Marshal(payload)
	if err != nil {
		return fmt.Errorf("event %q: %w", event, err)
	}
	l.mu.Lock()
	all := maps.Clone(l.byPage)
	l.mu.Unlock()
	var errs []error
	for p, list := range all {
		if !to(p) {
			continue
		}
		for _, x := range list {
			if x.event != event {
				continue
			}
			if err := x.ch.Send(ctx, jsontext.Value(text)); err != nil && !errors.Is(err, ipc.ErrChannelClosed) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
