package a11y

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// listen is a bus that takes connections, and says nothing.
func listen(t *testing.T, name string) (address string) {
	t.Helper()
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return "unix:path=" + name + ",guid=0123"
}

// alone leaves no bus and no display to be found.
func alone(t *testing.T) {
	t.Setenv("AT_SPI_BUS_ADDRESS", "")
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("GDK_BACKEND", "")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+os.DevNull)
}

func wants(t *testing.T, d *Dialer, want string) {
	t.Helper()
	got, err := d.Address()
	if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrNoBus) {
		t.Errorf("the address is %q, %v, not %q", got, err, want)
	}
}

// TestEnvironment: what the environment says counts, if it answers.
func TestEnvironment(t *testing.T) {
	alone(t)
	dir := t.TempDir()
	dead, first, second := filepath.Join(dir, "dead"), filepath.Join(dir, "a"), filepath.Join(dir, "b c")
	if err := os.WriteFile(dead, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := &Dialer{}
	wants(t, d, "")
	t.Setenv("AT_SPI_BUS_ADDRESS", "unix:path="+dead)
	wants(t, d, "")
	a := listen(t, first)
	t.Setenv("AT_SPI_BUS_ADDRESS", "tcp:host=localhost;unix:path="+dead+";"+a)
	wants(t, d, a)
	listen(t, second)
	b := "unix:path=" + dir + "/b%20c"
	t.Setenv("AT_SPI_BUS_ADDRESS", b)
	wants(t, d, a) // as long as it is there
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	wants(t, d, b)
}

// TestSessionBus: the session bus is asked, and a bus that begins later is found.
func TestSessionBus(t *testing.T) {
	alone(t)
	bus := session.StartBus(t)
	d := &Dialer{}
	wants(t, d, "")
	a := bus.StartAccessibility()
	wants(t, d, a.Address())
}

// TestAwait: a bus that begins later is waited for, whatever tells of it, and no longer
// than somebody wants it.
func TestAwait(t *testing.T) {
	alone(t)
	await := func(ctx context.Context) (d *Dialer, ended <-chan error) {
		d = &Dialer{}
		wants(t, d, "")
		result := make(chan error, 1)
		go func() { result <- d.Await(ctx) }()
		return d, result
	}
	x, err := display.StartAny()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Stop)
	t.Setenv("DISPLAY", x.Name())
	d, ended := await(t.Context())
	address := listen(t, filepath.Join(t.TempDir(), "s"))
	setProperty(t, x.Name(), 0, address)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wants(t, d, address)

	t.Setenv("DISPLAY", "")
	bus := session.StartBus(t)
	d, ended = await(t.Context())
	address = bus.StartAccessibility().Address()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wants(t, d, address)

	bus.Stop() // a session bus that begins later
	d, ended = await(t.Context())
	bus.Start()
	address = bus.StartAccessibility().Address()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	wants(t, d, address)

	alone(t)
	ctx, stop := context.WithCancel(t.Context())
	_, ended = await(ctx)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
}

// TestDisplay: each display has a bus of its own.
func TestDisplay(t *testing.T) {
	alone(t)
	dir := t.TempDir()
	d := map[string]*Dialer{}
	for _, name := range []string{"a", "b"} {
		x, err := display.StartAny("-screen", "0", "320x240x24", "-screen", "1", "320x240x24")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(x.Stop)
		d[x.Name()] = &Dialer{}
		t.Setenv("DISPLAY", x.Name())
		wants(t, d[x.Name()], "")
		setProperty(t, x.Name(), 0, listen(t, filepath.Join(dir, name+"0")))
		setProperty(t, x.Name(), 1, listen(t, filepath.Join(dir, name+"1")))
		wants(t, d[x.Name()], "unix:path="+filepath.Join(dir, name+"0")+",guid=0123")
		t.Setenv("DISPLAY", x.Name()+".1")
		wants(t, &Dialer{}, "unix:path="+filepath.Join(dir, name+"1")+",guid=0123")
		t.Setenv("WAYLAND_DISPLAY", "wayland-0")
		wants(t, &Dialer{}, "")
		t.Setenv("GDK_BACKEND", "x11,wayland")
		wants(t, &Dialer{}, "unix:path="+filepath.Join(dir, name+"1")+",guid=0123")
		t.Setenv("WAYLAND_DISPLAY", "")
		t.Setenv("GDK_BACKEND", "")
	}
}

func setProperty(t *testing.T, name string, screen int, value string) {
	t.Helper()
	c, err := xgb.NewConnDisplay(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close) // the property stays for as long as the server does
	atom, err := xproto.InternAtom(c, false, 10, "AT_SPI_BUS").Reply()
	if err != nil {
		t.Fatal(err)
	}
	root := xproto.Setup(c).Roots[screen].Root
	if err := xproto.ChangePropertyChecked(c, xproto.PropModeReplace, root, atom.Atom, xproto.AtomString, 8, uint32(len(value)), []byte(value)).Check(); err != nil {
		t.Fatal(err)
	}
}

