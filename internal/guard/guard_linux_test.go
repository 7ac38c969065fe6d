package guard

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test program is a guard, or an app that is to be killed, if these say so.
const (
	guardTest = "GUARD_TEST=guard"
	appTest   = "GUARD_TEST=app"
)

func TestMain(m *testing.M) {
	switch os.Getenv("GUARD_TEST") {
	case "guard":
		if err := Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case "app":
		_, err := Start(Spec{Path: "/bin/sh", Args: []string{"sh", "-c", os.Args[1]}, Env: os.Environ(), Stdout: os.Stdout}, guardTest)
		if err != nil {
			panic(err)
		}
		select {}
	}
	os.Exit(m.Run())
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func shell(t *testing.T, script string) (*Process, *bufio.Reader) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(Spec{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}, Stdout: w}, guardTest)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); r.Close() })
	return p, bufio.NewReader(r)
}

func number(t *testing.T, r *bufio.Reader) int {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStatus(t *testing.T) {
	for script, want := range map[string]Status{
		"exit 0": {}, "exit 7": {Code: 7}, "kill -TERM $$": {Code: -1, Signal: 15}, "kill -KILL $$": {Code: -1, Signal: 9},
		"test $(id -u) = " + strconv.Itoa(os.Getuid()): {},
	} {
		p, _ := shell(t, script)
		if got, err := p.Wait(); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", script, got, err, want)
		}
		<-p.Gone()
		p.Kill()
	}
}

func TestRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path, dir string
		args      []string
		want      error
	}{
		{"/nowhere/at all", "", nil, os.ErrNotExist},
		{file, "", nil, os.ErrPermission},
		{"/bin/true", "/nowhere", nil, os.ErrNotExist},
		{"/bin/true", "", []string{strings.Repeat("x", 3<<20)}, unix.E2BIG},
		{"/bin/true", "", []string{strings.Repeat("x", 8<<20)}, unix.E2BIG},
	} {
		p, err := Start(Spec{Path: test.path, Args: append([]string{"x"}, test.args...), Dir: test.dir}, guardTest)
		if err == nil {
			p.Kill()
		}
		if !errors.Is(err, test.want) {
			t.Errorf("%s in %q: %v; want %v", test.path, test.dir, err, test.want)
		}
	}
}

// sessions is a program with a child, one in a session of its own, and one in
// the background whose parent has ended. It prints their numbers.
const sessions = `sleep 1000 & echo $!; setsid sleep 1000 & sh -c 'setsid sleep 1000 & echo $!'; `

// TestKill: all of it goes, whatever it has done to stay.
func TestKill(t *testing.T) {
	for _, test := range []struct{ name, end string }{{"runs", "wait"}, {"has ended", "exit 3"}} {
		t.Run(test.name, func(t *testing.T) {
			p, out := shell(t, sessions+test.end)
			pids := []int{number(t, out), number(t, out)}
			if test.end == "exit 3" {
				if s, err := p.Wait(); err != nil || s.Code != 3 {
					t.Errorf("%+v, %v", s, err)
				}
			} else {
				pids = append(pids, p.PID())
			}
			for _, pid := range pids {
				if !alive(pid) {
					t.Errorf("%d has ended early", pid)
				}
			}
			select {
			case <-p.Gone():
				t.Error("it is gone already")
			default:
			}
			p.Kill()
			for _, pid := range pids {
				if alive(pid) {
					t.Errorf("%d lives", pid)
					unix.Kill(pid, unix.SIGKILL)
				}
			}
			<-p.Gone()
		})
	}
}

// TestAppKilled: nothing stays when the process that has started it is killed.
func TestAppKilled(t *testing.T) {
	for _, victim := range []string{"app", "guard"} {
		t.Run(victim, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe", sessions+"echo $PPID; echo $$; wait")
			cmd.Env = append(os.Environ(), appTest)
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Kill()
			out := bufio.NewReader(stdout)
			pids := []int{number(t, out), number(t, out)}
			guard := number(t, out)
			pids = append(pids, number(t, out))
			if victim == "app" {
				err = cmd.Process.Kill()
			} else { // by the name of its program, say
				err = unix.Kill(guard, unix.SIGTERM)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, pid := range append(pids, guard) {
				until(t, fmt.Sprintf("%d ends", pid), func() bool { return !alive(pid) })
			}
		})
	}
}

// TestInherits: a program has three descriptors and the environment that it was
// given, and no signal is blocked in it, or ignored that is not in this process
// too, as by nohup.
func TestInherits(t *testing.T) {
	leak, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer leak.Close()
	if _, err := unix.FcntlInt(leak.Fd(), unix.F_SETFD, 0); err != nil { // as one that came with the app
		t.Fatal(err)
	}
	p, out := shell(t, `ls /proc/$$/fd; env | cut -d= -f1 | sort; exec grep -E 'Sig(Blk|Ign)' /proc/self/status`)
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	fields = slices.DeleteFunc(fields, func(s string) bool { return s == "_" || s == "PWD" || s == "OLDPWD" || s == "SHLVL" })
	last := len(fields) - 1
	if got, want := strings.Join(fields[:last], " "), "0 1 2 PATH SigBlk: 0000000000000000 SigIgn:"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(own), "SigIgn:")
	if got, may := signals(t, fields[last]), signals(t, strings.Fields(rest)[0]); got&^may != 0 {
		t.Errorf("ignored are %#x, and in this process %#x", got, may)
	}
	_, _ = p.Wait()
}

// signals reads a mask of signals.
func signals(t *testing.T, mask string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(mask, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// BenchmarkStart beside a start without a guard.
func BenchmarkStart(b *testing.B) {
	b.Run("guard", func(b *testing.B) {
		for b.Loop() {
			p, err := Start(Spec{Path: "/bin/true", Args: []string{"true"}}, guardTest)
			if err != nil {
				b.Fatal(err)
			}
			<-p.Gone()
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("/bin/true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
