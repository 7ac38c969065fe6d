//go:build unix

package transfer

import "golang.org/x/sys/unix"

// openFlags keep an open from waiting where a file has become a pipe.
const openFlags = unix.O_NONBLOCK | unix.O_NOFOLLOW
