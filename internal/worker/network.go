package worker

import "context"

// Network is what a process knows of its way to the network. The zero Network
// is none.
type Network struct {
	// Proxy is the address of the proxy that connects to what was granted.
	Proxy string
	// Missing says why there is none though servers were granted.
	Missing string
}

// NetworkOf returns the network of the process in which a worker's function
// was given ctx, or a context that ctx was made of.
func NetworkOf(ctx context.Context) (Network, error) {
	r, ok := ctx.Value(progressKey{}).(*reporter)
	if !ok {
		return Network{}, ErrNoCall
	}
	return r.s.network, nil
}
