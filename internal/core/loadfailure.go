package core

import (
	"cmp"
	"context"
	"fmt"
	"html"
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
	// longestAnswer is how long an answer is waited for before a dev server is
	// asked again: some build a page when it is asked for.
	longestAnswer = 2 * time.Minute
)

// loadFailed shows an error page in the place of a page of the app that could
// not be loaded, and has the page tried again. Remote pages are left to the
// app, which Webview.Page tells.
func (v *Webview) loadFailed(e wire.PageEvent) {
	if !e.Cancelled && v.core.IsLocal(e.URL) {
		v.failLoad(e, false)
	}
}

// failLoad is loadFailed. Silent is set where nothing has failed, but the
// dev server does not answer. It reports whether there is an error page now.
func (v *Webview) failLoad(e wire.PageEvent, silent bool) bool {
	c := v.core
	v.mu.Lock()
	// A host must not lead a webview of remote pages to pages of the app. And a
	// page that has come after all stays.
	if v.closed || v.problem != nil || !v.local || silent && v.committed {
		v.mu.Unlock()
		return false
	}
	v.failedLoads++
	n := v.failedLoads
	p := c.loadProblem(e, n, silent)
	v.problem, v.url = p, e.URL
	v.mu.Unlock()
	if p.wanted != "" {
		c.log.Warn("mullion: waiting for the dev server", "window", v.Window().label, "webview", v.label, "address", c.opts.DevOrigin, "command", c.opts.DevCommand)
	}
	v.remake()
	if n <= maxLoads {
		c.tasks.Go(func() { v.tryAgain(p, n) })
	}
	return true
}

// loadProblem says what becomes of a page that could not be loaded n times.
func (c *Core) loadProblem(e wire.PageEvent, n int, silent bool) *problem {
	p := &problem{detail: e.Detail, ended: make(chan struct{})}
	if c.opts.DevOrigin != "" && originOf(e.URL) == c.opts.DevOrigin {
		// For the developer, in the language of the tool.
		origin := html.EscapeString(c.opts.DevOrigin)
		p.texts, p.title, p.command, p.wanted = english, "Waiting for the dev server", c.opts.DevCommand, e.URL
		p.detail = e.URL + ": " + e.Detail
		p.reason, p.start = fmt.Sprintf("There is no answer at %s. The page is shown as soon as there is.", origin), "Start it with"
		if silent {
			p.reason = fmt.Sprintf("The server at %s takes connections, but does not answer. The page is shown as soon as it does.", origin)
			p.start = "If it never does, start it again with"
		}
	} else {
		p.texts = c.opts.ErrorTexts
		p.title = p.texts.markup(func(t ErrorTexts) string { return t.NotLoaded })
		p.reason = p.texts.markup(func(t ErrorTexts) string { return t.Retrying })
	}
	if n > maxLoads {
		p.reason = p.texts.markup(func(t ErrorTexts) string { return t.GivenUp })
	}
	return p
}

// awaitAnswer is told that the engine asks for a page. Where that is one of a dev
// server, and the window has nothing to show yet, it says what it waits for if
// the server takes the connection and then does not answer.
func (v *Webview) awaitAnswer(address string) {
	c := v.core
	if c.opts.DevOrigin == "" || originOf(address) != c.opts.DevOrigin {
		return
	}
	v.mu.Lock()
	blank, watched := !v.committed && v.problem == nil && !v.closed, v.awaited != ""
	if blank {
		v.awaited = address
	}
	v.mu.Unlock()
	if blank && !watched {
		c.tasks.Go(v.watchAnswer)
	}
}

func (v *Webview) watchAnswer() {
	c := v.core
	ctx, cancel := v.while(nil)
	defer cancel()
	silent := false
	if limit := c.opts.Patience.Answer; pause(ctx, limit) {
		// Perhaps it is the engine that is slow.
		ctx, cancel := context.WithTimeout(ctx, limit)
		silent = !answers(ctx, c.opts.DevOrigin, v.expected())
		cancel()
	}
	v.mu.Lock()
	address := v.awaited
	v.awaited = ""
	v.mu.Unlock()
	e := wire.PageEvent{Kind: wire.PageFailed, URL: address, Detail: "the connection is open, but no answer comes"}
	if silent && ctx.Err() == nil && v.failLoad(e, true) {
		v.arrivedOnce.Do(func() { close(v.arrived) })
		v.follow(e)
	}
}

// expected is the page that a dev server is to answer with.
func (v *Webview) expected() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.awaited
}

// answers asks a server for a page, and reports whether there is an answer, of
// any kind. Of a server with TLS it is enough to take connections.
func answers(ctx context.Context, origin, address string) bool {
	o, err := url.Parse(origin)
	if err != nil {
		return false
	}
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	server := net.JoinHostPort(o.Hostname(), cmp.Or(o.Port(), defaultPorts[o.Scheme]))
	conn, err := (&net.Dialer{Timeout: longestKnock}).DialContext(ctx, "tcp", server)
	if err != nil {
		return false
	}
	defer conn.Close()
	if o.Scheme != "http" {
		return true
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(longestAnswer))
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/html\r\nConnection: close\r\n\r\n", u.RequestURI(), o.Host); err != nil {
		return false
	}
	n, _ := conn.Read(make([]byte, 1))
	return n == 1
}

// tryAgain loads the page again that p stands for, after a pause, and when its
// server answers.
func (v *Webview) tryAgain(p *problem, n int) {
	ctx, cancel := v.while(p.ended)
	defer cancel()
	first := v.core.opts.Patience.Load
	if !pause(ctx, first<<(n-1)) {
		return
	}
	for knock := first; p.wanted != "" && !answers(ctx, v.core.opts.DevOrigin, p.wanted); knock = min(2*knock, longestKnock) {
		if !pause(ctx, knock) {
			return
		}
	}
	v.retryFrom(p)
}

// while returns a context that ends when a channel is closed, and with the
// webview.
func (v *Webview) while(ended <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(v.core.ctx)
	go func() {
		defer cancel()
		select {
		case <-ended:
		case <-v.gone:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// pause waits, and reports whether ctx has not ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
