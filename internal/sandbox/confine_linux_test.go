package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// try does what it is told, line by line, and answers each with "ok" or the
// error's name.
func try() {
	s, err := ChildSocket()
	if err != nil {
		os.Exit(1)
	}
	lines := bufio.NewScanner(s)
	for lines.Scan() {
		what, arg, _ := strings.Cut(lines.Text(), " ")
		err := tries[what](arg)
		answer := "ok"
		if err != nil {
			answer = err.Error()
			var errno unix.Errno
			if errors.As(err, &errno) {
				answer = unix.ErrnoName(errno)
			}
		}
		fmt.Fprintln(s, answer)
	}
	os.Exit(0)
}

var tries = map[string]func(arg string) error{
	"read": func(name string) error {
		_, err := os.ReadFile(name)
		return err
	},
	"list": func(name string) error {
		_, err := os.ReadDir(name)
		return err
	},
	"stat":  func(name string) error { return unix.Stat(name, new(unix.Stat_t)) },
	"write": func(name string) error { return os.WriteFile(name, []byte("x"), 0o600) },
	"open-to-write": func(name string) error {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		f.Close()
		return err
	},
	"set": func(name string) error {
		if os.Getenv(name) == "" {
			return errors.New("it is not set")
		}
		return nil
	},
	"fork":  fork,
	"hoard": hoard,
	"take":  take,
	"call":  func(name string) error { return os.WriteFile("/proc/self/comm", []byte(name), 0) },
	"seal":  func(string) error { return Seal() },
	"mkdir": func(name string) error { return unix.Mkdir(name, 0o700) },
	"rename": func(arg string) error {
		from, to, _ := strings.Cut(arg, " ")
		return unix.Rename(from, to)
	},
	"symlink": func(arg string) error {
		to, name, _ := strings.Cut(arg, " ")
		return unix.Symlink(to, name)
	},
	"chmod": func(name string) error { return unix.Chmod(name, 0o777) },
	"exec":  func(name string) error { return exec.Command(name, "-c", "true").Run() },
	"unix":  func(name string) error { return dial(name) },
	"kill":  func(pid string) error { n, _ := strconv.Atoi(pid); return unix.Kill(n, 0) },
	"socket": func(arg string) error {
		var family, kind int
		fmt.Sscan(arg, &family, &kind)
		fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
		unix.Close(fd)
		return err
	},
	"tcp": func(to string) error {
		c, err := net.Dial("tcp", to)
		if err != nil {
			return err
		}
		defer c.Close()
		b, err := io.ReadAll(c)
		if string(b) != "hello" {
			return fmt.Errorf("got %q, %v", b, err)
		}
		return nil
	},
	// listen waits for a connection and makes it, too.
	"listen": func(address string) error {
		l, err := net.Listen("tcp4", address)
		if err != nil {
			return err
		}
		defer l.Close()
		c, err := net.Dial("tcp4", address)
		if err != nil {
			return err
		}
		return c.Close()
	},
	"ioctl": func(arg string) error {
		var request, high uint
		fmt.Sscan(arg, &request, &high)
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, 0, uintptr(request|high<<32), 0)
		return errno
	},
	"lease": func(string) error {
		f, err := os.Open("/dev/null")
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
		return err
	},
	"tipc": func(string) error {
		_, err := unix.Socketpair(unix.AF_TIPC, unix.SOCK_STREAM, 0)
		return err
	},
	"mptcp": func(string) error {
		_, _, errno := unix.Syscall(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, 262|1<<32)
		return errno
	},
	"unshare": func(string) error { return unix.Unshare(unix.CLONE_NEWUSER) },
	"dgram": func(string) error {
		_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
		return err
	},
	"caps": func(string) error {
		b, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(line, "CapBnd:"); ok && strings.Trim(v, "\t0\n") != "" {
				return errors.New(strings.TrimSpace(line))
			}
			if v, ok := strings.CutPrefix(line, "CapEff:"); ok && strings.Trim(v, "\t0\n") != "" {
				return errors.New(strings.TrimSpace(line))
			}
		}
		return nil
	},
}

func dial(name string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: name})
}

// jailed is a child of role "try".
type jailed struct {
	t *testing.T
	*Process
	conn    *os.File
	answers *bufio.Reader

	mu      sync.Mutex
	refused []Refusal
}

func startJailed(t *testing.T, s Spec) *jailed {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	j := &jailed{t: t, conn: os.NewFile(uintptr(fds[0]), "ours")}
	j.answers = bufio.NewReader(j.conn)
	s.Name, s.Role, s.Socket = "try", "try", os.NewFile(uintptr(fds[1]), "child")
	s.Output = &buffer{}
	s.Refused = func(r Refusal) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.refused = append(j.refused, r)
	}
	if j.Process, err = Start(s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		j.conn.Close()
		j.Wait()
		if t.Failed() {
			t.Logf("%+v\n%s", j.Status(), s.Output.(*buffer).b.String())
		}
	})
	return j
}

