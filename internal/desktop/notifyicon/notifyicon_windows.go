package notifyicon

import (
	"context"
	"errors"
	"image"
	"sync"

	"github.com/mullion-dev/mullion/internal/win32"
)

// ErrRemoved is returned for an icon that was removed.
var ErrRemoved = errors.New("the icon was removed")

// State is what an icon shows.
type State struct {
	// Tooltip has at most 127 units of UTF-16; the rest is cut off.
	Tooltip string
	// Picture may be nil: then it is the icon of the program.
	Picture *image.NRGBA
	Hidden  bool
	// MenuOnLeft shows the menu at a click with the left button, too.
	MenuOnLeft bool
}

// Item is an item of a menu.
type Item struct {
	Number             uint32 // what is told of it
	Text               string // & is before the letter that chooses it
	Enabled, Checked   bool
	Separator, Submenu bool
	Items              []Item // of a submenu
}

// Balloon is a text beside the icon. Windows shows one at a time, and none while
// the icon is hidden.
type Balloon struct {
	// Title has at most 63 units of UTF-16 and Text 255; the rest is cut off.
	// Without a text there is no balloon any more.
	Title, Text string
	Picture     *image.NRGBA // nil: that of the icon
	Silent      bool
}

// Kind says what has happened to an icon.
type Kind int

// The kinds. Windows does not tell whether the user has closed a balloon or its
// time has passed.
const (
	Left Kind = iota
	Middle
	Right
	Chosen
	BalloonClicked
	BalloonEnded
	BalloonHidden // by another one, or with the icon
)

// Event is one of them.
type Event struct {
	Kind Kind
	X, Y int32  // where the pointer was, in pixels of the screen
	Item uint32 // that was chosen
}

// Icon is an icon. Its methods may be called by any goroutine; all other fields
// belong to the thread of the area.
type Icon struct {
	area    *area
	id      uint32
	on      func(Event)
	state   State
	menu    []Item
	picture uintptr // HICON, 0 for the program's
	shown   bool    // the taskbar has it
	removed bool
}

// area is the thread with its window. Fields without a remark belong to it.
type area struct {
	thread     *win32.Thread
	newTaskbar uint32 // a message: the taskbar was started again
	icons      map[uint32]*Icon
	last       uint32
	program    uintptr // HICON of the program; 0 until it is needed
}

// shared is the area of this process, which ends with it.
var shared = sync.OnceValues(open)

func open() (*area, error) {
	a := &area{icons: map[uint32]*Icon{}, newTaskbar: taskbarCreated()}
	var err error
	a.thread, err = win32.Start(a.message)
	return a, err
}

// do runs f on the thread of the area and returns what it does.
func (a *area) do(f func() error) error { return a.thread.Do(context.Background(), f) }

// New shows an icon. What happens to it is told to on, which must not wait.
func New(s State, on func(Event)) (*Icon, error) {
	a, err := shared()
	if err != nil {
		return nil, err
	}
	i := &Icon{area: a, on: on}
	err = a.do(func() error {
		a.last++
		i.id = a.last
		a.icons[i.id] = i
		return i.apply(s)
	})
	if err != nil {
		i.Remove()
		return nil, err
	}
	return i, nil
}

// Set shows another state.
func (i *Icon) Set(s State) error {
	return i.area.do(func() error {
		if i.removed {
			return ErrRemoved
		}
		return i.apply(s)
	})
}

// SetMenu has another menu be shown at clicks; none without items.
func (i *Icon) SetMenu(items []Item) error {
	return i.area.do(func() error {
		if i.removed {
			return ErrRemoved
		}
		i.menu = items
		return nil
	})
}

// Show shows a balloon.
func (i *Icon) Show(b Balloon) error {
	return i.area.do(func() error {
		if i.removed {
			return ErrRemoved
		}
		return i.balloon(b)
	})
}

// Shown reports whether Windows has the icon.
func (i *Icon) Shown() (shown bool) {
	_ = i.area.do(func() error {
		shown = i.shown
		return nil
	})
	return shown
}

// Remove takes the icon away, for good.
func (i *Icon) Remove() {
	_ = i.area.do(func() error {
		if !i.removed {
			i.removed = true
			delete(i.area.icons, i.id)
			i.takeAway()
			destroyIcon(i.picture)
		}
		return nil
	})
}

// apply brings the icon from one state to another.
func (i *Icon) apply(s State) error {
	old := i.picture
	i.picture = newIcon(s.Picture)
	i.state = s
	var err error
	if s.Hidden {
		i.takeAway()
	} else {
		err = i.send()
	}
	destroyIcon(old)
	return err
}

// clicked does what a click means.
func (i *Icon) clicked(k Kind) {
	e := Event{Kind: k}
	e.X, e.Y = cursor()
	if len(i.menu) == 0 || k == Middle || k == Left && !i.state.MenuOnLeft {
		i.on(e)
		return
	}
	if number := i.area.choose(i.menu, e.X, e.Y); number != 0 {
		i.on(Event{Kind: Chosen, Item: number})
	}
}

// taskbarStarted shows all icons again: the taskbar that had them has ended.
func (a *area) taskbarStarted() {
	for _, i := range a.icons {
		i.shown = false
		if !i.state.Hidden {
			_ = i.send()
		}
	}
}
