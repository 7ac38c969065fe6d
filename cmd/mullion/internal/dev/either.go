package dev

import (
	"bytes"
	"context"
	"os"
)

// either keeps the windows of programs that can be kept, and starts others
// again: those of a version of the framework that has no keeper.
type either struct {
	plain *plain
	kept  *kept
	now   app // the one of the two that runs; nil: none
}

// marker is in every program that can be kept.
const marker = "MULLION_KEEPER"

func (a *either) swap(ctx context.Context, program string) outcome {
	var next app = a.plain
	if data, err := os.ReadFile(program); err == nil && bytes.Contains(data, []byte(marker)) {
		next = a.kept
	}
	if a.now == app(a.kept) && next == app(a.plain) {
		if s := a.kept.current(); s != nil {
			a.kept.leave(s, nil)
		}
	}
	if a.now == app(a.plain) && next == app(a.kept) {
		a.plain.end()
	}
	a.now = next
	return next.swap(ctx, program)
}

func (a *either) notice(title, text string) { a.kept.notice(title, text) }
func (a *either) clear()                    { a.kept.clear() }
func (a *either) ends() <-chan ending       { return a.plain.ended } // of both

func (a *either) stop(now <-chan struct{}) {
	a.kept.stop(now)
	a.plain.stop(now)
}
