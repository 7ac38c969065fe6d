//go:build unix

package assets

import (
	"errors"
	"syscall"
)

// openFlags keep an open from following a link in the last component, from
// waiting for the other end of a FIFO, and from taking over a terminal.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK | syscall.O_NOCTTY

// isMissing reports whether err means that a path can lead to no file: a file
// for a directory, a name too long to exist, links that go in a circle.
func isMissing(err error) bool {
	for _, number := range []syscall.Errno{syscall.ENOTDIR, syscall.ENAMETOOLONG, syscall.ELOOP} {
		if errors.Is(err, number) {
			return true
		}
	}
	return false
}
