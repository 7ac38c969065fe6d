//go:build !linux && !windows

package sandbox

import (
	"errors"
	"fmt"
	"net"
	"runtime"
)

// Process is a child of the Core.
type Process struct{ done chan struct{} }

// Start is not supported on this system yet.
func Start(s Spec) (*Process, error) {
	s.Socket.Close()
	return nil, fmt.Errorf("start %s on %s: %w", s.Name, runtime.GOOS, errors.ErrUnsupported)
}

// Enter has no stages on this system.
func Enter() error {
	entered.Store(true)
	return nil
}

func nameProcess() {}

// NoCoreDumps does nothing on this system.
func NoCoreDumps() error { return nil }

// Seal does nothing on this system.
func Seal() error { return nil }

func keepSocket() {}

func closeOnExec(int) {}

// Status tells which layers hold for the child.
func (p *Process) Status() []Status { return nil }

// Granted are the files and folders that the child was granted to write.
func (p *Process) Granted() []string { return nil }

// Proxy is where the Core accepts what the child wants of the network.
func (p *Process) Proxy() net.Listener { return nil }

// PID returns the child's process id.
func (p *Process) PID() int { return 0 }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// OutputDone is closed when all that the child has printed was passed on.
func (p *Process) OutputDone() <-chan struct{} { return p.done }

// Wait waits for the child to end and tells how it did.
func (p *Process) Wait() Exit {
	<-p.done
	return Exit{Code: -1}
}

// Kill ends the child at once.
func (p *Process) Kill() {}
