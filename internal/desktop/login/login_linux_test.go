package login

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/godbus/dbus/v5/prop"
	"go.uber.org/goleak"

	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// serverVariable makes the test binary a display server, as far as it matters
// here: it listens at that place.
const serverVariable = "LOGIN_TEST_SERVER"

func TestMain(m *testing.M) {
	if path := os.Getenv(serverVariable); path != "" {
		l, err := net.Listen("unix", path)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("listens")
		for {
			if c, err := l.Accept(); err == nil {
				c.Close()
			}
		}
	}
	goleak.VerifyTestMain(m)
}

// limit ends a hang.
const limit = 30 * time.Second

// server starts a display server, and returns what ends it.
func server(t *testing.T, path string) (stop func()) {
	t.Helper()
	_ = os.Remove(path) // that of one that was killed
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), serverVariable+"="+path)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "listens\n" {
		t.Fatalf("the server says %q", line)
	}
	stop = func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	}
	t.Cleanup(stop)
	return stop
}

// environment is that of a session with a Wayland display at path, and no bus.
func environment(path string) func(string) string {
	return func(name string) string { return map[string]string{"WAYLAND_DISPLAY": path}[name] }
}

// without leaves out what this machine may have.
func without(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
}

func watch(t *testing.T, s *Session) <-chan string {
	ctx, cancel := context.WithCancel(t.Context())
	reason, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		reason <- s.Watch(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return reason
}

func await(t *testing.T, reason <-chan string, want string) {
	t.Helper()
	select {
	case got := <-reason:
		if !strings.Contains(got, want) {
			t.Errorf("ended for %q, want %q", got, want)
		}
	case <-time.After(limit):
		t.Errorf("the session does not end: want %q", want)
	}
}

// TestServerComesBack: without a bus, a server of the same user is the same
// session's; what does not come back ends it after a while.
func TestServerComesBack(t *testing.T) {
	without(t)
	path := filepath.Join(t.TempDir(), "w")
	stop := server(t, path)
	s := New(environment(path))
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	reason := watch(t, s)
	stop()
	if err := s.Check(); !errors.Is(err, ErrGone) {
		t.Errorf("gone: %v", err)
	}
	stop = server(t, path)
	if err := s.Check(); err != nil {
		t.Errorf("again: %v", err)
	}
	select {
	case why := <-reason:
		t.Fatalf("ended for %q", why)
	default:
	}
	short := New(environment(path))
	short.limit = time.Millisecond
	reason = watch(t, short)
	stop()
	await(t, reason, "not come back")
}

// TestBusAndServerGone: both together are the end of the session, and one alone
// is not.
func TestBusAndServerGone(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere")
	bus := session.StartBus(t)
	path := filepath.Join(t.TempDir(), "w")
	stop := server(t, path)
	s := New(environment(path))
	reason := watch(t, s)
	state := func(want bool) {
		t.Helper()
		for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
			s.mu.Lock()
			has, gone := s.hasBus, s.busGone
			s.mu.Unlock()
			if has && gone == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the bus is gone: %v, want %v", gone, want)
			}
		}
	}
	state(false)
	bus.Stop()
	state(true)
	if err := s.Check(); err != nil {
		t.Errorf("without its bus: %v", err)
	}
	bus.Start()
	state(false)
	stop()
	stop = server(t, path)
	if err := s.Check(); err != nil {
		t.Errorf("a server that came back: %v", err)
	}
	bus.Stop()
	state(true)
	stop()
	server(t, path) // of the next session
	if err := s.Check(); err == nil {
		t.Error("the next session's display counts as the same")
	}
	await(t, reason, "") // which of the two reasons depends on who is quicker
}

