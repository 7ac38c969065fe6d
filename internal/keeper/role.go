package keeper

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Role is what a process that has to do with a keeper was started for.
type Role string

// The roles. An app that runs by itself has none.
const (
	RoleNone   Role = ""
	RoleKeeper Role = "keeper"
	RoleCore   Role = "core"
)

// variable tells a process its role, and the number of the descriptor by which
// a keeper finds the tool, and a Core its keeper. Without that socket it makes
// it nothing.
const variable = "MULLION_KEEPER"

// linkFD is that descriptor in a process that was started for its role.
const linkFD = 3

func setting(r Role, fd int) string { return fmt.Sprintf("%s=%s:%d", variable, r, fd) }

// TakeRole returns the role that this process was started in, with its end of
// the link, and removes the role from the environment: what the app starts has
// none.
func TakeRole() (Role, *os.File, error) {
	v := os.Getenv(variable)
	if v == "" {
		return RoleNone, nil, nil
	}
	os.Unsetenv(variable)
	role, number, _ := strings.Cut(v, ":")
	r := Role(role)
	fd, err := strconv.Atoi(number)
	if err != nil || fd < linkFD || r != RoleKeeper && r != RoleCore {
		return RoleNone, nil, fmt.Errorf("%s=%s is set, which is no role; unset it to start the app", variable, v)
	}
	f := os.NewFile(uintptr(fd), "link")
	if f == nil {
		return RoleNone, nil, fmt.Errorf("%s=%s is set, which is no role; unset it to start the app", variable, v)
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeSocket == 0 {
		return RoleNone, nil, fmt.Errorf("%s=%s is set, but this process was started by no keeper and no tool; unset it to start the app", variable, v)
	}
	return r, f, nil
}
