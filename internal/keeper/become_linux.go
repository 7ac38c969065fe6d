package keeper

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// alwaysPatience is how long the windows of an app stay that has crashed: it is
// started again at once, and takes a moment.
const alwaysPatience = 30 * time.Second

// Become starts this process anew as the keeper of its own program, which then
// starts once more as a Core. It returns only if that fails.
func Become() error {
	program, err := openSelf()
	if err != nil {
		return fmt.Errorf("keeper: %w", err)
	}
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	ours, theirs, err := socketPair(false)
	if err != nil {
		return fmt.Errorf("keeper: %w", err)
	}
	ours.send(message{Op: opBegin, Mode: modeAlways, Path: path, Name: os.Args[0], Args: os.Args[1:], Patience: alwaysPatience}, program)
	fd, err := unix.FcntlInt(theirs.Fd(), unix.F_DUPFD, linkFD) // which the new program has, too
	if err == nil {
		err = syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), setting(RoleKeeper, fd)))
		unix.Close(fd)
	}
	theirs.Close()
	ours.close()
	return fmt.Errorf("keeper: start the program as one: %w", err)
}
