package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// windowsVariable is how many windows a process opens that is started to be
// measured; empty is 1.
const windowsVariable = "MULLION_BENCH_WINDOWS"

const (
	// idleSettle is how long an app is left alone before it counts as idle:
	// engines tidy up some seconds after a page was loaded.
	idleSettle = 15 * time.Second
	// idleTime is how long it is watched, for each value.
	idleTime = 10 * time.Second
)

// idle measures the processor time of all processes of an app whose windows do
// nothing, with one window and with four, both at once.
func (b *bench) idle(context.Context) error {
	counts := []int{1, 4}
	var apps []*started
	for _, n := range counts {
		dir, err := os.MkdirTemp("", "mullion-bench-idle-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		p, _, err := startProcess(dir, nil, windowsVariable+"="+strconv.Itoa(n))
		if err != nil {
			return err
		}
		defer p.end()
		apps = append(apps, p)
	}
	time.Sleep(idleSettle)
	values := make([]map[string][]float64, len(apps))
	for i := range values {
		values[i] = map[string][]float64{}
	}
	for range b.idles {
		before := make([]map[string]float64, len(apps))
		for i, p := range apps {
			before[i] = p.spent()
		}
		time.Sleep(idleTime)
		for i, p := range apps {
			all := 0.0
			for kind, ms := range p.spent() {
				ms -= before[i][kind]
				values[i][kind] = append(values[i][kind], ms)
				all += ms
			}
			values[i]["all"] = append(values[i]["all"], all)
		}
	}
	for i, n := range counts {
		for _, kind := range []string{"Core", "host", "web process", "network process", "all"} {
			b.report.add(fmt.Sprintf("processor time of %s, idle: %s", plural(n, "window"), kind), "ms/10 s", values[i][kind])
		}
	}
	return nil
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// spent is the processor time of its processes by kind, in ms.
func (p *started) spent() map[string]float64 {
	times := map[string]float64{"Core": processTime(p.cmd.Process.Pid)}
	for _, q := range e2e.Descendants(p.cmd.Process.Pid) {
		times[kindOf(q)] += processTime(q.PID)
	}
	return times
}

// processTime is the processor time of a process with all its threads, also
// those that have ended, in ms. See clock_getcpuclockid(3).
func processTime(pid int) float64 {
	const ofProcess = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|ofProcess), &t); err != nil {
		return 0 // it has ended
	}
	return float64(t.Nano()) / 1e6
}
