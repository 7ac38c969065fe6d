package mullion

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/desktop/notify"
)

// The errors of notifications and tray icons that callers test for.
var (
	// ErrNoSessionBus is returned on Linux where there is no D-Bus session.
	ErrNoSessionBus = bus.ErrNoBus
	// ErrNoNotificationServer is returned where nothing shows notifications.
	ErrNoNotificationServer = notify.ErrNoServer
	// ErrNotificationGone is returned for a notification that is not shown
	// any more.
	ErrNotificationGone = notify.ErrNotShown
)

// Notification is a message that the desktop shows outside of the app's
// windows. Only Title is required.
type Notification struct {
	// Title and Body are plain text. Nothing in them counts as markup.
	Title, Body string
	// Icon is the name of an icon of the desktop's theme, such as
	// "mail-unread", or the absolute path of a picture.
	Icon string
	// Picture is shown instead of Icon. What is larger than 256 pixels is
	// made smaller.
	Picture image.Image
	// Actions are buttons. Not every server shows them, see
	// [App.NotificationAbilities].
	Actions []NotificationAction
	// Reply adds a field in which the user can answer; nil: none. It is left
	// out where the server has no "inline-reply".
	Reply   *NotificationReply
	Urgency NotificationUrgency
	// Timeout is how long it is shown. Zero leaves that to the desktop; below
	// zero it stays until the user closes it.
	Timeout time.Duration
	// Sound is the name of a sound of the desktop's theme, such as
	// "message-new-instant". Silent asks for none at all.
	Sound  string
	Silent bool
	// Replaces is a notification whose place this one takes. If that is gone
	// already it is a new one. Zero: none.
	Replaces NotificationID

	// OnAction is told that the user has clicked a button, or the
	// notification itself: then the action is "default". OnReply is told the
	// user's answer. OnClose is called last, once. They are called one after
	// the other, beside the goroutine of Notify, and may wait. Any may be nil.
	OnAction func(NotificationActivation)
	OnReply  func(text string)
	OnClose  func(NotificationCloseReason)
}

// NotificationID names a notification that is shown. It is never zero.
type NotificationID uint32

// NotificationAction is a button of a notification.
type NotificationAction struct {
	// ID is what OnAction is told; "default" stands for a click on the
	// notification itself, and is no button of its own. Many servers let the
	// user click a notification only if it has that action.
	ID string
	// Label is what the user sees.
	Label string
}

// NotificationReply is a field for text in a notification.
type NotificationReply struct {
	// Label is on the button that sends the answer; empty: "Reply".
	Label string
	// Placeholder is shown in the field while it is empty.
	Placeholder string
}

// NotificationActivation is a click of the user.
type NotificationActivation struct {
	Action string
	// Token lets a window take the focus under Wayland (xdg-activation): give
	// it to [Window.Activate].
	// Empty where the desktop gives none.
	Token string
}

// NotificationUrgency is how much a notification may interrupt.
type NotificationUrgency int

// The urgencies. The zero value is NotificationNormal.
const (
	NotificationLow      NotificationUrgency = -1
	NotificationNormal   NotificationUrgency = 0
	NotificationCritical NotificationUrgency = 1
)

// NotificationCloseReason is why a notification is not shown any more.
type NotificationCloseReason string

// The reasons.
const (
	// NotificationExpired: its time was over.
	NotificationExpired NotificationCloseReason = "expired"
	// NotificationDismissed: by the user.
	NotificationDismissed NotificationCloseReason = "dismissed"
	// NotificationClosed: by [App.CloseNotification].
	NotificationClosed NotificationCloseReason = "closed"
	// NotificationLost: the server or the session bus has gone.
	NotificationLost NotificationCloseReason = "lost"
	// NotificationUndefined: the server does not say.
	NotificationUndefined NotificationCloseReason = "undefined"
)

