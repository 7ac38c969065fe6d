package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// kindOf names a process below an app as the report does.
func kindOf(p e2e.Process) string {
	switch p.Name {
	case e2e.WebProcess:
		return "web process"
	case e2e.NetworkProcess:
		return "network process"
	}
	return "host"
}

// meter measures the processor time of some processes, by name. Unlike a time
// between two events it does not depend on what else the machine does.
type meter struct {
	pids  map[string]int
	times map[string]float64 // when it was started, in µs
}

// newMeter makes a meter for a host and its web process, and for a Core
// unless that is 0.
func newMeter(core, host int) *meter {
	m := &meter{pids: map[string]int{"host": host}, times: map[string]float64{}}
	if core != 0 {
		m.pids["Core"] = core
	}
	for _, p := range e2e.Descendants(host) {
		if kind := kindOf(p); kind == "web process" {
			m.pids[kind] = p.PID
		}
	}
	return m
}

func (m *meter) start() {
	for kind, pid := range m.pids {
		m.times[kind] = cpuTime(pid)
	}
}

// add appends what was used since start, by n, to the values of each kind.
func (m *meter) add(values map[string][]float64, n int) {
	for kind, pid := range m.pids {
		values[kind] = append(values[kind], (cpuTime(pid)-m.times[kind])/float64(n))
	}
}

// cpuTime adds up the threads, see proc_pid_schedstat(5).
func cpuTime(pid int) (micros float64) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		nanos, _, _ := strings.Cut(string(b), " ")
		n, _ := strconv.ParseFloat(nanos, 64)
		micros += n / 1e3
	}
	return micros
}
