//go:build !linux

package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Session is an app that runs under a keeper, for a developer's tool.
type Session struct{}

// Start starts a program under a keeper. Other systems than Linux have none: the
// error wraps [errors.ErrUnsupported].
func Start(Options) (*Session, error) {
	return nil, fmt.Errorf("keeper: %w", errors.ErrUnsupported)
}

// Swap has a new program take over the windows.
func (*Session) Swap(context.Context, *os.File, string) (Result, error) {
	return Result{}, ErrEnded
}

// Notice shows a notice in every window.
func (*Session) Notice(Notice) {}

// ClearNotice takes the notice away.
func (*Session) ClearNotice() {}

// Stop ends the app in order.
func (*Session) Stop() {}

// Drop ends the connection to the keeper.
func (*Session) Drop() {}

// Kill ends the app at once.
func (*Session) Kill() {}

// Done is closed when the session is over.
func (*Session) Done() <-chan struct{} { return nil }

// Err tells how the keeper has ended.
func (*Session) Err() error { return ErrEnded }

// PID returns the process id of the keeper.
func (*Session) PID() int { return 0 }
