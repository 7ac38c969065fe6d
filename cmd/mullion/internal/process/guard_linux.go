package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// guardVariable holds the number of the process that guards this one, and the
// folder that it removes.
const guardVariable = "MULLION_GUARD"

// Guarded reports whether this process was started by [Guard], and with which
// folder. It then has the kernel give it what its children leave behind, for
// [Sweep].
func Guarded() (temp string, ok bool) {
	number, temp, _ := strings.Cut(os.Getenv(guardVariable), ":")
	guard, err := strconv.Atoi(number)
	if err != nil || guard != os.Getppid() {
		return "", false
	}
	os.Unsetenv(guardVariable)
	// It was started as /proc/self/exe, and would be listed as "exe".
	os.WriteFile("/proc/self/comm", []byte(filepath.Base(os.Args[0])), 0)
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	// It is no longer in the foreground of its terminal, and prints there.
	signal.Ignore(syscall.SIGTTOU)
	go reap()
	return temp, true
}

// reapPause is how long dead processes may wait for reap.
const reapPause = time.Second

// reap takes the status of dead children that somebody else has left to us, and
// that nobody else waits for. It lasts as long as the process.
func reap() {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	for range died {
		time.Sleep(reapPause)
		own := syscall.Getpgrp()
		for _, p := range processes() {
			// What we have started leads a group, or is in ours.
			if p.parent == os.Getpid() && p.dead && p.group != p.pid && p.group != own {
				syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil)
			}
		}
	}
}

// Guard runs this program again, passes signals on to it, and returns the
// status that it ends with. However it ends, by SIGKILL too, all that it has
// started is ended then, and temp, a folder for what it makes meanwhile, removed.
// If it is the guard that is killed, the kernel asks the program to end.
func Guard(temp string) (status int, err error) {
	defer os.RemoveAll(temp)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("PR_SET_CHILD_SUBREAPER: %w", err)
	}
	signals := make(chan os.Signal, 8)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)
	// The kernel tells the program of the end of this thread, not of the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d:%s", guardVariable, os.Getpid(), temp))
	// A group of its own: what the terminal says is passed on once.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if s == syscall.SIGHUP { // the terminal has gone
					s = syscall.SIGTERM
				}
				cmd.Process.Signal(s)
			case <-done:
				return
			}
		}
	}()
	err = cmd.Wait()
	close(done)
	Sweep()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if exit.ExitCode() < 0 {
			return 0, fmt.Errorf("mullion itself was ended: %w", err)
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}

// sweepLimit bounds how long Sweep waits for processes that it has killed.
const sweepLimit = 5 * time.Second

// Sweep kills all processes below this one.
func Sweep() {
	for end := time.Now().Add(sweepLimit); time.Now().Before(end); {
		below := descendants(os.Getpid())
		if len(below) == 0 {
			return
		}
		for _, pid := range below {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		// What they leave behind becomes a child of ours, and the next round's.
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
		time.Sleep(time.Millisecond)
	}
}

// entry is a process of the system.
type entry struct {
	pid, parent, group int
	dead               bool // a zombie
}

func processes() (list []entry) {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		// pid (name) state ppid pgrp …; the name may have anything in it.
		i := strings.LastIndexByte(string(text), ')')
		fields := strings.Fields(string(text[i+1:]))
		if len(fields) < 3 {
			continue
		}
		e := entry{dead: fields[0] == "Z"}
		e.pid, _ = strconv.Atoi(strings.Split(name, "/")[2])
		e.parent, _ = strconv.Atoi(fields[1])
		e.group, _ = strconv.Atoi(fields[2])
		list = append(list, e)
	}
	return list
}

// descendants returns the processes below one, dead ones included.
func descendants(root int) []int {
	children := map[int][]int{}
	for _, p := range processes() {
		children[p.parent] = append(children[p.parent], p.pid)
	}
	var all []int
	for next := children[root]; len(next) > 0; {
		pid := next[0]
		next = append(next[1:], children[pid]...)
		all = append(all, pid)
	}
	return all
}