var closeReasons = map[notify.Reason]NotificationCloseReason{
	notify.Lost: NotificationLost, notify.Expired: NotificationExpired, notify.Dismissed: NotificationDismissed,
	notify.Closed: NotificationClosed, notify.Undefined: NotificationUndefined,
}

// Notify shows a notification. On Linux it goes to the notification server of
// the desktop (org.freedesktop.Notifications): the error wraps
// [ErrNoSessionBus] or [ErrNoNotificationServer] where there is none, and the
// next call looks again. On Windows it is a balloon of an icon: one at a time, with
// 63 characters of title and 255 of text, without buttons, reply, urgency, sounds by
// name and timeout; it goes when the app ends. On macOS the error wraps
// [errors.ErrUnsupported] for now. Notifications of Linux stay when the app ends. Of more than 1024 that are shown, the
// oldest are told [NotificationUndefined], and nothing more is heard of them.
func (a *App) Notify(ctx context.Context, n Notification) (NotificationID, error) {
	if err := n.check(); err != nil {
		return 0, fmt.Errorf("mullion: notification: %w", err)
	}
	w := notify.Notification{
		Title: n.Title, Body: n.Body, Icon: n.Icon, Picture: n.Picture, Timeout: n.Timeout,
		Sound: n.Sound, Silent: n.Silent, Replaces: uint32(n.Replaces), Urgency: notify.Urgency(n.Urgency + 1),
	}
	for _, action := range n.Actions {
		w.Actions = append(w.Actions, notify.Action(action))
	}
	if n.Reply != nil {
		w.Reply = &notify.Reply{Label: n.Reply.Label, Placeholder: n.Reply.Placeholder}
		if w.Reply.Label == "" {
			w.Reply.Label = "Reply"
		}
	}
	id, err := a.notify.Show(ctx, w, n.tell)
	if err != nil {
		return 0, fmt.Errorf("mullion: %w", err)
	}
	return NotificationID(id), nil
}

func (n *Notification) check() error {
	switch {
	case n.Title == "":
		return errors.New("it needs a Title")
	case strings.Contains(n.Icon, "/") && !filepath.IsAbs(n.Icon):
		return fmt.Errorf("Icon %q is neither the name of an icon nor an absolute path", n.Icon)
	case n.Urgency < NotificationLow || n.Urgency > NotificationCritical:
		return fmt.Errorf("there is no urgency %d", n.Urgency)
	case n.Picture != nil && n.Picture.Bounds().Empty():
		return errors.New("Picture has no pixels")
	}
	for _, action := range n.Actions {
		if action.ID == "" || action.Label == "" {
			return fmt.Errorf("action %q needs an ID and a Label", action)
		}
	}
	for _, text := range []string{n.Title, n.Body, n.Icon, n.Sound} {
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("%q has a zero byte", text)
		}
	}
	return nil
}

// tell calls the function that an event is for.
func (n *Notification) tell(e notify.Event) {
	switch {
	case e.Closed && n.OnClose != nil:
		n.OnClose(closeReasons[e.Reason])
	case e.Replied && n.OnReply != nil:
		n.OnReply(e.Text)
	case e.Action != "" && n.OnAction != nil:
		n.OnAction(NotificationActivation{Action: e.Action, Token: e.Token})
	}
}

// CloseNotification removes a notification. If it is gone already, the error
// wraps [ErrNotificationGone].
func (a *App) CloseNotification(ctx context.Context, id NotificationID) error {
	if err := a.notify.Close(ctx, uint32(id)); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

// NotificationAbilities returns what the desktop's notification server can do,
// in the words of the specification of notifications: "actions", "body",
// "inline-reply" and so on. Errors are those of [App.Notify].
func (a *App) NotificationAbilities(ctx context.Context) ([]string, error) {
	abilities, err := a.notify.Abilities(ctx)
	if err != nil {
		return nil, fmt.Errorf("mullion: %w", err)
	}
	return abilities, nil
}

// endDesktop ends what the app has on the desktop besides windows.
func (a *App) endDesktop() {
	a.icons.RemoveAll()
	a.notify.Stop()
}
