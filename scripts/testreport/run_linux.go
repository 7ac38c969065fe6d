package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/await"
)

// quiet is how long nothing may be heard from a package that runs, and dying
// how long it may take to say what it does.
const (
	quiet = 10 * time.Minute
	dying = time.Minute
)

// runTests runs go test and reports.
func runTests(command []string, r *report, strict bool) error {
	if len(command) == 0 {
		return errors.New("say what to run: testreport [flags] -- go test -json ./...")
	}
	// What loses its parent is ours, and so can be ended.
	err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	if err == nil {
		err = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0)
	}
	if err != nil {
		return fmt.Errorf("prctl: %w", err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)

	w := &watch{running: map[string]*silence{}}
	r.heard = w.heard
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout = in
	ended := make(chan error, 1)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // Pdeathsig is that of the thread
		err := cmd.Start()
		in.Close()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	read := make(chan error, 1)
	go func() { read <- r.read(out) }()
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case s := <-signals:
			endAll(os.Stderr, cmd.Process.Pid, 0)
			return fmt.Errorf("broken off: %v", s)
		case <-tick.C:
			reap(cmd.Process.Pid)
			w.look(os.Stderr)
		case err := <-ended:
			// What is left may hold the pipe open.
			endAll(os.Stderr, 0, await.Limit)
			if err := <-read; err != nil {
				return err
			}
			if told := r.finish(strict); told != nil {
				return told
			}
			return err
		}
	}
}

// watch looks for packages that hang.
type watch struct {
	mu      sync.Mutex
	running map[string]*silence // guarded by mu; by package
}

// silence is the time since a package was heard.
type silence struct {
	budget *await.Budget
	asked  time.Time // when it was asked what it does; zero if it was not
}

func (w *watch) heard(e event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Package == "" {
		return
	}
	if e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
		delete(w.running, e.Package)
		return
	}
	if s := w.running[e.Package]; s == nil || s.asked.IsZero() {
		w.running[e.Package] = &silence{budget: await.NewBudget(quiet)}
	}
}

// look ends what hangs.
func (w *watch) look(out io.Writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for pkg, s := range w.running {
		switch {
		case !s.asked.IsZero():
			if time.Since(s.asked) > dying {
				signalAll(binaries(pkg), syscall.SIGKILL)
			}
		case s.budget.Spent():
			fmt.Fprintf(out, "testreport: nothing was heard from %s: %v\n", pkg, s.budget.Err())
			signalAll(binaries(pkg), syscall.SIGQUIT) // it prints its goroutines
			s.asked = time.Now()
		}
	}
}

// binaries are the processes of a package's tests.
func binaries(pkg string) (pids []int) {
	for _, p := range below(os.Getpid()) {
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.pid))
		if path.Base(exe) == path.Base(pkg)+".test" {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

func signalAll(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s) // it may have ended
	}
}

// endAll waits for the end of all processes below this one, and ends those that
// are left when the time is over. It names them, but for what was running when
// the tests were broken off: first is go test then.
func endAll(out io.Writer, first int, limit time.Duration) {
	b := await.NewBudget(limit)
	named := map[int]bool{}
	for {
		reap(0)
		list := below(os.Getpid())
		if len(list) == 0 {
			return
		}
		if first != 0 || b.Spent() {
			for _, p := range list {
				if first == 0 && !named[p.pid] {
					fmt.Fprintf(out, "testreport: %s (%d) was left behind; it is ended\n", p.name, p.pid)
					named[p.pid] = true
				}
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// reap takes the end of processes that lost their parent, but not of keep.
func reap(keep int) {
	for _, p := range processes() {
		if p.ended && p.parent == os.Getpid() && p.pid != keep {
			_, _ = syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil)
		}
	}
}

type process struct {
	pid, parent int
	name        string
	ended       bool // and nobody has asked how
}

// processes lists all processes of the system, see proc_pid_stat(5).
func processes() (all []process) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		b, err := os.ReadFile(file)
		text := string(b)
		open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
		if err != nil || open < 0 || end < open {
			continue // gone in between
		}
		fields := strings.Fields(text[end+1:])
		if len(fields) < 2 {
			continue
		}
		p := process{name: text[open+1 : end], ended: fields[0] == "Z"}
		p.pid, _ = strconv.Atoi(strings.TrimSpace(text[:open]))
		p.parent, _ = strconv.Atoi(fields[1])
		all = append(all, p)
	}
	return all
}

// below lists the processes below one that have not ended.
func below(pid int) (found []process) {
	all := processes()
	parents := map[int]bool{pid: true}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if !p.ended && parents[p.parent] && !parents[p.pid] {
				parents[p.pid], grown = true, true
				found = append(found, p)
			}
		}
	}
	return found
}
