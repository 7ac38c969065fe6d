package core

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
)

// maxResources bounds the resources of one document.
const maxResources = 16 << 10

// resourceTable has what pages name by number: images, and what plugins keep for
// them. A resource belongs to the document that made it, and ends with it.
type resourceTable struct {
	mu     sync.Mutex
	byID   map[uint32]*resource          // guarded by mu
	owners map[*document]map[uint32]none // guarded by mu
}

type resource struct {
	value any
	owner *document
	// shared lets other documents use it too, as long as its owner lives.
	shared bool
	closed closer
}

// closer is called when a resource is closed. What it returns is closed once
// the code of a plugin, which runs in a queue, is done; nil is at once.
type closer func() (done <-chan struct{})

// addResource gives value a number for pages. It belongs to d; shared lets the
// pages of other windows use it too. closed, which may be nil, is called once:
// when a page closes the resource, or when d ends.
func (c *Core) addResource(d *document, shared bool, value any, closed closer) (uint32, error) {
	r := &c.pageResources
	r.mu.Lock()
	if r.byID == nil {
		r.byID, r.owners = map[uint32]*resource{}, map[*document]map[uint32]none{}
	}
	if len(r.owners[d]) >= maxResources {
		r.mu.Unlock()
		return 0, fmt.Errorf("%d resources are open; close some of them: %w", maxResources, ErrBackpressure)
	}
	first := r.owners[d] == nil
	if first {
		r.owners[d] = map[uint32]none{}
	}
	// Pages take 0 for none. What is random is not mistaken for another one.
	id := uint32(0)
	for id == 0 || r.byID[id] != nil {
		id = rand.Uint32()
	}
	r.byID[id] = &resource{value, d, shared, closed}
	r.owners[d][id] = none{}
	r.mu.Unlock()
	if first {
		d.onEnd(r, func() { r.drop(d) })
	}
	return id, nil
}

// resourceOf finds a resource that d may use, if it is a T.
func resourceOf[T any](c *Core, d *document, id uint32) (T, error) {
	c.pageResources.mu.Lock()
	defer c.pageResources.mu.Unlock()
	if x := c.pageResources.byID[id]; x.usable(d) {
		if v, ok := x.value.(T); ok {
			return v, nil
		}
	}
	var zero T
	return zero, invalidResource(id)
}

func (x *resource) usable(d *document) bool {
	return x != nil && (x.owner == d || x.shared)
}

func invalidResource(id uint32) error { return fmt.Errorf("The resource id %d is invalid.", id) }

// closeResource closes what d may use. done is closed when all is done that comes
// with it.
func (c *Core) closeResource(d *document, id uint32) (done <-chan struct{}, err error) {
	r := &c.pageResources
	r.mu.Lock()
	x := r.byID[id]
	if !x.usable(d) {
		r.mu.Unlock()
		return nil, invalidResource(id)
	}
	delete(r.byID, id)
	delete(r.owners[x.owner], id)
	r.mu.Unlock()
	if x.closed != nil {
		done = x.closed()
	}
	if done == nil {
		atOnce := make(chan struct{})
		close(atOnce)
		done = atOnce
	}
	return done, nil
}

// drop closes everything of a document that has ended.
func (r *resourceTable) drop(d *document) {
	r.mu.Lock()
	var closers []closer
	for id := range r.owners[d] {
		if f := r.byID[id].closed; f != nil {
			closers = append(closers, f)
		}
		delete(r.byID, id)
	}
	delete(r.owners, d)
	r.mu.Unlock()
	for _, f := range closers {
		f()
	}
}

type resourceArgs struct {
	ID uint32 `json:"rid"`
}

func (c *Core) cmdCloseResource(ctx context.Context, a resourceArgs) (none, error) {
	d, err := callerDocument(ctx)
	if err != nil {
		return none{}, err
	}
	done, err := c.closeResource(d, a.ID)
	if err != nil {
		return none{}, err
	}
	// What the page does next finds it closed.
	select {
	case <-done:
		return none{}, nil
	case <-ctx.Done():
		return none{}, context.Cause(ctx)
	}
}
