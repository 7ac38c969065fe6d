package httpclient

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// The limits of a page.
const (
	maxWaiting   = 4096     // requests that have no response yet
	maxBytes     = 64 << 20 // of these, with all that belongs to them, and of responses of data:
	maxExchanges = 64       // that are sent at once; others wait for their turn
	maxOpen      = 256      // responses that it has not read to the end
)

// page is what a page has of the plugin.
type page struct {
	ipc.Page
	slots chan struct{}

	mu      sync.Mutex
	waiting int     // guarded by mu
	bytes   int     // guarded by mu
	open    []*body // guarded by mu; those that were not read for the longest first
}

// pageOf returns what the page that calls has.
func (h *HTTP) pageOf(ctx context.Context) (*page, error) {
	of, err := plugin.PageOf(ctx)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.pages[of]
	if p == nil {
		p = &page{Page: of, slots: make(chan struct{}, maxExchanges)}
		h.pages[of] = p
		context.AfterFunc(of.Context(), func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.pages, of)
		})
	}
	return p, nil
}

// remember counts a request that waits for its response.
func (p *page) remember(size int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting >= maxWaiting || p.bytes+size > maxBytes {
		return fmt.Errorf("%d requests with %d bytes wait for their responses, or to be read; wait for some of them", p.waiting, p.bytes)
	}
	p.waiting++
	p.bytes += size
	return nil
}

func (p *page) forget(size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting--
	p.bytes -= size
}

// exchange sends a request when it is its turn.
func (p *page) exchange(r *request) (*http.Response, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	}
	return r.do(r.ctx)
}

// add keeps a body for the page. Where there are too many, the one that was not
// read for the longest is dropped: pages forget responses of which they only
// wanted the status.
func (p *page) add(b *body) (rid uint32, err error) {
	p.mu.Lock()
	p.bytes += b.held // the request has counted them as well, until now
	p.mu.Unlock()
	rid, err = p.AddResource(b, func() {
		b.cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bytes -= b.held
		p.open = slices.DeleteFunc(p.open, func(x *body) bool { return x == b })
	})
	if err != nil {
		b.cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.bytes -= b.held
		return 0, err
	}
	p.mu.Lock()
	b.rid = rid
	p.open = append(p.open, b)
	var drop *body
	if len(p.open) > maxOpen {
		drop = p.open[max(0, slices.IndexFunc(p.open, func(x *body) bool { return x.readers == 0 }))]
	}
	p.mu.Unlock()
	if drop != nil {
		_, _ = p.CloseResource(drop.rid)
	}
	return rid, nil
}

// touch tells that a body is being read, until done is called.
func (p *page) touch(b *body) (done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b.readers++
	if i := slices.Index(p.open, b); i >= 0 {
		p.open = append(slices.Delete(p.open, i, i+1), b)
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		b.readers--
	}
}
