package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Process is a running process.
type Process struct {
	PID, Parent int
	// Name is that of its program, shortened by the kernel to 15 bytes.
	Name  string
	State byte
}

// Processes lists all processes of the system.
func Processes() []Process {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var ps []Process
	for _, s := range stats {
		b, err := os.ReadFile(s)
		if err != nil {
			continue // ended in between
		}
		if p, err := parseStat(string(b)); err == nil {
			ps = append(ps, p)
		}
	}
	return ps
}

// parseStat reads /proc/PID/stat, see proc_pid_stat(5).
func parseStat(s string) (p Process, err error) {
	open, end := strings.IndexByte(s, '('), strings.LastIndexByte(s, ')')
	if open < 0 || end < open {
		return p, fmt.Errorf("stat %q", s)
	}
	p.Name = s[open+1 : end]
	rest := strings.Fields(s[end+1:])
	if len(rest) < 2 {
		return p, fmt.Errorf("stat %q", s)
	}
	p.State = rest[0][0]
	if p.PID, err = strconv.Atoi(strings.TrimSpace(s[:open])); err != nil {
		return p, err
	}
	p.Parent, err = strconv.Atoi(rest[1])
	return p, err
}

// Descendants returns the living processes under pid. A pid of 0, which is
// that of a process that is not there, has none, though the kernel gives it to
// the parent of all.
func Descendants(pid int) []Process {
	if pid <= 0 {
		return nil
	}
	all := Processes()
	parents := []int{pid}
	var found []Process
	for i := 0; i < len(parents); i++ {
		for _, p := range all {
			if p.Parent == parents[i] && p.State != 'Z' && !slices.Contains(parents, p.PID) {
				parents = append(parents, p.PID)
				found = append(found, p)
			}
		}
	}
	return found
}

// The names of the engine's processes as the kernel shortens them.
const (
	WebProcess     = "WebKitWebProces"
	NetworkProcess = "WebKitNetworkPr"
)

// PIDs returns the processes below host whose program has that name.
func PIDs(host int, name string) []int {
	var found []int
	for _, p := range Descendants(host) {
		if p.Name == name {
			found = append(found, p.PID)
		}
	}
	return found
}

// Kill ends a process at once.
func Kill(t testing.TB, pid int) {
	t.Helper()
	if err := TryKill(pid); err != nil {
		t.Fatal(err)
	}
}

// TryKill is Kill where the process may be gone.
func TryKill(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}
