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
	turns map[string]float64 // likewise
}

// newMeter makes a meter for a host and the processes of its engine, and for a Core
// unless that is 0.
func newMeter(core, host int) *meter {
	m := &meter{pids: map[string]int{"host": host}, times: map[string]float64{}, turns: map[string]float64{}}
	if core != 0 {
		m.pids["Core"] = core
	}
	for _, p := range e2e.Descendants(host) {
		if kind := kindOf(p); kind != "host" {
			m.pids[kind] = p.PID
		}
	}
	return m
}

func (m *meter) start() {
	for kind, pid := range m.pids {
		m.times[kind], m.turns[kind] = usage(pid)
	}
}

// add appends what was used since start, by n, to the values of each kind.
func (m *meter) add(times, turns map[string][]float64, n int) {
	for kind, pid := range m.pids {
		micros, count := usage(pid)
		times[kind] = append(times[kind], (micros-m.times[kind])/float64(n))
		turns[kind] = append(turns[kind], (count-m.turns[kind])/float64(n))
	}
}

// usage adds up the threads: the time on a processor, and how often they got
// one, which is how often they were woken or interrupted. See
// proc_pid_schedstat(5).
func usage(pid int) (micros, turns float64) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(b))
		if len(fields) != 3 {
			continue
		}
		nanos, _ := strconv.ParseFloat(fields[0], 64)
		n, _ := strconv.ParseFloat(fields[2], 64)
		micros += nanos / 1e3
		turns += n
	}
	return micros, turns
}
