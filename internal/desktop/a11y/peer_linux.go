package a11y

import (
	"net"

	"golang.org/x/sys/unix"
)

// mayServe reports whether a server is one of a user, or of the system: others
// can take a name in /tmp, or one without a path, that a server has left. Root
// may have been asked to by any user.
func mayServe(c *net.UnixConn, user int) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var peer *unix.Ucred
	if raw.Control(func(fd uintptr) { peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }) != nil || err != nil {
		return false
	}
	return user == 0 || peer.Uid == 0 || int(peer.Uid) == user
}
