package sandbox

import (
	"errors"
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// landlockMost is the newest ABI of Landlock that is made use of, for it is
// the newest that this was tried with; see landlock(7) for what each brought.
const landlockMost = 7

// landlockRights are the file rights that an ABI can restrict.
func landlockRights(abi int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM)
	if abi >= 2 {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 5 {
		rights |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return rights
}

// fileRights are the rights that can be given for what is not a folder.
const fileRights = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
	unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV

// rights translates what a view grants.
func (a access) rights() uint64 {
	var r uint64
	if a&read != 0 {
		r |= unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	}
	if a&execute != 0 {
		r |= unix.LANDLOCK_ACCESS_FS_EXECUTE
	}
	if a&(device|socket) != 0 {
		r |= unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	}
	if a&device != 0 {
		r |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	if a&write != 0 {
		// No device files, which could stand for anything.
		r |= unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
			unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
			unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_SYM | unix.LANDLOCK_ACCESS_FS_REFER |
			unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	return r
}

// anyPort stands for all ports.
const anyPort = -1

// landlock restricts the calling thread, and what it starts, to the view.
// port is the one TCP port that may be connected to, 0 for none, anyPort for
// all. The scope of
// abstract sockets is left open unless scoped: libxcb gives up at its EPERM
// instead of trying the socket that has a path. It returns the ABI in use.
func landlock(most int, v []opened, port, listen int, scoped bool) (abi int, err error) {
	abi, err = landlockABI()
	if err != nil {
		return 0, err
	}
	abi = min(abi, most, landlockMost)
	if abi < 1 {
		return 0, errors.New("switched off")
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: landlockRights(abi)}
	if abi >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP
		if port != anyPort {
			attr.Handled_access_net |= unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		}
	}
	if abi >= 6 {
		attr.Scoped = unix.LANDLOCK_SCOPE_SIGNAL
		if scoped {
			attr.Scoped |= unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
		}
	}
	ruleset, err := landlockRuleset(&attr, abi)
	if err != nil {
		return 0, fmt.Errorf("make a ruleset: %w", err)
	}
	defer unix.Close(ruleset)
	for _, p := range v {
		if err := landlockPath(ruleset, p, attr.Handled_access_fs); err != nil {
			return 0, fmt.Errorf("rule for %s: %w", p.Path, err)
		}
	}
	if port > 0 && abi >= 4 {
		if err := landlockPort(ruleset, port, unix.LANDLOCK_ACCESS_NET_CONNECT_TCP); err != nil {
			return 0, fmt.Errorf("rule for port %d: %w", port, err)
		}
	}
	if listen > 0 && abi >= 4 {
		if err := landlockPort(ruleset, listen, attr.Handled_access_net); err != nil {
			return 0, fmt.Errorf("rule for port %d: %w", listen, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("no new privileges: %w", err)
	}
	if err := landlockRestrict(ruleset); err != nil {
		return 0, fmt.Errorf("restrict: %w", err)
	}
	return abi, nil
}

// landlockPath adds the rule for one path.
func landlockPath(ruleset int, p opened, handled uint64) error {
	fd := int(p.file.Fd())
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	rights := p.Access.rights() & handled
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= fileRights
	}
	if rights == 0 || fd > math.MaxInt32 {
		return nil
	}
	return landlockAddPath(ruleset, &unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)})
}
