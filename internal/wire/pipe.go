package wire

import (
	"io"
	"os"
	"sync"
)

// Pipe returns the two ends of a connection in memory, for tests.
func Pipe() (core, host *Conn) {
	a, b := newHalf(), newHalf()
	return newConn(Core, &pipe{in: a, out: b}), newConn(Host, &pipe{in: b, out: a})
}

type half struct {
	mu     sync.Mutex
	cond   *sync.Cond
	b      []byte     // guarded by mu
	files  []*os.File // guarded by mu
	closed bool       // guarded by mu
}

func newHalf() *half {
	h := &half{}
	h.cond = sync.NewCond(&h.mu)
	return h
}

type pipe struct{ in, out *half }

func (p *pipe) read(b []byte) (int, []*os.File, error) {
	h := p.in
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.b) == 0 && !h.closed {
		h.cond.Wait()
	}
	if len(h.b) == 0 {
		return 0, nil, io.EOF
	}
	n := copy(b, h.b)
	h.b = h.b[n:]
	files := h.files
	h.files = nil
	return n, files, nil
}

func (p *pipe) tryWrite(b []byte, file *os.File) (int, error) {
	h := p.out
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return 0, io.ErrClosedPipe
	}
	h.b = append(h.b, b...)
	if file != nil {
		dup, err := dupFile(file)
		if err != nil {
			return 0, err
		}
		h.files = append(h.files, dup)
	}
	h.cond.Broadcast()
	return len(b), nil
}

func (p *pipe) write(b []byte, file *os.File) error {
	_, err := p.tryWrite(b, file)
	return err
}

func (p *pipe) close() error {
	for _, h := range []*half{p.in, p.out} {
		h.mu.Lock()
		h.closed = true
		h.cond.Broadcast()
		h.mu.Unlock()
	}
	return nil
}
