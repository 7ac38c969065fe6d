package core

import (
	"context"

	"github.com/mullion-dev/mullion/ipc"
)

// closeWished handles window.close() of the page in a webview. A popup may
// close itself: a page has opened it, and it shows nothing else. Any other page
// calls the command that closes its window, or its webview where that is an
// added one, and needs the right to that: a page of others, or one that was
// broken into, must not take a window of the app away. It may wait.
func (v *Webview) closeWished() {
	w := v.Window()
	v.mu.Lock()
	d := v.doc
	if v.closes || d != nil && v.refusedClose == d {
		v.mu.Unlock()
		return // one wish at a time, and what was refused once is not logged again
	}
	v.closes = true
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		v.closes = false
		v.mu.Unlock()
	}()
	if w.popup || v.core.opts.Driven {
		w.CloseRequested()
		return
	}
	m := ipc.Message{Kind: ipc.Command, Name: "plugin:window|close", From: v.caller(), Args: mustJSON(labelArgs{w.label})}
	if w.Webview() != v {
		m.Name, m.Args = "plugin:webview|webview_close", mustJSON(labelArgs{v.label})
	}
	ctx := context.WithValue(v.core.ctx, callerKey{}, m.From)
	if _, err := v.core.dispatch(ctx, v.core.chains.Load().command, &m); err != nil {
		v.core.log.Warn("mullion: window.close() of a page has no effect", "from", m.From.String(), "reason", err)
		v.mu.Lock()
		v.refusedClose = d
		v.mu.Unlock()
	}
}
