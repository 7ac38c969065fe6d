package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Pools are those of an app, one for each worker and set of options. The zero
// value has none. It is safe for concurrent use.
type Pools struct {
	mu    sync.Mutex
	pools map[poolKey]*usedPool // guarded by mu
	ends  error                 // guarded by mu; why there are no more, once it is set
	ended sync.Once
}

// poolKey is a worker, by its name, and a set of options.
type poolKey struct{ name, options string }

type usedPool struct {
	*Pool
	calls int // guarded by Pools.mu
}

// maxPools is how many pools there are before those that have nothing to do
// are given up, for the sake of apps that grant each call something else.
const maxPools = 32

// Call runs a worker in the pool for its name and its options, which key stands
// for. It makes one of what options returns if there is none.
func (ps *Pools) Call(ctx context.Context, name, key string, options func() Options, in Data, report func(jsontext.Value)) (Data, error) {
	p, err := ps.enter(poolKey{name, key}, options)
	if err != nil {
		return Data{}, err
	}
	defer ps.leave(p)
	return p.Call(ctx, in, report)
}

func (ps *Pools) enter(key poolKey, options func() Options) (*usedPool, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.ends != nil {
		return nil, fmt.Errorf("worker %q: %w", key.name, ps.ends)
	}
	p := ps.pools[key]
	if p == nil {
		if len(ps.pools) >= maxPools {
			ps.sweep()
		}
		p = &usedPool{Pool: New(options())}
		if ps.pools == nil {
			ps.pools = map[poolKey]*usedPool{}
		}
		ps.pools[key] = p
	}
	p.calls++
	return p, nil
}

func (ps *Pools) leave(p *usedPool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.calls--
}

// errIdle is for nobody: a pool that is given up has no calls.
var errIdle = errors.New("its processes were given up")

// sweep closes the pools that have nothing to do. ps.mu is held.
func (ps *Pools) sweep() {
	for key, p := range ps.pools {
		if p.calls == 0 && p.Idle() {
			p.Close(errIdle) // there is hardly a process to wait for
			delete(ps.pools, key)
		}
	}
}

// Close ends all processes and waits for them, also if it is called twice at
// once. Calls get why as their error, those that come later included.
func (ps *Pools) Close(why error) { ps.ended.Do(func() { ps.end(why) }) }

func (ps *Pools) end(why error) {
	ps.mu.Lock()
	ps.ends = why
	pools := ps.pools
	ps.pools = nil
	ps.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range pools {
		all.Go(func() { p.Close(why) })
	}
	all.Wait()
}

// Processes returns those that run just now. Those of a worker are "worker:NAME",
// "worker:NAME:2" and so on.
func (ps *Pools) Processes() map[string]Child {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	all := map[string]Child{}
	for key, p := range ps.pools {
		for _, child := range p.Children() {
			k := "worker:" + key.name
			for n := 2; all[k] != nil; n++ {
				k = fmt.Sprintf("worker:%s:%d", key.name, n)
			}
			all[k] = child
		}
	}
	return all
}
