package display

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"testing"

	"github.com/jezek/xgb/xproto"

	"github.com/mullion-dev/mullion/internal/await"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"Xvfb", "openbox"} {
		if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") != "true" {
			fmt.Println("SKIP: these tests need", err)
			return
		}
	}
	d, err := Start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		os.Exit(1)
	}
	code := m.Run()
	d.Stop()
	os.Exit(code)
}

// show maps a red window.
func show(t *testing.T, s *Screen, title string) xproto.Window {
	t.Helper()
	id, err := xproto.NewWindowId(s.conn)
	if err != nil {
		t.Fatal(err)
	}
	name, err := s.atom("_NET_WM_NAME")
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.atom("UTF8_STRING")
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		xproto.CreateWindowChecked(s.conn, 0, id, s.root, 50, 60, 200, 100, 0, xproto.WindowClassInputOutput, 0,
			xproto.CwBackPixel|xproto.CwEventMask, []uint32{0xff0000, xproto.EventMaskKeyPress | xproto.EventMaskButtonPress}).Check(),
		xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, id, name, text, 8, uint32(len(title)), []byte(title)).Check(),
		xproto.MapWindowChecked(s.conn, id).Check(),
	)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// leave has the window manager see that a window goes before the next test
// begins, or it gives the keyboard to another one in the middle of that.
func leave(t *testing.T, s *Screen, id xproto.Window, title string) {
	t.Helper()
	t.Cleanup(func() {
		_ = s.Destroy(uint32(id)) // unless the test has done so
		if err := s.WaitGone(title); err != nil {
			t.Error(err)
		}
	})
}

// TestClicks clicks as fast as it can: no click is lost on the way.
func TestClicks(t *testing.T) {
	s := Open(t)
	id := show(t, s, "clicked")
	leave(t, s, id, "clicked")
	if err := errors.Join(s.Activate(uint32(id)), s.MoveIn(uint32(id), 50, 50)); err != nil {
		t.Fatal(err)
	}
	const clicks = 60
	for range clicks {
		if err := s.Click(Left); err != nil {
			t.Fatal(err)
		}
	}
	got := 0
	err := await.Until(await.Limit, func() error {
		for {
			e, err := s.conn.PollForEvent()
			if err != nil {
				return err
			}
			if e == nil {
				break
			}
			if _, ok := e.(xproto.ButtonPressEvent); ok {
				got++
			}
		}
		if got < clicks {
			return fmt.Errorf("%d of %d clicks have arrived", got, clicks)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWindows(t *testing.T) {
	s := Open(t)
	if _, err := s.Find("one"); !errors.Is(err, ErrGone) {
		t.Fatalf("got %v", err)
	}
	one, two := show(t, s, "one"), show(t, s, "two – ✓")
	for title, id := range map[string]xproto.Window{"one": one, "two – ✓": two} {
		leave(t, s, id, title)
		w, err := s.Wait(title)
		if err != nil || w.ID != uint32(id) || w.Width != 200 || w.Height != 100 {
			t.Fatalf("got %+v, %v", w, err)
		}
	}
	for _, id := range []xproto.Window{one, two, one} {
		if err := s.Activate(uint32(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := xproto.DestroyWindowChecked(s.conn, one).Check(); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitGone("one"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Look(uint32(one)); !errors.Is(err, ErrGone) {
		t.Errorf("a window that is gone: %v", err)
	}
	if err := s.Activate(uint32(one)); !errors.Is(err, ErrGone) {
		t.Errorf("to activate a window that is gone: %v", err)
	}
}

// Other programs' windows come and go while somebody looks for one.
func TestSearchWhileWindowsGo(t *testing.T) {
	s, other := Open(t), Open(t)
	lasting := show(t, s, "lasting")
	leave(t, s, lasting, "lasting")
	if _, err := s.Wait("lasting"); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				id := show(t, other, "passing")
				_ = xproto.DestroyWindowChecked(other.conn, id).Check()
			}
		}
	}()
	for range 50 {
		if w, err := s.Find("lasting"); err != nil || w.ID != uint32(lasting) {
			t.Errorf("got %+v, %v", w, err)
			break
		}
	}
	close(stop)
	<-done
}

func TestInput(t *testing.T) {
	s := Open(t)
	w := show(t, s, "input")
	leave(t, s, w, "input")
	if _, err := s.Wait("input"); err != nil {
		t.Fatal(err)
	}
	if err := s.Activate(uint32(w)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Press("a", "ctrl+shift+s", "F4"), s.MoveIn(uint32(w), 20, 30), s.Click(Left)); err != nil {
		t.Fatal(err)
	}
	if err := s.Press("Nothing"); err == nil {
		t.Error("a key that is not there was pressed")
	}
	codes := func(names ...string) (list []xproto.Keycode) {
		for _, n := range names {
			k, err := s.key(n)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, k.code)
		}
		return list
	}
	for _, want := range codes("a", "ctrl", "shift", "s", "F4") {
		for {
			e, err := s.conn.WaitForEvent()
			if e == nil && err == nil {
				t.Fatal("the connection has ended")
			}
			if press, ok := e.(xproto.KeyPressEvent); ok {
				if press.Detail != want {
					t.Errorf("got key %d, want %d", press.Detail, want)
				}
				break
			}
		}
	}
	for {
		e, err := s.conn.WaitForEvent()
		if e == nil && err == nil {
			t.Fatal("the connection has ended")
		}
		if press, ok := e.(xproto.ButtonPressEvent); ok {
			if press.EventX != 20 || press.EventY != 30 || press.Detail != Left {
				t.Errorf("got %+v", press)
			}
			break
		}
	}
	x, y, err := s.Pointer()
	seen, err2 := s.Look(uint32(w))
	if err != nil || err2 != nil || x != seen.X+20 || y != seen.Y+30 {
		t.Errorf("the mouse is at %d, %d, the window is %+v", x, y, seen)
	}
}

func TestPicture(t *testing.T) {
	s := Open(t)
	id := show(t, s, "picture")
	leave(t, s, id, "picture")
	w, err := s.Wait("picture")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Activate(w.ID); err != nil {
		t.Fatal(err)
	}
	if err := await.Until(await.Limit, func() error {
		if w, err = s.Look(uint32(id)); err != nil {
			return err
		}
		p, err := s.Picture(image.Rect(w.X, w.Y, w.X+w.Width, w.Y+w.Height))
		if err != nil {
			return err
		}
		if got, want := p.At(w.X+10, w.Y+10), (color.RGBA{255, 0, 0, 255}); got != want {
			return fmt.Errorf("got %v, want %v: the window is %+v, the picture of %v", got, want, w, p.Rect)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
