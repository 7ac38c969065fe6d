package core

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"html"
	"strings"

	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// An error page is shown instead of a page that cannot be kept alive, or could
// not be loaded. It has
// an origin of its own, no bridge and no script: all that it can do is to
// navigate to retryAddress, which the Core takes for the wish to try again.
const (
	errorAddress = "mullion://localhost/error"
	retryAddress = "mullion://localhost/retry"
)

// problem is why an error page is shown.
type problem struct {
	// texts are the words of the page.
	texts ErrorTexts
	// title and reason are for the user, in HTML; detail is for whoever is asked
	// about it.
	title, reason, detail string
	// wanted is the page that a dev server is waited for, command is what starts
	// it, and start introduces that; empty where there is none.
	wanted, command, start string
	// ended is closed when the error page is no longer wanted.
	ended chan struct{}
	// lost is how often the error page itself was lost, and making says that it
	// is about to be made anew; guarded by Webview.mu.
	lost   int
	making bool
}

// reasons tell a user what has happened.
var reasons = map[supervise.Kind]func(ErrorTexts) string{
	supervise.OutOfMemory:  func(t ErrorTexts) string { return t.OutOfMemory },
	supervise.Hung:         func(t ErrorTexts) string { return t.NoAnswer },
	supervise.Blank:        func(t ErrorTexts) string { return t.NotDrawn },
	supervise.LaunchFailed: func(t ErrorTexts) string { return t.NotStarted },
}

func (c *Core) newProblem(e supervise.Ending) *problem {
	t := c.opts.ErrorTexts
	reason, ok := reasons[e.Kind]
	if !ok {
		reason = func(t ErrorTexts) string { return t.Ended }
	}
	return &problem{
		texts: t, title: t.markup(func(t ErrorTexts) string { return t.Stopped }), reason: t.markup(reason), detail: e.String(), ended: make(chan struct{}),
	}
}

// fail shows an error page instead of the page. Where it is that which was
// lost, as happens while the system is out of memory, it is made anew, after
// pauses that grow.
func (v *Webview) fail(why supervise.Ending) {
	v.mu.Lock()
	if p := v.problem; p != nil {
		again := !p.making
		if again {
			p.making = true
			p.lost++
		}
		n := p.lost
		v.mu.Unlock()
		if again {
			v.core.tasks.Go(func() { v.remakeError(p, n) })
		}
		return
	}
	v.problem = v.core.newProblem(why)
	v.mu.Unlock()
	v.core.log.Error("mullion: giving up on the page; an error page is shown", "window", v.Window().label, "webview", v.label, "url", v.URL(), "reason", why.String())
	v.remake()
}

// remakeError makes an error page anew that was lost n times.
func (v *Webview) remakeError(p *problem, n int) {
	ctx, cancel := v.while(p.ended)
	defer cancel()
	policy := v.core.opts.Restarts
	if !pause(ctx, min(policy.First<<min(n-1, 16), policy.Most)) {
		return
	}
	v.mu.Lock()
	p.making = false
	wanted := v.problem == p
	v.mu.Unlock()
	if wanted {
		v.remake()
	}
}

// retry shows the page again that an error page stands for. It reports whether
// there was one.
func (v *Webview) retry() bool {
	v.mu.Lock()
	p := v.problem
	v.mu.Unlock()
	return p != nil && v.retryFrom(p)
}

// retryFrom is retry while p is what the error page is about.
func (v *Webview) retryFrom(p *problem) bool {
	v.mu.Lock()
	was := v.problem == p
	if was {
		close(p.ended)
		v.problem, v.crashes, v.crashed = nil, 0, nil
	}
	v.mu.Unlock()
	if was {
		v.core.log.Info("mullion: trying to load the page again", "window", v.Window().label, "webview", v.label)
		v.remake()
	}
	return was
}

// remake has the webview made anew, in the same place. So the error page is
// not in the history.
func (v *Webview) remake() {
	h := v.Window().host()
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.closed {
		v.committed = false
		h.send(wire.KindCloseWebview, v.id, nil)
		h.send(wire.KindWebview, v.id, v.remade())
	}
}

// rescue is called when a host could not be kept alive. If it has ever been,
// one of its pages may be to blame: rescue reports true if the host is to be
// started again with error pages in their place.
func (h *host) rescue(err error) bool {
	var e *supervise.Error
	h.mu.Lock()
	worked := h.worked
	h.mu.Unlock()
	if !errors.As(err, &e) || e.Last.Permanent || e.Last.Outage || !worked {
		return false
	}
	rescued := false
	for _, w := range h.windows() {
		for _, v := range w.webviewList() {
			v.mu.Lock()
			if v.problem == nil {
				v.problem = h.core.newProblem(e.Last)
				rescued = true
			}
			v.mu.Unlock()
		}
	}
	if rescued {
		h.core.log.Error("mullion: giving up on the host; its windows show error pages", "host", h.name, "reason", e.Error())
	}
	return rescued
}

// decideError decides what error pages need. ours is false for all else.
func (v *Webview) decideError(d wire.Decision) (allow, ours bool) {
	if d.Kind != wire.DecideNavigation || !d.MainFrame {
		return false, false
	}
	v.mu.Lock()
	shown := v.problem != nil
	v.mu.Unlock()
	switch address, _, _ := strings.Cut(d.URL, "?"); {
	case !shown:
		return false, false
	case address == errorAddress:
		return true, true
	case address == retryAddress:
		v.retry()
	}
	return false, true // an error page leads nowhere else
}

//go:embed error.html
var errorHTML string

// serveError answers the request for an error page.
func serveError(conn *wire.Conn, id uint64, v *Webview) {
	var p *problem
	if v != nil {
		v.mu.Lock()
		p = v.problem
		v.mu.Unlock()
	}
	if p == nil {
		respondText(conn, id, 403, "there is no error")
		return
	}
	more, role := "", "alert"
	if p.wanted != "" {
		role = "status"
		more = "<p>Name the command that starts it as build.beforeDevCommand in the configuration, and it is shown here.</p>"
		if p.command != "" {
			more = "<p>" + html.EscapeString(p.start) + "</p><pre><code>" + html.EscapeString(p.command) + "</code></pre>"
		}
	}
	text := strings.NewReplacer(
		"{{window}}", html.EscapeString(v.Window().State().Title),
		"{{language}}", html.EscapeString(cmp.Or(p.texts.Language, english.Language)),
		"{{title}}", p.title,
		"{{role}}", role,
		"{{more}}", more,
		"{{reason}}", p.reason,
		"{{again}}", p.texts.markup(func(t ErrorTexts) string { return t.TryAgain }),
		"{{details}}", p.texts.markup(func(t ErrorTexts) string { return t.Details }),
		"{{detail}}", html.EscapeString(p.detail),
		"{{retry}}", retryAddress,
	).Replace(errorHTML)
	head := wire.Response{Status: 200, Length: int64(len(text)), Header: []wire.Field{
		{Name: "Content-Type", Value: "text/html; charset=utf-8"},
		{Name: "Content-Security-Policy", Value: fmt.Sprintf("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action %s", retryAddress)},
		{Name: "X-Content-Type-Options", Value: "nosniff"},
		{Name: "Cache-Control", Value: "no-store"},
	}}
	_ = conn.Send(wire.Frame{Kind: wire.KindResponse, ID: id, Payload: wire.JoinResponse(mustJSON(head), []byte(text))})
}
