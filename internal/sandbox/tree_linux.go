package sandbox

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Tree is a child with all processes below it, to be looked at now and then. A
// look costs a microsecond for each process while they do nothing. It is for one
// goroutine.
type Tree struct {
	pid     int
	members []member
}

type member struct {
	pid   int
	spent time.Duration // of the process, when its memory was looked at
	main  time.Duration // of its first thread, at rest
	ended bool          // it was killed, and may take a while to go
}

// NewTree makes a tree of a child with that process id.
func NewTree(pid int) *Tree {
	t := &Tree{pid: pid}
	t.list(childrenOf)
	return t
}

// Spent returns the processor time that all threads have used, to the nanosecond,
// as far as their processes are known and have not ended. While it stays the same
// none has run, and so none has begun. See clock_getcpuclockid(3).
func (t *Tree) Spent() (sum time.Duration) {
	for _, m := range t.members {
		spent, _ := processTime(m.pid)
		sum += spent
	}
	return sum
}

// list finds the processes. Those that have gone are left out, for their numbers
// may become those of others.
func (t *Tree) list(children func(pid int) []int) {
	was := t.members
	t.members = nil
	pids := []int{t.pid}
	for i := 0; i < len(pids) && i < maxTasks; i++ {
		m := member{pid: pids[i]}
		if j := slices.IndexFunc(was, func(m member) bool { return m.pid == pids[i] }); j >= 0 {
			m = was[j]
		}
		t.members = append(t.members, m)
		pids = append(pids, children(pids[i])...)
	}
}

// Rest notes how far the main loops are. It finds processes that were started
// since by the first thread of another, as the engine's are.
func (t *Tree) Rest() {
	t.list(childrenOfMain)
	for i := range t.members {
		t.members[i].main = mainTime(t.members[i].pid)
	}
}

// Worked returns the most processor time that one first thread has used since
// Rest: toolkit and engine have their main loops there, while others tidy up now
// and then where nothing happens. ok is false before Rest, and where the kernel
// does not count it.
func (t *Tree) Worked() (most time.Duration, ok bool) {
	for _, m := range t.members {
		if m.main == 0 {
			return 0, false
		}
		most = max(most, mainTime(m.pid)-m.main)
	}
	return most, true
}

// mainTime is the processor time of the first thread of a process, or 0. See
// proc_pid_schedstat(5).
func mainTime(pid int) time.Duration {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/schedstat")
	first, _, _ := bytes.Cut(text, []byte(" "))
	n, _ := strconv.ParseInt(string(first), 10, 64)
	return time.Duration(n)
}

// webProcess is the name of the engine's processes for pages, as far as the
// kernel keeps it.
const webProcess = "WebKitWebProces"

// EndLarger ends the engine's processes for pages that hold more than limit bytes
// of memory that no file is behind and nobody shares. It looks at those that have
// run since it looked before, and returns how many it ended.
func (t *Tree) EndLarger(limit int64) (ended int) {
	for i := range t.members {
		m := &t.members[i]
		spent, ok := processTime(m.pid)
		if !ok || m.ended || spent == m.spent {
			continue
		}
		m.spent = spent
		if ownMemory(m.pid) > limit && t.end(m.pid) {
			m.ended = true
			ended++
		}
	}
	return ended
}

// end ends a process that is one for pages, and below the child still: the number
// may have become another's.
func (t *Tree) end(pid int) bool {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(process)
	comm, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if string(bytes.TrimSpace(comm)) != webProcess || !t.has(pid) {
		return false
	}
	return unix.PidfdSendSignal(process, unix.SIGKILL, nil, 0) == nil
}

// has looks whether a process is below the child.
func (t *Tree) has(pid int) bool {
	now := &Tree{pid: t.pid}
	now.list(childrenOf)
	return slices.ContainsFunc(now.members, func(m member) bool { return m.pid == pid })
}

// processTime is the processor time of a process, with threads that have ended.
func processTime(pid int) (time.Duration, bool) {
	const ofProcess = 2 // CPUCLOCK_SCHED, of the whole process
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|ofProcess), &t); err != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}

// ownMemory is what a process holds alone, in bytes, as the engine counts it for
// its own limit, but for pages that are on the disk. See proc_pid_statm(5).
func ownMemory(pid int) int64 {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	fields := bytes.Fields(text)
	if len(fields) < 3 {
		return 0
	}
	resident, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	shared, _ := strconv.ParseInt(string(fields[2]), 10, 64)
	return (resident - shared) * int64(os.Getpagesize())
}
