package sandbox

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// InFlight counts the descriptors that were sent to a process of the tree, and
// that nobody has received yet. The kernel counts them for each user: beyond the
// limit of who sends, no program of the user sends any.
//
// It sees sockets that a process has open, since Linux 5.6, and none that are on
// their way themselves. It sees none of a process that is sealed and has no
// namespaces.
func (t *Tree) InFlight() (n int) {
	t.list(childrenOf)
	for _, m := range t.members {
		n += inFlight(m.pid)
	}
	return n
}

// childrenOf lists the children of all threads of a process.
func childrenOf(pid int) (children []int) {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		return nil
	}
	defer dir.Close()
	tasks, _ := dir.Readdirnames(-1)
	for _, task := range tasks {
		children = append(children, childrenOfThread(pid, task)...)
	}
	return children
}

// childrenOfMain lists those of its first thread.
func childrenOfMain(pid int) []int { return childrenOfThread(pid, strconv.Itoa(pid)) }

func childrenOfThread(pid int, task string) (children []int) {
	text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/task/" + task + "/children")
	for child := range strings.FieldsSeq(string(text)) {
		if n, err := strconv.Atoi(child); err == nil {
			children = append(children, n)
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
