package sandbox

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// rlimits are what a confined child may take of what the kernel counts for each
// user, so that it does not take it from the programs of that user. A limit that
// is lower already stays.
var rlimits = []struct {
	resource int
	most     uint64
	reason   string
}{
	{unix.RLIMIT_NOFILE, 4096, "bounds descriptors that are on their way through sockets, too: beyond the limit of who sends, the kernel lets no program of the user send any"},
	{unix.RLIMIT_SIGPENDING, 1024, "timers of POSIX count as signals that wait; engines have none"},
	{unix.RLIMIT_MSGQUEUE, 0, "message queues of POSIX, of which engines have none"},
}

// limitResources puts limits on this process and all that it starts.
func limitResources() error {
	for _, l := range rlimits {
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
