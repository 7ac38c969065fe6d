package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// A pipe ends in one way only, so what goes through it is cut into chunks: the
// number of bytes, 4 bytes little-endian, and the bytes. One of no bytes is the
// end; an end of the pipe before it is a body that was cut off.
const (
	chunkHead = 4
	maxChunk  = 64 << 10
)

// NewBody returns a body and the end that is sent along: both belong to the
// caller.
func NewBody() (*Body, *os.File, error) {
	own, other, err := newPipe(windows.PIPE_ACCESS_OUTBOUND)
	if err != nil {
		return nil, nil, fmt.Errorf("wire: body: %w", err)
	}
	return &Body{file: own}, other, nil
}

func (b *Body) write(p []byte) (n int, err error) {
	chunk := make([]byte, 0, chunkHead+min(len(p), maxChunk))
	for n < len(p) {
		part := p[n:min(n+maxChunk, len(p))]
		chunk = append(binary.LittleEndian.AppendUint32(chunk[:0], uint32(len(part))), part...)
		if _, err := b.file.Write(chunk); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

func (b *Body) complete() { _, _ = b.file.Write(make([]byte, chunkHead)) }

func openBody(f *os.File) io.ReadCloser { return &chunks{f: f} }

// chunks reads what a Body writes.
type chunks struct {
	f    *os.File
	left int // of the chunk
	end  bool
}

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (n int, err error) {
	if c.end {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	if c.left == 0 {
		var head [chunkHead]byte
		if _, err := io.ReadFull(c.f, head[:]); err != nil {
			return 0, cutOff(err)
		}
		if c.left = int(binary.LittleEndian.Uint32(head[:])); c.left == 0 {
			c.end = true
			return 0, io.EOF
		}
	}
	n, err = c.f.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, cutOff(err)
}

func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Close implements io.Closer.
func (c *chunks) Close() error { return c.f.Close() }
