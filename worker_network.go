package mullion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/egress"
	"github.com/mullion-dev/mullion/internal/sandbox"
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

// networkRules reads what the options grant of the network.
func (o WorkerOptions) networkRules() (connect, refuse []capability.NetworkRule, err error) {
	for _, list := range []struct {
		name  string
		texts []string
		to    *[]capability.NetworkRule
	}{{"Connect", o.Connect, &connect}, {"Refuse", o.Refuse, &refuse}} {
		for _, text := range list.texts {
			rule, err := capability.ParseNetworkRule(text)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", list.name, err)
			}
			*list.to = append(*list.to, rule)
		}
	}
	return connect, refuse, nil
}

// workerNetwork is the way to the network of one process.
type workerNetwork struct {
	worker.Network
	proxy  *egress.Proxy
	served sync.WaitGroup
}

// openWorkerNetwork serves what a process may have of the network, if
// anything. close ends it.
func openWorkerNetwork(log *slog.Logger, name string, o WorkerOptions, resolver egress.Resolver, p *sandbox.Process) (*workerNetwork, error) {
	n := &workerNetwork{}
	connect, refuse, err := o.networkRules()
	if err != nil || len(connect) == 0 {
		return n, err
	}
	l := p.Proxy()
	if l == nil {
		n.Missing = "there is no network for workers here: this system cannot keep other programs out of the way to it"
		log.Warn("mullion: no network for a worker, although its options grant it: this system cannot keep other programs out of the proxy", "worker", name)
		return n, nil
	}
	var told egress.Limit
	n.Proxy = l.Addr().String()
	n.proxy = egress.New(egress.Options{Connect: connect, Refuse: refuse, Resolver: resolver, Refused: func(r egress.Refusal) {
		more, ok := told.Note(r.Server+" "+r.Reason, time.Now())
		if !ok {
			return
		}
		args := []any{"worker", name, "server", r.Server, "reason", r.Reason}
		if r.Rule != "" {
			args = append(args, "option", fmt.Sprintf("Connect: []string{%q}", r.Rule))
		}
		if more > 0 {
			args = append(args, "unlogged", more)
		}
		log.Warn("mullion: connection refused", args...)
	}})
	n.served.Go(func() {
		if err := n.proxy.Serve(l); err != nil {
			log.Warn("mullion: the network of a worker has ended", "worker", name, "error", err)
		}
	})
	return n, nil
}

// close ends all connections of the process.
func (n *workerNetwork) close() {
	if n.proxy != nil {
		n.proxy.Close()
		n.served.Wait()
	}
}
