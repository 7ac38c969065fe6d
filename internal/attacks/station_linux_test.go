package attacks

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/sandbox"
)

// row is what came of one probe.
type row struct {
	Probe   string `json:"probe"`
	Process string `json:"process"` // host, network, web
	User    string `json:"user"`    // root, user
	Layers  string `json:"layers"`  // the name of a run
	Result  string `json:"result"`  // open, closed, absent
	Errno   string `json:"errno,omitzero"`
}

// The files of a station's folder.
const (
	resultFile  = "rows.json"
	libraryFile = "lib/probes.so"
	victimFile  = "lib/victim"
)

// limit is how long a step may take.
const limit = 2 * time.Minute

// loadLimit is how long the page may take.
const loadLimit = 30 * time.Second

var errPage = errors.New("the page did not load")

// station is where attacks are started from and what they are aimed at: a
// home, sockets, a program of the user.
type station struct {
	dir, user string
	targets   map[string]string
	closers   []io.Closer
	rows      []row
	open      *screen
	locked    *screen
}

// runStation makes all runs of this user and writes their rows.
func runStation(dir string) error {
	s := &station{dir: dir, user: "user", targets: map[string]string{}}
	if os.Getuid() == 0 {
		s.user = "root"
	}
	defer s.close()
	if err := errors.Join(s.plantFiles(), s.plantSockets(), s.plantNetwork(), s.plantProcess(), s.startScreens()); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"XDG_RUNTIME_DIR": s.targets["runtime"], "WAYLAND_DISPLAY": s.targets["allowed"], "GDK_BACKEND": "x11",
		"SSH_AUTH_SOCK": s.targets["agent"], "ATTACKS_SECRET_TOKEN": "secret",
	} {
		os.Setenv(name, value)
	}
	for _, r := range runs {
		if !r.wanted(s.user) {
			continue
		}
		err := s.attack(r)
		for again := 0; errors.Is(err, errPage) && again < 2; again++ {
			// The engine does not always come up on a machine that is busy,
			// which is not what this is about. The log has what it said.
			fmt.Println(s.user, r.name, err)
			err = s.attack(r)
		}
		if err != nil {
			return fmt.Errorf("%s, %s: %w", s.user, r.name, err)
		}
	}
	if err := errors.Join(s.open.end(), s.locked.end()); err != nil {
		return err
	}
	b, err := json.Marshal(s.rows)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, resultFile), b, 0o600)
}

func (s *station) close() {
	for _, c := range s.closers {
		c.Close()
	}
}

// plantFiles makes a home with something in it.
func (s *station) plantFiles() error {
	home := filepath.Join(s.dir, "home")
	os.Setenv("HOME", home)
	files := map[string]string{
		".ssh/id_test":                  "a key that is none",
		".local/share/fonts/granted":    "no font",
		"../private/script":             "#!/bin/sh\nexit 0\n",
		"../runtime/at-spi/nothing":     "",
		"../cache/nothing":              "",
		"../home/.config/gtk-3.0/empty": "",
	}
	for _, name := range []string{"append-to", "rename-me", "unlink-me", "truncate-me"} {
		for _, process := range processes {
			files[name+"-"+process] = "planted"
		}
	}
	for name, text := range files {
		name = filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			return err
		}
	}
	program, err := os.ReadFile("/bin/true")
	if err != nil {
		return err
	}
	private := filepath.Join(s.dir, "private")
	for name, value := range map[string]string{
		"home": home, "secret": filepath.Join(home, ".ssh/id_test"), "granted": filepath.Join(home, ".local/share/fonts/granted"),
		"private": private, "runtime": filepath.Join(s.dir, "runtime"),
	} {
		s.targets[name] = value
	}
	return os.WriteFile(filepath.Join(private, "copied"), program, 0o700)
}

