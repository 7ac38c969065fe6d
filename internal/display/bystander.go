package display

import (
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/mullion-dev/mullion/internal/await"
)

// Bystander is another program of the user's: a window with a title and a colour,
// in which the user types, and a text on the clipboard. Tests see by it what
// programs can do to each other.
type Bystander struct {
	screen *Screen
	window xproto.Window
	told   func(what string, number int)
	ended  chan struct{} // closed when it hears no more
}

// What there is to find about a bystander.
const (
	// BystanderPlace is where its window is, from the left and from the top.
	BystanderPlace  = 700
	BystanderColour = 0x123456
	BystanderText   = "a secret on the clipboard"
)

const (
	bystanderSize = 300
	// bystanderKeys are those of which a bystander tells: no letter is on them.
	bystanderKeys = 200
	// numbersPassedOver is more than the windows that one client of a test makes.
	numbersPassedOver = 10_000
)

// StartBystander shows one on a display. told is called with what others do to
// it: "key" with the number of a key from 200 on, "message" with the second
// number in the message, "moved" with where it was moved to.
func StartBystander(name string, told func(what string, number int)) (*Bystander, error) {
	s, err := Connect(name)
	if err != nil {
		return nil, err
	}
	b := &Bystander{screen: s, told: told, ended: make(chan struct{})}
	if err := b.show(); err != nil {
		s.Close()
		return nil, fmt.Errorf("a bystander on display %s: %w", name, err)
	}
	go b.listen()
	return b, nil
}

// Close ends it.
func (b *Bystander) Close() error {
	b.screen.Close()
	<-b.ended
	return nil
}

// Window is its window.
func (b *Bystander) Window() uint32 { return uint32(b.window) }

// XTEST is the number of the extension that types as the user does.
func (b *Bystander) XTEST() (int, error) {
	const name = "XTEST"
	r, err := xproto.QueryExtension(b.screen.conn, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, err
	}
	return int(r.MajorOpcode), nil
}

// Type has the user press a key in it, and let it go a little later.
func (b *Bystander) Type() error {
	k, err := b.screen.key("a")
	if err != nil {
		return err
	}
	if err := b.focus(); err != nil {
		return err
	}
	err = b.screen.fake(xproto.KeyPress, byte(k.code), 0, 0)
	time.Sleep(pace)
	return errors.Join(err, b.screen.fake(xproto.KeyRelease, byte(k.code), 0, 0))
}

func (b *Bystander) focus() error {
	return xproto.SetInputFocusChecked(b.screen.conn, xproto.InputFocusParent, b.window, xproto.TimeCurrentTime).Check()
}

// show makes the window, which no window manager looks after.
func (b *Bystander) show() (err error) {
	c := b.screen.conn
	// The server gives the numbers of a client that has gone to the next one. A
	// window manager that is behind then unmaps this window in the place of that
	// client's, so it is one that nobody had.
	for range numbersPassedOver {
		if b.window, err = xproto.NewWindowId(c); err != nil {
			return err
		}
	}
	const mask = xproto.CwBackPixel | xproto.CwOverrideRedirect | xproto.CwEventMask
	const events = xproto.EventMaskKeyPress | xproto.EventMaskStructureNotify
	title := "bystander"
	if err := errors.Join(
		xproto.CreateWindowChecked(c, 0, b.window, b.screen.root, BystanderPlace, BystanderPlace, bystanderSize, bystanderSize, 0,
			xproto.WindowClassInputOutput, 0, mask, []uint32{BystanderColour, 1, events}).Check(),
		xproto.ChangePropertyChecked(c, xproto.PropModeReplace, b.window, xproto.AtomWmName, xproto.AtomString, 8, uint32(len(title)), []byte(title)).Check(),
		xproto.MapWindowChecked(c, b.window).Check(),
	); err != nil {
		return err
	}
	if err := await.Until(await.Limit, func() error {
		a, err := xproto.GetWindowAttributes(c, b.window).Reply()
		if err == nil && a.MapState != xproto.MapStateViewable {
			err = errors.New("its window is not shown")
		}
		return err
	}); err != nil {
		return err
	}
	return b.own()
}

// own puts the text on the clipboard.
func (b *Bystander) own() error {
	clipboard, err := b.screen.atom("CLIPBOARD")
	if err != nil {
		return err
	}
	return xproto.SetSelectionOwnerChecked(b.screen.conn, b.window, clipboard, xproto.TimeCurrentTime).Check()
}

// listen hears what happens until the connection ends, and undoes it. An error
// means that somebody has gone.
func (b *Bystander) listen() {
	defer close(b.ended)
	for {
		event, err := b.screen.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		switch e := event.(type) {
		case xproto.KeyPressEvent:
			if e.Detail >= bystanderKeys {
				b.told("key", int(e.Detail))
			}
		case xproto.ClientMessageEvent:
			if e.Format == 32 {
				b.told("message", int(e.Data.Data32[1]))
			}
		case xproto.ConfigureNotifyEvent:
			if e.X != BystanderPlace {
				b.told("moved", int(e.X))
				_ = b.screen.Move(b.Window(), BystanderPlace, BystanderPlace)
			}
		case xproto.SelectionRequestEvent:
			_, _ = b.screen.give(e, BystanderText)
		case xproto.SelectionClearEvent:
			_ = b.own()
		}
	}
}
