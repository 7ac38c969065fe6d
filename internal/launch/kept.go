package launch

import (
	"context"
	"fmt"
	"net"

	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/keeper"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// HostVersion names what a host and the scripts of its pages are made of: it can
// stay only with a Core of the same.
func HostVersion() string { return fmt.Sprint(wire.Version, " ", bridge.Version()) }

// keptChild is a host that the keeper has started.
type keptChild struct {
	*keeper.Host
	conn   *wire.Conn
	sealed bool
}

// launchKept has the keeper start a host, or takes over the one that is there.
func (h *Hosts) launchKept(ctx context.Context, l core.Launch, spec sandbox.Spec) (core.Child, error) {
	spec.Without = h.Without
	// What else a host is made for: connections that were made stay.
	key := fmt.Sprint(HostVersion(), l.Resources.Key(), l.Folders)
	host, err := h.Keeper.Start(ctx, l.Name, key, spec)
	if err != nil {
		return nil, err
	}
	conn, err := wire.FileConn(wire.Core, host.Socket)
	if err != nil {
		host.Kill()
		return nil, err
	}
	if err := h.check(l, host.Status()); err != nil {
		host.Kill()
		conn.Close()
		return nil, err
	}
	return &keptChild{Host: host, conn: conn, sealed: inboxSealed(host.Status(), spec)}, nil
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
