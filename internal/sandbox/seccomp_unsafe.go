//go:build linux

package sandbox

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// seccompLoad puts the calling thread under a filter. With the flag for it
// the result is the descriptor of the listener.
func seccompLoad(code []unix.SockFilter, flags uintptr) (int, error) {
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	r, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return -1, errno
	}
	return int(r), nil
}

// notice is struct seccomp_notif of linux/seccomp.h: a call that waits.
type notice struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

// answer is struct seccomp_notif_resp.
type answer struct {
	id    uint64
	val   int64
	error int32
	flags uint32
}

// The requests of ioctl(2) on a listener.
const (
	noticeReceive = unix.SECCOMP_IOCTL_NOTIF_RECV
	noticeAnswer  = unix.SECCOMP_IOCTL_NOTIF_SEND
	noticeIsValid = 0x40082102 // SECCOMP_IOCTL_NOTIF_ID_VALID
)

// receive takes the next call that waits.
func (n *notice) receive(listener int) error {
	*n = notice{} // the kernel wants zeros
	return seccompIoctl(listener, noticeReceive, unsafe.Pointer(n))
}

// valid reports whether the call still waits; if not, pid may be another process.
func (n *notice) valid(listener int) bool {
	return seccompIoctl(listener, noticeIsValid, unsafe.Pointer(&n.id)) == nil
}

func (a *answer) send(listener int) error {
	return seccompIoctl(listener, noticeAnswer, unsafe.Pointer(a))
}

func seccompIoctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
