package notification

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

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
	s := &shown{page: page, raw: a.Options, handler: a.Handler.Channel, answered: make(chan struct{})}
	if err := s.options.read(a.Options); err != nil {
		return err
	}
	n.lessOptions(page, w, a.Options)
	d := n.forDesktop(page, &s.options)
	if kind := s.options.ActionType; kind != "" {
		actions, ok := w.actionsOf(page, kind)
		if !ok {
			return fmt.Errorf("action type %q is not registered; call registerActionTypes first", kind)
		}
		d.Actions, d.Reply, s.reply = buttons(d.Actions, actions)
	}
	before, err := w.begin(s)
	if err != nil {
		return err
	}
	s.server, err = n.send(w, s, before, d)
	replaced, gone := w.answer(s, err)
	if err != nil {
		return err
	}
	if replaced != nil {
		replaced.end("replaced")
	}
	if gone != nil {
		if err := n.close(gone.server); err != nil {
			n.log.Debug("mullion: a notification stays on the screen", "error", err)
		}
	}
	n.tell(w, s, received, s.raw)
	return nil
}

// answerTime is how long the desktop may take to answer.
const answerTime = 25 * time.Second

// asking is the context of what the desktop is asked for. It does not end with
// the page: what is on the screen has to be known, also where the page was left
// before the desktop has answered.
func (n *notifications) asking() (context.Context, context.CancelFunc) {
	return context.WithTimeout(n.ctx, answerTime)
}

// send has the desktop show a notification, once it has the one before.
func (n *notifications) send(w *webview, s, before *shown, d notify.Notification) (uint32, error) {
	ctx, cancel := n.asking()
	defer cancel()
	if before != nil {
		select {
		case <-before.answered:
		case <-ctx.Done():
			return 0, fmt.Errorf("the desktop has not answered: %w", ctx.Err())
		}
	}
	d.Replaces = w.replaces(s)
	return n.app.Show(ctx, d, func(e notify.Event) { n.event(w, s, e) })
}

// close takes notifications away. Those that are gone already are no error.
func (n *notifications) close(ids ...uint32) error {
	ctx, cancel := n.asking()
	defer cancel()
	var errs []error
	for _, id := range ids {
		if err := n.app.Close(ctx, id); err != nil && !errors.Is(err, notify.ErrNotShown) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// read reads the options of a page, and gives a notification that has no number
// one.
func (o *options) read(text jsontext.Value) error {
	if len(text) > maxOptions {
		return fmt.Errorf("a notification of %d bytes: the limit is %d", len(text), maxOptions)
	}
	if err := json.Unmarshal(text, o); err != nil {
		return fmt.Errorf("options of a notification: %w", err)
	}
	for _, text := range []string{o.Title, o.Body, o.LargeBody, o.Icon, o.Sound} {
		if strings.ContainsRune(text, 0) {
			return errors.New("a text of the notification has a zero byte")
		}
	}
	if o.ID == nil {
		id := rand.Int32()
		o.ID = &id
	}
	return nil
}

// isThemeName reports whether a name looks like one of an icon or a sound. Files
// are not for pages to name. It is no regular expression: to compile this one
// takes longer than what most packages do before main, in each process.
func isThemeName(name string) bool {
	return name != "" && len(name) <= 128 && !strings.ContainsRune(".+-", rune(name[0])) &&
		strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-") == ""
}

// maxName is how much of another name gets into the log, in bytes.
const maxName = 200

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
		if isThemeName(name.value) {
			*name.to = name.value
		} else if name.value != "" {
			n.log.Warn("mullion: a notification is shown without its "+name.what+": pages can only use names of the desktop's theme",
				"window", page.Caller().Window, "name", name.value[:min(len(name.value), maxName)])
		}
	}
	if o.Ongoing || o.RequireInteraction {
		d.Timeout = -1
	}
	d.Actions = []notify.Action{{ID: notify.DefaultAction, Label: n.name}}
	return d
}

// buttons adds those of an action type to a list. The first action in which
// users write is the field for that, and input is its id.
func buttons(list []notify.Action, actions []action) (all []notify.Action, reply *notify.Reply, input string) {
	for _, a := range actions {
		if a.Input && reply == nil {
			reply, input = &notify.Reply{Label: cmp.Or(a.Button, a.Title), Placeholder: a.Placeholder}, a.ID
			continue
		}
		list = append(list, notify.Action{ID: actionPrefix + a.ID, Label: a.Title})
	}
	return list, reply, input
}
