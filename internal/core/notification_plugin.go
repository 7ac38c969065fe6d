package core

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/ipc"
)

const (
	// maxActive bounds the notifications of a webview that are shown at a
	// time: for one more, the oldest is taken away.
	maxActive = 64
	// maxNotifying bounds those that are on their way to the desktop.
	maxNotifying = 32
	// maxNotification bounds the options of one, in bytes.
	maxNotification = 64 << 10
	// maxActionTypes and maxActions bound what a page registers.
	maxActionTypes, maxActions = 64, 16
	maxNotificationListeners   = 64
)

// notificationCommands are those of @tauri-apps/plugin-notification.
var notificationCommands = []builtin{
	command("notification", "notify", true, (*Core).cmdNotify),
	command("notification", "is_permission_granted", true, func(*Core, context.Context, none) (bool, error) { return true, nil }),
	command("notification", "request_permission", true, func(*Core, context.Context, none) (string, error) { return "granted", nil }),
	command("notification", "permission_state", true, func(*Core, context.Context, none) (permissionState, error) { return permissionState{"granted"}, nil }),
	command("notification", "check_permissions", true, func(*Core, context.Context, none) (permissionState, error) { return permissionState{"granted"}, nil }),
	command("notification", "register_action_types", true, (*Core).cmdRegisterActionTypes),
	command("notification", "register_listener", true, (*Core).cmdListenNotifications),
	command("notification", "remove_listener", true, (*Core).cmdUnlistenNotifications),
	command("notification", "focus", true, (*Core).cmdFocusNotification),
	command("notification", "get_active", true, (*Core).cmdActiveNotifications),
	command("notification", "remove_active", true, (*Core).cmdRemoveActiveNotifications),
	// Nothing is ever pending: desktops show notifications at once.
	command("notification", "get_pending", true, func(*Core, context.Context, none) ([]none, error) { return []none{}, nil }),
	command("notification", "cancel", true, (*Core).cmdCancelNotifications),
	notOnDesktops("show"),
	notOnDesktops("batch"),
	notOnDesktops("create_channel"),
	notOnDesktops("delete_channel"),
	notOnDesktops("list_channels"),
}

type permissionState struct {
	State string `json:"permissionState"`
}

// notOnDesktops is a command of phones, with a permission that capability
// files may name.
func notOnDesktops(name string) builtin {
	return builtin{"notification", name, true, func(*Core) ipc.Handler {
		return func(context.Context, *ipc.Message) (ipc.Result, error) {
			return ipc.Result{}, fmt.Errorf("notification %s: desktops have no such thing: %w", name, errors.ErrUnsupported)
		}
	}, nil}
}

// pageNotifications are those of a webview. They outlive its documents, as
// what is on the screen does.
type pageNotifications struct {
	mu        sync.Mutex
	sending   []*pageNotification     // guarded by mu; on their way to the desktop, at most maxNotifying
	active    []*pageNotification     // guarded by mu; oldest first, at most maxActive
	types     map[string][]pageAction // guarded by mu; of the document
	listeners []notificationListener  // guarded by mu; of the document
	told      map[string]bool         // guarded by mu; options of which the log says that they have no effect
	clicked   *clickedNotification    // guarded by mu; the last one, see focus
}

type pageNotification struct {
	options pageNotificationOptions
	raw     jsontext.Value
	server  uint32
	closed  bool // guarded by pageNotifications.mu
	removed bool // guarded by pageNotifications.mu; by the page, before it was shown
	// handler is told of clicks and of the end; nil if the page does not ask.
	handler ipc.Channel
	doc     *document
}

// pageNotificationOptions are those that mean something on a desktop.
type pageNotificationOptions struct {
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

type pageAction struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Input       bool   `json:"input"`
	Button      string `json:"inputButtonTitle"`
	Placeholder string `json:"inputPlaceholder"`
}

type notificationListener struct {
	doc   *document
	event string
	ch    ipc.Channel
}

