package x11_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/plugin/internal/x11"
	"github.com/mullion-dev/mullion/plugin/internal/x11/x11test"
)

// TestConn: requests meet their answers and errors, also many at once and beyond
// the 65,536 that have numbers of their own.
func TestConn(t *testing.T) {
	display := x11test.Start(t)
	c := x11test.Open(t, display)
	ctx := t.Context()
	go func() {
		for range c.Events() {
		}
	}()
	atom, err := c.Atom(ctx, "MULLION_TEST")
	if err != nil {
		t.Fatal(err)
	}
	if name, err := c.AtomName(ctx, atom); err != nil || name != "MULLION_TEST" {
		t.Errorf("got %q, %v", name, err)
	}
	if _, err := c.AtomName(ctx, 1<<28); !isError(err, x11.BadAtom) {
		t.Errorf("an atom that is none: %v", err)
	}
	window, err := c.NewID()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := c.Check(ctx, x11.CreateWindow(window, c.Root(), x11.PropertyChanges), x11.DestroyWindow(window+1), x11.ChangeProperty(window, atom, 31, []byte("hello")))
	if err != nil || errs[0] != nil || !isError(errs[1], x11.BadWindow) || errs[2] != nil {
		t.Errorf("got %v, %v", errs, err)
	}
	if p, err := c.GetProperty(ctx, window, atom, false, 0, 100); err != nil || string(p.Data) != "hello" || p.Type != 31 || p.Format != 8 {
		t.Errorf("got %+v, %v", p, err)
	}
	for range 70_000 {
		if err := c.Send(x11.AppendNothing(window, atom, 31)); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 100 {
				if name, err := c.AtomName(ctx, atom); err != nil || name != "MULLION_TEST" {
					t.Errorf("got %q, %v", name, err)
				}
			}
		})
	}
	all.Wait()
	if _, err := c.Ask(ctx, make([]byte, c.MaxRequest()+4)); err == nil {
		t.Error("a request that is too long was sent")
	}
}

func isError(err error, code byte) bool {
	var e *x11.Error
	return errors.As(err, &e) && e.Code == code
}

// TestEnd: whoever waits for an answer when the connection ends gets an error, and
// nothing is left.
func TestEnd(t *testing.T) {
	defer goleak.VerifyNone(t)
	server := fakeServer(t, func(conn net.Conn) {
		buffer := make([]byte, 4096)
		for { // it takes what comes and answers nothing
			if _, err := conn.Read(buffer); err != nil {
				return
			}
		}
	})
	c, err := x11.Open(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Atom(ctx, "X"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	failed := make(chan error)
	go func() {
		_, err := c.Atom(context.Background(), "X")
		failed <- err
	}()
	c.Close()
	if err := <-failed; !errors.Is(err, x11.ErrClosed) {
		t.Errorf("got %v", err)
	}
	<-c.Done()
	for range c.Events() {
	}
	if err := c.Send(x11.DestroyWindow(1)); err == nil {
		t.Error("a connection that has ended takes requests")
	}
}

// TestBadServer: what a server says wrongly ends the connection, and not the
// process.
func TestBadServer(t *testing.T) {
	defer goleak.VerifyNone(t)
	for name, answer := range map[string][]byte{
		"an answer of 16 GiB":       {1, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 31: 0},
		"half an answer":            {1, 0, 1, 0, 1, 0, 0, 0, 31: 0, 33: 0},
		"an answer to nothing":      {1, 0, 9, 0, 31: 0},
		"a long name in a short":    {1, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xff, 31: 0},
		"an event without a number": {99, 31: 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := fakeServer(t, func(conn net.Conn) {
				buffer := make([]byte, 4096)
				if _, err := conn.Read(buffer); err == nil {
					_, _ = conn.Write(answer)
				}
			})
			c, err := x11.Open(t.Context(), server)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if name, err := c.AtomName(t.Context(), 1); err == nil {
				t.Errorf("got %q", name)
			}
			c.Close()
			<-c.Done()
		})
	}
}

// TestBadSetup: so does what it says at the beginning.
func TestBadSetup(t *testing.T) {
	for name, setup := range map[string][]byte{
		"refused": {0, 4, 11, 0, 0, 0, 1, 0, 'n', 'o', 'p', 'e'}, "empty": {1, 0, 11, 0, 0, 0, 0, 0},
		"no screens": append([]byte{1, 0, 11, 0, 0, 0, 8, 0}, make([]byte, 32)...), "cut off": {1, 0, 11, 0, 0, 0, 8, 0, 1},
		"other authentication": {2, 0, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if c, err := x11.Open(t.Context(), listen(t, func(conn net.Conn) { _, _ = conn.Write(setup) })); err == nil {
				c.Close()
				t.Error("connected")
			}
		})
	}
	for _, display := range []string{"", "0", ":", ":x", ":0.x", ":-1", "/etc/passwd:0", ":70000"} {
		if c, err := x11.Open(t.Context(), display); err == nil {
			c.Close()
			t.Errorf("connected to %q", display)
		}
	}
}

// TestCookie: the secret of the user is sent.
func TestCookie(t *testing.T) {
	got := make(chan []byte, 1)
	server := listen(t, func(conn net.Conn) {
		buffer := make([]byte, 48)
		n, _ := conn.Read(buffer)
		got <- buffer[:n]
	})
	var file []byte
	for _, e := range []struct {
		family  uint16
		address []byte
		name    string
		secret  string
	}{{0, []byte{10, 0, 0, 1}, "MIT-MAGIC-COOKIE-1", "of another host!"}, {0, []byte{127, 0, 0, 1}, "XDM-AUTHORIZATION-1", "of another kind!"}, {0, []byte{127, 0, 0, 1}, "MIT-MAGIC-COOKIE-1", "0123456789abcdef"}} {
		file = binary.BigEndian.AppendUint16(file, e.family)
		for _, field := range []string{string(e.address), "", e.name, e.secret} {
			file = append(binary.BigEndian.AppendUint16(file, uint16(len(field))), field...)
		}
	}
	path := filepath.Join(t.TempDir(), "authority")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XAUTHORITY", path)
	if c, err := x11.Open(t.Context(), server); err == nil {
		c.Close()
	}
	if hello := <-got; len(hello) != 48 || string(hello[12:30]) != "MIT-MAGIC-COOKIE-1" || string(hello[32:]) != "0123456789abcdef" {
		t.Errorf("got %q", hello)
	}
}

// listen is a server at a display that TCP leads to.
func listen(t *testing.T, serve func(net.Conn)) (display string) {
	t.Helper()
	for number := 200; number < 400; number++ {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(6000+number))
		if err != nil {
			continue
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			serve(conn)
		}()
		t.Cleanup(func() { l.Close(); <-done })
		return "127.0.0.1:" + strconv.Itoa(number)
	}
	t.Fatal("all displays are taken")
	return ""
}

// fakeServer is a server with one screen, as far as it is served.
func fakeServer(t *testing.T, serve func(net.Conn)) (display string) {
	return listen(t, func(conn net.Conn) {
		buffer := make([]byte, 4096)
		if _, err := conn.Read(buffer); err != nil {
			return
		}
		body := make([]byte, 32+40)
		binary.LittleEndian.PutUint32(body[4:], 1<<21)
		binary.LittleEndian.PutUint32(body[8:], 1<<21-1)
		binary.LittleEndian.PutUint16(body[18:], 1<<14)
		body[20], body[26], body[27] = 1, 8, 255
		if _, err := conn.Write(append([]byte{1, 0, 11, 0, 0, 0, byte(len(body) / 4), 0}, body...)); err == nil {
			serve(conn)
		}
	})
}
