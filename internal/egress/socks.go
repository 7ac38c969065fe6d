package egress

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/capability"
)

// Numbers of RFC 1928.
const (
	version       = 5
	noAuth        = 0
	noMethod      = 0xff
	commandTCP    = 1
	typeIPv4      = 1
	typeName      = 3
	typeIPv6      = 4
	replyDone     = 0
	replyFailure  = 1
	replyDenied   = 2
	replyNoHost   = 4
	replyNoServer = 5
	replyCommand  = 7
	replyType     = 8
)

// request is what a client wants to connect to.
type request struct {
	host capability.Host
	port uint16
}

func (r request) String() string {
	return net.JoinHostPort(r.host.String(), strconv.Itoa(int(r.port)))
}

// requestError is a request that cannot be served, with the reply to send.
type requestError struct {
	reply  byte
	server string // for people; may be empty
	err    error
}

func (e *requestError) Error() string { return e.err.Error() }
func (e *requestError) Unwrap() error { return e.err }

// negotiate reads the client's greeting and agrees on no authentication: the
// listener is the host's own.
func negotiate(rw io.ReadWriter) error {
	var head [2]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return err
	}
	if head[0] != version {
		return fmt.Errorf("version %d of SOCKS", head[0])
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(rw, methods); err != nil {
		return err
	}
	for _, m := range methods {
		if m == noAuth {
			_, err := rw.Write([]byte{version, noAuth})
			return err
		}
	}
	rw.Write([]byte{version, noMethod})
	return errors.New("no method of authentication in common")
}

// readRequest reads one request and not a byte more.
func readRequest(r io.Reader) (request, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return request{}, err
	}
	if head[0] != version || head[2] != 0 {
		return request{}, &requestError{reply: replyFailure, err: errors.New("malformed request")}
	}
	if head[1] != commandTCP {
		return request{}, &requestError{reply: replyCommand, err: fmt.Errorf("command %d; only connecting by TCP is supported", head[1])}
	}
	host, text, err := readHost(r, head[3])
	var bad *requestError
	if err != nil && !errors.As(err, &bad) {
		return request{}, err
	}
	var port [2]byte
	if bad == nil || bad.reply != replyType {
		if _, err := io.ReadFull(r, port[:]); err != nil {
			return request{}, err
		}
	}
	q := request{host, uint16(port[0])<<8 | uint16(port[1])}
	switch {
	case bad != nil:
		if text != "" {
			bad.server = fmt.Sprintf("%q:%d", text, q.port)
		}
		return request{}, bad
	case q.port == 0:
		return request{}, &requestError{replyDenied, q.String(), errors.New("port 0")}
	}
	return q, nil
}

// readHost reads an address of that type. text is how the client wrote it.
func readHost(r io.Reader, kind byte) (h capability.Host, text string, err error) {
	length := 0
	switch kind {
	case typeIPv4:
		length = 4
	case typeIPv6:
		length = 16
	case typeName:
		var n [1]byte
		if _, err := io.ReadFull(r, n[:]); err != nil {
			return h, "", err
		}
		length = int(n[0])
	default:
		return h, "", &requestError{reply: replyType, err: fmt.Errorf("address of type %d", kind)}
	}
	b := make([]byte, length)
	if _, err := io.ReadFull(r, b); err != nil {
		return h, "", err
	}
	if kind == typeName {
		text = string(b)
		// Brackets belong to addresses in URLs, not to names in requests.
		if strings.HasPrefix(text, "[") {
			return h, text, &requestError{reply: replyDenied, err: errors.New("a name in brackets")}
		}
		h, err = capability.ParseHost(text)
	} else {
		addr, _ := netip.AddrFromSlice(b)
		text = addr.String()
		h, err = capability.ParseHost(text)
	}
	if err != nil {
		return h, text, &requestError{reply: replyDenied, err: err}
	}
	return h, text, nil
}

// reply answers a request. The address that RFC 1928 has in it is that of the
// Core's end, which is no business of the client.
func reply(w io.Writer, code byte) error {
	_, err := w.Write([]byte{version, code, 0, typeIPv4, 0, 0, 0, 0, 0, 0})
	return err
}
