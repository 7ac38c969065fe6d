package core

import (
	"fmt"
	"time"

	"github.com/mullion-dev/mullion/internal/supervise"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Hang is a page that does not answer.
type Hang struct {
	Window, Webview string
	// For is how long it has been known not to answer.
	For time.Duration
}

// HangAction is what to do about a Hang.
type HangAction int

// The values of HangAction.
const (
	HangWait   HangAction = iota // ask again after Patience.Page
	HangReload                   // end its web process and load it again
	HangClose                    // close its window
)

// networkHung notes that the host has ended the engine's process for the
// network, which stood still. It takes a host several pings to find that out.
func (h *host) networkHung() error {
	now := time.Now()
	h.mu.Lock()
	last := h.networkEnded
	h.networkEnded = now
	h.networkHangs++
	n := h.networkHangs
	h.mu.Unlock()
	if least := h.core.opts.Patience.Ping; now.Sub(last) < least {
		return fmt.Errorf("%w: a network process was found to hang within %s", wire.ErrProtocol, least)
	}
	h.core.fault(Fault{
		Component: "network", Host: h.name, Windows: h.labels(),
		Ending:   supervise.Ending{Kind: supervise.Hung, Detail: "the engine's process for the network did not answer"},
		Failures: n, Restarting: true,
	})
	return nil
}

// hangs begins to look after a page that does not answer.
func (v *Webview) hangs() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.hung != nil {
		return
	}
	over := make(chan struct{})
	v.hung = over
	v.core.log.Warn("mullion: page does not answer", "window", v.Window().label, "webview", v.label)
	v.core.tasks.Go(func() { v.waitForAnswer(over) })
}

// answers notes that a page which did not answer does.
func (v *Webview) answers() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.hung != nil {
		v.core.log.Warn("mullion: page answers", "window", v.Window().label, "webview", v.label)
	}
	v.endHang()
}

// endHang ends waitForAnswer. v.mu is held.
func (v *Webview) endHang() {
	if v.hung != nil {
		close(v.hung)
		v.hung = nil
	}
}

// waitForAnswer asks what to do until the page answers or is gone.
func (v *Webview) waitForAnswer(over chan struct{}) {
	start := time.Now()
	t := time.NewTicker(v.core.opts.Patience.Page)
	defer t.Stop()
	for {
		action := v.askAboutHang(Hang{v.Window().label, v.label, time.Since(start)})
		if action != HangWait && v.endHung(over, action) {
			return
		}
		select {
		case <-t.C:
		case <-over:
			return
		case <-v.core.ctx.Done():
			return
		}
	}
}

// askAboutHang asks the app, or decides: a page that has been given its time
// is loaded again, but for one that can be looked at with developer tools, for
// it may just stand at a breakpoint.
func (v *Webview) askAboutHang(h Hang) (action HangAction) {
	ask := v.core.opts.OnHang
	if ask == nil {
		v.mu.Lock()
		defer v.mu.Unlock()
		if h.For < v.core.opts.Patience.Page || v.state.Devtools {
			return HangWait
		}
		return HangReload
	}
	action = HangWait
	v.core.app.Call("OnHang", func() { action = ask(h) })
	return action
}

// endHung does what was decided, if the page does not answer still.
func (v *Webview) endHung(over chan struct{}, action HangAction) bool {
	v.mu.Lock()
	if v.hung != over {
		v.mu.Unlock()
		return true
	}
	v.ending = action == HangReload
	v.mu.Unlock()
	if action == HangClose {
		v.Close()
		return true
	}
	v.Window().host().send(wire.KindWebviewAction, v.id, wire.Action{Name: wire.ActionTerminate})
	return true
}
