package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// chunkSize is the most that is read at once. At most two chunks wait for a page.
const chunkSize = 64 << 10

// body is that of a response, for a page that reads it when it likes to. One
// goroutine reads ahead, by a chunk or two: so the end of a short body is known
// and its connection free for others, although pages often leave the end unread.
type body struct {
	chunks chan []byte // each with a 0 at its end; closed at the end of the body
	err    error       // why it ended, nil for its end; set before chunks is closed
	cancel context.CancelFunc

	rid     uint32 // set by page.add
	readers int    // guarded by page.mu
	held    int    // bytes of a data: address, which count until the body is closed
}

func newBody(ctx context.Context, r *http.Response, cancel context.CancelFunc) *body {
	b := &body{chunks: make(chan []byte, 1), cancel: cancel}
	go b.pump(ctx, r.Body)
	return b
}

func (b *body) pump(ctx context.Context, r io.ReadCloser) {
	defer b.cancel()
	defer r.Close()
	defer close(b.chunks)
	buf := make([]byte, chunkSize)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			chunk := make([]byte, n+1)
			copy(chunk, buf[:n])
			select {
			case b.chunks <- chunk:
			case <-ctx.Done():
				b.err = errCanceled
				return
			}
		}
		if err != nil {
			if ctx.Err() != nil {
				err = errCanceled
			}
			if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				b.err = err
			}
			return
		}
	}
}

// next returns the next chunk, nil at the end.
func (b *body) next(ctx context.Context) ([]byte, error) {
	select {
	case c, ok := <-b.chunks:
		if !ok {
			return nil, b.err
		}
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
