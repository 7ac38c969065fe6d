// Package egress is the one way from a host process to the network: a SOCKS5
// proxy (RFC 1928) that the Core serves, and that connects to what
// capabilities grant and nothing else.
//
// Begin with [New] and call [Proxy.Serve] with a listener that only the host
// can reach. The host hands over names, so that they are looked up here, once:
// the address that was found good is the one that is connected to, and a name
// that changes its address meanwhile (DNS rebinding) gains nothing. Addresses
// of this machine and of its own network are out of reach unless a rule names
// them. What a connection begins with must be what its rule is for: a TLS
// ClientHello for that server, or HTTP in the clear.
package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/capability"
)

// Options say what a host may connect to.
type Options struct {
	// Connect and Refuse are as in capability.Resources: a server must match a
	// rule of Connect, and none of Refuse.
	Connect, Refuse []capability.NetworkRule
	// Refused is told of everything that was not allowed. It is called from
	// many goroutines and must not block. It may be nil.
	Refused func(Refusal)
	// Resolver looks names up; nil means net.DefaultResolver.
	Resolver Resolver
	// Dial connects to an address by TCP; nil means a net.Dialer.
	Dial func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	// Interfaces are the addresses of this machine and the networks that they are
	// in; nil means net.InterfaceAddrs.
	Interfaces func() ([]net.Addr, error)
	// Own may serve a server by itself, whose name is below "localhost": it returns
	// what serves a connection, or why there is none, or neither: then the rules
	// decide. The name is never looked up. Nil: it serves none.
	Own func(name string, port uint16) (serve func(net.Conn), reason string)
	// Relay may take over a connection that was allowed, and has begun, by other
	// descriptors of both ends; false means that it does not. Nil: it never does.
	Relay func(client, server net.Conn) bool
}

// Resolver finds the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Refusal is a connection that was not allowed.
type Refusal struct {
	// Server is "host:port" as it was asked for, quoted where it is no proper
	// name; empty where it did not come to that.
	Server string
	// Reason says why, in words.
	Reason string
	// Rule would allow it; empty where no rule can.
	Rule string
}

// The limits. They are far above what a browser needs for an app.
const (
	// maxConnections bounds the connections of one host, which is also what
	// bounds goroutines and descriptors.
	maxConnections = 512
	// handshakeTime bounds the time from a connection to its request.
	handshakeTime = 10 * time.Second
	// connectTime bounds looking a name up and connecting.
	connectTime = 30 * time.Second
	// addressTime bounds one address of several.
	addressTime = 8 * time.Second
	// firstTime bounds the wait for the first byte: engines connect ahead of
	// need.
	firstTime = 2 * time.Minute
	// helloTime bounds the wait for the rest of a ClientHello.
	helloTime = 10 * time.Second
	// idleTime ends connections on which nothing was said, in either
	// direction. A WebSocket may be quiet for long.
	idleTime = time.Hour
	// maxAddresses bounds the addresses of a name that are tried.
	maxAddresses = 8
)

// Proxy serves one host.
type Proxy struct {
	rules rules
	opts  Options

	ctx    context.Context
	cancel context.CancelFunc

	mu     sync.Mutex
	conns  map[net.Conn]struct{} // guarded by mu; both ends of all connections
	active int                   // guarded by mu; connections of the host
	closed bool                  // guarded by mu
	tasks  sync.WaitGroup
}

// New makes a proxy.
func New(o Options) *Proxy {
	if o.Refused == nil {
		o.Refused = func(Refusal) {}
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Dial == nil {
		o.Dial = dialTCP
	}
	if o.Interfaces == nil {
		o.Interfaces = net.InterfaceAddrs
	}
	p := &Proxy{rules: rules{o.Connect, o.Refuse, o.Interfaces}, opts: o, conns: map[net.Conn]struct{}{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func dialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", to.String())
}

// Serve accepts connections until the listener or the proxy is closed.
func (p *Proxy) Serve(l net.Listener) error {
	stop := context.AfterFunc(p.ctx, func() { l.Close() })
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if p.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			var t interface{ Temporary() bool } // too many open files, or the client is gone
			if !errors.As(err, &t) || !t.Temporary() {
				return err
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-p.ctx.Done():
			}
			continue
		}
		p.accept(conn)
	}
}

// accept serves a connection, if there are not too many.
func (p *Proxy) accept(conn net.Conn) {
	p.mu.Lock()
	full := p.active >= maxConnections
	if full || p.closed {
		p.mu.Unlock()
		conn.Close()
		if full {
			p.opts.Refused(Refusal{Reason: "too many connections at a time"})
		}
		return
	}
	p.active++
	p.conns[conn] = struct{}{}
	p.tasks.Go(func() {
		defer func() {
			p.forget(conn)
			p.mu.Lock()
			p.active--
			p.mu.Unlock()
		}()
		p.serve(conn)
	})
	p.mu.Unlock()
}

// keep notes a connection, so that Close ends it. It reports false if the
// proxy is closed.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.conns[conn] = struct{}{}
	return true
}

// forget closes a connection.
func (p *Proxy) forget(conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	delete(p.conns, conn)
	p.mu.Unlock()
}

// Close ends Serve and all connections, and waits for them.
func (p *Proxy) Close() {
	p.cancel()
	p.mu.Lock()
	p.closed = true
	for conn := range p.conns {
		conn.Close()
	}
	p.mu.Unlock()
	p.tasks.Wait()
}
