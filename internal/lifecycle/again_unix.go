//go:build unix

package lifecycle

import (
	"os"
	"syscall"
)

// StartAgain starts the program in the place of this process. It returns only if
// that fails.
func StartAgain() error {
	program, err := ownProgram()
	if err != nil {
		return err
	}
	return &os.PathError{Op: "exec", Path: program, Err: syscall.Exec(program, os.Args, os.Environ())}
}
