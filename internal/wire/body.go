package wire

import (
	"io"
	"os"
	"sync"
)

// Body is the Core's end of the bytes that travel beside a KindResponse. Who
// reads the other end gets io.EOF after Finish and an error after Close alone,
// or when this process ends: bytes that were cut off never look complete. That
// holds on Linux, and on Windows for who reads by OpenBody; elsewhere both look
// alike, and no engine works there yet.
//
// Close may be called at any time and wakes a Write that waits. Write and
// Finish are for one goroutine.
type Body struct {
	file *os.File

	finish sync.Once
	close  sync.Once
}

var _ io.WriteCloser = (*Body)(nil)

// Write implements io.Writer. It fails when nobody reads any more.
func (b *Body) Write(p []byte) (int, error) { return b.write(p) }

// Finish says that all has been written, and closes the body.
func (b *Body) Finish() {
	b.finish.Do(b.complete)
	b.Close()
}

// Close implements io.Closer. Without Finish before, the reader gets an error
// after what was written.
func (b *Body) Close() error {
	b.close.Do(func() { b.file.Close() })
	return nil
}

// OpenBody reads the other end of a body, which is a file that came with a frame.
// It owns f from then on. On Linux that is f itself, which may also go to whoever
// reads descriptors.
func OpenBody(f *os.File) io.ReadCloser { return openBody(f) }
