//go:build unix

package transfer

import (
	"testing"

	"golang.org/x/sys/unix"
)

// makePipe makes a pipe with a name, which keeps whoever opens it waiting.
func makePipe(t *testing.T, path string) {
	t.Helper()
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}
