package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
)

// TestMain is the program itself when it is asked to be.
func TestMain(m *testing.M) {
	if os.Getenv("TESTREPORT_MAIN") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// start runs the program with a shell script in the place of go test.
func start(t *testing.T, script string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "--", "sh", "-c", script)
	cmd.Env = append(os.Environ(), "TESTREPORT_MAIN=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, &out
}

// pid waits for a number in a file.
func pid(t *testing.T, file string) (n int) {
	t.Helper()
	if err := await.Until(await.Limit, func() error {
		b, err := os.ReadFile(file)
		if err == nil {
			n, err = strconv.Atoi(strings.TrimSpace(string(b)))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func gone(t *testing.T, pid int) {
	t.Helper()
	if err := await.Until(await.Limit, func() error {
		for _, p := range processes() {
			if p.pid == pid && !p.ended {
				return fmt.Errorf("%s (%d) is still there", p.name, pid)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// Whatever a run has started ends when it is broken off, also what has lost its
// parent and has a session of its own.
func TestBrokenOff(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		file := filepath.Join(t.TempDir(), "pid")
		cmd, _ := start(t, `(setsid sleep 1000 & echo $! >`+file+`.part; mv `+file+`.part `+file+`) & sleep 1000`)
		orphan := pid(t, file)
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("a run that was broken off is no success")
		}
		gone(t, orphan)
	}
}

// So it does when the shell that has started testreport is killed.
func TestParentEnds(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pid")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", "-c", exe+` -- sh -c 'echo $$ >`+file+`; sleep 1000; true'; true`)
	shell.Env = append(os.Environ(), "TESTREPORT_MAIN=1")
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	below := pid(t, file)
	_ = shell.Process.Kill()
	_ = shell.Wait()
	gone(t, below)
}

func TestPasses(t *testing.T) {
	cmd, out := start(t, `echo '{"Action":"pass","Package":"x/a","Test":"TestA"}'; echo '{"Action":"pass","Package":"x/a"}'`)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	cmd, out = start(t, `echo '{"Action":"pass","Package":"x/a"}'; exit 3`)
	if err := cmd.Wait(); err == nil {
		t.Errorf("go test has failed: %s", out)
	}
}

func TestSilence(t *testing.T) {
	w := &watch{running: map[string]*silence{}}
	w.heard(event{Package: "x/none", Action: "start"})
	s := w.running["x/none"]
	s.budget = await.NewBudget(0)
	var out bytes.Buffer
	w.look(&out)
	if s.asked.IsZero() || !strings.Contains(out.String(), "nothing was heard from x/none") {
		t.Errorf("got %q", out.String())
	}
	w.heard(event{Package: "x/none", Action: "output"})
	if w.running["x/none"] != s {
		t.Error("what it says while it ends gives it more time")
	}
	s.asked = time.Now().Add(-2 * dying)
	w.look(&out)
	w.heard(event{Package: "x/none", Action: "fail"})
	if len(w.running) != 0 {
		t.Error("it has ended")
	}
}
