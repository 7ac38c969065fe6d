// Package kept is the Core's side of a keeper: whether this process is one, or
// was started by one, and what that means for its start and its end.
package kept

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/keeper"
	"github.com/mullion-dev/mullion/internal/launch"
	"github.com/mullion-dev/mullion/internal/lifecycle"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
)

// link leads to the keeper that has started this process as a Core. It is set by
// Enter, once, before the app does anything.
var link atomic.Pointer[keeper.Link]

// Link leads to the keeper that has started this process; nil if none has.
func Link() *keeper.Link { return link.Load() }

// Enter does what a process does that has to do with a keeper: it is one,
// and then does not return, or a Core that waits until there is room for it.
func Enter() {
	role, f, err := keeper.TakeRole()
	if err != nil {
		fmt.Fprintf(os.Stderr, "mullion: %v\n", err)
		os.Exit(2)
	}
	switch role {
	case keeper.RoleKeeper:
		ctx, stop := lifecycle.UntilSignal()
		code := keeper.Keep(ctx, f)
		stop()
		os.Exit(code)
	case keeper.RoleCore:
		l, err := keeper.Join(f, launch.HostVersion())
		if err != nil {
			fmt.Fprintf(os.Stderr, "mullion: %v\n", err)
			os.Exit(1)
		}
		link.Store(l)
	}
}

// Become starts this process again under a keeper, and then does not return,
// unless it has one already or cannot have one.
func Become(log *slog.Logger) {
	if link.Load() != nil || sandbox.MayStart() != nil || inTests() {
		return
	}
	if err := keeper.Become(); !errors.Is(err, errors.ErrUnsupported) {
		log.Warn("mullion: windows will not outlive a crash of the app", "error", err)
	}
}

// inTests reports whether this process runs tests, which must not begin again.
func inTests() bool {
	stacks := make([]byte, 256<<10)
	return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("testing.(*M).Run("))
}

// Until returns a context that also ends when the keeper says so.
func Until(ctx context.Context) (_ context.Context, end func()) {
	l := link.Load()
	if l == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	l.OnEnd(cancel)
	return ctx, func() {
		cancel()
		select {
		case <-l.Leaving():
		default:
			l.Ends()
		}
	}
}

// Keeping is what the Core has to do with its keeper, nil without one.
func Keeping() *core.Keeping {
	l := link.Load()
	if l == nil {
		return nil
	}
	return &core.Keeping{
		Life: l.Life(), Crash: l.Cause().Crash, Failed: l.Cause().Failed,
		Windows: l.Windows(), Remember: l.Remember, Settled: l.Settled,
	}
}

// heldTransfer begins the name of the descriptor by which a keeper holds the run
// of the area for files; the folder follows.
const heldTransfer = "transfer "

// Resume goes on with what the Core before has left.
func Resume(c *core.Core) error {
	l := link.Load()
	if l == nil {
		return nil
	}
	area := c.Transfer()
	if name, lock := l.Held(heldTransfer); lock != nil {
		area.Resume(strings.TrimPrefix(name, heldTransfer), lock)
	}
	if err := area.Open(); err != nil {
		return err
	}
	if run, lock := area.Run(); lock != nil {
		if err := l.Hold(heldTransfer+run, lock); err != nil {
			return err
		}
	}
	l.OnPing(c.Answer)
	l.OnLeave(c.Leave)
	if how := l.Cause().Crash; how != "" {
		kind := supervise.Crashed
		if l.Cause().Hung {
			kind = supervise.Hung
		}
		c.TellFault(core.Fault{
			Component: "core", Windows: slices.Sorted(maps.Keys(l.Windows())),
			Ending: supervise.Ending{Kind: kind, Detail: how}, Failures: 1, Restarting: true,
		})
	}
	return nil
}
