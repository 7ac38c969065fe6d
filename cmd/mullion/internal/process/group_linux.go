package process

import (
	"os/exec"
	"syscall"
)

// own gives a program a group of its own, and has the kernel end it with us.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
