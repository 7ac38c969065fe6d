package clipboardmanager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Change is a change of the clipboard.
type Change struct {
	// Own is set where this app has written to it.
	Own bool
	// Empty is set where it has nothing now.
	Empty bool
}

// ErrWatchEnded is returned by [Clipboard.Watch] when the connection to the window
// system is lost.
var ErrWatchEnded = errors.New("clipboard: the connection to the window system is lost")

// Watch calls f for each change of the clipboard, until ctx ends, whose cause it
// returns. Changes that come while f runs are one call. The call is made by Watch
// itself, so give it a goroutine of its own; a panic of f is logged.
func (c *Clipboard) Watch(ctx context.Context, f func(Change)) error {
	sys, err := c.system(ctx)
	if err != nil {
		return err
	}
	bounded, cancel := bound(ctx)
	defer cancel()
	changes := make(chan Change, 1)
	c.mu.Lock()
	c.watchers[changes] = struct{}{}
	log := c.log
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.watchers, changes)
		c.mu.Unlock()
	}()
	if err := sys.watch(bounded); err != nil {
		return fmt.Errorf("clipboard: %w", err)
	}
	for {
		select {
		case change := <-changes:
			call(log, f, change)
		case <-sys.done():
			return ErrWatchEnded
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func call(log *slog.Logger, f func(Change), change Change) {
	defer func() {
		if v := recover(); v != nil {
			log.Error("clipboard: a function given to Watch has panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f(change)
}

// changed tells the watchers, each of the latest change only. It does not wait.
func (c *Clipboard) changed(change Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for w := range c.watchers {
		select {
		case <-w:
		default:
		}
		w <- change // only this function fills it, and it has room for one
	}
}
