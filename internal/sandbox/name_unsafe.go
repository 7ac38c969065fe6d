//go:build linux

package sandbox

import (
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// nameProcess gives the calling thread the name of the program, of which the
// kernel takes 15 bytes. Children are started by way of /proc, and ps would
// call all of them "exe".
func nameProcess() {
	if len(os.Args) == 0 {
		return
	}
	name := append([]byte(filepath.Base(os.Args[0])), 0)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
}
