package worker

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/mullion-dev/mullion/internal/wire"
)

// maxStack is how deep a goroutine of a worker may recurse, in bytes: about a
// million calls. Go's own limit is 1 GiB, which is more than many workers may
// have altogether.
const maxStack = 64 << 20

// Prepare makes this process a worker's, before any work.
func Prepare(hello wire.WorkerHello) error {
	debug.SetMaxStack(maxStack)
	// An interrupt at the terminal goes to all processes of the app; the Core
	// decides what comes of it.
	signal.Ignore(os.Interrupt)
	if hello.MemoryLimit <= 0 {
		return nil
	}
	if err := limitMemory(hello.MemoryLimit); err != nil {
		return fmt.Errorf("limit memory to %d bytes: %w", hello.MemoryLimit, err)
	}
	return nil
}

// SoftLimit is the GOMEMLIMIT of a process with that limit. Near it the
// collector works harder; the rest is room for what it does not count.
func SoftLimit(limit int64) int64 { return limit / 10 * 9 }
