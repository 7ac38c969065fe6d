// Package footprint tells tests what processes hold: whether what they have
// opened and closed is gone.
package footprint

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Footprint is what one process holds.
type Footprint struct {
	Descriptors, Threads int
	// Private is the memory that would be free without the process, in KiB:
	// what it has written to and shares with nobody.
	Private int
}

// Of reads the footprint of a process, from Linux's /proc.
func Of(pid int) (f Footprint, err error) {
	if f.Descriptors, err = entries(pid, "fd"); err != nil {
		return f, err
	}
	if f.Threads, err = entries(pid, "task"); err != nil {
		return f, err
	}
	f.Private, err = private(pid)
	return f, err
}

func entries(pid int, dir string) (int, error) {
	d, err := os.Open(fmt.Sprintf("/proc/%d/%s", pid, dir))
	if err != nil {
		return 0, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	return len(names), err
}

func private(pid int) (kib int, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	return parsePrivate(string(b))
}

// parsePrivate reads /proc/PID/smaps_rollup, see proc_pid_smaps(5).
func parsePrivate(text string) (kib int, err error) {
	found := false
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		if name != "Private_Dirty" && name != "Swap" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		if err != nil {
			return 0, err
		}
		kib += n
		found = true
	}
	if !found {
		return 0, fmt.Errorf("no Private_Dirty in smaps_rollup %q", text)
	}
	return kib, nil
}

// Slope is by how much samples grow from one to the next: the median of the
// slopes between all pairs (Theil and Sen), which no single outlier can move,
// such as a cache that fills once or a collection of garbage.
func Slope(samples []float64) float64 {
	var slopes []float64
	for i, a := range samples {
		for j := i + 1; j < len(samples); j++ {
			slopes = append(slopes, (samples[j]-a)/float64(j-i))
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	half := len(slopes) / 2
	if len(slopes)%2 == 1 {
		return slopes[half]
	}
	return (slopes[half-1] + slopes[half]) / 2
}