func (j *jailed) try(what string) string {
	j.t.Helper()
	fmt.Fprintln(j.conn, what)
	line, err := j.answers.ReadString('\n')
	if err != nil {
		j.t.Fatalf("%s: %v", what, err)
	}
	return strings.TrimSpace(line)
}

// kernels are what a child may find itself on.
var kernels = []struct {
	name    string
	without Without
	files   bool // whether files are out of reach
	sockets bool // whether sockets are that lie where the child may see them
}{
	{"all layers", Without{}, true, true},
	{"no namespaces", Without{Namespaces: true}, true, true},
	{"no Landlock", Without{Landlock: -1}, true, true},
	{"ABI 1, no namespaces", Without{Namespaces: true, Landlock: 1}, true, true},
	{"ABI 2, no namespaces", Without{Namespaces: true, Landlock: 2}, true, true},
	{"ABI 4, no namespaces", Without{Namespaces: true, Landlock: 4}, true, true},
	{"ABI 6, no broker", Without{Landlock: 6, Broker: true}, true, false},
	{"no namespaces, no broker", Without{Namespaces: true, Broker: true}, true, false},
	{"no seccomp", Without{Seccomp: true}, true, false},
	{"only seccomp", Without{Namespaces: true, Landlock: -1}, false, true},
}

func TestConfined(t *testing.T) {
	for _, k := range kernels {
		t.Run(k.name, func(t *testing.T) { testConfined(t, k.without, k.files, k.sockets) })
	}
}

