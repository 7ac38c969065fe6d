package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/rendering"
	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Patience bounds how long is waited for what does not answer. Fields that are
// zero are those of DefaultPatience.
type Patience struct {
	// Ping is the pause between two pings of a host. A host counts by them how
	// long pages and the process for the network have not answered.
	Ping time.Duration
	// Calm is that pause while no process of the host runs.
	Calm time.Duration
	// Host is how long the main loop of a host may leave a ping unanswered, and
	// do nothing else that it was told to, before the host is ended.
	Host time.Duration
	// Page is how long a page may leave the host without an answer before it
	// is loaded again.
	Page time.Duration
	// Blank is how long a page that is loaded may show nothing before its
	// host is started again with other rendering settings.
	Blank time.Duration
	// Load is how long a page of the app that could not be loaded is left
	// alone before it is tried again; each further pause is twice as long.
	Load time.Duration
	// Answer is how long a window stays blank because a dev server does not
	// answer before it says so.
	Answer time.Duration
	// Look is the pause between two looks at what a host uses up.
	Look time.Duration
	// Close is how long a page that listens for the closing of a window may
	// leave the wish to close it without a sign of life before the window
	// closes.
	Close time.Duration
}

// DefaultPatience is that of apps. Only tests change it.
var DefaultPatience = Patience{
	Ping: 2 * time.Second, Calm: 30 * time.Second, Host: 10 * time.Second, Page: 30 * time.Second,
	Blank: 10 * time.Second, Load: 250 * time.Millisecond, Answer: 3 * time.Second, Look: 10 * time.Second, Close: 5 * time.Second,
}

func (p *Patience) setDefaults() {
	d := &DefaultPatience
	for _, f := range []struct{ field, value *time.Duration }{
		{&p.Ping, &d.Ping}, {&p.Calm, &d.Calm}, {&p.Host, &d.Host}, {&p.Page, &d.Page}, {&p.Blank, &d.Blank}, {&p.Load, &d.Load}, {&p.Answer, &d.Answer}, {&p.Look, &d.Look}, {&p.Close, &d.Close},
	} {
		if *f.field <= 0 {
			*f.field = *f.value
		}
	}
}

// watch pings a host until ctx is done, and ends it when it does not answer or
// draws nothing. Time counts as far as this process has lived through it: what
// a machine was asleep, or the Core was stopped, is nobody's fault. limit is how
// much memory a web process may take, in bytes, or 0.
func (h *host) watch(ctx context.Context, child Child, limit int64) {
	p := h.core.opts.Patience
	t := time.NewTicker(p.Ping)
	defer t.Stop()
	l := newLooks(h, child, limit)
	rest := time.NewTimer(p.Ping / 2) // then what the ping made run has come to rest
	defer rest.Stop()
	var silent, pause time.Duration
	last := time.Now()
	for h.sendPing(child); ; {
		select {
		case <-rest.C:
			l.rest()
			continue
		case <-t.C:
		case <-ctx.Done():
			return
		}
		now := time.Now()
		elapsed := min(now.Sub(last), 2*p.Ping)
		last = now
		if l.look(now) {
			return
		}
		switch {
		case h.answered():
			silent = 0
			if h.blank(child, elapsed) {
				return
			}
			if pause += elapsed; l.calm() && pause < p.Calm {
				continue
			}
			pause = 0
			h.sendPing(child)
			rest.Reset(p.Ping / 2)
		case h.handling.Load(): // the Core itself has not come to the answer
		case h.progressed(): // it has much to do before the ping, and does it
			silent = 0
		default:
			if silent += elapsed; silent >= p.Host {
				h.end(child, supervise.Ending{Kind: supervise.Hung, Detail: fmt.Sprintf("its main loop did not answer for %s", p.Host)})
				return
			}
		}
	}
}

func (h *host) sendPing(child Child) {
	h.mu.Lock()
	h.ping++
	n := h.ping
	h.ponged, h.settled = false, false
	h.mu.Unlock()
	_ = child.Conn().Send(wire.Frame{Kind: wire.KindPing, ID: n})
}

