package worker

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// limitMemory has the kernel refuse the process more private memory than limit
// beyond what it has now, so that Go's runtime ends it. What stacks of threads
// reserve counts as if it were used, so there is room for that: about 8 MiB for
// each processor and some more. It is the second line, behind a control group,
// and the first where there are none.
func limitMemory(limit int64) error {
	used, err := dataSize()
	if err != nil {
		return err
	}
	most := uint64(used + limit + stackSize()*int64(runtime.NumCPU()+8))
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most})
}

// stackSize is what the C library reserves for the stack of a thread.
func stackSize() int64 {
	const usual = 8 << 20
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_STACK, &l) != nil || l.Cur > 64<<20 {
		return usual
	}
	return int64(l.Cur)
}

// dataSize is what RLIMIT_DATA counts: private writable memory, see
// setrlimit(2) and VmData in proc(5).
func dataSize() (bytes int64, err error) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmData:"); ok {
			var kib int64
			_, err := fmt.Sscanf(rest, "%d kB", &kib)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmData")
}
