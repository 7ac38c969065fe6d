// Package tray shows icons in the desktop's tray, as StatusNotifierItem
// (https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem) with
// menus as com.canonical.dbusmenu, and on Windows by Shell_NotifyIcon. Begin with New.
package tray

import (
	"errors"
	"image"
	"sync"
	"sync/atomic"

	"github.com/mullion-dev/mullion/internal/inorder"
)

// maxEvents bounds the events that are not handled yet; for more, new ones are
// dropped.
const maxEvents = 64

// ErrRemoved is returned for an icon that was removed.
var ErrRemoved = errors.New("the tray icon was removed")

// State is what an icon shows.
type State struct {
	// Title is for lists of icons, and beside the icon where the desktop
	// shows labels. Tooltip is plain text.
	Title, Tooltip string
	// Icon may be nil: then IconName, a name of the desktop's theme, counts.
	Icon     image.Image
	IconName string
	Hidden   bool
	// NoMenuOnLeftClick makes a left click an event where there is a menu.
	NoMenuOnLeftClick bool
}

// Button is what was pressed.
type Button string

// The buttons.
const (
	Left   Button = "Left"
	Right  Button = "Right"
	Middle Button = "Middle"
)

// Event is what the user has done: a click, a turn of the wheel, or the choice
// of an item.
type Event struct {
	Button Button
	// X and Y are where the pointer was, in pixels of the screen, if the
	// desktop tells; else zero.
	X, Y int32
	// Delta and Horizontal are how the wheel was turned, if it was.
	Delta      int32
	Horizontal bool
	// Item is the number of the item that was chosen; else zero.
	Item uint32
	// Token lets a window take the focus under Wayland.
	Token string
}

// Tray makes icons. What the user does with them is told as long as Owner
// lives.
type Tray struct {
	Owner *inorder.Owner
	// last tells the icons of a process apart.
	last atomic.Uint32
	// returning is held by the icon that waits for the session bus to come back:
	// what the kernel tells of, each user has a limited number of.
	returning sync.Mutex
}