// progressed reports whether the host has done something that it was asked for
// since the last time.
func (h *host) progressed() (did bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	did, h.did = h.did, false
	return did
}

func (h *host) answered() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ponged
}

// pong notes the answer to a ping.
func (h *host) pong(n uint64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n <= h.core.base && n != 0 {
		return nil // for a Core before
	}
	if n != h.ping || h.ponged {
		return fmt.Errorf("%w: pong %d was not asked for", wire.ErrProtocol, n)
	}
	h.ponged = true
	return nil
}

// settle notes that all that a ping had the host ask has answered.
func (h *host) settle(n uint64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case n < h.ping:
		return nil
	case n > h.ping || !h.ponged:
		return fmt.Errorf("%w: ping %d cannot have settled", wire.ErrProtocol, n)
	}
	h.settled = true
	return nil
}

// end ends the process of a host, for that reason.
func (h *host) end(child Child, why supervise.Ending) {
	h.mu.Lock()
	if h.child == child {
		h.ended = &why
	}
	h.mu.Unlock()
	child.Kill()
}

// blank counts how long a window has been without a picture that should have
// one, and starts the host again with other settings when that was too long.
// Only a window with the focus counts: others may be covered or on another
// workspace, where systems rightly draw nothing.
func (h *host) blank(child Child, elapsed time.Duration) bool {
	c := h.core
	if c.opts.Rendering == nil {
		return false
	}
	for _, w := range h.windows() {
		o := w.Observed()
		seen := o.Visible && o.Focused && !o.Minimized
		for _, v := range w.webviewList() {
			half := c.opts.Patience.Blank / 2
			if blank := v.countBlank(seen && v.inSight(), elapsed); blank < half || !v.alive(half) || blank < 2*half {
				continue
			}
			h.mu.Lock()
			step := h.step
			h.mu.Unlock()
			next, ok := c.opts.Rendering.Failed(step)
			if !ok {
				c.log.Error("mullion: a page is not drawn, and no rendering settings are left to try", "host", h.name, "window", w.label)
				v.mu.Lock()
				v.finished = false // said once per page
				v.mu.Unlock()
				continue
			}
			h.end(child, supervise.Ending{Kind: supervise.Blank, Detail: fmt.Sprintf(
				"window %q showed nothing for %s with rendering %q, next is %q", w.label, c.opts.Patience.Blank, rendering.Name(step), next.Name)})
			return true
		}
	}
	return false
}

// busyCalls is how many calls a second leave a page no time to be drawn.
const busyCalls = 200

func (v *Webview) countBlank(seen bool, elapsed time.Duration) time.Duration {
	var calls uint64
	v.mu.Lock()
	d := v.doc
	v.mu.Unlock()
	if d != nil {
		d.mu.Lock()
		calls = d.lastCall
		d.mu.Unlock()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	busy := v.hung != nil || v.asks || float64(calls-min(calls, v.blankCalls)) > busyCalls*elapsed.Seconds()
	v.blankCalls = calls
	switch {
	case v.painted || !v.finished:
		v.blank = 0
	case seen && !busy:
		v.blank += elapsed
	}
	return v.blank
}

// alive reports whether the page has given a sign of life since it was loaded,
// for which it is asked here. One that hangs cannot be drawn, whatever the
// settings are, and that it hangs is found out later than that it is not drawn. One
// that has much to do at first can be drawn only then: as long as it is silent it
// counts as blank for no longer than that.
func (v *Webview) alive(blank time.Duration) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.life == nil {
		life := new(atomic.Bool)
		v.life = life
		v.core.tasks.Go(func() {
			// An error of the engine's is an answer, too: that of a page without a bridge.
			err := v.Do(v.core.ctx, wire.ActionProbe, nil)
			life.Store(v.core.ctx.Err() == nil && !errors.Is(err, ErrHostLost))
		})
	}
	if !v.life.Load() {
		v.blank = min(v.blank, blank)
		return false
	}
	return true
}

