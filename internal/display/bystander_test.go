package display

import (
	"errors"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/mullion-dev/mullion/internal/await"
)

// TestBystander: it tells what is done to it, and stays where it is.
func TestBystander(t *testing.T) {
	told := make(chan string, 8)
	b, err := StartBystander("", func(what string, number int) {
		if what == "moved" && number == 7 || what == "key" && number == 210 || what == "message" && number == 5 {
			told <- what
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	s := Open(t)
	if err := s.Move(b.Window(), 7, 7); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != "moved" {
		t.Errorf("%q", got)
	}
	if err := b.Type(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.fake(xproto.KeyPress, 210, 0, 0), s.fake(xproto.KeyRelease, 210, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != "key" {
		t.Errorf("%q", got)
	}
	e := xproto.ClientMessageEvent{
		Format: 32, Window: b.window, Type: xproto.AtomWmName,
		Data: xproto.ClientMessageDataUnionData32New([]uint32{0, 5, 0, 0, 0}),
	}
	if err := xproto.SendEventChecked(s.conn, false, b.window, 0, string(e.Bytes())).Check(); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != "message" {
		t.Errorf("%q", got)
	}
	if err := await.Until(await.Limit, func() error {
		if w, err := s.Look(b.Window()); err != nil || w.X != BystanderPlace {
			return errors.New("it does not go back")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if n, err := b.XTEST(); err != nil || n < 128 {
		t.Errorf("XTEST is %d: %v", n, err)
	}
}
