//go:build !linux

package keeper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/mullion-dev/mullion/internal/sandbox"
)

// ErrLeaving is returned by a link whose Core makes room for the next one.
var ErrLeaving = errors.New("keeper: another Core takes over")

// Link is a Core's end of the connection to its keeper. Other systems than Linux
// have no keepers.
type Link struct{}

// Keep is not supported on this system.
func Keep(context.Context, *os.File) int { return 1 }

// Become starts this process anew as a keeper. The error wraps
// [errors.ErrUnsupported].
func Become() error { return fmt.Errorf("keeper: %w", errors.ErrUnsupported) }

// Join greets the keeper. The error wraps [errors.ErrUnsupported].
func Join(*os.File, string) (*Link, error) {
	return nil, fmt.Errorf("keeper: %w", errors.ErrUnsupported)
}

// Life counts the Cores under the same windows.
func (*Link) Life() int { return 1 }

// Cause tells why this Core was started.
func (*Link) Cause() Cause { return Cause{} }

// Swap has another program take over. The error wraps [errors.ErrUnsupported].
func (*Link) Swap(context.Context, *os.File, string) (Result, error) {
	return Result{}, errors.ErrUnsupported
}

// Windows returns what was remembered of windows.
func (*Link) Windows() map[string][]byte { return nil }

// Remember has the keeper remember a window.
func (*Link) Remember(string, []byte) {}

// Hold has the keeper keep a descriptor.
func (*Link) Hold(string, *os.File) error { return errors.ErrUnsupported }

// Held returns a descriptor that was kept.
func (*Link) Held(string) (string, *os.File) { return "", nil }

// Settled says that all windows are open.
func (*Link) Settled([]string) {}

// Ends says that this Core ends because it wants to.
func (*Link) Ends() {}

// OnLeave sets what is called when this Core is to make room.
func (*Link) OnLeave(func()) {}

// OnPing sets what has to return before a ping is answered.
func (*Link) OnPing(func()) {}

// Leaving is closed when this Core is to make room.
func (*Link) Leaving() <-chan struct{} { return nil }

// OnEnd sets what is called when the app is to end.
func (*Link) OnEnd(func()) {}

// Start has the keeper start a host.
func (*Link) Start(context.Context, string, string, sandbox.Spec) (*Host, error) {
	return nil, errors.ErrUnsupported
}

// Host is a host that the keeper has started.
type Host struct{ Socket *os.File }

// PID returns the host's process id.
func (*Host) PID() int { return 0 }

// Kept reports whether the host was there before this Core.
func (*Host) Kept() bool { return false }

// Status tells how the host is confined.
func (*Host) Status() []sandbox.Status { return nil }

// Proxy is where the host asks for connections to the network.
func (*Host) Proxy() net.Listener { return nil }

// Kill ends the host.
func (*Host) Kill() {}

// Wait waits for the host to end.
func (*Host) Wait() (sandbox.Exit, bool) { return sandbox.Exit{}, false }

// Relay has the keeper pass on what is said on a connection.
func (*Host) Relay(client, server net.Conn) bool { return false }
