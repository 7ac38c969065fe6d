package opener

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// oPath is O_PATH of open(2), which package syscall lacks.
const oPath = 0x200000

// openFile opens a file or folder without reading it, which waits for nothing
// and asks for no right to read, and returns its path without links.
func openFile(path string) (f *os.File, real string, err error) {
	if err := checkPath(path); err != nil {
		return nil, "", err
	}
	fd, err := syscall.Open(path, oPath|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	real, err = os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		_ = syscall.Close(fd)
		return nil, "", err
	}
	return os.NewFile(uintptr(fd), real), real, nil
}
