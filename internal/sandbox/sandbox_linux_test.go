package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestMain runs the child's part when this program was started as a child.
func TestMain(m *testing.M) {
	if err := Enter(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	switch ChildRole() {
	case "":
		os.Exit(m.Run())
	case "report":
		report()
	case "try":
		try()
	case "fault":
		syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	case "exit":
		fmt.Println("one line")
		fmt.Print("and half a line")
		os.Exit(3)
	case "wait":
		s, err := ChildSocket()
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, s)
		os.Exit(0)
	}
}

// report writes the child's environment and descriptors into its socket.
func report() {
	s, err := ChildSocket()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s.Read(make([]byte, 1)) // until Start has returned
	fmt.Fprintln(s, strings.Join(os.Environ(), "\n"))
	for fd := range 64 {
		var st unix.Stat_t
		if unix.Fstat(fd, &st) == nil {
			name, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
			// The Go runtime opens these itself.
			if !strings.HasPrefix(name, "anon_inode") && !strings.HasPrefix(name, "/sys/fs/cgroup") && !strings.HasPrefix(name, "/proc/") {
				fmt.Fprintf(s, "fd %d %s\n", fd, name)
			}
		}
	}
	b, _ := os.ReadFile("/proc/self/oom_score_adj")
	fmt.Fprintf(s, "oom %s", b)
	os.Exit(0)
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func start(t *testing.T, role string) (*Process, *os.File, *buffer) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours := os.NewFile(uintptr(fds[0]), "ours")
	t.Cleanup(func() { ours.Close() })
	out := &buffer{}
	p, err := Start(Spec{Name: role, Role: role, Socket: os.NewFile(uintptr(fds[1]), "child"), CacheDir: "/cache", Output: out})
	if err != nil {
		t.Fatal(err)
	}
	return p, ours, out
}

func TestWhatAChildInherits(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "/run/agent")
	t.Setenv("LD_PRELOAD", "")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus")
	t.Setenv("LC_MESSAGES", "C")
	t.Setenv("DISPLAY", ":77")
	leak, err := os.Open("/dev/null") // must not be inherited
	if err != nil {
		t.Fatal(err)
	}
	defer leak.Close()

	p, ours, _ := start(t, "report")
	if _, err := ours.WriteString("\n"); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(ours)
	if err != nil {
		t.Fatal(err)
	}
	if e := p.Wait(); e.Code != 0 {
		t.Errorf("child: %v", e)
	}
	lines := strings.Split(string(b), "\n")
	for _, want := range []string{
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "LC_MESSAGES=C", "DISPLAY=:77", "XDG_CACHE_HOME=/cache", "MULLION_ROLE=report", "oom 300",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("the child has no %s", want)
		}
	}
	for _, l := range lines {
		if strings.HasPrefix(l, "SSH_") || strings.HasPrefix(l, "LD_") {
			t.Errorf("the child has %s", l)
		}
	}
	var fds []string
	for _, l := range lines {
		if strings.HasPrefix(l, "fd ") {
			fds = append(fds, l[:4])
		}
	}
	if d := cmp.Diff([]string{"fd 0", "fd 1", "fd 2", "fd 3"}, fds); d != "" {
		t.Log(string(b))
		t.Errorf("descriptors: %s", d)
	}
}

func TestExit(t *testing.T) {
	p, _, out := start(t, "exit")
	if e := p.Wait(); e.Code != 3 || e.Signal != 0 || e.Fault {
		t.Errorf("exit: %+v", e)
	}
	p, _, _ = start(t, "fault")
	if e := p.Wait(); e.Code != panicStatus || !e.Fault {
		t.Errorf("fault: %+v", e)
	}
	p, _, _ = start(t, "wait")
	p.Kill()
	if e := p.Wait(); e.Signal != int(syscall.SIGKILL) || e.Fault {
		t.Errorf("kill: %+v", e)
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	if got := out.b.String(); !strings.HasPrefix(got, "one line\n") {
		t.Errorf("output %q", got)
	}
}

// TestChildEndsWithParent checks that the end of the Core's end of the socket
// is seen by the child.
func TestChildEndsWithParent(t *testing.T) {
	p, ours, _ := start(t, "wait")
	ours.Close()
	if e := p.Wait(); e.Code != 0 {
		t.Errorf("child: %+v", e)
	}
}

// TestRoleAlone checks that the environment does not make anybody a child.
func TestRoleAlone(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{roleVariable + "=report"}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "descriptor 3 is not a socket") {
		t.Errorf("got %v, %s", err, out)
	}
}
