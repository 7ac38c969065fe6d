package launch

import (
	"fmt"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/egress"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/worker"
)

// NetworkRules reads what is granted of the network.
func NetworkRules(connects, refuses []string) (connect, refuse []capability.NetworkRule, err error) {
	for _, list := range []struct {
		name  string
		texts []string
		to    *[]capability.NetworkRule
	}{{"Connect", connects, &connect}, {"Refuse", refuses, &refuse}} {
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

// openNetwork serves what a process may have of the network, if
// anything. close ends it.
func (w *Worker) openNetwork(p *sandbox.Process) (*workerNetwork, error) {
	n := &workerNetwork{}
	connect, refuse, err := NetworkRules(w.Connect, w.Refuse)
	if err != nil || len(connect) == 0 {
		return n, err
	}
	l := p.Proxy()
	if l == nil {
		n.Missing = "there is no network for workers here: this system cannot keep other programs out of the way to it"
		w.Log.Warn("mullion: no network for a worker, although its options grant it: this system cannot keep other programs out of the proxy", "worker", w.Name)
		return n, nil
	}
	var told egress.Limit
	n.Proxy = l.Addr().String()
	n.proxy = egress.New(egress.Options{Connect: connect, Refuse: refuse, Resolver: w.Resolver, Refused: func(r egress.Refusal) {
		more, ok := told.Note(r.Server+" "+r.Reason, time.Now())
		if !ok {
			return
		}
		args := []any{"worker", w.Name, "server", r.Server, "reason", r.Reason}
		if r.Rule != "" {
			args = append(args, "option", fmt.Sprintf("Connect: []string{%q}", r.Rule))
		}
		if more > 0 {
			args = append(args, "unlogged", more)
		}
		w.Log.Warn("mullion: connection refused", args...)
	}})
	n.served.Go(func() {
		if err := n.proxy.Serve(l); err != nil {
			w.Log.Warn("mullion: the network of a worker has ended", "worker", w.Name, "error", err)
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
