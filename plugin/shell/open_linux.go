package shell

import (
	"fmt"
	"os/exec"
	"syscall"

	"github.com/mullion-dev/mullion"
)

// startDetached starts a program of the user's, which outlives the app.
func startDetached(program, what string) error {
	path, err := exec.LookPath(program)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	cmd := exec.Command(path, what)
	cmd.Env = mullion.ProgramEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	go cmd.Wait() // ends with the program
	return nil
}
