package display

import (
	"os/exec"
	"syscall"
)

// endWithUs makes the kernel end a program with the thread that starts it.
func endWithUs(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
