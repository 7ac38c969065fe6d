package core_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// dialogProcess is one that answers dialogs with button 1, or stands still
// once it is up.
func dialogProcess(stands bool) core.Child {
	coreEnd, end := wire.Pipe()
	c := &inProcess{conn: coreEnd, done: make(chan struct{})}
	c.kill = func() { end.Close() }
	go func() {
		defer close(c.done)
		defer end.Close()
		for {
			f, err := end.Receive()
			if err != nil || f.Kind == wire.KindQuit {
				return
			}
			switch {
			case f.Kind == wire.KindHello:
				_ = end.SendJSON(wire.KindReady, 0, 0, wire.Ready{Version: wire.Version})
			case stands:
			case f.Kind == wire.KindPing:
				_ = end.Send(wire.Frame{Kind: wire.KindPong, ID: f.ID})
			case f.Kind == wire.KindDialog:
				_ = end.SendJSON(wire.KindDialogResult, 0, f.ID, wire.DialogResult{Button: 1})
			}
		}
	}()
	return c
}

// TestStoppedDialogs: a dialog in a process that stands still counts as
// cancelled, and the next one is shown by another process.
func TestStoppedDialogs(t *testing.T) {
	var starts atomic.Int32
	p := newPair(t, everything, core.Options{
		Patience:      impatient,
		LaunchDialogs: func(context.Context) (core.Child, error) { return dialogProcess(starts.Add(1) == 1), nil },
	}, nil)
	ask := func() (wire.DialogResult, error) {
		return p.Ask(t.Context(), nil, wire.Dialog{Kind: wire.DialogMessage, Buttons: []string{"a", "b"}})
	}
	if _, err := ask(); !errors.Is(err, core.ErrCancelled) {
		t.Errorf("a process that stands still: %v", err)
	}
	if r, err := ask(); err != nil || r.Button != 1 || starts.Load() != 2 {
		t.Errorf("got %+v, %v from process %d", r, err, starts.Load())
	}
}