// TestCookie finds the cookie of a display in a file of several.
func TestCookie(t *testing.T) {
	var file []byte
	add := func(family uint16, fields ...string) {
		file = binary.BigEndian.AppendUint16(file, family)
		for _, f := range fields {
			file = append(binary.BigEndian.AppendUint16(file, uint16(len(f))), f...)
		}
	}
	add(256, "elsewhere", "7", cookieName, "a")
	add(256, "here", "8", cookieName, "b")
	add(256, "here", "7", "XDM-AUTHORIZATION-1", "c")
	add(0, "here", "7", cookieName, "d")
	if got := cookieIn(file, "here", "7"); got != nil {
		t.Errorf("got %q", got)
	}
	add(256, "here", "7", cookieName, "e")
	if got := cookieIn(file, "here", "7"); string(got) != "e" {
		t.Errorf("got %q", got)
	}
	if got := cookieIn(file[:len(file)-1], "here", "7"); got != nil {
		t.Errorf("of a file that is cut: %q", got)
	}
	file = nil
	add(0xffff, "", "", cookieName, "f")
	if got := cookieIn(file, "here", "7"); string(got) != "f" {
		t.Errorf("got %q", got)
	}
}

// TestStranger: a socket that another user has made is not the bus, and not the X
// server, which would get the cookie.
func TestStranger(t *testing.T) {
	const other = 65534
	if os.Geteuid() != 0 {
		t.Skip("only root can act as another user")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	made := make(chan net.Listener)
	go func() {
		runtime.LockOSThread() // which ends with the goroutine, for it is somebody else's from here on
		l, err := net.Listen("unix", "@"+filepath.Join(dir, "s"))
		if err == nil {
			// The kernel asks who calls listen, and keeps the last answer.
			_, _, failed := unix.RawSyscall(unix.SYS_SETRESUID, other, other, other)
			raw, _ := l.(*net.UnixListener).SyscallConn()
			if failed != 0 || raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 1) }) != nil || err != nil {
				t.Errorf("listen: %v, %v", failed, err)
			}
		}
		made <- l
	}()
	l := <-made
	if l == nil {
		t.Fatal("no socket")
	}
	defer l.Close()
	conn := dialSocket("@" + filepath.Join(dir, "s"))
	if conn == nil {
		t.Fatal("root does not connect")
	}
	defer conn.Close()
	for user, want := range map[int]bool{0: true, other: true, 1000: false} {
		if got := mayServe(conn, user); got != want {
			t.Errorf("to user %d it is a server: %v", user, got)
		}
	}
	mine, err := net.Dial("unix", socketOf(listen(t, filepath.Join(dir, "root"))))
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	if !mayServe(mine.(*net.UnixConn), 1000) {
		t.Error("what root serves is not the system's")
	}
}

// TestCookiePipe: a pipe in the place of the file is not waited for.
func TestCookiePipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XAUTHORITY", name)
	if got := cookie("0"); got != nil {
		t.Errorf("got %q", got)
	}
}

// TestSocketOf reads addresses.
func TestSocketOf(t *testing.T) {
	for address, want := range map[string]string{
		"unix:path=/run/a,guid=1":     "/run/a",
		"unix:guid=1,abstract=/tmp/b": "@/tmp/b",
		"unix:path=/a%20b%2fc":        "/a b/c",
		"unix:path=/a%2":              "",
		"unix:path=/a%zz":             "",
		"unix:path=":                  "",
		"unix:path=a":                 "",
		"unix:path=%40a":              "",
		"unix:dir=/tmp":               "",
		"tcp:host=localhost,port=1":   "",
		"unixexec:path=/bin/sh":       "",
		"":                            "",
	} {
		if got := socketOf(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// FuzzServer: whatever an X server answers, the end is an error or a text.
func FuzzServer(f *testing.F) {
	f.Add([]byte{1, 0, 11, 0, 0, 0, 0, 0}, 0)
	f.Fuzz(func(t *testing.T, said []byte, screen int) {
		if text, err := rootProperty(&server{said}, []byte("cookie"), screen, "AT_SPI_BUS"); err != nil && text != "" {
			t.Errorf("%q, %v", text, err)
		}
		if watchProperty(&server{said}, nil, screen, "AT_SPI_BUS", func() {}, func() {}) == nil {
			t.Error("the end of the server is no error")
		}
	})
}

type server struct{ said []byte }

func (s *server) Write(b []byte) (int, error) { return len(b), nil }

func (s *server) Read(b []byte) (int, error) {
	if len(s.said) == 0 {
		return 0, net.ErrClosed
	}
	n := copy(b, s.said)
	s.said = s.said[n:]
	return n, nil
}
