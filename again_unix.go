//go:build unix

package mullion

import (
	"os"
	"syscall"
)

// startAgain starts the program in the place of this process. It returns only if
// that fails.
func startAgain() error {
	program, err := ownProgram()
	if err != nil {
		return err
	}
	return &os.PathError{Op: "exec", Path: program, Err: syscall.Exec(program, os.Args, os.Environ())}
}
