package sandbox

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// noCore is the limit for files with the memory of a process that has crashed:
// too small for any, and the one value with which the kernel does not call a
// program that collects them. With 0 it does, and some collect all the same.
const noCore = 1

// NoCoreDumps keeps the system from writing down the memory of this process if
// it crashes, and that of those that it starts. Programs of others may undo it.
func NoCoreDumps() error { return limitCore(false) }

// limitCore sets the limit, for good or so that it can be undone.
func limitCore(forGood bool) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(unix.RLIMIT_CORE, &l); err != nil {
		return fmt.Errorf("limit of core dumps: %w", err)
	}
	l.Cur = min(noCore, l.Max)
	if forGood {
		l.Max = l.Cur
	}
	if err := syscall.Setrlimit(unix.RLIMIT_CORE, &l); err != nil {
		return fmt.Errorf("limit of core dumps: %w", err)
	}
	return nil
}
