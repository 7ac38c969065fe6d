package core

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
)

const (
	// maxLoads is how often in a row a page that cannot be loaded is tried
	// again without being asked to.
	maxLoads = 8
	// longestKnock is the longest pause between two looks for a dev server.
	// There is no end to these: a server may be down for as long as somebody
	// is away.
	longestKnock = 2 * time.Second
)

// loadFailed shows an error page in the place of a page of the app that could
// not be loaded, and has the page tried again. Remote pages are left to the
// app, which Webview.Page tells.
func (v *Webview) loadFailed(e wire.PageEvent) {
	c := v.core
	if e.Cancelled || !c.IsLocal(e.URL) {
		return
	}
	v.mu.Lock()
	// A host must not lead a webview of remote pages to pages of the app.
	if v.closed || v.problem != nil || !v.local {
		v.mu.Unlock()
		return
	}
	v.failedLoads++
	n := v.failedLoads
	p := c.loadProblem(e, n)
	v.problem, v.url = p, e.URL
	v.mu.Unlock()
	if p.server != "" {
		c.log.Warn("mullion: waiting for the dev server", "window", v.Window().label, "webview", v.label, "address", c.opts.DevOrigin, "command", c.opts.DevCommand)
	}
	v.remake()
	if n <= maxLoads {
		c.tasks.Go(func() { v.tryAgain(p, n) })
	}
}

// loadProblem says what becomes of a page that could not be loaded n times.
func (c *Core) loadProblem(e wire.PageEvent, n int) *problem {
	p := &problem{title: "This page could not be loaded", detail: e.Detail, ended: make(chan struct{})}
	if c.opts.DevOrigin != "" && originOf(e.URL) == c.opts.DevOrigin {
		p.title, p.command, p.server = "Waiting for the dev server", c.opts.DevCommand, hostPort(c.opts.DevOrigin)
		p.detail = e.URL + ": " + e.Detail
		p.reason = fmt.Sprintf("There is no answer at %s. The page is shown as soon as there is.", c.opts.DevOrigin)
	}
	switch {
	case n > maxLoads:
		p.reason = fmt.Sprintf("It was tried %d times.", n)
	case p.reason == "":
		p.reason = "It is being tried again."
	}
	return p
}

// hostPort is where an origin is connected to.
func hostPort(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultPorts[u.Scheme]))
}

// tryAgain loads the page again that p stands for, after a pause, and when its
// server can be reached.
func (v *Webview) tryAgain(p *problem, n int) {
	first := v.core.opts.Patience.Load
	if !v.pause(p, first<<(n-1)) {
		return
	}
	for knock := first; p.server != ""; knock = min(2*knock, longestKnock) {
		conn, err := (&net.Dialer{Timeout: longestKnock}).DialContext(v.core.ctx, "tcp", p.server)
		if err == nil {
			conn.Close()
			break
		}
		if !v.pause(p, knock) {
			return
		}
	}
	v.retryFrom(p)
}

// pause waits, and reports whether p is still shown then.
func (v *Webview) pause(p *problem, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.ended:
	case <-v.gone:
	case <-v.core.ctx.Done():
	}
	return false
}
