package core

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/egress"
)

// noProxy is the proxy of a host that has no network. Nothing listens there:
// the port belongs to the superuser, and its service (RFC 1078) is long dead.
// An engine without any proxy would connect by itself.
const noProxy = "socks5://127.0.0.1:1"

// relayer is a Child that may take over connections that were made, so that they
// outlive this Core.
type relayer interface {
	Relay(client, server net.Conn) bool
}

// hostNetwork is what the Core keeps of the network of a host.
type hostNetwork struct {
	refusals  egress.Limit
	documents news         // of documents that have begun, and of tickets
	sockets   atomic.Int32 // connections to socketHost that belong to no document yet
	files     atomic.Int32 // of the app, on their way from appHost
	// schemeOnly is set where the host has nothing at HTTPOrigin.
	schemeOnly atomic.Bool
}

// serveNetwork serves what one life of the host may have of the network, and
// returns the address of the proxy as the engine takes it. Where nothing is
// granted it is there to log what is refused. Without a listener nobody can
// tell whose connections those are, and there are none.
func (h *host) serveNetwork(child Child, r capability.Resources) (proxy string, stop func()) {
	l := child.Proxy()
	if l == nil {
		if r.Network() {
			h.core.log.Warn("mullion: no network for a host, although capabilities grant it: this system cannot keep other programs out of the proxy", "host", h.name)
		}
		return noProxy, func() {}
	}
	ctx, cancel := context.WithCancel(h.core.ctx)
	own := func(name string, port uint16) (func(net.Conn), string) { return h.ownServer(ctx, name, port) }
	o := egress.Options{Connect: r.Connect, Refuse: r.Refuse, Refused: h.networkRefused, Own: own}
	if k, ok := child.(relayer); ok {
		o.Relay = k.Relay
	}
	p := egress.New(o)
	h.core.tasks.Go(func() {
		if err := p.Serve(l); err != nil {
			h.core.log.Warn("mullion: the network of a host has ended", "host", h.name, "error", err)
		}
	})
	return "socks5://" + l.Addr().String(), func() {
		cancel()
		l.Close()
		p.Close()
	}
}

// requestRefused logs a request that a server of the host's own has refused.
func (h *host) requestRefused(address, why string) {
	more, ok := h.network.refusals.Note(address+" "+why, time.Now())
	if !ok {
		return
	}
	args := []any{"host", h.name, "windows", h.labels(), "url", address, "reason", why}
	if more > 0 {
		args = append(args, "unlogged", more)
	}
	h.core.log.Warn("mullion: request refused", args...)
}

// networkRefused logs a connection that was not allowed, with the permission
// that would allow it.
func (h *host) networkRefused(r egress.Refusal) {
	more, ok := h.network.refusals.Note(r.Server+" "+r.Reason, time.Now())
	if !ok {
		return
	}
	args := []any{"host", h.name, "windows", h.labels(), "server", r.Server, "reason", r.Reason}
	if r.Rule != "" {
		args = append(args, "permission", `{"identifier": "sandbox:allow-network", "allow": [{"url": "`+r.Rule+`"}]}`)
	}
	if more > 0 {
		args = append(args, "unlogged", more)
	}
	h.core.log.Warn("mullion: connection refused", args...)
}
