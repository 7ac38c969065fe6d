package display

import (
	"context"
	"encoding/binary"
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

// Copy puts a text on the clipboard, as another program of the user does, until the
// function that it returns is called.
func (s *Screen) Copy(text string) (forget func(), err error) {
	owner, err := Connect(s.name)
	if err != nil {
		return nil, err
	}
	if err := owner.offer(); err != nil {
		owner.Close()
		return nil, fmt.Errorf("copy: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			e, xerr := owner.conn.WaitForEvent()
			if e == nil && xerr == nil {
				return
			}
			if r, ok := e.(xproto.SelectionRequestEvent); ok {
				_, _ = owner.give(r, text) // who has asked may be gone
			}
		}
	}()
	return func() {
		owner.Close()
		<-ended
	}, nil
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
	if r.Target == kind && len(text) > maxPart {
		answer.Property = r.Property
		return true, s.giveParts(answer, kind, text)
	}
	if r.Target == kind {
		given, answer.Property = true, r.Property
		if err := xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, r.Requestor, r.Property, kind, 8, uint32(len(text)), []byte(text)).Check(); err != nil {
			return false, gone(err)
		}
	}
	return given, gone(xproto.SendEventChecked(s.conn, false, r.Requestor, 0, string(answer.Bytes())).Check())
}

// maxPart is how much goes into a property at once, in bytes: what a request may
// have without the extension for larger ones.
const maxPart = 200_000

// giveParts gives a text that is too long for a property, see ICCCM 2.7.2: each
// part when the one before has been taken.
func (s *Screen) giveParts(answer xproto.SelectionNotifyEvent, kind xproto.Atom, text string) error {
	incr, err := s.atom("INCR")
	if err != nil {
		return err
	}
	put := func(kind xproto.Atom, format byte, part []byte) error {
		return gone(xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, answer.Requestor, answer.Property, kind, format, uint32(len(part))*8/uint32(format), part).Check())
	}
	if err := errors.Join(
		xproto.ChangeWindowAttributesChecked(s.conn, answer.Requestor, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check(),
		put(incr, 32, binary.LittleEndian.AppendUint32(nil, uint32(len(text)))),
		xproto.SendEventChecked(s.conn, false, answer.Requestor, 0, string(answer.Bytes())).Check(),
	); err != nil {
		return err
	}
	for {
		if err := s.waitProperty(answer.Property, xproto.PropertyDelete); err != nil {
			return err
		}
		part := text[:min(len(text), maxPart)]
		if err := put(kind, 8, []byte(part)); err != nil || part == "" {
			return err
		}
		text = text[len(part):]
	}
}

// waitProperty waits until a property is set or deleted.
func (s *Screen) waitProperty(name xproto.Atom, state byte) error {
	for {
		e, err := s.conn.WaitForEvent()
		if e == nil && err == nil {
			return errors.New("the other side goes on no more")
		}
		if p, ok := e.(xproto.PropertyNotifyEvent); ok && p.Atom == name && p.State == state {
			return nil
		}
	}
}

// Copied returns the text on the clipboard, as another program of the user gets
// it.
func (s *Screen) Copied() (text string, err error) {
	asker, err := Connect(s.name)
	if err != nil {
		return "", err
	}
	ctx, cancel := await.Context(context.Background(), await.Limit)
	defer cancel()
	stop := context.AfterFunc(ctx, asker.Close)
	defer func() {
		if stop() {
			asker.Close()
		}
	}()
	return asker.copied()
}

func (s *Screen) copied() (string, error) {
	id, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return "", err
	}
	if err := xproto.CreateWindowChecked(s.conn, 0, id, s.root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check(); err != nil {
		return "", err
	}
	var atoms [4]xproto.Atom
	for i, name := range []string{"CLIPBOARD", "UTF8_STRING", "COPIED", "INCR"} {
		if atoms[i], err = s.atom(name); err != nil {
			return "", err
		}
	}
	property, incr := atoms[2], atoms[3]
	if err := xproto.ConvertSelectionChecked(s.conn, id, atoms[0], atoms[1], property, xproto.TimeCurrentTime).Check(); err != nil {
		return "", err
	}
	for {
		e, err := s.conn.WaitForEvent()
		if e == nil && err == nil {
			return "", errors.New("nobody answers for the clipboard")
		}
		if n, ok := e.(xproto.SelectionNotifyEvent); ok && n.Property == 0 {
			return "", errors.New("there is no text on the clipboard")
		} else if ok {
			break
		}
	}
	take := func() (*xproto.GetPropertyReply, error) {
		return xproto.GetProperty(s.conn, true, id, property, xproto.GetPropertyTypeAny, 0, 1<<24).Reply()
	}
	r, err := take()
	if err != nil || r.Type != incr {
		return string(r.Value), err
	}
	var text []byte
	for {
		if err := s.waitProperty(property, xproto.PropertyNewValue); err != nil {
			return "", err
		}
		r, err := take()
		if err != nil || len(r.Value) == 0 {
			return string(text), err
		}
		text = append(text, r.Value...)
	}
}
