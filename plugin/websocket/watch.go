package websocket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
)

// maxHandshake bounds a server's answer to a handshake, in bytes.
const maxHandshake = 64 << 10

// watched is a connection that looks at the lengths of what a server sends: of its
// answer to the handshake, and then of each frame (RFC 6455, section 5.2). The
// library bounds only messages.
type watched struct {
	net.Conn
	most uint64 // bytes of a frame

	open   bool   // the handshake is over
	header []byte // the end of the handshake, or the begin of a header of a frame
	seen   int    // bytes of the handshake
	skip   uint64 // bytes of a frame that are still to come
	bad    error  // what was too long
}

// frameError is for what is too long.
type frameError struct{ text string }

func (e *frameError) Error() string { return e.text }

// Read implements io.Reader.
func (w *watched) Read(b []byte) (int, error) {
	if w.bad != nil {
		return 0, w.bad
	}
	n, err := w.Conn.Read(b)
	if n = w.look(b[:n]); w.bad != nil && n == 0 {
		return 0, w.bad
	}
	return n, err
}

var endOfHandshake = []byte("\r\n\r\n")

// look returns how many of the bytes come before what is too long, and notes that.
func (w *watched) look(all []byte) int {
	b := all
	if !w.open {
		w.seen += len(b)
		before := len(w.header)
		w.header = append(w.header, b...)
		i := bytes.Index(w.header, endOfHandshake)
		if i < 0 {
			if w.seen > maxHandshake {
				w.bad = &frameError{fmt.Sprintf("an answer to the handshake of more than %d bytes", maxHandshake)}
				return 0
			}
			w.header = w.header[max(0, len(w.header)-len(endOfHandshake)+1):]
			return len(all)
		}
		b = b[i+len(endOfHandshake)-before:]
		w.open, w.header = true, nil
	}
	whole := len(all) - len(b)
	for len(b) > 0 {
		if w.skip > 0 {
			n := min(w.skip, uint64(len(b)))
			b, w.skip = b[n:], w.skip-n
			whole = len(all) - len(b)
			continue
		}
		w.header, b = append(w.header, b[0]), b[1:]
		if length, ok := frame(w.header); ok {
			if length > w.most {
				w.bad = &frameError{fmt.Sprintf("a frame of %d bytes, which is longer than maxFrameSize", length)}
				return whole
			}
			w.header, w.skip = w.header[:0], length
			whole = len(all) - len(b)
		}
	}
	return len(all)
}

// frame returns the length of what follows a header, if that is complete.
func frame(h []byte) (length uint64, ok bool) {
	if len(h) < 2 {
		return 0, false
	}
	size := 2
	length = uint64(h[1] & 0x7f)
	switch length {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if len(h) < size {
		return 0, false
	}
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		length = binary.BigEndian.Uint64(h[2:])
	}
	if h[1]&0x80 != 0 { // masked, which the library refuses
		size += 4
	}
	return length, len(h) == size
}
