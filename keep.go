package mullion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/keeper"
	"github.com/mullion-dev/mullion/internal/lifecycle"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// keeperLink leads to the keeper that has started this process as a Core. It is
// set by Main, once, before the app does anything.
var keeperLink atomic.Pointer[keeper.Link]

// enterKeeper does what a process does that has to do with a keeper: it is one,
// and then does not return, or a Core that waits until there is room for it.
func enterKeeper() {
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
		l, err := keeper.Join(f, hostVersion())
		if err != nil {
			fmt.Fprintf(os.Stderr, "mullion: %v\n", err)
			os.Exit(1)
		}
		keeperLink.Store(l)
	}
}

// becomeKept starts this process again under a keeper, and then does not return,
// unless it has one already or cannot have one.
func becomeKept(log *slog.Logger) {
	if keeperLink.Load() != nil || sandbox.MayStart() != nil || inTests() {
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

// untilKeeper returns a context that also ends when the keeper says so.
func untilKeeper(ctx context.Context) (_ context.Context, end func()) {
	l := keeperLink.Load()
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

// keeping is what the Core has to do with its keeper, nil without one.
func keeping() *core.Keeping {
	l := keeperLink.Load()
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

// joinKeeper goes on with what the Core before has left.
func (a *App) joinKeeper() error {
	l := keeperLink.Load()
	if l == nil {
		return nil
	}
	area := a.core.Transfer()
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
	l.OnPing(a.core.Answer)
	l.OnLeave(a.core.Leave)
	if how := l.Cause().Crash; how != "" {
		kind := supervise.Crashed
		if l.Cause().Hung {
			kind = supervise.Hung
		}
		a.core.TellFault(core.Fault{
			Component: "core", Windows: slices.Sorted(maps.Keys(l.Windows())),
			Ending: supervise.Ending{Kind: kind, Detail: how}, Failures: 1, Restarting: true,
		})
	}
	return nil
}

// hostVersion names what a host and the scripts of its pages are made of: it can
// stay only with a Core of the same.
func hostVersion() string { return fmt.Sprint(wire.Version, " ", bridge.Version()) }

// keptChild is a host that the keeper has started.
type keptChild struct {
	*keeper.Host
	conn   *wire.Conn
	sealed bool
}

// launchKept has the keeper start a host, or takes over the one that is there.
func launchKept(ctx context.Context, link *keeper.Link, log *slog.Logger, l core.Launch, spec sandbox.Spec, demand demand) (core.Child, error) {
	spec.Without = demand.without
	// What else a host is made for: connections that were made stay.
	key := fmt.Sprint(hostVersion(), l.Resources.Key(), l.Folders)
	h, err := link.Start(ctx, l.Name, key, spec)
	if err != nil {
		return nil, err
	}
	conn, err := wire.FileConn(wire.Core, h.Socket)
	if err != nil {
		h.Kill()
		return nil, err
	}
	if err := demand.check(log, l, h.Status()); err != nil {
		h.Kill()
		conn.Close()
		return nil, err
	}
	return &keptChild{Host: h, conn: conn, sealed: inboxSealed(h.Status(), spec)}, nil
}

// Conn implements core.Child.
func (c *keptChild) Conn() *wire.Conn { return c.conn }

// Proxy implements core.Child.
func (c *keptChild) Proxy() net.Listener { return c.Host.Proxy() }

// Relay has the keeper pass on what is said on a connection to the network, so
// that it outlives this Core.
func (c *keptChild) Relay(client, server net.Conn) bool { return c.Host.Relay(client, server) }

// ReadOnlyInbox tells the Core whether files may be linked into the inbox.
func (c *keptChild) ReadOnlyInbox() bool { return c.sealed }

// Wait implements core.Child.
func (c *keptChild) Wait() supervise.Ending {
	e, left := c.Host.Wait()
	if left {
		return supervise.Ending{Kind: supervise.Clean}
	}
	return endingOf(e)
}
