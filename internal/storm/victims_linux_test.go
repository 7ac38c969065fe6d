package storm_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// victim is a process that may be struck.
type victim struct {
	process string // what it is: "host", "web process", …
	host    string // whose it is, as in App.Processes
	pid     int
}

const (
	hostProcess    = "host"
	webProcess     = "web process"
	networkProcess = "network process"
	workerProcess  = "worker"
	dialogProcess  = "dialogs"
	guardProcess   = "guard" // of a host's display and buses
)

// victims lists the processes of the app that run just now.
func (s *storm) victims() (found []victim) {
	for name, pid := range s.app.Processes() {
		if strings.HasPrefix(name, "worker:") {
			found = append(found, victim{workerProcess, name, pid})
			continue
		}
		found = append(found, victim{hostProcess, name, pid})
		for _, p := range e2e.Descendants(pid) {
			switch p.Name {
			case e2e.WebProcess:
				found = append(found, victim{webProcess, name, p.PID})
			case e2e.NetworkProcess:
				found = append(found, victim{networkProcess, name, p.PID})
			}
		}
	}
	known := s.display.PIDs()
	for _, v := range found {
		known = append(known, v.pid)
	}
	for _, p := range e2e.Descendants(os.Getpid()) {
		if p.Parent != os.Getpid() || slices.Contains(known, p.PID) {
			continue
		}
		switch role(p.PID) {
		case "dialogs":
			found = append(found, victim{dialogProcess, "", p.PID})
		case "display":
			found = append(found, victim{guardProcess, "", p.PID})
		}
	}
	slices.SortFunc(found, func(a, b victim) int { return a.pid - b.pid })
	return found
}

// role is what a process of the app was started for; "" if it does not tell.
func role(pid int) string {
	env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	for variable := range strings.SplitSeq(string(env), "\x00") {
		if role, ok := strings.CutPrefix(variable, "MULLION_ROLE="); ok {
			return role
		}
	}
	return ""
}

// strike sends a signal to a process of the app. The number may have been
// given to another process meanwhile; the handle is of the one that was
// looked at.
func strike(pid int, sig syscall.Signal) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	defer p.Release()
	if !slices.ContainsFunc(e2e.Descendants(os.Getpid()), func(d e2e.Process) bool { return d.PID == pid }) {
		return fmt.Errorf("process %d: %w", pid, os.ErrProcessDone)
	}
	return p.Signal(sig)
}

// stopped returns the processes below this one that stand still.
func stopped() (pids []int) {
	for _, p := range e2e.Descendants(os.Getpid()) {
		if p.State == 'T' {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

// signals are the ways to strike, by name.
var signals = map[string]syscall.Signal{"kill": syscall.SIGKILL, "segv": syscall.SIGSEGV, "stop": syscall.SIGSTOP}

// errGone says that there was nothing to strike.
var errGone = errors.New("no such process runs")
