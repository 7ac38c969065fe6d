package keeper

import (
	"fmt"
	"os"
)

// Role is what a process that has to do with a keeper was started for.
type Role string

// The roles. An app that runs by itself has none.
const (
	RoleNone   Role = ""
	RoleKeeper Role = "keeper"
	RoleCore   Role = "core"
)

// variable tells a process its role. Without the socket at linkFD that makes it
// nothing.
const variable = "MULLION_KEEPER"

// linkFD is where a keeper finds the tool, and a Core its keeper.
const linkFD = 3

// TakeRole returns the role that this process was started in, with its end of
// the link, and removes the role from the environment: what the app starts has
// none.
func TakeRole() (Role, *os.File, error) {
	r := Role(os.Getenv(variable))
	if r == RoleNone {
		return r, nil, nil
	}
	os.Unsetenv(variable)
	if r != RoleKeeper && r != RoleCore {
		return RoleNone, nil, fmt.Errorf("%s=%s is set, which is no role; unset it to start the app", variable, r)
	}
	f := os.NewFile(linkFD, "link")
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return RoleNone, nil, fmt.Errorf("%s=%s is set, but this process was started by no keeper and no tool; unset it to start the app", variable, r)
	}
	return r, f, nil
}
