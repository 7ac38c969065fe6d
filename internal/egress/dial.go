package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// ErrUnreachable is returned by Dial for a server that has no address, or that
// does not answer.
var ErrUnreachable = errors.New("the server was not found or does not answer")

// Dial connects to "host:port" through the proxy at an address. It is the
// other end of Serve, for children that have no engine to speak for them. The
// name is handed over as it is: only the Core looks names up.
//
// A server that no rule allows is an error that wraps fs.ErrPermission.
func Dial(ctx context.Context, proxy, server string) (net.Conn, error) {
	request, err := encodeRequest(server)
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp4", proxy)
	if err != nil {
		return nil, fmt.Errorf("reach the proxy: %w", err)
	}
	// Whatever waits in the handshake ends with the context.
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	err = converse(conn, request)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// encodeRequest is what readRequest reads.
func encodeRequest(server string) ([]byte, error) {
	host, service, err := net.SplitHostPort(server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("port %q: want a number from 1 to 65535", service)
	}
	b := []byte{version, commandTCP, 0}
	switch addr, err := netip.ParseAddr(host); {
	case err == nil && addr.Zone() != "":
		return nil, fmt.Errorf("address %s: addresses with a zone are out of reach", addr)
	case err == nil && addr.Is4():
		b = append(append(b, typeIPv4), addr.AsSlice()...)
	case err == nil:
		b = append(append(b, typeIPv6), addr.AsSlice()...)
	case host == "" || len(host) > 255:
		return nil, fmt.Errorf("a name of %d bytes: want 1 to 255", len(host))
	default:
		b = append(append(b, typeName, byte(len(host))), host...)
	}
	return append(b, byte(port>>8), byte(port)), nil
}

// converse asks for the connection. It reads no byte of what comes after.
func converse(rw io.ReadWriter, request []byte) error {
	if _, err := rw.Write([]byte{version, 1, noAuth}); err != nil {
		return err
	}
	var method [2]byte
	if _, err := io.ReadFull(rw, method[:]); err != nil {
		return fmt.Errorf("greet the proxy: %w", err)
	}
	if method != [2]byte{version, noAuth} {
		return errors.New("greet the proxy: it is none of ours")
	}
	if _, err := rw.Write(request); err != nil {
		return err
	}
	var head [10]byte // replies of ours name an address of IPv4
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return fmt.Errorf("ask the proxy: %w", err)
	}
	switch head[1] {
	case replyDone:
		return nil
	case replyDenied:
		return fmt.Errorf("no rule allows this server: %w", fs.ErrPermission)
	case replyNoServer:
		return syscall.ECONNREFUSED
	case replyNoHost:
		return ErrUnreachable
	}
	return fmt.Errorf("the proxy answers with code %d", head[1])
}
