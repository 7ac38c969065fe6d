package core

import (
	"context"
	"slices"
	"time"

	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// The states of Window.asking.
const (
	notAsking = iota
	askingApp
	askingPages // only a sign of life of the pages is awaited
	askingAgain // a page has wished meanwhile
)

// CloseRequested handles the wish of the user, or of a page, to close the
// window: pages and the app are told and may keep it. While they are asked
// further wishes change nothing: the app may ask the user, whose next click is
// no other question, or may have called this itself. But a page that has been
// told, and has kept the window, may want it closed before the Core has seen
// that it lives; it is asked again then.
//
// A page that listens for the event keeps the window by not closing it. So that
// one which hangs does not keep it for ever, it must give a sign of life within
// Patience.Close.
func (w *Window) CloseRequested() {
	if w.asking.CompareAndSwap(notAsking, askingApp) {
		w.askToClose()
	}
}

// goCloseRequested is CloseRequested for those who do not wait. There is one
// goroutine for each window, however often a host or a page wishes.
func (w *Window) goCloseRequested() {
	if w.asking.CompareAndSwap(notAsking, askingApp) {
		w.core.tasks.Go(w.askToClose)
	}
}

// pageWantsClose is goCloseRequested for the wish of a page.
func (w *Window) pageWantsClose() {
	if !w.asking.CompareAndSwap(askingPages, askingAgain) {
		w.goCloseRequested()
	}
}

// askToClose gives back w.asking, which its caller has taken.
func (w *Window) askToClose() {
	for {
		w.askOnce()
		if w.asking.CompareAndSwap(askingApp, notAsking) || w.asking.CompareAndSwap(askingPages, notAsking) {
			return
		}
		w.asking.Store(askingApp) // it was askingAgain
	}
}

func (w *Window) askOnce() {
	select {
	case <-w.gone:
		return
	default:
	}
	w.core.mu.RLock()
	handlers := w.core.onClose
	w.core.mu.RUnlock()
	pages := w.core.events.closeListeners(w.label)
	w.emit(eventCloseRequested, nil)
	keep := false
	for _, f := range handlers {
		w.core.app.Call("OnCloseRequested", func() { keep = f(w) || keep })
	}
	if keep {
		return
	}
	w.asking.Store(askingPages)
	if len(pages) == 0 || !w.core.anyAnswers(w, pages) {
		w.Destroy()
	}
}

// closeListeners returns the pages that want to decide themselves whether that
// window closes. Listeners of everything do not count.
func (e *events) closeListeners(label string) []*document {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var docs []*document
	for _, l := range e.byName[eventCloseRequested] {
		if l.doc != nil && l.target.Label == label && (l.target.Kind == ipc.Window || l.target.Kind == ipc.WebviewWindow) &&
			l.concerns(l.target) && !slices.Contains(docs, l.doc) {
			docs = append(docs, l.doc)
		}
	}
	return docs
}

// anyAnswers reports whether one of the pages gives a sign of life before all
// have left Patience.Close unused, or are gone, or the window is. Time counts
// as in host.watch; what a page waits for the user does not.
func (c *Core) anyAnswers(w *Window, pages []*document) bool {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	answers := make(chan bool, len(pages))
	asked := 0
	for _, d := range pages {
		if d.webview.isHung() {
			continue // it has had its time
		}
		asked++
		c.tasks.Go(func() {
			err := d.webview.Do(ctx, wire.ActionProbe, nil)
			answers <- err == nil && d.ctx.Err() == nil
		})
	}
	tick := c.opts.Patience.Close / 10
	t := time.NewTicker(tick)
	defer t.Stop()
	last, silent := time.Now(), time.Duration(0)
	for asked > 0 && silent < c.opts.Patience.Close {
		select {
		case ok := <-answers:
			if ok {
				return true
			}
			asked--
		case <-t.C:
			now := time.Now()
			elapsed := min(now.Sub(last), 2*tick)
			last = now
			if !slices.ContainsFunc(pages, func(d *document) bool { return d.webview.asksUser() }) {
				silent += elapsed
			}
		case <-w.gone:
			return false
		case <-c.ctx.Done():
			return false
		}
	}
	if c.ctx.Err() == nil {
		c.log.Warn("mullion: window closed: its page listens for close requests and does not answer", "window", w.label)
	}
	return false
}

func (v *Webview) isHung() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.hung != nil
}

// asksUser reports whether the page waits for the user.
func (v *Webview) asksUser() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.asks
}
