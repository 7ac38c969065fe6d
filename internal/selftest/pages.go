package selftest

import (
	"context"
	"errors"
	"sync"
)

// Pages has pages do tasks. A page asks for the next one, which it gets when there is one, and has the
// result of the last with it.
type Pages struct {
	mu     sync.Mutex
	byName map[string]*page // guarded by mu; by the label of the window
}

// page is the one that a window shows.
type page struct {
	tasks   chan string
	results chan Result
}

// Result is what has become of a task.
type Result struct {
	Detail string `json:"detail,omitzero"`
	Error  string `json:"error,omitzero"`
}

func (p *Pages) of(window string) *page {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byName == nil {
		p.byName = map[string]*page{}
	}
	if p.byName[window] == nil {
		p.byName[window] = &page{make(chan string), make(chan Result)}
	}
	return p.byName[window]
}

// Next is called by a page, with the result of its last task, nil at first. It returns the next.
func (p *Pages) Next(ctx context.Context, window string, last *Result) (task string, err error) {
	page := p.of(window)
	if last != nil {
		select {
		case page.results <- *last:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
	select {
	case task = <-page.tasks:
		return task, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Do has the page of a window do a task. One that is not there yet is waited for.
func (p *Pages) Do(ctx context.Context, window, task string) (detail string, err error) {
	page := p.of(window)
	select {
	case page.tasks <- task:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	select {
	case r := <-page.results:
		if r.Error != "" {
			return "", errors.New(r.Error)
		}
		return r.Detail, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