// undrawn notes that nothing is shown yet of what comes next. v.mu is held.
func (v *Webview) undrawn() {
	v.painted, v.finished, v.blank, v.life = false, false, 0, nil
}

// renderingStep returns the step of the ladder that a new host is to use.
func (c *Core) renderingStep() int {
	if c.opts.Rendering == nil {
		return 0
	}
	n, s := c.opts.Rendering.Step()
	if n > 0 {
		c.log.Debug("mullion: rendering", "settings", s.Name)
	}
	return n
}

// rendering returns the settings of a step, for a host that may reach r.
func (c *Core) rendering(step int, r capability.Resources) wire.Rendering {
	if c.opts.Rendering == nil {
		return wire.Rendering{}
	}
	return rendering.Settings(step, r.GPU)
}

// renders notes that a host has drawn something with those settings.
func (c *Core) renders(step int) {
	if c.opts.Rendering == nil {
		return
	}
	changed, err := c.opts.Rendering.Works(step)
	switch {
	case err != nil:
		c.log.Warn("mullion: rendering settings could not be kept", "error", err)
	case changed:
		c.log.Warn("mullion: windows are drawn with other settings from now on", "settings", rendering.Name(step))
	}
}

// keepSession notes what the host says of history and scroll position.
func (v *Webview) keepSession(data []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.problem == nil {
		v.session, v.sessionHost = slices.Clone(data), v.Window().host().name
		v.core.noted(v.Window())
	}
}

// maxRestores is how often a webview is made with the same session without
// anything being drawn.
const maxRestores = 3

// remade is wanted with the session. That was written by a process which may
// be compromised, and may itself be what ends the next one: it goes to the
// webview that it came from, in a host of the same name, and not for ever.
// v.mu is held.
func (v *Webview) remade() wire.WebviewState {
	s := v.wanted()
	if v.problem != nil || len(v.session) == 0 {
		return s
	}
	if v.restores++; v.restores > maxRestores || v.sessionHost != v.Window().host().name {
		v.core.log.Warn("mullion: page comes back without its history", "window", v.Window().label, "webview", v.label)
		v.session, v.restores = nil, 0
		return s
	}
	s.Session = v.session
	if err := wire.Fits(wire.KindWebview, s, 0); err != nil { // beside long scripts
		v.core.log.Warn("mullion: page comes back without its history", "window", v.Window().label, "webview", v.label, "error", err)
		s.Session = nil
	}
	return s
}

// heal deals with a web process that is gone: the page is loaded again in
// place, unless it is lost again and again.
func (v *Webview) heal(reason string) {
	v.mu.Lock()
	hung := v.ending
	v.ending = false
	v.mu.Unlock()
	v.endDocument(errors.New("the web process is gone"))
	now := time.Now()
	policy := v.core.opts.Restarts
	v.mu.Lock()
	v.undrawn()
	// Where the app was taking the webview when the process ended. Once: it may
	// be that page which ends it.
	to := v.asked
	v.asked = ""
	if to == "" && !v.committed {
		to = v.url // the engine has nothing yet that it could load again
	}
	v.crashes++
	v.crashed = append(slices.DeleteFunc(v.crashed, func(t time.Time) bool { return now.Sub(t) > policy.Window }), now)
	n := v.crashes
	again := n < maxCrashes && len(v.crashed) < policy.Burst && v.problem == nil
	v.mu.Unlock()
	f := webviewFault(v, reason, n, again)
	if hung && reason == wire.CrashTerminated {
		f.Ending = supervise.Ending{Kind: supervise.Hung, Detail: "the page did not answer"}
	}
	v.core.fault(f)
	if again {
		a := wire.Action{Name: wire.ActionReload}
		if to != "" {
			a = wire.Action{Name: wire.ActionNavigate, Args: mustJSON(to)}
		}
		v.Window().host().send(wire.KindWebviewAction, v.id, a)
		return
	}
	v.fail(f.Ending)
}