// plantSockets makes those of a session. Whoever connects is let in, and gets
// nothing.
func (s *station) plantSockets() error {
	run := s.targets["runtime"]
	for _, f := range []struct{ target, network, name string }{
		{"bus", "unix", run + "/bus"},
		{"allowed", "unix", run + "/way"},
		{"agent", "unix", s.targets["home"] + "/agent"},
		{"abstract", "unix", fmt.Sprintf("@mullion-attacks-%d", os.Getpid())},
		{"packets", "unixpacket", run + "/packets"},
		{"outside", "unix", s.targets["private"] + "/outside"},
	} {
		l, err := net.Listen(f.network, f.name)
		if err != nil {
			return err
		}
		s.closers = append(s.closers, l)
		s.targets[f.target] = f.name
		go greet(l, "")
	}
	name := run + "/datagram"
	c, err := net.ListenPacket("unixgram", name)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, c)
	s.targets["datagram"] = name
	go drain(c, "")
	return nil
}

// greeting is what the servers of a station say; no others are meant.
const greeting = "mullion"

// plantNetwork listens on all addresses of this machine.
func (s *station) plantNetwork() error {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return err
	}
	c, err := net.ListenPacket("udp", ":0")
	if err != nil {
		return err
	}
	s.closers = append(s.closers, l, c)
	s.targets["port"] = fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	s.targets["udp"] = fmt.Sprint(c.LocalAddr().(*net.UDPAddr).Port)
	s.targets["address4"] = outsideAddress()
	go greet(l, greeting)
	go drain(c, greeting)
	return nil
}

// outsideAddress is one of this machine that is not of the loopback
// interface, or "".
func outsideAddress() string {
	list, _ := net.InterfaceAddrs()
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return ""
}

func greet(l net.Listener, text string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			io.WriteString(c, text)
			// Who has connected can ask who the peer is.
			io.Copy(io.Discard, c)
		}()
	}
}

func drain(c net.PacketConn, text string) {
	b := make([]byte, 64)
	for {
		_, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		if text != "" {
			c.WriteTo([]byte(text), from)
		}
	}
}

// plantProcess starts a program of the user, which ends with this process.
func (s *station) plantProcess() error {
	c := exec.Command(filepath.Join(s.dir, victimFile))
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	s.closers = append(s.closers, in)
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != ""; {
		name, value, _ := strings.Cut(lines.Text(), " ")
		s.targets[name] = value
	}
	s.targets["core"] = fmt.Sprint(os.Getpid())
	s.targets["corethread"] = fmt.Sprint(unix.Gettid())
	return nil
}

// screen is the display of a run.
func (s *station) screen(r run) *screen {
	if r.cookie {
		return s.locked
	}
	return s.open
}

// attack makes one run.
func (s *station) attack(r run) error {
	os.Setenv("DISPLAY", s.screen(r).display.Name())
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	ours := os.NewFile(uintptr(fds[0]), "ours")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		return err
	}
	defer conn.Close()

	var output log
	spec := sandbox.Spec{
		Name: "attacked", Role: hostRole, Socket: os.NewFile(uintptr(fds[1]), "theirs"),
		Policy: r.policy(s.dir), Without: r.without, Output: &output,
		Watch: r.watched, Refused: func(sandbox.Refusal) {},
		Private: []string{s.targets["private"]}, CacheDir: filepath.Join(s.dir, "cache"),
		Env: []string{
			"LD_PRELOAD=" + filepath.Join(s.dir, libraryFile), "ATTACK_DIR=" + s.targets["private"], "ATTACK_HOST=" + filepath.Base(os.Args[0]),
		},
	}
	if spec.Policy != nil {
		spec.Env = append(spec.Env, sealVariable+"=1")
	}
	p, err := sandbox.Start(spec)
	if err != nil {
		return err
	}
	err = s.watch(r, p, conn)
	below := e2e.Descendants(p.PID())
	conn.Close()
	p.Kill()
	p.Wait()
	// The engine's processes end by themselves when they notice.
	if left := e2e.WaitFor(limit, func() error { return gone(below) }); left != nil {
		err = errors.Join(err, left)
	}
	if err != nil {
		return fmt.Errorf("%w\n%+v\n%s", err, p.Status(), output.text())
	}
	return nil
}

