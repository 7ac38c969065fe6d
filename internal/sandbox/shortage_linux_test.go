package sandbox

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/shortage"
)

// TestSilent: a stage one that ends without a word is a shortage, and gives no
// child less confinement, the first one included.
func TestSilent(t *testing.T) {
	if d := startJailed(t, Spec{Policy: &Policy{}}).detail(LayerNamespaces); d != "" {
		t.Skip("there are no namespaces here, so none can be lost: " + d)
	}
	program, err := os.Open("/bin/true")
	if err != nil {
		t.Skip(err)
	}
	defer program.Close()
	hasNamespaces.Store(false) // as if no child had been started yet
	defer hasNamespaces.Store(true)
	for range 3 {
		err := startError(t, Spec{Policy: &Policy{}, Program: program, ProgramPath: "/bin/true"})
		if !errors.Is(err, errNoAnswer) || !shortage.Is(err) {
			t.Errorf("got %v", err)
		}
	}
	if d := startJailed(t, Spec{Policy: &Policy{}}).detail(LayerNamespaces); d != "" {
		t.Error("afterwards: " + d)
	}
}

// TestCollecting: stage one keeps what it answers by, however often garbage is
// collected meanwhile.
func TestCollecting(t *testing.T) {
	for range 5 {
		if got := startJailed(t, Spec{Policy: &Policy{}, Env: []string{"GOGC=1"}}).try("stat /"); got != "ok" {
			t.Error(got)
		}
	}
}

// TestNoneAllowed: no room for another namespace is a shortage, unless there is
// room for none at all.
func TestNoneAllowed(t *testing.T) {
	dir := t.TempDir()
	if noneAllowed(dir) {
		t.Error("a system that says nothing allows none")
	}
	for text, want := range map[string]bool{"96365\n": false, "0\n": true} {
		if err := os.WriteFile(dir+"/max_net_namespaces", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := noneAllowed(dir); got != want {
			t.Errorf("%q: none is allowed: %v", text, got)
		}
	}
	if err := fmt.Errorf("fork: %w", unix.ENOSPC); !isShortage(err) && !noneAllowed("/proc/sys/user") {
		t.Errorf("%v is no shortage", err)
	}
}

// TestShortage starts children while this process has hardly any descriptors:
// such a start may fail, but it gives no child less confinement, and neither
// does it later.
func TestShortage(t *testing.T) {
	confined := func(p *Process) bool {
		for _, s := range p.Status() {
			if s.Layer == LayerNamespaces {
				return s.Holds
			}
		}
		return false
	}
	if !confined(startJailed(t, Spec{Policy: &Policy{}}).Process) {
		t.Skip("there are no namespaces here, so none can be lost")
	}
	var old unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &old); err != nil {
		t.Fatal(err)
	}
	failed, worked := 0, 0
	for room := -4; worked == 0 && room < 60; room++ {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		ours := os.NewFile(uintptr(fds[0]), "ours")
		spec := Spec{Name: "try", Role: "try", Socket: os.NewFile(uintptr(fds[1]), "child"), Policy: &Policy{}, Output: &buffer{}}
		// Counted anew each time: a fork that fails leaks a pipe in Go 1.26 if
		// it was to be in a user namespace (syscall, forkAndExecInChild1).
		used, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(len(used) + room), Max: old.Max}, nil); err != nil {
			t.Fatal(err)
		}
		p, err := Start(spec)
		if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &old, nil); err != nil {
			t.Fatal(err)
		}
		ours.Close()
		switch {
		case err == nil:
			worked++
			if !confined(p) {
				t.Errorf("with room for %d descriptors: %+v", room, p.Status())
			}
			p.Wait()
		case errors.Is(err, unix.EMFILE):
			failed++
		default:
			t.Errorf("with room for %d descriptors: %v", room, err)
		}
	}
	if failed == 0 || worked == 0 {
		t.Errorf("%d starts have failed and %d have worked, want both", failed, worked)
	}
	if p := startJailed(t, Spec{Policy: &Policy{}}); !confined(p.Process) {
		t.Errorf("afterwards: %+v", p.Status())
	}
}

// narrow lets this process open so many files more, for a moment.
func narrow(t *testing.T, room int) (wide func()) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	limit := unix.Rlimit{Max: old.Max}
	for free := 0; free < room || limit.Cur < 3; limit.Cur++ {
		if _, err := unix.FcntlInt(uintptr(limit.Cur), unix.F_GETFD, 0); err != nil {
			free++
		}
	}
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	wide = sync.OnceFunc(func() { unix.Prlimit(0, unix.RLIMIT_NOFILE, &old, nil) })
	time.AfterFunc(100*time.Millisecond, wide)
	return wide
}

// TestBrokerWaits: a connection that the Core has no descriptor for is made when
// there is one.
func TestBrokerWaits(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", dir+"/yes")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("WAYLAND_DISPLAY", "yes")
	j := startJailed(t, Spec{Policy: &Policy{Engine: true}, Without: Without{Display: true}})
	if got := j.try("unix " + dir + "/yes"); got != "ok" {
		t.Fatalf("with room: %s", got)
	}
	for room := range 4 {
		wide := narrow(t, room)
		got := j.try("unix " + dir + "/yes")
		wide()
		if got != "ok" {
			t.Errorf("with room for %d: %s", room, got)
		}
	}
}
