package notification

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/ipc"
)

// options are those that mean something on a desktop.
type options struct {
	ID                 *int32         `json:"id"`
	Tag                string         `json:"tag"`
	Title              string         `json:"title"`
	Body               string         `json:"body"`
	LargeBody          string         `json:"largeBody"`
	Icon               string         `json:"icon"`
	Sound              string         `json:"sound"`
	Silent             *bool          `json:"silent"`
	Ongoing            bool           `json:"ongoing"`
	RequireInteraction bool           `json:"requireInteraction"`
	ActionType         string         `json:"actionTypeId"`
	Extra              jsontext.Value `json:"extra"`
}

// channel is one of any JSON.
type channel struct{ ipc.Channel }

// SetChannel implements ipc.ChannelSetter.
func (c *channel) SetChannel(ch ipc.Channel) { c.Channel = ch }

type notifyArgs struct {
	Options jsontext.Value `json:"options"`
	// Handler is told "click", and "close" or "replaced" last.
	Handler channel `json:"handler,omitzero"`
}

func (n *notifications) notify(ctx context.Context, a notifyArgs) (none, error) {
	err := n.show(ctx, a)
	if err != nil && a.Handler.Channel != nil {
		_ = a.Handler.Close()
	}
	return none{}, err
}

func (n *notifications) show(ctx context.Context, a notifyArgs) error {
	page, w, err := caller(ctx)
	if err != nil {
		return err
	}
	s := &shown{page: page, raw: a.Options, handler: a.Handler.Channel}
	if len(a.Options) > maxOptions {
		return fmt.Errorf("a notification of %d bytes: the limit is %d", len(a.Options), maxOptions)
	}
	if err := json.Unmarshal(a.Options, &s.options); err != nil {
		return fmt.Errorf("options of a notification: %w", err)
	}
	o := &s.options
	for _, text := range []string{o.Title, o.Body, o.LargeBody, o.Icon, o.Sound} {
		if strings.ContainsRune(text, 0) {
			return errors.New("a text of the notification has a zero byte")
		}
	}
	n.lessOptions(page, w, a.Options)
	d := n.forDesktop(page, o)
	w.mu.Lock()
	if len(w.sending) >= maxSending {
		w.mu.Unlock()
		return fmt.Errorf("%d notifications are on their way already", maxSending)
	}
	if o.ActionType != "" {
		actions, ok := w.types[o.ActionType]
		if !ok {
			w.mu.Unlock()
			return fmt.Errorf("action type %q is not registered; call registerActionTypes first", o.ActionType)
		}
		d.Actions, d.Reply = buttons(d.Actions, actions)
	}
	if before := w.find(o); before != nil {
		d.Replaces = before.server
	}
	if o.ID == nil {
		id := rand.Int32()
		o.ID = &id
	}
	w.sending = append(w.sending, s)
	w.mu.Unlock()

	s.server, err = n.app.Show(ctx, d, func(e notify.Event) { n.event(w, s, e) })
	w.mu.Lock()
	w.sending = slices.DeleteFunc(w.sending, func(x *shown) bool { return x == s })
	var gone, replaced *shown
	if err == nil {
		w.active = slices.DeleteFunc(w.active, func(x *shown) bool {
			if x.server == s.server {
				replaced = x
			}
			return x == replaced
		})
		switch {
		case s.removed:
			gone = s
		case !s.closed:
			w.active = append(w.active, s)
		}
		if len(w.active) > maxActive {
			gone = w.active[0]
			w.active = slices.Delete(w.active, 0, 1)
		}
	}
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if replaced != nil {
		replaced.end("replaced")
	}
	if gone != nil {
		_ = n.app.Close(ctx, gone.server) // it may be gone by now
	}
	n.tell(w, received, s.raw)
	return nil
}

// themeName is what names of icons and sounds look like. Files are not for
// pages to name.
var themeName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}$`)

// forDesktop takes over what desktops know.
func (n *notifications) forDesktop(page ipc.Page, o *options) notify.Notification {
	d := notify.Notification{Title: o.Title, Body: o.Body, Urgency: notify.Normal, Silent: o.Silent != nil && *o.Silent}
	if d.Title == "" {
		d.Title = n.name
	}
	if d.Body == "" {
		d.Body = o.LargeBody
	}
	for _, name := range []struct {
		what, value string
		to          *string
	}{{"icon", o.Icon, &d.Icon}, {"sound", o.Sound, &d.Sound}} {
		if themeName.MatchString(name.value) {
			*name.to = name.value
		} else if name.value != "" {
			n.log.Warn("mullion: a notification is shown without its "+name.what+": pages can only use names of the desktop's theme",
				"window", page.Caller().Window, "name", name.value)
		}
	}
	if o.Ongoing || o.RequireInteraction {
		d.Timeout = -1
	}
	d.Actions = []notify.Action{{ID: notify.DefaultAction, Label: n.name}}
	return d
}

// buttons adds those of an action type to a list. The first action in which
// users write is the field for that.
func buttons(list []notify.Action, actions []action) ([]notify.Action, *notify.Reply) {
	var reply *notify.Reply
	for _, a := range actions {
		if a.Input && reply == nil {
			reply = &notify.Reply{Label: a.Title, Placeholder: a.Placeholder}
			if a.Button != "" {
				reply.Label = a.Button
			}
			continue
		}
		list = append(list, notify.Action{ID: actionPrefix + a.ID, Label: a.Title})
	}
	return list, reply
}
