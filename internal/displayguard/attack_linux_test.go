package displayguard

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// said is what processes print.
type said struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// attacker is a confined child that has what a host has of the display.
type attacker struct {
	*sandbox.Process
	conn    net.Conn
	answers *bufio.Scanner
	said    *said
}

func startAttacker(t *testing.T, without sandbox.Without) *attacker {
	t.Helper()
	return startAttackerWith(t, without, nil)
}

func startAttackerWith(t *testing.T, without sandbox.Without, bus func() (*net.UnixConn, error)) *attacker {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours := os.NewFile(uintptr(fds[0]), "ours")
	defer ours.Close()
	a := &attacker{said: &said{}}
	if a.conn, err = net.FileConn(ours); err != nil {
		t.Fatal(err)
	}
	a.conn.SetDeadline(time.Now().Add(time.Minute)) // to end a hang
	a.answers = bufio.NewScanner(a.conn)
	a.Process, err = sandbox.Start(sandbox.Spec{
		Name: "attacker", App: "dev.mullion.attacker", Role: attackerRole, Socket: os.NewFile(uintptr(fds[1]), "theirs"),
		Policy: &sandbox.Policy{Engine: true, Accessibility: true}, Without: without, Output: a.said, Bus: bus,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.conn.Close()
		a.Wait()
	})
	return a
}

// do has the attacker do something. It is empty if the attacker was ended.
func (a *attacker) do(what string) string {
	fmt.Fprintln(a.conn, what)
	if !a.answers.Scan() {
		return ""
	}
	return a.answers.Text()
}

// atCompositor starts a compositor that is this session's.
func atCompositor(t *testing.T) *compositor {
	dir := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	t.Setenv("DISPLAY", "")
	return startCompositor(t, filepath.Join(dir, "wayland-0"))
}

// TestAttacks has native code in a confined child bind each privileged global,
// without a guard and with one. Whoever tries the latter is ended.
func TestAttacks(t *testing.T) {
	c := atCompositor(t)
	open := startAttacker(t, sandbox.Without{Display: true})
	for i, g := range privileged {
		t.Run(g.name, func(t *testing.T) {
			attack := fmt.Sprintf("bind %d %s", firstPrivileged+i, g.name)
			if got := open.do(attack); got != "bound" || !c.has(g.name) {
				t.Fatalf("without a guard: %q; an attack that cannot succeed proves nothing", got)
			}
			c.forget()
			guarded := startAttacker(t, sandbox.Without{})
			if got := guarded.do(attack); got == "bound" || c.has(g.name) {
				t.Errorf("with a guard: %q", got)
			}
			if e := guarded.Wait(); e.Signal != int(unix.SIGKILL) {
				t.Errorf("the attacker has ended: %v", e)
			}
			<-guarded.OutputDone()
		})
	}
}

// TestGuardedChild looks at what else there is for a child behind a guard, under
// every layer that the path to its display depends on.
func TestGuardedChild(t *testing.T) {
	c := atCompositor(t)
	for _, without := range []sandbox.Without{{}, {Namespaces: true}, {Broker: true}, {Namespaces: true, Landlock: -1}} {
		t.Run(fmt.Sprintf("%+v", without), func(t *testing.T) {
			a := startAttacker(t, without)
			if got, want := a.do("list"), fmt.Sprintf("%d, 0 of them privileged", len(allowed)); got != want {
				t.Errorf("it is shown %q, want %q", got, want)
			}
			if got := a.do("bind 1 " + allowed[0].name); got != "bound" || !c.has(allowed[0].name) {
				t.Errorf("what it is shown: %q", got)
			}
			if got := a.do("direct " + c.path); !strings.HasPrefix(got, "error") {
				t.Errorf("around the guard: %q", got)
			}
			for _, s := range a.Status() {
				if s.Layer == sandbox.LayerDisplay && !s.Holds {
					t.Errorf("%+v", s)
				}
			}
			if got := a.do("raw"); got == "passed" {
				t.Errorf("what is no message: %q", got)
			}
			if e := a.Wait(); e.Signal != int(unix.SIGKILL) {
				t.Errorf("the attacker has ended: %v", e)
			}
		})
	}
	if got := startAttacker(t, sandbox.Without{Display: true}).do("list"); got != fmt.Sprintf("%d, %d of them privileged", len(allowed)+len(privileged), len(privileged)) {
		t.Errorf("without a guard it is shown %q", got)
	}
}

// TestEnds: what was made for a child goes with it, and the guard's words are
// passed on.
func TestEnds(t *testing.T) {
	atCompositor(t)
	dir := os.Getenv("XDG_RUNTIME_DIR")
	a := startAttacker(t, sandbox.Without{})
	a.do(fmt.Sprintf("bind %d %s", firstPrivileged, privileged[0].name))
	a.Wait()
	if err := await.Until(await.Limit, func() error {
		left, err := filepath.Glob(filepath.Join(dir, "mullion-session-*"))
		switch {
		case err != nil:
			return err
		case len(left) > 0:
			return fmt.Errorf("%q is left", left)
		case !strings.Contains(a.said.String(), privileged[0].name):
			return fmt.Errorf("it is not told why the child was ended: %q", a.said)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestSecurityContext: where the compositor makes them, what is behind a guard has
// a security context of its own, which goes with the child.
func TestSecurityContext(t *testing.T) {
	c := atCompositor(t)
	for range 2 {
		a := startAttacker(t, sandbox.Without{})
		if got := a.do("list"); strings.HasPrefix(got, "error") {
			t.Fatal(got)
		}
		a.Kill()
		a.Wait()
	}
	if err := await.Until(await.Limit, func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.contexts) != 2 {
			return fmt.Errorf("%d contexts", len(c.contexts))
		}
		for _, s := range c.contexts {
			if s.engine != "dev.mullion" || s.app != "dev.mullion.attacker" || s.inside == 0 || !s.ended {
				return fmt.Errorf("%+v", s)
			}
		}
		if c.contexts[0].instance == c.contexts[1].instance {
			return fmt.Errorf("both are %q", c.contexts[0].instance)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	startAttacker(t, sandbox.Without{Display: true}).do("list")
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.contexts) != 2 {
		t.Error("there is a context without a guard")
	}
}

// TestWithoutCompositor: a child whose compositor is gone learns it.
func TestWithoutCompositor(t *testing.T) {
	c := atCompositor(t)
	a := startAttacker(t, sandbox.Without{})
	if got := a.do("list"); strings.HasPrefix(got, "error") {
		t.Fatal(got)
	}
	c.stop()
	if got := a.do("list"); !strings.HasPrefix(got, "error") {
		t.Errorf("got %q", got)
	}
}