// themeName is what names of icons and sounds look like. Files are not for
// pages to name.
var themeName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}$`)

type notifyArgs struct {
	Options jsontext.Value `json:"options"`
	// Handler is told "click", and "close" or "replaced" last.
	Handler pageChannel `json:"handler,omitzero"`
}

// tell tells the page that has made the notification.
func (p *pageNotification) tell(what string) {
	if p.handler != nil {
		_ = p.handler.Send(p.doc.ctx, mustJSON(what)) // the page may be gone
	}
}

// end tells the last that there is to tell.
func (p *pageNotification) end(what string) {
	p.tell(what)
	if p.handler != nil {
		p.handler.Close()
	}
}

func (c *Core) cmdNotify(ctx context.Context, a notifyArgs) (none, error) {
	err := c.notifyForPage(ctx, a)
	if err != nil && a.Handler.Channel != nil {
		a.Handler.Close()
	}
	return none{}, err
}

func (c *Core) notifyForPage(ctx context.Context, a notifyArgs) error {
	d, err := callerDocument(ctx)
	if err != nil {
		return err
	}
	p := &pageNotification{raw: a.Options, handler: a.Handler.Channel, doc: d}
	if len(a.Options) > maxNotification {
		return fmt.Errorf("a notification of %d bytes: the limit is %d", len(a.Options), maxNotification)
	}
	if err := json.Unmarshal(a.Options, &p.options); err != nil {
		return fmt.Errorf("options of a notification: %w", err)
	}
	o := &p.options
	for _, text := range []string{o.Title, o.Body, o.LargeBody, o.Icon, o.Sound} {
		if strings.ContainsRune(text, 0) {
			return errors.New("a text of the notification has a zero byte")
		}
	}
	c.lessOptions(d, a.Options)
	n := c.desktopNotification(d, o)
	s := &d.webview.notifications
	s.mu.Lock()
	if len(s.sending) >= maxNotifying {
		s.mu.Unlock()
		return fmt.Errorf("%d notifications are on their way already: %w", maxNotifying, ErrBackpressure)
	}
	if o.ActionType != "" {
		actions, ok := s.types[o.ActionType]
		if !ok {
			s.mu.Unlock()
			return fmt.Errorf("action type %q is not registered; call registerActionTypes first", o.ActionType)
		}
		n.Actions, n.Reply = desktopActions(n.Actions, actions)
	}
	before := s.find(o)
	if before != nil {
		n.Replaces = before.server
	}
	if o.ID == nil {
		id := rand.Int32()
		o.ID = &id
	}
	s.sending = append(s.sending, p)
	s.mu.Unlock()

	p.server, err = c.Notify(ctx, n, func(e notify.Event) { c.notificationEvent(d.webview, p, e) })
	s.mu.Lock()
	s.sending = slices.DeleteFunc(s.sending, func(x *pageNotification) bool { return x == p })
	var gone, replaced *pageNotification
	if err == nil {
		s.active = slices.DeleteFunc(s.active, func(x *pageNotification) bool {
			if x.server == p.server {
				replaced = x
			}
			return x == replaced
		})
		switch {
		case p.removed:
			gone = p
		case !p.closed:
			s.active = append(s.active, p)
		}
		if len(s.active) > maxActive {
			gone = s.active[0]
			s.active = slices.Delete(s.active, 0, 1)
		}
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if replaced != nil {
		replaced.end("replaced")
	}
	if gone != nil {
		_ = c.notify.Close(ctx, gone.server) // it may be gone by now
	}
	c.tellNotificationListeners(d.webview, "notification", p.raw)
	return nil
}

// desktopNotification takes over what desktops know.
func (c *Core) desktopNotification(d *document, o *pageNotificationOptions) notify.Notification {
	n := notify.Notification{Title: o.Title, Body: o.Body, Urgency: notify.Normal, Silent: o.Silent != nil && *o.Silent}
	if n.Title == "" {
		n.Title = c.opts.Name
	}
	if n.Body == "" {
		n.Body = o.LargeBody
	}
	for _, name := range []struct {
		what, value string
		to          *string
	}{{"icon", o.Icon, &n.Icon}, {"sound", o.Sound, &n.Sound}} {
		if themeName.MatchString(name.value) {
			*name.to = name.value
		} else if name.value != "" {
			c.log.Warn("mullion: a notification is shown without its "+name.what+": pages can only use names of the desktop's theme",
				"window", d.caller.Window, "name", name.value)
		}
	}
	if o.Ongoing || o.RequireInteraction {
		n.Timeout = -1
	}
	n.Actions = []notify.Action{{ID: notify.DefaultAction, Label: c.opts.Name}}
	return n
}

func desktopActions(list []notify.Action, actions []pageAction) ([]notify.Action, *notify.Reply) {
	var reply *notify.Reply
	for _, a := range actions {
		if a.Input && reply == nil {
			reply = &notify.Reply{Label: a.Title, Placeholder: a.Placeholder}
			if a.Button != "" {
				reply.Label = a.Button
			}
			continue
		}
		list = append(list, notify.Action{ID: "action:" + a.ID, Label: a.Title})
	}
	return list, reply
}

// find returns the notification that another one with these options replaces.
// s.mu is held.
func (s *pageNotifications) find(o *pageNotificationOptions) *pageNotification {
	for _, p := range s.active {
		if o.ID != nil && *p.options.ID == *o.ID || o.Tag != "" && p.options.Tag == o.Tag {
			return p
		}
	}
	return nil
}

// notificationEvent handles what the user has done with a notification.
func (c *Core) notificationEvent(v *Webview, p *pageNotification, e notify.Event) {
	s := &v.notifications
	performed := struct {
		Action       string         `json:"actionId"`
		Input        *string        `json:"inputValue"`
		Notification jsontext.Value `json:"notification"`
	}{"tap", nil, p.raw}
	switch {
	case e.Closed:
		s.mu.Lock()
		p.closed = true
		s.active = slices.DeleteFunc(s.active, func(x *pageNotification) bool { return x == p })
		s.mu.Unlock()
		p.end("close")
		return
	case e.Replied:
		performed.Action, performed.Input = s.inputAction(p.options.ActionType), &e.Text
	default:
		if id, ok := strings.CutPrefix(e.Action, "action:"); ok {
			performed.Action = id
		} else if e.Action != notify.DefaultAction {
			return
		}
	}
	if e.Action == notify.DefaultAction {
		c.clickedNotification(v, p, e.Token)
	}
	c.tellNotificationListeners(v, "actionPerformed", mustJSON(performed))
}

// inputAction returns the id of the action of a type in which users write.
func (s *pageNotifications) inputAction(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.types[kind] {
		if a.Input {
			return a.ID
		}
	}
	return "reply"
}

// activeNotification is one that is shown, as the page-side contract has it.
type activeNotification struct {
	ID          int32          `json:"id"`
	Tag         string         `json:"tag,omitzero"`
	Title       string         `json:"title"`
	Body        string         `json:"body"`
	ActionType  string         `json:"actionTypeId,omitzero"`
	Grouped     bool           `json:"groupSummary"`
	Data        map[string]any `json:"data"`
	Extra       jsontext.Value `json:"extra"`
	Attachments []none         `json:"attachments"`
}

func (c *Core) cmdActiveNotifications(ctx context.Context, _ none) ([]activeNotification, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return nil, err
	}
	s := &d.webview.notifications
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []activeNotification{}
	for _, p := range s.active {
		o := p.options
		if o.Extra == nil {
			o.Extra = jsontext.Value("{}")
		}
		list = append(list, activeNotification{
			ID: *o.ID, Tag: o.Tag, Title: o.Title, Body: o.Body, ActionType: o.ActionType,
			Data: map[string]any{}, Extra: o.Extra, Attachments: []none{},
		})
	}
	return list, nil
}

type removeActiveArgs struct {
	Notifications *[]struct {
		ID  int32  `json:"id"`
		Tag string `json:"tag,omitzero"`
	} `json:"notifications,omitzero"`
}

func (c *Core) cmdRemoveActiveNotifications(ctx context.Context, a removeActiveArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	s := &d.webview.notifications
	meant := func(p *pageNotification) bool {
		if a.Notifications == nil {
			return true
		}
		for _, n := range *a.Notifications {
			if n.ID == *p.options.ID && (n.Tag == "" || n.Tag == p.options.Tag) {
				return true
			}
		}
		return false
	}
	s.mu.Lock()
	for _, p := range s.sending {
		p.removed = p.removed || meant(p)
	}
	var gone []uint32
	s.active = slices.DeleteFunc(s.active, func(p *pageNotification) bool {
		if !meant(p) {
			return false
		}
		gone = append(gone, p.server)
		return true
	})
	s.mu.Unlock()
	var errs []error
	for _, id := range gone {
		if err := c.notify.Close(ctx, id); err != nil && !errors.Is(err, notify.ErrNotShown) {
			errs = append(errs, err)
		}
	}
	return none{}, errors.Join(errs...)
}

type cancelNotificationsArgs struct {
	Notifications []int32 `json:"notifications,omitzero"`
}

// cmdCancelNotifications cancels what is pending, which is nothing.
func (c *Core) cmdCancelNotifications(context.Context, cancelNotificationsArgs) (none, error) {
	return none{}, nil
}
