package egress

import (
	"errors"
	"slices"
)

// Numbers of RFC 8446 (TLS 1.3) and RFC 6066 (server names).
const (
	recordHandshake = 22
	clientHello     = 1
	extensionName   = 0
	nameHost        = 0
	maxRecord       = 1<<14 + 256
	// maxHello bounds a ClientHello. Those of engines have 0.5 to 2 KiB, with
	// keys against quantum computers.
	maxHello = 32 << 10
)

var (
	errMore    = errors.New("not complete yet")
	errNoHello = errors.New("it begins like TLS, but not with a ClientHello")
)

// serverName returns the name of the server that a connection asks for in its
// ClientHello, "" if it names none. It returns errMore as long as b, which is
// all that was received so far, ends in the middle of it.
func serverName(b []byte) (string, error) {
	hello, err := handshake(b)
	if err != nil {
		return "", err
	}
	r := reader{b: hello}
	r.skip(2 + 32)      // version, random
	r.skip(r.number(1)) // session
	r.skip(r.number(2)) // cipher suites
	r.skip(r.number(1)) // compression
	if !r.bad && len(r.b) == 0 {
		return "", nil // without extensions, as in TLS 1.0
	}
	extensions := r.part(2)
	if r.bad || len(r.b) > 0 {
		return "", errNoHello
	}
	name, found := "", false
	for len(extensions.b) > 0 {
		kind := extensions.number(2)
		body := extensions.part(2)
		if extensions.bad {
			return "", errNoHello
		}
		if kind != extensionName {
			continue
		}
		if found {
			return "", errNoHello
		}
		found = true
		if name, err = hostName(body); err != nil {
			return "", err
		}
	}
	return name, nil
}

// hostName reads the extension server_name, which must have one host name.
func hostName(body reader) (string, error) {
	list := body.part(2)
	kind := list.number(1)
	name := list.part(2)
	if body.bad || list.bad || len(body.b)+len(list.b) > 0 || kind != nameHost || len(name.b) == 0 {
		return "", errNoHello
	}
	return string(name.b), nil
}

// handshake puts the ClientHello together, which may be cut into records.
func handshake(b []byte) ([]byte, error) {
	var message []byte
	for {
		if len(message) >= 4 {
			if message[0] != clientHello {
				return nil, errNoHello
			}
			length := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
			if length > maxHello {
				return nil, errNoHello
			}
			if len(message) >= 4+length {
				return slices.Clip(message[4 : 4+length]), nil
			}
		}
		if len(b) == 0 {
			return nil, errMore
		}
		if b[0] != recordHandshake || len(b) > 1 && b[1] != 3 {
			return nil, errNoHello
		}
		if len(b) < 5 {
			return nil, errMore
		}
		length := int(b[3])<<8 | int(b[4])
		if length == 0 || length > maxRecord {
			return nil, errNoHello
		}
		record := b[5:min(len(b), 5+length)]
		message = append(message, record...)
		b = b[5+len(record):]
	}
}

// reader takes numbers and parts off the front of b. It turns bad, and stays
// so, when there are not enough bytes.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) skip(n int) { r.take(n) }

// number reads a number of that many bytes.
func (r *reader) number(size int) int {
	n := 0
	for _, c := range r.take(size) {
		n = n<<8 | int(c)
	}
	return n
}

// part reads a part whose length stands before it, in that many bytes.
func (r *reader) part(size int) reader {
	b := r.take(r.number(size))
	return reader{b: b, bad: r.bad}
}
