package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// tool is the built mullion.
var tool string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "mullion-tool-")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	status := 1
	tool = filepath.Join(dir, "mullion")
	build := exec.Command("go", "build", "-o", tool, "github.com/mullion-dev/mullion/cmd/mullion")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Printf("%v\n%s", err, out)
	} else {
		status = withDisplay(m)
	}
	os.RemoveAll(dir)
	os.Exit(status)
}

func withDisplay(m *testing.M) int {
	d, err := display.Start()
	if err != nil {
		if os.Getenv("CI") != "" {
			fmt.Println(err)
			return 1
		}
		os.Setenv("E2E_SKIP", err.Error())
		return m.Run()
	}
	defer d.Stop()
	return m.Run()
}

// needDisplay skips a test where there is no display.
func needDisplay(t testing.TB) {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
}

// project copies an app of testdata into a module of its own, which uses this
// checkout.
func project(t testing.TB, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "main.go.txt"), filepath.Join(dir, "main.go")); err != nil {
		t.Fatal(err)
	}
	checkout, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	mod := read(t, filepath.Join(checkout, "go.mod"))
	_, rest, _ := strings.Cut(mod, "\n")
	write(t, filepath.Join(dir, "go.mod"), "module example.com/devtest\n"+rest+
		"\nrequire github.com/mullion-dev/mullion v0.0.0\n\nreplace github.com/mullion-dev/mullion => "+strconv.Quote(checkout)+"\n")
	write(t, filepath.Join(dir, "go.sum"), read(t, filepath.Join(checkout, "go.sum")))
	return dir
}

func read(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run is a running tool.
type run struct {
	t    testing.TB
	dir  string
	cmd  *exec.Cmd
	log  *e2e.Log
	read int // how much of the log was looked at
	done chan struct{}
}

// start starts the tool in a project.
func start(t testing.TB, dir string, args ...string) *run {
	t.Helper()
	r := &run{t: t, dir: dir, cmd: exec.Command(tool, args...), log: &e2e.Log{}, done: make(chan struct{})}
	r.cmd.Dir = dir
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	// The app keeps its data in folders of the test's own.
	r.cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off", "HOME="+t.TempDir(), "XDG_DATA_HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=",
		"GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"), "GOPATH="+goEnv(t, "GOPATH"))
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.cmd.Wait()
		close(r.done)
	}()
	t.Cleanup(func() {
		r.cmd.Process.Kill()
		<-r.done
		if t.Failed() {
			t.Logf("log of the tool:\n%s", r.log.Tail(200))
		}
	})
	return r
}

func goEnv(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// want waits until the tool, or the app, prints something new, and returns
// what it has printed up to there.
func (r *run) want(pattern string) []string {
	r.t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	err := await.Until(await.Limit, func() error {
		text := r.log.Tail(1 << 20)
		if at := re.FindStringSubmatchIndex(text[min(r.read, len(text)):]); at != nil {
			found = re.FindStringSubmatch(text[r.read:])
			r.read += at[1]
			return nil
		}
		select {
		case <-r.done:
			return errors.New("the tool has ended")
		default:
		}
		return fmt.Errorf("%s is not printed", pattern)
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

// change replaces text in a file of the project.
func (r *run) change(name, old, new string) {
	r.t.Helper()
	file := filepath.Join(r.dir, name)
	text := read(r.t, file)
	if !strings.Contains(text, old) {
		r.t.Fatalf("%s has no %q", name, old)
	}
	write(r.t, file, strings.Replace(text, old, new, 1))
}

// told waits until the page tells of itself, and returns its name.
func (r *run) told(text, color string, version int) (page string) {
	r.t.Helper()
	return r.want(fmt.Sprintf(`told: page=(\w+) text="%s" color=rgb\(%s\) version=%d`, text, color, version))[1]
}

// window returns the window of the app on the screen.
func (r *run) window() (id uint32) {
	r.t.Helper()
	w, err := display.Open(r.t).Wait("devtest")
	if err != nil {
		r.t.Fatal(err)
	}
	return w.ID
}

// notice waits until that very window shows a notice above its page, or none.
func (r *run) notice(id uint32, want bool) {
	r.t.Helper()
	screen := display.Open(r.t)
	if err := await.Until(await.Limit, func() error {
		w, err := screen.Look(id)
		if err != nil {
			return err
		}
		if err := screen.Activate(id); err != nil {
			return err
		}
		p, err := screen.Picture(image.Rect(w.X+w.Width-5, w.Y+3, w.X+w.Width-4, w.Y+4))
		if err != nil {
			return err
		}
		c := p.RGBAAt(p.Rect.Min.X, p.Rect.Min.Y)
		if got := c == (color.RGBA{0x5a, 0x16, 0x20, 0xff}); got != want {
			return fmt.Errorf("its corner is %v: a notice is there: %v, want %v", c, got, want)
		}
		return nil
	}); err != nil {
		r.t.Fatal(err)
	}
}

// core returns the process that runs the app's own code.
func (r *run) core() int {
	r.t.Helper()
	for pid := range below(r.cmd.Process.Pid) {
		env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if strings.Contains("\x00"+string(env), "\x00MULLION_KEEPER=core") {
			return pid
		}
	}
	r.t.Fatal("there is no Core")
	return 0
}

// below returns the processes below one, with what tells them from later ones
// of the same number.
func below(pid int) map[int]string {
	started := map[int]string{}
	children := map[int][]int{}
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
		started[pid] = fields[19]
	}
	all := map[int]string{pid: started[pid]}
	for next := children[pid]; len(next) > 0; {
		all[next[0]] = started[next[0]]
		next = append(next[1:], children[next[0]]...)
	}
	return all
}

// child returns the only child of a process.
func child(t testing.TB, parent int) int {
	t.Helper()
	var found []int
	for pid := range below(parent) {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has just ended
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if fields[1] == strconv.Itoa(parent) {
			found = append(found, pid)
		}
	}
	if len(found) != 1 {
		t.Fatalf("process %d has the children %v, want one", parent, found)
	}
	return found[0]
}

// gone waits until none of the processes is there any more.
func gone(t testing.TB, pids map[int]string) {
	t.Helper()
	if err := await.Until(await.Limit, func() error {
		for pid, started := range pids {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			if err != nil {
				continue
			}
			fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
			if fields[19] == started && fields[0] != "Z" {
				return fmt.Errorf("left behind: %s", text)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// ended waits for the end of the tool, and returns its status.
func (r *run) ended() int {
	r.t.Helper()
	ctx, cancel := await.Context(context.Background(), await.Limit)
	defer cancel()
	select {
	case <-r.done:
	case <-ctx.Done():
		r.t.Fatal("the tool does not end")
	}
	return r.cmd.ProcessState.ExitCode()
}

func (r *run) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}
