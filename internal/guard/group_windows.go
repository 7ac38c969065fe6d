package guard

import (
	"os"
	"syscall"
)

// createNoWindow keeps a console from being shown (CREATE_NO_WINDOW in the
// documentation of CreateProcess).
const createNoWindow = 0x0800_0000

func groupAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: createNoWindow}
}

// killGroup kills a program; what it has started goes on.
func killGroup(p *os.Process) { _ = p.Kill() }

func signalOf(*os.ProcessState) int { return 0 }