// threads tells what the threads below a process are waiting for.
func threads(pid int) string {
	var b strings.Builder
	for _, p := range e2e.Descendants(pid) {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.PID))
		for _, t := range tasks {
			name, _ := os.ReadFile(t + "/comm")
			wait, _ := os.ReadFile(t + "/wchan")
			call, _ := os.ReadFile(t + "/syscall")
			fmt.Fprintf(&b, "%s %s %s %s\n", p.Name, bytes.TrimSpace(name), wait, bytes.TrimSpace(call))
		}
	}
	return b.String()
}

func gone(list []e2e.Process) error {
	for _, p := range list {
		for _, q := range e2e.Processes() {
			if q.PID == p.PID && q.Name == p.Name && q.State != 'Z' {
				return fmt.Errorf("%s (%d) is still there", p.Name, p.PID)
			}
		}
	}
	return nil
}

// watch waits for the page, has the probes run, and collects their rows.
func (s *station) watch(r run, p *sandbox.Process, conn net.Conn) error {
	if err := r.holds(p.Status()); err != nil {
		return err
	}
	answers := bufio.NewReader(conn)
	conn.SetDeadline(time.Now().Add(loadLimit))
	if line, err := answers.ReadString('\n'); line != "ready\n" {
		return fmt.Errorf("%w: %q, %w\n%s", errPage, line, err, threads(p.PID()))
	}
	conn.SetDeadline(time.Now().Add(limit))
	own := map[string]string{"rounds": fmt.Sprint(r.rounds()), "patience": fmt.Sprint(r.patience().Milliseconds())}
	if l := p.Proxy(); l != nil {
		own["proxy"] = fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
		go greet(l, greeting)
	}
	private := s.targets["private"]
	if err := s.clear(); err != nil {
		return err
	}
	var text bytes.Buffer
	for _, list := range []map[string]string{s.targets, s.screen(r).targets, own} {
		for name, value := range list {
			fmt.Fprintln(&text, name, value)
		}
	}
	if err := os.WriteFile(private+"/new", text.Bytes(), 0o600); err != nil {
		return err
	}
	if err := os.Rename(private+"/new", private+"/targets"); err != nil {
		return err
	}
	defer os.Remove(private + "/targets")
	answer := make(chan error, 1)
	go func() {
		line, err := answers.ReadString('\n')
		if line == "answer <nil>\n" {
			err = nil
		} else {
			err = fmt.Errorf("the page answers no more: %q, %w", line, err)
		}
		answer <- err
	}()
	for _, process := range processes {
		var ended error
		if err := e2e.WaitFor(limit, func() error {
			select {
			case ended = <-answer:
				return nil // it was not asked yet
			default:
				return s.collect(r, process)
			}
		}); err != nil || ended != nil {
			return fmt.Errorf("probes of %s: %w", process, errors.Join(err, ended))
		}
	}
	// The page lives on.
	fmt.Fprintln(conn, "question")
	return <-answer
}

// clear removes what the run before has written.
func (s *station) clear() error {
	for _, process := range processes {
		old, _ := filepath.Glob(filepath.Join(s.targets["private"], process+".*"))
		for _, f := range old {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect reads the rows of one process, or tells that they are not complete.
func (s *station) collect(r run, process string) error {
	names, _ := filepath.Glob(filepath.Join(s.targets["private"], process+".*"))
	var b []byte
	for _, name := range names {
		if b, _ = os.ReadFile(name); bytes.HasSuffix(b, []byte("\nend\n")) {
			break
		}
	}
	text, complete := strings.CutSuffix(string(b), "end\n")
	if !complete {
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")
		return fmt.Errorf("%d files, the last line is %q", len(names), lines[len(lines)-1])
	}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 3 {
			return fmt.Errorf("line %q", line)
		}
		s.rows = append(s.rows, row{Probe: f[0], Process: process, User: s.user, Layers: r.name, Result: f[1], Errno: f[2]})
	}
	return nil
}

// log keeps what a host prints.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
