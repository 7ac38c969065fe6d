package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mullion-dev/mullion/capability"
)

// serve is the life of one connection of the host.
func (p *Proxy) serve(conn net.Conn) {
	conn.SetDeadline(time.Now().Add(handshakeTime))
	if negotiate(conn) != nil {
		return
	}
	q, err := readRequest(conn)
	if err != nil {
		p.badRequest(conn, err)
		return
	}
	if p.own(conn, q) {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, connectTime)
	server, may, err := p.connect(ctx, q)
	cancel()
	conn.SetDeadline(time.Now().Add(handshakeTime))
	if err != nil {
		p.failed(conn, q, err)
		return
	}
	if !p.keep(server) {
		server.Close()
		return
	}
	defer p.forget(server)
	if reply(conn, replyDone) != nil {
		return
	}
	first, err := p.begin(conn, q, may)
	if err != nil {
		p.failed(nil, q, err)
		return
	}
	conn.SetDeadline(time.Time{})
	if p.opts.Relay != nil {
		if _, err := server.Write(first); err != nil || p.opts.Relay(conn, server) {
			return
		}
		first = nil
	}
	relay(conn, server, first)
}

// own serves what is served here, or refuses it; false where it is not.
func (p *Proxy) own(conn net.Conn, q request) bool {
	if p.opts.Own == nil || !belowLocalhost(q.host) {
		return false
	}
	serve, reason := p.opts.Own(q.host.String(), q.port)
	switch {
	case serve != nil:
		if reply(conn, replyDone) == nil {
			serve(conn)
		}
	case reason != "":
		p.failed(conn, q, &refused{reason: reason})
	default:
		return false
	}
	return true
}

// badRequest answers a request that is none.
func (p *Proxy) badRequest(conn net.Conn, err error) {
	var bad *requestError
	if errors.As(err, &bad) {
		reply(conn, bad.reply)
		p.opts.Refused(Refusal{Server: bad.server, Reason: bad.Error()})
	}
}

// failed answers a request that comes to nothing. conn is nil where it was
// answered already.
func (p *Proxy) failed(conn net.Conn, q request, err error) {
	code := byte(replyNoHost)
	var not *refused
	switch {
	case errors.As(err, &not):
		code = replyDenied
		p.opts.Refused(Refusal{Server: q.String(), Reason: not.reason, Rule: not.rule})
	case errors.Is(err, syscall.ECONNREFUSED):
		code = replyNoServer
	}
	if conn != nil {
		reply(conn, code)
	}
}

// connect connects to the server, by the first of its addresses that may be
// and can be connected to, and returns what the connection may carry.
func (p *Proxy) connect(ctx context.Context, q request) (net.Conn, capability.Transport, error) {
	may, err := p.rules.server(q)
	if err != nil {
		return nil, 0, err
	}
	addrs, err := p.lookup(ctx, q.host)
	if err != nil {
		return nil, 0, err
	}
	var first error
	for _, addr := range addrs[:min(len(addrs), maxAddresses)] {
		carries, err := p.rules.address(may, q, addr)
		if err == nil {
			var conn net.Conn
			if conn, err = p.dial(ctx, netip.AddrPortFrom(addr, q.port)); err == nil {
				return conn, carries, nil
			}
		}
		// Why one address failed is of more use than why another was refused.
		var not *refused
		if first == nil || errors.As(first, &not) {
			first = err
		}
	}
	return nil, 0, first
}

func (p *Proxy) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, addressTime)
	defer cancel()
	return p.opts.Dial(ctx, to)
}

// lookup finds the addresses of a host.
func (p *Proxy) lookup(ctx context.Context, h capability.Host) ([]netip.Addr, error) {
	switch {
	case h.Addr().IsValid():
		return []netip.Addr{h.Addr()}, nil
	case h == localhost || belowLocalhost(h):
		return loopback, nil
	}
	// The dot keeps the domains of the network that the machine is in, which
	// that network names, from being tried behind the name.
	addrs, err := p.opts.Resolver.LookupNetIP(ctx, "ip", h.String()+".")
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("%s has no address", h)
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap() // as resolvers write IPv4
	}
	return addrs, nil
}

// begin reads what the host says first, and checks that it is what the
// connection may carry.
func (p *Proxy) begin(conn net.Conn, q request, may capability.Transport) (first []byte, err error) {
	conn.SetDeadline(time.Now().Add(firstTime))
	buf := make([]byte, 4<<10)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if first == nil {
			conn.SetDeadline(time.Now().Add(helloTime))
		}
		first = append(first, buf[:n]...)
		err = check(first, q, may)
		if !errors.Is(err, errMore) {
			return first, err
		}
		if len(first) > 2*maxHello {
			return nil, &refused{reason: errNoHello.Error()}
		}
	}
}

// check judges the first bytes of a connection.
func check(first []byte, q request, may capability.Transport) error {
	if len(first) == 0 {
		return errMore
	}
	if first[0] != recordHandshake {
		switch {
		case first[0] < 'A' || first[0] > 'Z': // a method of HTTP
			return &refused{reason: "it carries neither HTTP nor TLS"}
		case may&capability.Plain == 0:
			return suggest("it is not encrypted, and only https is allowed", "http", q)
		}
		return nil
	}
	if may&capability.TLS == 0 {
		return suggest("it is encrypted, and only http is allowed", "https", q)
	}
	name, err := serverName(first)
	switch {
	case errors.Is(err, errMore):
		return err
	case err != nil:
		return &refused{reason: err.Error()}
	case name != "" && !strings.EqualFold(strings.TrimSuffix(name, "."), q.host.String()):
		return &refused{reason: fmt.Sprintf("the connection asks for the server %q", name)}
	}
	return nil
}

// Relay passes on what is said on a connection that was taken over by
// Options.Relay, until both ends have ended, or nothing was said for long.
func Relay(client, server net.Conn) { relay(client, server, nil) }

// relay passes bytes between the two until both have ended, or nothing was
// said for long.
func relay(client, server net.Conn, first []byte) {
	idle := time.AfterFunc(idleTime, func() { client.Close(); server.Close() })
	defer idle.Stop()
	touch := func() { idle.Reset(idleTime) }
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := server.Write(first); err != nil {
			client.Close()
			return
		}
		pass(server, client, touch)
	})
	both.Go(func() { pass(client, server, touch) })
	both.Wait()
}

// pass copies from src to dst, and then ends that direction only.
func pass(dst, src net.Conn, touch func()) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		touch()
		if n > 0 {
			if _, err := dst.Write(buf[:n]); err != nil {
				break
			}
		}
		if err == io.EOF {
			if half, ok := dst.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
				return
			}
		}
		if err != nil {
			break
		}
	}
	dst.Close()
	src.Close()
}
