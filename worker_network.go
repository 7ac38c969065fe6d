package mullion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/mullion-dev/mullion/internal/egress"
	"github.com/mullion-dev/mullion/internal/worker"
)

// WorkerDial connects to a server that [WorkerOptions.Connect] grants to the
// worker whose function ctx was given to, or a context made of it. The network
// is "tcp", the address "host:port" with a name or an IP address. It is the
// only way to the network that a worker has, and fits where a dial function is
// asked for:
//
//	client := http.Client{Transport: &http.Transport{DialContext: mullion.WorkerDial}}
//
// Names are looked up by the Core, which also sees to it that the connection
// begins with TLS for that server, or with HTTP where the rule is for http; it
// ends anything else. The connection outlives ctx and the call, not the
// process.
//
// The error wraps fs.ErrPermission where no rule allows the server; the log
// then has the rule that would. It wraps errors.ErrUnsupported for other
// networks, and where the system cannot keep other programs out of the way to
// the network.
func WorkerDial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := workerDial(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("dial %s %s: %w", network, address, err)
	}
	return conn, nil
}

func workerDial(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" {
		return nil, fmt.Errorf("only tcp is granted to workers: %w", errors.ErrUnsupported)
	}
	n, err := worker.NetworkOf(ctx)
	switch {
	case err != nil:
		return nil, err
	case n.Missing != "":
		return nil, fmt.Errorf("%s: %w", n.Missing, errors.ErrUnsupported)
	case n.Proxy == "":
		return nil, fmt.Errorf("the worker has no network; grant servers by WorkerOptions.Connect: %w", fs.ErrPermission)
	}
	return egress.Dial(ctx, n.Proxy, address)
}
