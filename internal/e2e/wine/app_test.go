//go:build wine

package wine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
)

// patience is how long a test waits for anything. It is there to end a hang.
const patience = 60 * time.Second

// app is a running app.
type app struct {
	t     *testing.T
	dir   string
	cmd   *exec.Cmd
	log   *buffer
	hosts chan *double // as they start
	ended chan error
	// confirms says that pages run what is delivered as it comes.
	confirms atomic.Bool

	mu   sync.Mutex
	seen []*double // guarded by mu
}

// buffer takes what the app prints.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start starts an app with the double as a runtime that it has brought along, and more variables.
func start(t *testing.T, program string, env ...string) *app {
	t.Helper()
	return startWith(t, program, nil, env...)
}

// startWith is start with arguments.
func startWith(t *testing.T, program string, args []string, env ...string) *app {
	t.Helper()
	return startAs(t, "app.exe", program, args, env...)
}

// startOnDesktop starts a program whose windows are on a desktop of wine's own, of 1280 by 1024 pixels: no window manager of X11
// has a part in their states and places, by which these come later, and other ones.
func startOnDesktop(t *testing.T, program string) *app {
	t.Helper()
	const name = "desktop.exe"
	for key, value := range map[string][2]string{
		`HKCU\Software\Wine\Explorer\Desktops`:                 {"own", "1280x1024"},
		`HKCU\Software\Wine\AppDefaults\` + name + `\Explorer`: {"Desktop", "own"},
	} {
		if out, err := wine("wine", "reg", "add", key, "/v", value[0], "/d", value[1], "/f").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return startAs(t, name, program, nil)
}

// startAs is startWith under a name.
func startAs(t *testing.T, name, program string, args []string, env ...string) *app {
	t.Helper()
	a := &app{t: t, dir: t.TempDir(), log: &buffer{}, hosts: make(chan *double, 100), ended: make(chan error, 1)}
	folder := filepath.Join(a.dir, "webview2", "EBWebView", "x64")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(filepath.Join(folder, "control"), []byte(port), 0o600); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{lab.double: filepath.Join(folder, "EmbeddedBrowserWebView.dll"), program: filepath.Join(a.dir, name)} {
		if err := os.Link(from, to); err != nil {
			t.Fatal(err)
		}
	}
	go a.accept(l)
	a.cmd = wine("wine", append([]string{filepath.Join(a.dir, name)}, args...)...)
	a.cmd.Dir = a.dir
	a.cmd.Env = append(a.cmd.Env, env...)
	a.cmd.Stdout, a.cmd.Stderr = a.log, a.log
	a.cmd.WaitDelay = 2 * time.Second
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		err := a.cmd.Wait()
		if errors.Is(err, exec.ErrWaitDelay) {
			err = nil // the app has ended well, and something of wine's own still has its output open
		}
		a.ended <- err
	}()
	t.Cleanup(func() {
		a.stop()
		if t.Failed() {
			a.tellAll(t)
		}
	})
	return a
}

// stop ends the app by force.
func (a *app) stop() {
	_ = a.cmd.Process.Kill()
	// wine takes two seconds to end the processes of a job whose owner was killed.
	for _, pid := range a.processes() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	// The next app may have the same folder for its data. What else of wine still has the app's output
	// open need not be waited for.
	_ = a.left()
}

// tellAll logs what the app and its doubles have said.
func (a *app) tellAll(t *testing.T) {
	t.Logf("the app said:\n%s", a.log)
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, d := range a.seen {
		t.Logf("double %d said:\n%s", i, d.said())
	}
}

func (a *app) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		d := &double{a: a, conn: conn, arrived: make(chan struct{})}
		a.mu.Lock()
		a.seen = append(a.seen, d)
		a.mu.Unlock()
		go d.read()
		a.hosts <- d
	}
}

// again starts the app once more, and waits for the end of that.
func (a *app) again(args ...string) (said string, err error) {
	cmd := wine("wine", append([]string{filepath.Join(a.dir, "app.exe")}, args...)...)
	cmd.Env = a.cmd.Env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// logged waits for a line of the app's log with these texts.
func (a *app) logged(texts ...string) {
	a.t.Helper()
	if err := await.Until(patience, func() error {
		for line := range strings.Lines(a.log.String()) {
			has := true
			for _, text := range texts {
				has = has && strings.Contains(line, text)
			}
			if has {
				return nil
			}
		}
		return fmt.Errorf("nothing logged has %q", texts)
	}); err != nil {
		a.t.Error(err)
	}
}

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	if err := await.Until(patience, func() error {
		if !isSo() {
			return errors.New(what + " does not come")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// host waits for the next host.
func (a *app) host() *double {
	a.t.Helper()
	select {
	case d := <-a.hosts:
		return d
	case err := <-a.ended:
		a.ended <- err
		a.t.Fatalf("the app has ended: %v", err)
	case <-await.Hang(a.t.Context(), patience):
		a.t.Fatal("no host has started")
	}
	return nil
}

// wait waits for the end of the app, and of all that it has started.
func (a *app) wait() error {
	a.t.Helper()
	var err error
	select {
	case err = <-a.ended:
		a.ended <- err
	case <-await.Hang(a.t.Context(), patience):
		a.t.Fatal("the app does not end")
	}
	if left := a.left(); left != nil {
		a.t.Error(left)
	}
	return err
}

// left waits until none of the app's processes is left.
func (a *app) left() error {
	return await.Until(patience, func() error {
		if p := a.processes(); len(p) > 0 {
			return fmt.Errorf("processes %v are left", p)
		}
		return nil
	})
}

// processes are those whose command is the app's.
func (a *app) processes() (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range list {
		b, err := os.ReadFile(file)
		name := filepath.Base(a.dir) // wine writes the path as Windows does
		if err == nil && bytes.Contains(b, []byte("app.exe")) && bytes.Contains(b, []byte(name)) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// double is the runtime in one host.
type double struct {
	a    *app
	conn net.Conn

	mu      sync.Mutex
	lines   [][]string    // guarded by mu
	gone    bool          // guarded by mu
	arrived chan struct{} // is closed when there is something new, for all that wait; guarded by mu
}

func (d *double) read() {
	r := bufio.NewReaderSize(d.conn, 1<<20)
	for {
		line, err := r.ReadString('\n')
		var fields []string
		d.mu.Lock()
		if err != nil {
			d.gone = true
		} else {
			fields = strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			for i, f := range fields {
				fields[i] = unescape(f)
			}
			d.lines = append(d.lines, fields)
		}
		close(d.arrived)
		d.arrived = make(chan struct{})
		d.mu.Unlock()
		d.live(fields)
		if err != nil {
			return
		}
	}
}

// live gives the sign of life that the host asks a page for: it delivers nothing. Of an app that
// confirms, it says that the page has run whatever was delivered.
func (d *double) live(fields []string) {
	if len(fields) == 3 && fields[0] == "post" {
		if delivery, is := strings.CutPrefix(fields[2], "d "); is {
			if id, messages, _ := strings.Cut(delivery, " "); messages == "" || d.a.confirms.Load() {
				fmt.Fprintf(d.conn, "message\t%s\tapp://localhost/\td %s\n", fields[1], id)
			}
		}
	}
}

func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '%' || c == 0x7F {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// tell has the double do something.
func (d *double) tell(fields ...string) {
	d.a.t.Helper()
	for i, f := range fields {
		fields[i] = escape(f)
	}
	if _, err := fmt.Fprintln(d.conn, strings.Join(fields, "\t")); err != nil {
		d.a.t.Fatal(err)
	}
}

// said is all that the double has said.
func (d *double) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b strings.Builder
	for _, l := range d.lines {
		line := strings.Join(l, " | ")
		fmt.Fprintln(&b, line[:min(len(line), 300)])
	}
	return b.String()
}

// wrong are the complaints of the double.
func (d *double) wrong() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lines {
		if l[0] == "wrong" {
			list = append(list, strings.Join(l, " "))
		}
	}
	return list
}

// expect waits for a line that begins with these fields, and returns it. Each line is taken once.
func (d *double) expect(fields ...string) []string {
	d.a.t.Helper()
	ctx, cancel := await.Context(d.a.t.Context(), patience)
	defer cancel()
	for {
		more, gone := d.more()
		if l := d.take(fields); l != nil {
			return l
		}
		if gone {
			d.a.t.Fatalf("the host is gone before it said %q", fields)
		}
		select {
		case <-more:
		case <-ctx.Done():
			d.a.t.Fatalf("the double does not say %q", fields)
		}
	}
}

// more returns what is closed when the double says something more, and whether it has gone.
func (d *double) more() (arrived <-chan struct{}, gone bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.arrived, d.gone
}

func (d *double) take(fields []string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
next:
	for i, l := range d.lines {
		if len(l) < len(fields) {
			continue
		}
		for k, f := range fields {
			if l[k] != f {
				continue next
			}
		}
		d.lines[i] = append([]string{"(taken)"}, l...)
		return l
	}
	return nil
}

// answer waits for the answer to a message of the webview 1.
func (d *double) answer(id string) string {
	d.a.t.Helper()
	return d.answerOf("1", id)
}

func (d *double) answerOf(view, id string) string {
	d.a.t.Helper()
	for {
		line := d.expect("post", view)[2]
		if strings.HasPrefix(line, "r "+id+" ") || strings.HasPrefix(line, "f "+id+" ") {
			return line
		}
	}
}

// delivery waits for a batch of messages for the page, and returns its number.
func (d *double) delivery(messages string) (id string) {
	d.a.t.Helper()
	for {
		line := d.expect("post", "1")
		kind, rest, _ := strings.Cut(line[2], " ")
		id, rest, _ = strings.Cut(rest, " ")
		if kind == "d" && strings.HasSuffix(rest, " "+messages) {
			return id
		}
	}
}

// end waits for the end of the host.
func (d *double) end() {
	d.a.t.Helper()
	ctx, cancel := await.Context(d.a.t.Context(), patience)
	defer cancel()
	for {
		more, gone := d.more()
		if gone {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			d.a.t.Fatal("the host does not end")
		}
	}
}
