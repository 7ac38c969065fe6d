package reach

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/mullion-dev/mullion/capability"
)

// Dialer connects to what a scope allows.
type Dialer struct {
	Scope *Scope
	// Timeout bounds the connection of one host. Zero means 30 seconds.
	Timeout time.Duration
	// Resolver is for tests; nil is that of the system.
	Resolver *net.Resolver
}

// Dial connects to "host:port" of an address with that scheme, which
// [Scope.Check] has allowed. What the host leads to is judged here.
func (d *Dialer) Dial(ctx context.Context, scheme, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	h, err := capability.ParseHost(host)
	if err != nil {
		return nil, err
	}
	if d.Scope == nil {
		return nil, errors.New("nothing is allowed")
	}
	n := d.net()
	n.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return d.Scope.checkAddr(scheme, h, to)
	}
	if !isLocal(h) {
		return n.DialContext(ctx, "tcp", net.JoinHostPort(h.String(), port))
	}
	var errs []error
	for _, addr := range []string{"127.0.0.1", "::1"} {
		c, err := n.DialContext(ctx, "tcp", net.JoinHostPort(addr, port))
		if err == nil {
			return c, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("%w; %w", errs[0], errs[1])
}

func (d *Dialer) net() *net.Dialer {
	n := &net.Dialer{Timeout: d.Timeout, KeepAlive: 30 * time.Second, Resolver: d.Resolver}
	if n.Timeout == 0 {
		n.Timeout = DefaultTimeout
	}
	return n
}

// DefaultTimeout is for connecting to a server, and for each handshake with it.
const DefaultTimeout = 30 * time.Second
