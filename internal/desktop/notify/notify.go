// Package notify shows notifications through the desktop's notification
// server, see https://specifications.freedesktop.org/notification-spec, and on
// Windows as balloons of an icon.
//
// Begin with New and Client.Show.
package notify

import (
	"errors"
	"image"
	"time"
)

// maxQueued bounds the events of a notification that are not told yet.
const maxQueued = 64

// ErrNoServer is returned when nobody shows notifications.
var ErrNoServer = errors.New("the desktop has no notification server; start one, such as dunst or mako")

// ErrNotShown is returned for a notification that is not shown any more.
var ErrNotShown = errors.New("the notification is not shown any more")

// Urgency is how much a notification may interrupt.
type Urgency byte

// The levels of the specification.
const (
	Low Urgency = iota
	Normal
	Critical
)

// Action is a button.
type Action struct{ ID, Label string }

// DefaultAction is the id of what a click on the notification itself means.
const DefaultAction = "default"

// Reply is a field for text in the notification.
type Reply struct{ Label, Placeholder string }

// App is whose notifications are shown.
type App struct {
	// Name is the app's name for people, DesktopEntry that of its desktop file
	// without ".desktop".
	Name, DesktopEntry string
}

// Notification is what is shown.
type Notification struct {
	// Title and Body are plain text.
	Title, Body string
	// Icon is the name of an icon of the theme, or an absolute path.
	Icon string
	// Picture is shown instead of the icon; nil: none.
	Picture image.Image
	Actions []Action
	// Reply is left out where the server has no such field; nil: none.
	Reply   *Reply
	Urgency Urgency
	// Timeout is how long it is shown: zero is up to the server, below zero
	// means until the user closes it.
	Timeout time.Duration
	// Sound is the name of a sound of the theme; Silent asks for none.
	Sound  string
	Silent bool
	// Replaces is the id of a notification whose place it takes; zero: none.
	Replaces uint32
}

// Reason is why a notification is not shown any more.
type Reason uint32

// The reasons of the specification. Lost is for a server or a bus that has
// gone.
const (
	Lost Reason = iota
	Expired
	Dismissed
	Closed
	Undefined
)

// Event is what has become of a notification. Either Action is set, or Text
// has the user's answer, or it is closed.
type Event struct {
	ID     uint32
	Action string
	// Text is what the user has written, if Replied.
	Text    string
	Replied bool
	// Token lets a window come to the front under Wayland; often empty.
	Token string
	// Closed means that nothing more is heard of it.
	Closed bool
	Reason Reason
}
