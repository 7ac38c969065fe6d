package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// tree are the processes of a program: itself and all below it.
func tree(pid int) []int {
	pids := []int{pid}
	for _, p := range e2e.Descendants(pid) {
		pids = append(pids, p.PID)
	}
	return pids
}

// clean waits until no process of a peer is left, and ends those that stay, so
// that the next peer has the machine to itself. Orphans are the runner's, which
// is their reaper.
func (b *bench) clean() {
	for began := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		ours := map[int]bool{}
		for _, p := range e2e.Descendants(os.Getpid()) {
			if slices.Contains(b.helpers, p.PID) || p.Parent == os.Getpid() && ofBus(p.PID) {
				for _, pid := range tree(p.PID) {
					ours[pid] = true
				}
			}
		}
		left := 0
		for _, p := range e2e.Descendants(os.Getpid()) {
			if ours[p.PID] {
				continue
			}
			left++
			if time.Since(began) > 5*time.Second {
				fmt.Fprintf(os.Stderr, "process %d (%s) stays: ending it\n", p.PID, p.Name)
				syscall.Kill(p.PID, syscall.SIGKILL)
			}
		}
		if left == 0 {
			b.reap()
			return
		}
	}
}

// ofBus reports whether the bus has started a process, which then serves all
// peers and stays, as on a desktop. See "Message Bus Starting Services" in the
// D-Bus specification.
func ofBus(pid int) bool {
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(environ, []byte("\x00DBUS_STARTER_"))
}

// reap forgets orphans that have ended.
func (b *bench) reap() {
	for _, p := range e2e.Processes() {
		if p.Parent == os.Getpid() && p.State == 'Z' {
			syscall.Wait4(p.PID, nil, syscall.WNOHANG, nil)
		}
	}
}

// memory is what processes hold, in MiB.
type memory struct {
	// PSS adds up each page divided by the number of processes that have it,
	// those of other programs too.
	PSS float64
	// Alone is as if no other program had any page of it: what is private, and
	// each part of a file once, by the process that has most of it.
	Alone float64
}

func memoryOf(pids []int) memory {
	var m memory
	files := map[string]float64{}
	for _, pid := range pids {
		f, err := os.Open(fmt.Sprintf("/proc/%d/smaps", pid))
		if err != nil {
			continue // it has ended
		}
		read(f, &m, files)
		f.Close()
	}
	for _, kib := range files {
		m.Alone += kib
	}
	return memory{m.PSS / 1024, m.Alone / 1024}
}

// read adds one smaps, in KiB. See proc_pid_smaps(5).
func read(f *os.File, m *memory, files map[string]float64) {
	lines := bufio.NewScanner(f)
	var part string // of which file, empty if it is of none
	var resident, anonymous, pss float64
	end := func() {
		m.PSS += pss
		if part == "" {
			m.Alone += pss // shared by forks of one program alone
		} else {
			m.Alone += anonymous // written to, so its own
			files[part] = max(files[part], resident-anonymous)
		}
		resident, anonymous, pss = 0, 0, 0
	}
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 5 && strings.Contains(fields[0], "-") {
			end()
			part = ""
			if fields[4] != "0" { // inode
				part = fields[3] + " " + fields[4] + " " + fields[2]
			}
			continue
		}
		if len(fields) != 3 {
			continue
		}
		kib, _ := strconv.ParseFloat(fields[1], 64)
		switch fields[0] {
		case "Rss:":
			resident = kib
		case "Pss:":
			pss = kib
		case "Anonymous:":
			anonymous = kib
		}
	}
	end()
}

// processorTime is what processes have used with all their threads, in ms. See
// clock_getcpuclockid(3).
func processorTime(pids []int) map[int]float64 {
	const ofProcess = 2 // CPUCLOCK_SCHED
	times := map[int]float64{}
	for _, pid := range pids {
		var t unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|ofProcess), &t); err == nil {
			times[pid] = float64(t.Nano()) / 1e6
		}
	}
	return times
}
