//go:build linux

package sandbox

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// landlockABI returns the ABI that the kernel has.
func landlockABI() (int, error) {
	abi, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch errno {
	case 0:
		return int(abi), nil
	case unix.ENOSYS:
		return 0, errNoLandlock("the kernel is older than 5.13, or was built without it")
	case unix.EOPNOTSUPP:
		return 0, errNoLandlock("it is switched off at boot: add landlock to the lsm= parameter of the kernel")
	}
	return 0, errno
}

type errNoLandlock string

func (e errNoLandlock) Error() string { return string(e) }

// landlockRuleset makes a ruleset. The size of attr is what the ABI knows.
func landlockRuleset(attr *unix.LandlockRulesetAttr, abi int) (int, error) {
	size := unsafe.Sizeof(*attr)
	switch {
	case abi < 4:
		size = unsafe.Offsetof(attr.Handled_access_net)
	case abi < 6:
		size = unsafe.Offsetof(attr.Scoped)
	}
	fd, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(attr)), size, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func landlockAddPath(ruleset int, attr *unix.LandlockPathBeneathAttr) error {
	return landlockAdd(ruleset, unix.LANDLOCK_RULE_PATH_BENEATH, unsafe.Pointer(attr))
}

// landlockRulePort is LANDLOCK_RULE_NET_PORT of linux/landlock.h.
const landlockRulePort = 2

// landlockPort lets one TCP port be connected to, or be listened at.
func landlockPort(ruleset, port int, access uint64) error {
	// struct landlock_net_port_attr
	attr := struct{ access, port uint64 }{access, uint64(port)}
	return landlockAdd(ruleset, landlockRulePort, unsafe.Pointer(&attr))
}

func landlockAdd(ruleset int, kind int, attr unsafe.Pointer) error {
	if _, _, errno := unix.RawSyscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), uintptr(kind), uintptr(attr), 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// landlockRestrict puts the calling thread under the ruleset.
func landlockRestrict(ruleset int) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(ruleset), 0, 0); errno != 0 {
		return errno
	}
	return nil
}
