package core

import (
	"context"
	"net"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// What is there at most.
const (
	MaxPopups    = maxPopups    // of all pages
	MaxDecisions = maxDecisions // of one webview, waiting
	MaxSockets   = maxSockets   // of one host, that belong to no document
)

// How transfers over a WebSocket are bounded, in bytes.
const (
	SocketWindow = socketWindow
	SocketPiece  = socketPiece
)

// ServeOwn serves a connection to a server of a host of that name, if there is such a server.
func (c *Core) ServeOwn(ctx context.Context, host, server string, port uint16, conn net.Conn) bool {
	c.mu.RLock()
	h := c.hosts[host]
	c.mu.RUnlock()
	serve, _ := h.ownServer(ctx, server, port)
	if serve != nil {
		go serve(conn)
	}
	return serve != nil
}

// Held counts what the tables of the Core have.
func (c *Core) Held() map[string]int {
	held := map[string]int{"items of menus": c.menuStore.Live()}
	c.mu.RLock()
	held["windows"], held["window IDs"] = len(c.windows), len(c.windowIDs)
	held["webviews"], held["webview IDs"] = len(c.webviews), len(c.webviewIDs)
	for _, s := range c.states {
		s.mu.Lock()
		held["subscriptions"] += len(s.subs)
		s.mu.Unlock()
	}
	for _, v := range c.webviews {
		v.mu.Lock()
		d := v.doc
		v.mu.Unlock()
		if d == nil {
			continue
		}
		d.mu.Lock()
		held["documents"]++
		held["channels"] += len(d.channels)
		held["calls"] += len(d.calls)
		held["streams"] += len(d.streams)
		held["closers"] += len(d.closers)
		d.mu.Unlock()
	}
	c.mu.RUnlock()
	c.events.mu.RLock()
	held["names of events"], held["documents that listen"] = len(c.events.byName), len(c.events.byDoc)
	for _, l := range c.events.byName {
		held["listeners"] += len(l)
	}
	c.events.mu.RUnlock()
	c.pageResources.mu.Lock()
	held["resources"], held["owners of resources"] = len(c.pageResources.byID), len(c.pageResources.owners)
	c.pageResources.mu.Unlock()
	c.menus.mu.Lock()
	held["menu bars"], held["popups"] = len(c.menus.windows), len(c.menus.popups)
	c.menus.mu.Unlock()
	return held
}

// ForgetLinks lets addresses be opened as if none had been.
func (c *Core) ForgetLinks() {
	c.links.mu.Lock()
	defer c.links.mu.Unlock()
	c.links.opened = nil
}

// Awaited reports whether somebody watches if the dev server answers.
func (v *Webview) Awaited() bool { return v.expected() != "" }

// Committed reports whether the host has begun to show a page.
func (v *Webview) Committed() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.committed
}

// The following fill a table of a webview but for some places, as its page would
// with many thousand calls: what a test then shows is the limit itself.

// FillListeners leaves room for left listeners of the document. name is what the
// n-th one listens to.
func (v *Webview) FillListeners(left int, name func(n int) string) error {
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	for n := range maxListeners - left {
		if _, err := v.core.events.add(&listener{name: name(n), target: ipc.Target{Kind: ipc.Any}, doc: d, handler: 1}); err != nil {
			return err
		}
	}
	return nil
}

// FillStreams leaves room for left streams. Those before are never closed.
func (v *Webview) FillStreams(left int) { v.streams.Add(int64(maxStreams - left)) }

// FillReplies leaves room for left answers to calls. The host, which has to read,
// gets as many of those before as it has room for.
func (v *Webview) FillReplies(left int) {
	o := &v.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.replies.frames < maxRejections-left {
		o.push(wire.Frame{Kind: wire.KindReply, Target: v.id, Payload: tooManyWait})
	}
}

// MayReach reports whether the rules decide about a connection to a server, which no host of that name serves itself.
func (c *Core) MayReach(host, server string, port uint16) bool {
	c.mu.RLock()
	h := c.hosts[host]
	c.mu.RUnlock()
	serve, reason := h.ownServer(c.ctx, server, port)
	return serve == nil && reason == ""
}
