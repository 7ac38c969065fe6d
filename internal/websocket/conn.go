package websocket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"unicode/utf8"
)

// The opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const (
	final     = 0x80 // of the first byte: the last frame of a message
	reserved  = 0x70
	maskedBit = 0x80 // of the second byte
	// maxControl bounds what a frame of control carries (section 5.5).
	maxControl = 125
	// maxHeader is the longest header of what a server sends.
	maxHeader = 10
)

// errProtocol is what a client has done that RFC 6455 forbids.
var errProtocol = errors.New("websocket: protocol error")

// ErrTooLong is a message that is longer than is allowed, or than there was room.
var ErrTooLong = errors.New("websocket: message too long")

// Conn is a WebSocket. Receive is for one goroutine, Send for any number. All
// errors are final: the caller closes the connection.
type Conn struct {
	conn net.Conn
	in   *bufio.Reader
	most int

	mu     sync.Mutex // held while a message is written, so that they do not mix
	header [maxHeader]byte
	parts  [2][]byte
	out    net.Buffers
}

func newConn(conn net.Conn, most int) *Conn {
	return &Conn{conn: conn, in: bufio.NewReaderSize(conn, 4<<10), most: most}
}

// Limit changes what the client may say at once, in bytes, from the next Receive
// on.
func (c *Conn) Limit(most int) { c.most = most }

// Close ends the connection without a word; it wakes Receive and Send.
func (c *Conn) Close() error { return c.conn.Close() }

// frame is the header of a frame of a client.
type frame struct {
	op    byte
	final bool
	size  uint64
	mask  [4]byte
}

// Receive reads the next message into what buffer returns for its first frame,
// whose length it is called with; the message may have further ones. It answers
// pings, and returns io.EOF when the client has closed the WebSocket.
func (c *Conn) Receive(buffer func(size int) []byte) (message []byte, text bool, err error) {
	var whole []byte
	n, begun := 0, false
	for {
		f, err := c.readFrame()
		if err != nil {
			return nil, false, err
		}
		if f.op >= opClose {
			if err := c.control(f); err != nil {
				return nil, false, err
			}
			continue
		}
		if begun != (f.op == opContinuation) {
			return nil, false, fmt.Errorf("%w: a message in another, or a part of none", errProtocol)
		}
		if f.size > uint64(c.most-n) {
			return nil, false, ErrTooLong
		}
		if !begun {
			begun, text = true, f.op == opText
			whole = buffer(int(f.size))
		}
		if int(f.size) > len(whole)-n {
			if n+int(f.size) > c.most {
				return nil, false, ErrTooLong
			}
			larger := make([]byte, n+int(f.size))
			copy(larger, whole[:n])
			whole = larger
		}
		part := whole[n : n+int(f.size)]
		if _, err := io.ReadFull(c.in, part); err != nil {
			return nil, false, unexpected(err)
		}
		unmask(part, f.mask)
		n += len(part)
		if f.final {
			if text && !utf8.Valid(whole[:n]) {
				return nil, false, fmt.Errorf("%w: text that is not UTF-8", errProtocol)
			}
			return whole[:n], text, nil
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readFrame reads and checks the header of a frame.
func (c *Conn) readFrame() (f frame, err error) {
	var b [8]byte
	if _, err := io.ReadFull(c.in, b[:2]); err != nil {
		return f, unexpected(err) // it was not closed
	}
	f.op, f.final = b[0]&0xF, b[0]&final != 0
	f.size = uint64(b[1] &^ maskedBit)
	masked := b[1]&maskedBit != 0
	switch {
	case b[0]&reserved != 0:
		return f, fmt.Errorf("%w: reserved bits", errProtocol)
	case !masked:
		return f, fmt.Errorf("%w: what a client sends is masked", errProtocol)
	case f.op > opBinary && f.op < opClose || f.op > opPong:
		return f, fmt.Errorf("%w: opcode %d", errProtocol, f.op)
	case f.op >= opClose && (!f.final || f.size > maxControl):
		return f, fmt.Errorf("%w: a frame of control in parts, or of %d bytes", errProtocol, f.size)
	}
	wide, least := 0, uint64(0)
	switch f.size {
	case 126:
		wide, least = 2, 126
	case 127:
		wide, least = 8, 1<<16
	}
	if wide > 0 {
		clear(b[:])
		if _, err := io.ReadFull(c.in, b[8-wide:]); err != nil {
			return f, unexpected(err)
		}
		f.size = binary.BigEndian.Uint64(b[:])
		if f.size < least || f.size >= 1<<63 {
			return f, fmt.Errorf("%w: length %d in %d bytes", errProtocol, f.size, wide)
		}
	}
	if _, err := io.ReadFull(c.in, f.mask[:]); err != nil {
		return f, unexpected(err)
	}
	return f, nil
}

// control does what a frame of control wants.
func (c *Conn) control(f frame) error {
	data := make([]byte, f.size)
	if _, err := io.ReadFull(c.in, data); err != nil {
		return unexpected(err)
	}
	unmask(data, f.mask)
	switch f.op {
	case opPing:
		return c.send(opPong, nil, data)
	case opClose:
		_ = c.send(opClose, nil, data[:min(len(data), 2)]) // it closes in any case
		return io.EOF
	}
	return nil // a pong nobody asked for
}

// Send sends a message of text, or one of bytes, in one frame: head and then data.
// It waits until the connection takes them.
func (c *Conn) Send(text bool, head, data []byte) error {
	op := byte(opBinary)
	if text {
		op = opText
	}
	return c.send(op, head, data)
}

func (c *Conn) send(op byte, head, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(head) + len(data)
	h := append(c.header[:0], final|op)
	switch {
	case n <= maxControl:
		h = append(h, byte(n))
	case n < 1<<16:
		h = binary.BigEndian.AppendUint16(append(h, 126), uint16(n))
	default:
		h = binary.BigEndian.AppendUint64(append(h, 127), uint64(n))
	}
	h = append(h, head...)
	if len(data) == 0 {
		_, err := c.conn.Write(h)
		return err
	}
	c.parts = [2][]byte{h, data}
	c.out = c.parts[:]
	_, err := c.out.WriteTo(c.conn)
	c.parts = [2][]byte{}
	return err
}

// unmask takes the mask of a frame off (section 5.3), eight bytes at a time.
func unmask(b []byte, mask [4]byte) {
	four := binary.LittleEndian.Uint32(mask[:])
	if four == 0 {
		return
	}
	eight := uint64(four)<<32 | uint64(four)
	for len(b) >= 32 {
		w := b[:32]
		binary.LittleEndian.PutUint64(w, binary.LittleEndian.Uint64(w)^eight)
		binary.LittleEndian.PutUint64(w[8:], binary.LittleEndian.Uint64(w[8:])^eight)
		binary.LittleEndian.PutUint64(w[16:], binary.LittleEndian.Uint64(w[16:])^eight)
		binary.LittleEndian.PutUint64(w[24:], binary.LittleEndian.Uint64(w[24:])^eight)
		b = b[32:]
	}
	for i := range b {
		b[i] ^= mask[i&3]
	}
}
