package sandbox

import "golang.org/x/sys/unix"

// Seal keeps other processes of the child's own view from reading this one's
// memory: a host calls it before pages run, which are in processes below it.
// It must come after the display was opened: where there is no user
// namespace, the broker cannot make connections for a sealed process.
func Seal() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// keepSocket keeps programs that this process starts from inheriting its
// socket.
func keepSocket() { closeOnExec(socketFD) }

func closeOnExec(fd int) { unix.CloseOnExec(fd) }
