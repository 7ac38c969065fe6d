package kept

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// always is an app that keeps its windows itself, by Options.Keep.
type always struct {
	*bench
	cmd     *exec.Cmd
	done    chan struct{}
	printed *e2e.Log
}

func startAlways(t *testing.T, name string) *always {
	t.Helper()
	b, env := newBench(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = name
	printed := &e2e.Log{}
	output := io.MultiWriter(t.Output(), printed)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, output, output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	a := &always{b, cmd, make(chan struct{}), printed}
	b.keeper = cmd.Process.Pid
	go func() { _ = cmd.Wait(); close(a.done) }()
	t.Cleanup(func() {
		_ = syscall.Kill(cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-a.done:
		case <-await.Hang(context.Background(), await.Limit):
			t.Error("the app does not end")
			_ = cmd.Process.Kill()
		}
	})
	return a
}

// another waits until another Core is there.
func (a *always) another() {
	a.Helper()
	select {
	case a.life = <-a.lives:
	case <-a.done:
		a.Fatal("the app has ended: ", a.cmd.ProcessState)
	case <-a.ctx.Done():
		a.Fatal("no Core comes")
	}
	if parent := parentOf(a.life.PID); parent != a.cmd.Process.Pid {
		a.Fatalf("the Core is a child of %d, want %d", parent, a.cmd.Process.Pid)
	}
}

func parentOf(pid int) int {
	for _, p := range e2e.Processes() {
		if p.PID == pid {
			return p.Parent
		}
	}
	return 0
}

// An app that crashes, or is killed, is there again under its windows.
func TestOptionKeep(t *testing.T) {
	a := startAlways(t, "keeps")
	a.another()
	a.until("the page is there", func() error { return a.is("main", `return window.ready === true`, "true") })
	id := a.window("main")
	a.must("open", "second", "")
	second := a.window("second")
	a.must("count", "", "")
	boot := a.must("eval", "main", `window.script = 42; return performance.timeOrigin`)
	for _, end := range []func(){
		func() { a.signal(a.life.PID, syscall.SIGKILL) },
		func() { _, _ = a.do("crash", "", "") },
		func() { a.signal(a.life.PID, syscall.SIGSEGV) },
	} {
		end()
		a.another()
		a.until("the page is told", func() error { return a.is("main", `return replaced > 0 && (replaced = 0, true)`, "true") })
		if got := a.window("main"); got != id {
			t.Fatalf("got window %#x, want %#x", got, id)
		}
		if got := a.window("second"); got != second {
			t.Fatalf("got window %#x, want %#x", got, second)
		}
		for script, want := range map[string]string{
			`return performance.timeOrigin`:             boot,
			`return window.script`:                      "42",
			`return counts.at(-1)`:                      "1",
			`return await invoke("version")`:            `"keeps"`,
			`return (await state("count").get()).value`: "1",
		} {
			if err := a.is("main", script, want); err != nil {
				t.Fatal(err)
			}
		}
		a.until("the app is told", func() error { return a.is("main", `return await invoke("told")`, `["second","core crashed"]`) })
	}
}

// One that crashes again and again ends, with the status of the crash.
func TestOptionKeepGivesUp(t *testing.T) {
	t.Setenv("KEPT_PANICS", filepath.Join(t.TempDir(), "panics"))
	a := startAlways(t, "keeps")
	a.another()
	a.until("the page is there", func() error { return a.is("main", `return window.ready === true`, "true") })
	below := e2e.Descendants(a.cmd.Process.Pid)
	if err := os.WriteFile(os.Getenv("KEPT_PANICS"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a.signal(a.life.PID, syscall.SIGKILL)
	select {
	case <-a.done:
	case <-a.ctx.Done():
		t.Fatal("it does not give up")
	}
	if code := a.cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("got status %d, want 2", code)
	}
	if log := a.printed.Tail(100); !strings.Contains(log, "mullion: keeper: the app has crashed too often (exit status 2), and is not started again") {
		t.Errorf("nobody is told why:\n%s", log)
	}
	a.nothingLeft(below)
}

// An app that a test runs is no reason to begin the tests again.
func TestOptionKeepInTests(t *testing.T) {
	_, err := mullion.New(mullion.Options{
		Keep: true, DataDir: t.TempDir(),
		Files: fstest.MapFS{"mullion.conf.json": {Data: []byte(conf)}, "ui/index.html": {Data: []byte(page)}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