func testConfined(t *testing.T, without Without, files, sockets bool) {
	dir := t.TempDir()
	private, granted, secret := filepath.Join(dir, "private"), filepath.Join(dir, "granted"), filepath.Join(dir, "secret")
	for _, d := range []string{private, granted} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{secret, filepath.Join(granted, "f")} {
		if err := os.WriteFile(f, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bus, err := net.Listen("unix", filepath.Join(private, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()

	j := startJailed(t, Spec{Policy: &Policy{Read: []string{granted}}, Private: []string{private}, Without: without})
	check := func(what string, may bool) {
		t.Helper()
		if got := j.try(what); (got == "ok") != may {
			t.Errorf("%s: %s", what, got)
		}
	}
	check("read "+granted+"/f", true)
	check("list "+granted, true)
	check("write "+private+"/f", true)
	check("read /dev/null", true)
	check("read "+secret, !files)
	if without.Landlock >= 0 {
		check("list "+dir, false)
	}
	check("write "+granted+"/g", !files)
	check("write "+granted+"/f", !files)
	check("read /etc/passwd", !files)
	check("list "+os.Getenv("HOME"), !files)
	check("exec /bin/sh", !files)
	check("caps", true)
	if !without.Namespaces || without.Landlock >= 0 {
		check("open-to-write /proc/sys/kernel/core_pattern", false)
	}
	// The socket lies where the child may see it: the file rules alone do
	// not keep it from connecting.
	check("unix "+bus.Addr().String(), !sockets)
	if !without.Seccomp {
		check("chmod "+private+"/f", false)
		check("socket 2 1", false)  // TCP
		check("socket 2 2", false)  // UDP
		check("socket 16 3", false) // netlink
		check("socket 1 2", false)  // datagrams
		check("socket 1 1", true)
		check("dgram", false)
		check("unshare", false)
		for what, want := range map[string]string{
			fmt.Sprint("ioctl ", unix.TIOCSTI, 0):   "EPERM",
			fmt.Sprint("ioctl ", unix.TIOCSTI, 1):   "EPERM",
			fmt.Sprint("ioctl ", unix.TIOCLINUX, 1): "EPERM",
			fmt.Sprint("ioctl ", unix.TCGETS, 0):    "ENOTTY",
			"tipc":                                  "EAFNOSUPPORT",
			"mptcp":                                 "EAFNOSUPPORT",
			"lease":                                 "EPERM",
		} {
			if got := j.try(what); got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
	}
	if !without.Namespaces || without.Landlock == 0 {
		check("kill "+strconv.Itoa(os.Getppid()), false)
	}
}

// TestBroker checks that what the broker refuses is told, and that it lets
// through what is listed.
func TestBroker(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"yes", "no"} {
		l, err := net.Listen("unix", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("WAYLAND_DISPLAY", "yes")
	for _, without := range []Without{{Display: true}, {Display: true, Namespaces: true}} {
		j := startJailed(t, Spec{Policy: &Policy{Engine: true}, Without: without})
		for range 50 {
			if got := j.try("unix " + dir + "/yes"); got != "ok" {
				t.Fatalf("%+v: listed socket: %s", without, got)
			}
		}
		if got := j.try("unix " + dir + "/no"); got != "EACCES" {
			t.Errorf("%+v: other socket: %s", without, got)
		}
		if got := j.try("unix " + dir + "/nothing"); got != "EACCES" { // and is not told
			t.Errorf("%+v: no socket: %s", without, got)
		}
		j.mu.Lock()
		if len(j.refused) != 1 || j.refused[0].PID == 0 || !strings.Contains(j.refused[0].What, dir+"/no") {
			t.Errorf("refused %+v", j.refused)
		}
		j.mu.Unlock()
	}
}

// fork starts processes that do nothing, and tells after how many there were no
// more.
func fork(most string) error {
	n, _ := strconv.Atoi(most)
	for i := range n {
		pid, _, errno := unix.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		for errno == 0 && pid == 0 {
			unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0) // it ends with its namespace
		}
		if errno != 0 {
			return fmt.Errorf("%d %s", i, unix.ErrnoName(errno))
		}
	}
	return nil
}

// TestProxy checks that the listener of the proxy is all of the network that
// there is, with namespaces and without.
func TestProxy(t *testing.T) {
	other, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, without := range []Without{{}, {Namespaces: true}, {Namespaces: true, Landlock: -1}} {
		j := startJailed(t, Spec{Policy: &Policy{Network: true}, Without: without})
		l := j.Proxy()
		if l == nil {
			t.Fatalf("%+v: no listener", without)
		}
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				io.WriteString(c, "hello")
				c.Close()
			}
		}()
		for range 20 {
			if got := j.try("tcp " + l.Addr().String()); got != "ok" {
				t.Fatalf("%+v: proxy: %s", without, got)
			}
		}
		if got := j.try("tcp " + other.Addr().String()); got == "ok" {
			t.Errorf("%+v: the child reached another port", without)
		}
		for what, want := range map[string]string{
			"socket 2 1": "ok", "socket 2 2": "EPERM", "socket 2 5": "EPERM", "socket 16 3": "EPERM", "mptcp": "EAFNOSUPPORT",
		} {
			if got := j.try(what); got != want {
				t.Errorf("%+v: %s: %s, want %s", without, what, got, want)
			}
		}
		if without.Namespaces {
			// Nobody else can use the proxy.
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(c); len(b) > 0 {
				t.Errorf("%+v: a stranger got %q, %v", without, b, err)
			}
			c.Close()
		}
		j.conn.Close()
		j.Wait()
		if _, err := l.Accept(); err == nil {
			t.Errorf("%+v: the listener outlives the child", without)
		}
	}
	if j := startJailed(t, Spec{Policy: &Policy{Network: true}, Without: Without{Namespaces: true, Broker: true}}); j.Proxy() != nil {
		t.Error("there is a proxy that everybody could use")
	}
}

// TestDies checks that nothing below a child outlives it.
// TestListen: a child listens at the port that it was granted, and at no other.
func TestListen(t *testing.T) {
	var free [2]string
	for i := range free {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		free[i] = l.Addr().String()
		l.Close()
	}
	_, port, _ := net.SplitHostPort(free[0])
	n, _ := strconv.Atoi(port)
	for _, test := range []struct {
		listen   int
		landlock int
		address  string
		may      bool
	}{
		{n, 0, free[0], true}, {n, -1, free[0], true}, {n, 0, free[1], false}, {0, 0, free[0], false}, {0, -1, free[0], false},
	} {
		j := startJailed(t, Spec{Policy: &Policy{Listen: test.listen}, Without: Without{Namespaces: true, Landlock: test.landlock}})
		if abi, err := landlockABI(); (err != nil || abi < 4) && !test.may && test.listen != 0 {
			continue // nothing here has rules for ports
		}
		if got := j.try("listen " + test.address); (got == "ok") != test.may {
			t.Errorf("granted %d, Landlock %d: %s: %s", test.listen, test.landlock, test.address, got)
		}
	}
}

func TestDies(t *testing.T) {
	j := startJailed(t, Spec{Policy: &Policy{}})
	j.Kill()
	if e := j.Wait(); e.Signal != int(syscall.SIGKILL) {
		t.Errorf("ended with %v", e)
	}
}

// TestDenials checks the list itself.
func TestDenials(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range denials {
		if d.reason == "" {
			t.Errorf("%v: no reason", d.calls)
		}
		for _, c := range d.calls {
			if seen[c] {
				t.Errorf("%s is listed twice", c)
			}
			seen[c] = true
		}
	}
	for _, tcp := range []bool{false, true} {
		if _, err := filter(tcp, tcp, true, true); err != nil {
			t.Error(err)
		}
	}
}

// TestOneGroup checks that no call is in two groups with conditions, of which
// the second would be passed over.
func TestOneGroup(t *testing.T) {
	for _, tcp := range []bool{false, true} {
		group := map[string]int{}
		for i, g := range conditional(tcp) {
			for _, n := range g.NamesWithCondtions {
				if before, ok := group[n.Name]; ok && before != i {
					t.Errorf("%s has conditions in two groups", n.Name)
				}
				group[n.Name] = i
			}
		}
		for _, d := range denials {
			for _, c := range d.calls {
				if _, ok := group[c]; ok {
					t.Errorf("%s is denied with conditions and without", c)
				}
			}
		}
	}
}

// TestViewHasReasons checks the tables of paths.
func TestViewHasReasons(t *testing.T) {
	for _, list := range [][]path{base, engine, gpu, camera, userFonts} {
		for _, p := range list {
			if p.reason == "" || p.Access == 0 || p.Access&write != 0 {
				t.Errorf("%+v", p)
			}
		}
	}
}