// TestCookies: each login has new cookies, and those of other displays do not
// matter.
func TestCookies(t *testing.T) {
	name := filepath.Join(t.TempDir(), "Xauthority")
	write := func(entries ...string) [32]byte {
		var b []byte
		for _, e := range entries {
			b = binary.BigEndian.AppendUint16(b, 256) // FamilyLocal
			for f := range strings.SplitSeq(e, " ") {
				b = binary.BigEndian.AppendUint16(b, uint16(len(f)))
				b = append(b, f...)
			}
		}
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return cookiesOf(name, "7")
	}
	one := write("host 7 MIT-MAGIC-COOKIE-1 one")
	if one == (identity{}).cookies || write("host 7 MIT-MAGIC-COOKIE-1 two") == one {
		t.Error("cookies are not told apart")
	}
	if write("host 8 MIT-MAGIC-COOKIE-1 two", "host 7 MIT-MAGIC-COOKIE-1 one") != one {
		t.Error("the cookie of another display counts")
	}
	if write("host 8 MIT-MAGIC-COOKIE-1 one") != (identity{}).cookies || cookiesOf(name+"x", "7") != (identity{}).cookies {
		t.Error("a display without a cookie has one")
	}
	if err := os.WriteFile(name, []byte("\x01\x00\xff\xffnot such a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if cookiesOf(name, "7") != (identity{}).cookies {
		t.Error("a damaged file has cookies")
	}
	if (identity{pid: 2, cookies: one}).succeeds(identity{pid: 1}) || (identity{pid: 2, uid: 1}).succeeds(identity{pid: 1}) {
		t.Error("a server with other cookies, or of another user, counts as the same session's")
	}
}

type manager struct{}

const sessionPath = dbus.ObjectPath(logindPath + "/session/_3")

func (manager) GetSession(id string) (dbus.ObjectPath, *dbus.Error) {
	if id == "3" {
		return sessionPath, nil
	}
	return "", dbus.MakeFailedError(errors.New("no such session"))
}

func (manager) GetSessionByPID(uint32) (dbus.ObjectPath, *dbus.Error) {
	return "", dbus.MakeFailedError(errors.New("this process is in no session"))
}

// TestLogind: the session ends when logind says so, and then only.
func TestLogind(t *testing.T) {
	for _, test := range []struct {
		name, kind string
		end        func(conn *dbus.Conn, p *prop.Properties) error
	}{
		{"removed", "wayland", func(conn *dbus.Conn, _ *prop.Properties) error {
			return errors.Join(conn.Emit(logindPath, logindManager+".SessionRemoved", "2", sessionPath),
				conn.Emit(logindPath, logindManager+".SessionRemoved", "3", sessionPath))
		}},
		{"closing", "x11", func(_ *dbus.Conn, p *prop.Properties) error {
			p.SetMust(logindSession, "State", "online")
			p.SetMust(logindSession, "State", closingSession)
			return nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bus := session.StartBus(t)
			t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
			t.Setenv("XDG_SESSION_ID", "3")
			conn := bus.Connect()
			p, err := prop.Export(conn, sessionPath, prop.Map{logindSession: {
				"Id":    {Value: "3"},
				"Type":  {Value: test.kind},
				"State": {Value: "active", Writable: true, Emit: prop.EmitTrue},
				"User": {Value: struct {
					UID  uint32
					Path dbus.ObjectPath
				}{uint32(os.Geteuid()), "/"}},
			}})
			if err == nil {
				err = conn.Export(manager{}, logindPath, logindManager)
			}
			if err == nil {
				_, err = conn.RequestName(logind, dbus.NameFlagDoNotQueue)
			}
			if err != nil {
				t.Fatal(err)
			}
			reason := watch(t, New(func(string) string { return "" }))
			deadline := time.After(limit)
			for {
				// Again, until it listens.
				if err := test.end(conn, p); err != nil {
					t.Fatal(err)
				}
				select {
				case got := <-reason:
					if !strings.Contains(got, "session 3") {
						t.Errorf("ended for %q", got)
					}
					return
				case <-time.After(20 * time.Millisecond):
				case <-deadline:
					t.Fatal("the session does not end")
				}
			}
		})
	}
}
