package process_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/process"
	"github.com/mullion-dev/mullion/internal/await"
)

// The test binary is the guarded program, too.
func TestMain(m *testing.M) {
	if os.Getenv("PROCESS_TEST") == "" {
		os.Exit(m.Run())
	}
	temp, guarded := process.Guarded()
	if !guarded {
		status, err := process.Guard(os.Getenv("PROCESS_TEMP"))
		if err != nil {
			fmt.Println(err)
			status = 1
		}
		os.Exit(status)
	}
	// One that leaves its group, and one that ignores the end of its parent.
	p, err := process.Start(process.Spec{
		Args:   []string{"sh", "-c", "setsid sleep 1000 & sleep 1000 & echo $$; wait"},
		Output: os.Stdout,
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	// One whose parent ends, and that ends after it.
	q, err := process.Start(process.Spec{Args: []string{"sh", "-c", "(sleep 0.1; exit 0) & exit 0"}})
	if err != nil || q.Err() != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("inner", os.Getpid())
	end := make(chan struct{})
	if os.Getenv("PROCESS_TEST") == "ends" {
		close(end)
	}
	terminated := untilTerminated()
	select {
	case <-end:
	case <-terminated:
	case <-p.Done():
	}
	process.Sweep()
	os.RemoveAll(temp) // the guard may be gone
	os.Exit(7)
}

// buffer is written and read by several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
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

// below are the processes of a session of the test, by a variable that all have.
func marked(mark string) (pids []string) {
	dirs, _ := os.ReadDir("/proc")
	for _, d := range dirs {
		if env, err := os.ReadFile("/proc/" + d.Name() + "/environ"); err == nil && strings.Contains(string(env), mark) {
			pids = append(pids, d.Name())
		}
	}
	return pids
}

// zombies counts dead children of a process.
func zombies(parent int) (n int) {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil && strings.Contains(string(text), fmt.Sprintf(") Z %d ", parent)) {
			n++
		}
	}
	return n
}

// TestGuard: whichever of the two is killed, nothing stays.
func TestGuard(t *testing.T) {
	for _, test := range []struct {
		name   string
		kill   func(guard, inner int) error
		status int
	}{
		{"nothing is killed", nil, 7},
		{"the guard is asked to end", func(guard, _ int) error { return syscall.Kill(guard, syscall.SIGTERM) }, 7},
		{"the guard is killed", func(guard, _ int) error { return syscall.Kill(guard, syscall.SIGKILL) }, -1},
		{"the guarded is killed", func(_, inner int) error { return syscall.Kill(inner, syscall.SIGKILL) }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			mark := fmt.Sprintf("PROCESS_MARK=%d-%d", os.Getpid(), time.Now().UnixNano())
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(self)
			out := &buffer{}
			cmd.Stdout, cmd.Stderr = out, out
			cmd.WaitDelay = time.Second // a killed guard leaves its output to the other
			kind := "waits"
			if test.kill == nil {
				kind = "ends"
			}
			temp := filepath.Join(t.TempDir(), "with: a colon")
			if err := os.Mkdir(temp, 0o700); err != nil {
				t.Fatal(err)
			}
			cmd.Env = append(os.Environ(), mark, "PROCESS_TEST="+kind, "PROCESS_TEMP="+temp)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if test.kill != nil {
				inner := 0
				if err := await.Until(await.Limit, func() error {
					_, rest, ok := strings.Cut(out.String(), "inner ")
					if inner, _ = strconv.Atoi(strings.TrimSpace(strings.Split(rest, "\n")[0])); !ok || inner == 0 {
						return fmt.Errorf("not started: %s", out)
					}
					if dead := zombies(inner); dead > 0 {
						return fmt.Errorf("%d dead processes that nobody waits for", dead)
					}
					if n := len(marked(mark)); n < 5 {
						return fmt.Errorf("%d processes, want the guard, the guarded, a shell and two more", n)
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if err := test.kill(cmd.Process.Pid, inner); err != nil {
					t.Fatal(err)
				}
			}
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != test.status {
				t.Errorf("got status %d, want %d: %s", got, test.status, out)
			}
			if err := await.Until(await.Limit, func() error {
				if pids := marked(mark); pids != nil {
					return fmt.Errorf("left behind: %v", pids)
				}
				if _, err := os.Stat(temp); err == nil {
					return fmt.Errorf("left behind: %s", temp)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStop(t *testing.T) {
	out := &buffer{}
	p, err := process.Start(process.Spec{Args: []string{"sh", "-c", "trap '' TERM; echo begun; while :; do sleep 0.01; done"}, Output: out})
	if err != nil {
		t.Fatal(err)
	}
	if err := await.Until(await.Limit, func() error {
		if out.String() == "" {
			return fmt.Errorf("not begun")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	now := make(chan struct{})
	close(now)
	p.Stop(time.Hour, now)
	if p.Status() != -1 || process.Describe(p.Err()) != "was ended: signal: killed" {
		t.Errorf("got %d %q", p.Status(), process.Describe(p.Err()))
	}
	if p, err := process.Start(process.Spec{Args: []string{"sh", "-c", "exit 3"}}); err != nil || process.Describe(p.Err()) != "ended with status 3" {
		t.Errorf("got %v", err)
	}
	if _, err := process.Start(process.Spec{Args: []string{"no-such-program"}}); err == nil {
		t.Error("a missing program was started")
	}
}
