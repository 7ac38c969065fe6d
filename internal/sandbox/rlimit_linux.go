package sandbox

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxTasks is how many threads and processes a child and all below it may have
// together. A window with an engine has some twenty.
const maxTasks = 4096

// maxDescriptors is how many descriptors each process may have.
const maxDescriptors = 4096

// rlimits are what a confined child may take of what the kernel counts for each
// user, so that it does not take it from the programs of that user. A limit that
// is lower already stays.
var rlimits = []struct {
	resource int
	most     uint64
	// apart is set where the count is of use only if it is that of the child's
	// user namespace.
	apart  bool
	reason string
}{
	{unix.RLIMIT_NOFILE, maxDescriptors, false, "bounds descriptors that are on their way through sockets, too: beyond the limit of who sends, the kernel lets no program of the user send any"},
	{unix.RLIMIT_SIGPENDING, 1024, false, "timers of POSIX count as signals that wait; engines have none"},
	{unix.RLIMIT_MSGQUEUE, 0, false, "message queues of POSIX, of which engines have none"},
	{unix.RLIMIT_NPROC, maxTasks, true, "threads and processes: beyond the user's limit, no program of the user starts any"},
	{unix.RLIMIT_MEMLOCK, 64 << 10, false, "memory that cannot be swapped: libraries keep keys in a few pages"},
	{unix.RLIMIT_RTPRIO, 0, false, "a thread of real time keeps all others off its processor"},
	{unix.RLIMIT_NICE, 0, false, "no child comes before the programs of the user"},
}

// limitResources puts limits on this process and all that it starts. apart says
// that it has a user namespace.
func limitResources(apart bool) error {
	if err := limitCore(true); err != nil {
		return err
	}
	apart = apart && countsApart()
	for _, l := range rlimits {
		if l.apart && !apart {
			continue
		}
		var now syscall.Rlimit
		if err := syscall.Getrlimit(l.resource, &now); err != nil {
			return fmt.Errorf("limit %d: %w", l.resource, err)
		}
		// By package syscall, which else restores the limit of descriptors that
		// this process began with when it starts the next one.
		to := syscall.Rlimit{Cur: min(now.Cur, l.most), Max: min(now.Max, l.most)}
		if err := syscall.Setrlimit(l.resource, &to); err != nil {
			return fmt.Errorf("limit %d: %w", l.resource, err)
		}
	}
	return nil
}

// countsApart reports whether the kernel counts what is in a user namespace for
// itself, which it does since Linux 5.14. Before, all processes of the user
// count, so that no number suits.
func countsApart() bool {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return false
	}
	var major, minor int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor); err != nil {
		return false
	}
	return major > 5 || major == 5 && minor >= 14
}
