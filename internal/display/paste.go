package display

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/mullion-dev/mullion/internal/await"
)

// missed is how long a window may take to ask for what is pasted. One that has
// just come up may miss the keys, and the user presses them again.
const missed = 2 * time.Second

// Paste has the user paste a text into the window that has the keyboard, and
// returns when that has been given it: the keys that come next find it there.
// What is typed letter by letter is completed and replaced on the way by some
// entries, such as those for files. The error is one to try again after when
// another window has taken the keyboard.
func (s *Screen) Paste(text string) error {
	owner, err := Connect(s.name)
	if err != nil {
		return err
	}
	ctx, cancel := await.Context(context.Background(), 3*missed)
	defer cancel()
	// To close the connection ends the wait for events, too.
	stop := context.AfterFunc(ctx, owner.Close)
	defer func() {
		if stop() {
			owner.Close()
		}
	}()
	if err := owner.offer(); err != nil {
		return fmt.Errorf("paste: %w", err)
	}
	if err := s.Press("ctrl+v"); err != nil {
		return err
	}
	again := time.NewTicker(missed)
	asked := make(chan struct{})
	defer func() { again.Stop(); close(asked) }()
	go func() {
		for {
			select {
			case <-asked:
				return
			case <-again.C:
				_ = s.Press("ctrl+v")
			}
		}
	}()
	for {
		e, xerr := owner.conn.WaitForEvent()
		if e == nil && xerr == nil {
			return errors.Join(errors.New("paste: nobody has asked for the text"), context.Cause(ctx))
		}
		if r, ok := e.(xproto.SelectionRequestEvent); ok {
			if given, err := owner.give(r, text); given || err != nil {
				return err
			}
		}
	}
}

// offer makes this connection the owner of the clipboard.
func (s *Screen) offer() error {
	id, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return err
	}
	if err := xproto.CreateWindowChecked(s.conn, 0, id, s.root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check(); err != nil {
		return err
	}
	clipboard, err := s.atom("CLIPBOARD")
	if err != nil {
		return err
	}
	return xproto.SetSelectionOwnerChecked(s.conn, id, clipboard, xproto.TimeCurrentTime).Check()
}

// give answers a request for what is on the clipboard, see ICCCM 2.2. It
// reports whether that was for the text.
func (s *Screen) give(r xproto.SelectionRequestEvent, text string) (given bool, err error) {
	utf8, err := s.atom("UTF8_STRING")
	if err != nil {
		return false, err
	}
	return s.giveAs(r, utf8, text)
}

// giveAs gives a text of a kind where that is asked for.
func (s *Screen) giveAs(r xproto.SelectionRequestEvent, kind xproto.Atom, text string) (given bool, err error) {
	answer := xproto.SelectionNotifyEvent{Time: r.Time, Requestor: r.Requestor, Selection: r.Selection, Target: r.Target}
	if r.Target == kind {
		given, answer.Property = true, r.Property
		if err := xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, r.Requestor, r.Property, kind, 8, uint32(len(text)), []byte(text)).Check(); err != nil {
			return false, gone(err)
		}
	}
	return given, gone(xproto.SendEventChecked(s.conn, false, r.Requestor, 0, string(answer.Bytes())).Check())
}
