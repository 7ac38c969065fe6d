//go:build linux

package webkitgtk

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// WebKit's script engine installs handlers for some signals without
// SA_ONSTACK. The Go runtime, which is asked next, then finds itself on a
// stack that it did not choose and ends the process, where it would have
// turned a nil dereference into a panic. So the flag is added afterwards
// (seen in WebKitGTK 2.50).
//
// Not so for the signal that stops a thread while scripts are collected: its
// handler refuses to run on another stack and is sent again without end.
var (
	// Installed when the script engine starts.
	scriptSignals = []unix.Signal{unix.SIGBUS, unix.SIGSEGV, unix.SIGXCPU}
	// Installed once more when the first script value arrives.
	watchdogSignals = []unix.Signal{unix.SIGXCPU}
)

// saOnStack is SA_ONSTACK, the same on every architecture but MIPS.
const saOnStack = 0x08000000

// sigaction begins as the kernel's structure does everywhere but on MIPS; of
// the rest it only has the room.
type sigaction struct {
	handler uintptr
	flags   uintptr
	rest    [4]uintptr
}

// maskSize is that of the kernel's signal set.
const maskSize = 8

func useSignalStack(signals []unix.Signal) error {
	for _, sig := range signals {
		var a sigaction
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&a)), maskSize, 0, 0); e != 0 {
			return fmt.Errorf("read the handler of %v: %w", sig, e)
		}
		const ignored = 1 // SIG_IGN; SIG_DFL is 0
		if a.handler <= ignored || a.flags&saOnStack != 0 {
			continue
		}
		a.flags |= saOnStack
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&a)), 0, maskSize, 0, 0); e != 0 {
			return fmt.Errorf("set the handler of %v: %w", sig, e)
		}
	}
	return nil
}

// growStack makes the stack of the calling goroutine about depth bytes
// large. The handler that stops a thread while scripts are collected runs on
// whatever stack the main thread is on; while that is a goroutine's, there
// must be room below. GODEBUG=gcshrinkstackoff=1 keeps it that way.
//
//go:noinline
func growStack(depth int) byte {
	var frame [16 << 10]byte
	frame[depth%len(frame)] = byte(depth)
	if depth > len(frame) {
		return growStack(depth-len(frame)) + frame[depth%len(frame)]
	}
	return frame[0]
}
