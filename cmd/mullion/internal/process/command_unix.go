//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// Group gives a command that ends with a context a group of its own, of which
// all ends with it.
func Group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
