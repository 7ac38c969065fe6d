package displayguard

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/busfilter"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/displayguard/x11"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

const secret = "my bank password"

// pasting is a field of Fcitx, in which what is committed is read.
type pasting struct {
	conn    *dbus.Conn
	path    dbus.ObjectPath
	signals chan *dbus.Signal
}

func newPasting(t *testing.T, conn *dbus.Conn) *pasting {
	t.Helper()
	const name, face = "org.fcitx.Fcitx5", "org.fcitx.Fcitx.InputContext1"
	type pair struct{ A, B string }
	p := &pasting{conn: conn, signals: make(chan *dbus.Signal, 100)}
	var id []byte
	if err := conn.Object(name, "/org/freedesktop/portal/inputmethod").Call("org.fcitx.Fcitx.InputMethod1.CreateInputContext", 0, []pair{{"program", "x"}, {"display", "x11:"}}).Store(&p.path, &id); err != nil {
		t.Fatal(err)
	}
	conn.Signal(p.signals)
	match := fmt.Sprintf("type='signal',sender='%s',interface='%s',path='%s'", name, face, p.path)
	if err := conn.BusObject().Call("org.freedesktop.DBus.AddMatch", 0, match).Err; err != nil {
		t.Fatal(err)
	}
	return p
}

// key presses a key, as far as Fcitx is concerned.
func (p *pasting) key(symbol, code, state uint32) error {
	o := p.conn.Object("org.fcitx.Fcitx5", p.path)
	const face = "org.fcitx.Fcitx.InputContext1."
	return errors.Join(o.Call(face+"FocusIn", 0).Err, o.Call(face+"ProcessKeyEvent", 0, symbol, code, state, false, uint32(0)).Err)
}

// pastes presses the keys by which Fcitx types what is on the clipboard, and reports
// whether it has.
func (p *pasting) pastes(semicolon, enter uint32) (bool, error) {
	const control = 1 << 2
	if err := errors.Join(p.key(';', semicolon, control), p.key(0xff0d, enter, 0)); err != nil {
		return false, err
	}
	late := time.After(time.Second)
	for {
		select {
		case s := <-p.signals:
			if s != nil && strings.HasSuffix(s.Name, ".CommitString") && strings.Contains(fmt.Sprint(s.Body), secret) {
				return true, nil
			}
		case <-late:
			return false, nil
		}
	}
}

// TestTypedKeys: a host that was taken over does not press the keys by which an input
// method gives it what is on the clipboard. The user does.
func TestTypedKeys(t *testing.T) {
	d, err := display.StartAny()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	t.Setenv("DISPLAY", d.Name())
	t.Setenv("WAYLAND_DISPLAY", "")
	screen := display.Open(t)
	forget, err := screen.Copy(secret) // Fcitx asks for the clipboard when it begins
	if err != nil {
		t.Fatal(err)
	}
	defer forget()
	m := session.StartBus(t).Fcitx()
	m.Start()
	guard, err := x11.New(x11.Config{Dial: func() (net.Conn, error) { return net.Dial("unix", "/tmp/.X11-unix/X"+d.Name()[1:]) }})
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	window, err := openWindow(t, guard)
	if err != nil {
		t.Fatal(err)
	}
	groups := busfilter.NewGroups(func(string) {})
	groups.Typed = guard.Typed
	host := newPasting(t, through(t, groups, m.Address()))
	semicolon, err := screen.Code(";")
	enter, err2 := screen.Code("Return")
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}

	bare := newPasting(t, m.Connect())
	if err := await.Until(await.Limit, func() error { // it is answered a little later
		if got, err := bare.pastes(semicolon, enter); err != nil || !got {
			return fmt.Errorf("without the guard it does not succeed, which proves nothing: %v", err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if got, err := host.pastes(semicolon, enter); got || err == nil {
		t.Error("nobody has pressed the keys, and it has the clipboard: ", err)
	}
	if err := screen.Activate(window); err != nil {
		t.Fatal(err)
	}
	if err := await.Until(await.Limit, func() error {
		if err := screen.Press("ctrl+;", "Return"); err != nil {
			return err
		}
		if got, err := host.pastes(semicolon, enter); err != nil || !got {
			return fmt.Errorf("the user has pressed the keys, and nothing is typed: %v", err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// openWindow shows a window of a host, and reads its events.
func openWindow(t *testing.T, guard *x11.Guard) (id uint32, err error) {
	t.Helper()
	ours, theirs := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- guard.Serve(theirs) }()
	conn, err := xgb.NewConnNet(ours)
	if err != nil {
		return 0, err
	}
	t.Cleanup(func() {
		conn.Close()
		<-served
	})
	window, err := xproto.NewWindowId(conn)
	if err != nil {
		return 0, err
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	err = errors.Join(
		xproto.CreateWindowChecked(conn, 0, window, screen.Root, 10, 10, 200, 100, 0, xproto.WindowClassInputOutput, 0,
			xproto.CwEventMask, []uint32{xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease}).Check(),
		xproto.MapWindowChecked(conn, window).Check())
	go func() {
		for {
			if e, err := conn.WaitForEvent(); e == nil && err == nil {
				return
			}
		}
	}()
	return uint32(window), err
}

// through connects to a bus as a host has it.
func through(t *testing.T, groups *busfilter.Groups, address string) *dbus.Conn {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		client, err := l.Accept()
		if err != nil {
			return
		}
		bus, err := net.Dial("unix", strings.TrimPrefix(strings.Split(address, ",")[0], "unix:path="))
		if err != nil {
			client.Close()
			return
		}
		if err := groups.Relay(busfilter.Fcitx, client, bus); err != nil {
			t.Error(err)
		}
	}()
	conn, err := dbus.Connect("unix:path=" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
