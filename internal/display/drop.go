package display

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"

	"github.com/mullion-dev/mullion/internal/await"
)

// ErrDropRefused says that a window does not take what is dragged over it.
var ErrDropRefused = errors.New("the window refuses what is dragged over it")

// Drop drags addresses, as of files, over a window and drops them where the
// mouse is. The list is that of text/uri-list. It is what file managers do, see
// https://www.freedesktop.org/wiki/Specifications/XDND/.
func (s *Screen) Drop(id uint32, list string) error {
	x, y, err := s.Pointer()
	if err != nil {
		return err
	}
	owner, err := Connect(s.name)
	if err != nil {
		return err
	}
	ctx, cancel := await.Context(context.Background(), await.Limit)
	defer cancel()
	// To close the connection ends the wait for events, too.
	stop := context.AfterFunc(ctx, owner.Close)
	defer func() {
		if stop() {
			owner.Close()
		}
	}()
	d := &dropping{s: owner, target: xproto.Window(id), list: list, at: uint32(x)<<16 | uint32(y)&0xffff}
	if err := d.begin(); err != nil {
		return fmt.Errorf("drop: %w", gone(err))
	}
	if err := d.run(); err != nil {
		return fmt.Errorf("drop: %w", errors.Join(gone(err), context.Cause(ctx)))
	}
	return nil
}

// dropping is a drag whose source is this connection.
type dropping struct {
	s              *Screen
	source, target xproto.Window
	list           string
	at             uint32 // on the screen
	kind           xproto.Atom
}

func (d *dropping) begin() error {
	id, err := xproto.NewWindowId(d.s.conn)
	if err != nil {
		return err
	}
	d.source = id
	if err := xproto.CreateWindowChecked(d.s.conn, 0, id, d.s.root, 0, 0, 1, 1, 0, xproto.WindowClassInputOutput, 0, 0, nil).Check(); err != nil {
		return err
	}
	if d.kind, err = d.s.atom("text/uri-list"); err != nil {
		return err
	}
	selection, err := d.s.atom("XdndSelection")
	if err != nil {
		return err
	}
	if err := xproto.SetSelectionOwnerChecked(d.s.conn, id, selection, xproto.TimeCurrentTime).Check(); err != nil {
		return err
	}
	const version = 5
	return d.send("XdndEnter", version<<24, uint32(d.kind))
}

// run moves until the target accepts, and drops.
func (d *dropping) run() error {
	b := await.NewBudget(2 * time.Second) // the target may have to ask somebody
	for accepted := false; !accepted; {
		if b.Spent() {
			return errors.Join(ErrDropRefused, d.send("XdndLeave"))
		}
		action, err := d.s.atom("XdndActionCopy")
		if err == nil {
			err = d.send("XdndPosition", 0, d.at, 0, uint32(action))
		}
		if err != nil {
			return err
		}
		if accepted, err = d.wait("XdndStatus"); err != nil {
			return err
		}
		if !accepted {
			time.Sleep(pace)
		}
	}
	if err := d.send("XdndDrop"); err != nil {
		return err
	}
	switch taken, err := d.wait("XdndFinished"); {
	case err != nil:
		return err
	case !taken:
		return ErrDropRefused
	}
	return nil
}

// send tells the target something.
func (d *dropping) send(name string, data ...uint32) error {
	atom, err := d.s.atom(name)
	if err != nil {
		return err
	}
	data = append([]uint32{uint32(d.source)}, data...)
	e := xproto.ClientMessageEvent{
		Format: 32, Window: d.target, Type: atom,
		Data: xproto.ClientMessageDataUnionData32New(append(data, make([]uint32, 5-len(data))...)),
	}
	return xproto.SendEventChecked(d.s.conn, false, d.target, 0, string(e.Bytes())).Check()
}

// wait waits for what the target says, and gives it the list where it asks.
func (d *dropping) wait(name string) (yes bool, err error) {
	atom, err := d.s.atom(name)
	if err != nil {
		return false, err
	}
	for {
		e, xerr := d.s.conn.WaitForEvent()
		switch e := e.(type) {
		case nil:
			if xerr == nil {
				return false, errors.New("the window does not answer")
			}
		case xproto.SelectionRequestEvent:
			if _, err := d.s.giveAs(e, d.kind, d.list); err != nil {
				return false, err
			}
		case xproto.ClientMessageEvent:
			if e.Type == atom {
				return e.Data.Data32[1]&1 != 0, nil
			}
		}
	}
}
