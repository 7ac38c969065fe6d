//go:build unix

package session

import "syscall"

// Freeze has the daemon hang, until Stop.
func (b *Bus) Freeze() {
	b.t.Helper()
	if err := b.daemon.Process.Signal(syscall.SIGSTOP); err != nil {
		b.t.Fatal(err)
	}
}
