package wayland

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/await"
)

// asked is what a made-up compositor was asked for, and the descriptors that
// came with it.
type asked struct {
	messages []Message
	rights   []int
}

// compositor listens at a path. It gives each client to serve, one by one.
func compositor(t *testing.T, serve func(*net.UnixConn)) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "wayland-0")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.AcceptUnix()
			if err != nil {
				return
			}
			serve(c)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return path
}

// read reads until the client asks to be told that all is done.
func (a *asked) read(c *net.UnixConn) bool {
	var all []byte
	oob := make([]byte, unix.CmsgSpace(28*4))
	for {
		part := make([]byte, 4<<10)
		n, on, _, _, err := c.ReadMsgUnix(part, oob)
		if err != nil || n == 0 {
			return false
		}
		list, err := unix.ParseSocketControlMessage(oob[:on])
		if err != nil {
			return false
		}
		for i := range list {
			fds, err := unix.ParseUnixRights(&list[i])
			if err != nil {
				return false
			}
			a.rights = append(a.rights, fds...)
		}
		for all = append(all, part[:n]...); ; {
			m, size, err := Parse(all)
			if err != nil || size == 0 {
				break
			}
			a.messages, all = append(a.messages, m), all[size:]
			if m.Object == DisplayID && m.Opcode == DisplaySync {
				return true
			}
		}
	}
}

// done is that a callback is.
func done(id int) []byte { return Append(nil, id, 0, 1) }

// listening returns a socket that listens, and its path.
func listening(t *testing.T) (*os.File, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "context")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.SetUnlinkOnClose(false)
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, path
}

func TestSecurityContext(t *testing.T) {
	var got asked
	path := compositor(t, func(c *net.UnixConn) {
		if !got.read(c) {
			return
		}
		list := Append(nil, registryID, RegistryGlobal, 5, "wl_compositor", 6)
		list = Append(list, registryID, RegistryGlobal, 9, contextManager, 1)
		c.Write(append(list, done(listedID)...))
		if got.read(c) {
			c.Write(done(confinedID))
			io.Copy(io.Discard, c)
		}
	})
	socket, name := listening(t)
	end, err := NewSecurityContext(path, socket, SecurityContext{"dev.engine", "dev.app", "one"})
	if err != nil {
		t.Fatal(err)
	}
	socket.Close()

	// Only what a compositor would take: each number is the next one that is free.
	want := []Message{
		{DisplayID, DisplayGetRegistry, nil}, {DisplayID, DisplaySync, nil},
		{registryID, RegistryBind, nil}, {managerID, managerCreateListener, nil},
		{contextID, contextSetEngine, nil}, {contextID, contextSetApp, nil}, {contextID, contextSetInstance, nil},
		{contextID, contextCommit, nil}, {DisplayID, DisplaySync, nil},
	}
	if len(got.messages) != len(want) {
		t.Fatalf("it was asked %+v", got.messages)
	}
	var texts []string
	for i, m := range got.messages {
		if m.Object != want[i].Object || m.Opcode != want[i].Opcode {
			t.Errorf("request %d is %+v, want %+v", i, m, want[i])
		}
		if m.Object == contextID && m.Opcode != contextCommit {
			args := m.Args()
			texts = append(texts, args.Text())
		}
	}
	if s := strings.Join(texts, " "); s != "dev.engine dev.app one" {
		t.Errorf("the context is %q", s)
	}
	args := got.messages[2].Args()
	if number, kind, version, id := args.Uint(), args.Text(), args.Uint(), args.Uint(); number != 9 || kind != contextManager || version != 1 || id != managerID || !args.Whole() {
		t.Errorf("bind: %d, %s, %d, %d", number, kind, version, id)
	}

	// The socket takes clients, for the compositor alone, until the context ends.
	if len(got.rights) != 2 {
		t.Fatalf("%d descriptors", len(got.rights))
	}
	defer unix.Close(got.rights[0])
	defer unix.Close(got.rights[1])
	client, err := net.Dial("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
	if fd, _, err := unix.Accept(got.rights[0]); err != nil {
		t.Error("the first descriptor:", err)
	} else {
		unix.Close(fd)
	}
	ended := func() bool {
		fds := []unix.PollFd{{Fd: int32(got.rights[1])}}
		n, err := unix.Poll(fds, 0)
		return err == nil && n == 1 && fds[0].Revents&unix.POLLHUP != 0
	}
	if ended() {
		t.Error("the context has ended at once")
	}
	if end.Close(); !ended() {
		t.Error("the context goes on")
	}
}

// TestSecurityContextFails: what a compositor may answer otherwise. Nothing is
// left open.
func TestSecurityContextFails(t *testing.T) {
	offer := append(Append(nil, registryID, RegistryGlobal, 9, contextManager, 1), done(listedID)...)
	for _, test := range []struct {
		name  string
		serve func(*net.UnixConn)
		want  string
		is    error
	}{
		{"no contexts", func(c *net.UnixConn) { c.Write(done(listedID)); c.Read(make([]byte, 1)) }, "has no wp_security_context_manager_v1", errors.ErrUnsupported},
		{"gone at once", func(*net.UnixConn) {}, "", nil},
		{"gone when asked for one", func(c *net.UnixConn) { c.Write(offer); c.Read(make([]byte, 1)) }, "", nil},
		{"refused", func(c *net.UnixConn) {
			c.Write(offer)
			var got asked
			if got.read(c) {
				c.Write(Append(nil, DisplayID, DisplayError, contextID, 2, "a nested context"))
			}
			for _, fd := range got.rights {
				unix.Close(fd)
			}
		}, `error 2 of object 5: "a nested context"`, nil},
		{"a malformed size", func(c *net.UnixConn) { c.Write(make([]byte, 8)); c.Read(make([]byte, 1)) }, "its size is 0", ErrMalformed},
		{"a malformed global", func(c *net.UnixConn) {
			c.Write(append(Append(nil, registryID, RegistryGlobal, 9, 1<<30), done(listedID)...))
			c.Read(make([]byte, 1))
		}, "", errors.ErrUnsupported},
		{"no end", func(c *net.UnixConn) {
			for global := Append(nil, registryID, RegistryGlobal, 1, strings.Repeat("x", 4000), 1); ; {
				if _, err := c.Write(global); err != nil {
					return
				}
			}
		}, "does not come to an end", nil},
		{"no answer", func(c *net.UnixConn) { io.Copy(io.Discard, c) }, "", os.ErrDeadlineExceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := compositor(t, func(c *net.UnixConn) {
				var got asked
				if got.read(c) {
					test.serve(c)
				}
			})
			socket, _ := listening(t)
			limit := contextTimeout
			if test.is == os.ErrDeadlineExceeded {
				limit = 50 * time.Millisecond
			}
			before := openFiles(t)
			_, err := SecurityContext{"dev.engine", "dev.app", "one"}.make(path, socket, limit)
			if err == nil || !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got %v, want %q, %v", err, test.want, test.is)
			}
			if err := await.Until(await.Limit, func() error {
				if after := openFiles(t); after > before { // the compositor may have its ends still
					return fmt.Errorf("%d files are open, before there were %d", after, before)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := NewSecurityContext(filepath.Join(t.TempDir(), "nothing"), nil, SecurityContext{}); err == nil {
		t.Error("without a compositor")
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
