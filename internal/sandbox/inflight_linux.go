package sandbox

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// InFlight counts the descriptors that were sent to a child, or to a process
// below it, and that nobody has received yet. The kernel counts them for each
// user: beyond the limit of who sends, no program of the user sends any.
//
// It sees sockets that a process has open, since Linux 5.6, and none that are on
// their way themselves. It sees none of a process that is sealed and has no
// namespaces.
func InFlight(pid int) int {
	n := 0
	all := []int{pid}
	for i := 0; i < len(all) && i < maxTasks; i++ {
		n += inFlight(all[i])
		all = append(all, childrenOf(all[i])...)
	}
	return n
}

func childrenOf(pid int) (children []int) {
	lists, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for child := range strings.FieldsSeq(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				children = append(children, n)
			}
		}
	}
	return children
}

// inFlight counts those that were sent to one process. The list of its
// descriptors is closed to this one, so a copy is taken of each.
func inFlight(pid int) (n int) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(process)
	for fd := range min(tableSize(pid), maxDescriptors) {
		own, err := unix.PidfdGetfd(process, fd, 0)
		if err == unix.EPERM || err == unix.ESRCH {
			return n
		}
		if err != nil {
			continue
		}
		n += waiting(own)
		unix.Close(own)
	}
	return n
}

// tableSize is above all numbers of descriptors of a process.
func tableSize(pid int) int {
	status, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return field(status, "FDSize:")
}

// waiting counts the descriptors that wait in a socket.
func waiting(fd int) int {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return 0
	}
	info, _ := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	return field(info, "scm_fds:")
}

// field returns the number behind a name at the beginning of a line, 0 for none.
func field(text []byte, name string) int {
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte(name)); ok {
			n, _ := strconv.Atoi(string(bytes.TrimSpace(value)))
			return n
		}
	}
	return 0
}
