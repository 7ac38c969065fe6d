package assets

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"sync"
)

// A body is the stream of a response. It ends with its context: the file is
// closed then, even if nobody reads or closes the body any more.
type body struct {
	ctx  context.Context
	stop func() bool

	mu     sync.Mutex
	reader io.Reader // guarded by mu
	closer io.Closer // guarded by mu; nil if there is nothing to close
	closed bool      // guarded by mu
}

// newBody returns a body of exactly length bytes from reader.
func newBody(ctx context.Context, reader io.Reader, length int64, closer io.Closer) *body {
	b := &body{ctx: ctx, reader: exactly(reader, length), closer: closer}
	b.stop = context.AfterFunc(ctx, func() { b.release() })
	return b
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.closed {
		return 0, fs.ErrClosed
	}
	err = survive("read", func() error { n, err = b.reader.Read(p); return err })
	return n, err
}

// survive runs code of the app's file system, whose panic becomes an error.
func survive(what string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in %s: %v\n%s", what, v, debug.Stack())
		}
	}()
	return f()
}

// Close implements io.Closer. Only the first call can return an error.
func (b *body) Close() error {
	b.stop()
	return b.release()
}

func (b *body) release() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	b.reader = nil
	if b.closer == nil {
		return nil
	}
	return survive("close", b.closer.Close)
}

// An exactReader turns an early end into io.ErrUnexpectedEOF: a file that was
// cut while it was sent must not look complete.
type exactReader struct {
	reader io.Reader
	left   int64
}

func exactly(r io.Reader, length int64) io.Reader {
	return &exactReader{r, length}
}

func (e *exactReader) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.reader.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// contextReader fails once its context has ended.
type contextReader struct {
	ctx    context.Context
	reader io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.reader.Read(p)
}
