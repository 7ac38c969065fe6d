//go:build unix

package doctor

import (
	"fmt"
	"os"
	"syscall"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// patient is what the child does: it is confined, and ends.
func Patient() int {
	if err := sandbox.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func startPatient() (*sandbox.Process, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	syscall.Close(fds[0])
	return sandbox.Start(sandbox.Spec{
		Name: "doctor", Role: patientRole, Socket: os.NewFile(uintptr(fds[1]), "doctor"), Output: os.Stderr,
		// The limit is there to see whether there can be one.
		Policy: &sandbox.Policy{Engine: true, GPU: true, UserFonts: true, MemoryLimit: 1 << 30},
	})
}
