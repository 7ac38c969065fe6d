package webkitgtk

import (
	"encoding/json"
	"fmt"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// session is what a webview is brought back with when its process was lost:
// WebKit's history, and the scroll position, which WebKit adds to an entry of
// the history only when the page is left. An entry made by pushState comes
// back by its address; history.state is null then (seen in WebKitGTK 2.50.6).
type session struct {
	// Page is the address of the document, as PageCommitted told it: where the
	// Core wants another page by now, that one is loaded on top.
	Page string  `json:"page"`
	X    float64 `json:"x,omitzero"` // scroll position of the top frame
	Y    float64 `json:"y,omitzero"`
	// History is a WebKitWebViewSessionState, serialized. It is left out where
	// it is too long: pages may put what they like into it by pushState.
	History []byte `json:"history,omitzero"`
}

// sessionKeeper is what a webview has for it.
type sessionKeeper struct {
	page    string // of the last commit
	x, y    float64
	resumes bool   // the next document is the one that was lost
	due     bool   // a timer runs
	last    string // reported last
}

// sessionPause is how long history and scroll position must stand still
// before they are saved, in milliseconds.
const sessionPause = 300

// beginSession is called when a document was committed.
func (v *webview) beginSession() {
	k := &v.session
	if !k.resumes {
		k.x, k.y = 0, 0
	}
	k.page = v.url
	v.saveSession()
}

// saveSession reports the session after a while, once for all that happens
// until then.
func (v *webview) saveSession() {
	k := &v.session
	if k.due || k.page == "" {
		return
	}
	k.due = true
	v.e.after(sessionPause, func() {
		k.due = false
		v.reportSession()
	})
}

func (v *webview) reportSession() {
	if v.closed {
		return
	}
	s := session{Page: v.session.page, X: v.session.x, Y: v.session.y, History: v.history()}
	data, err := json.Marshal(s)
	if len(data) > wire.MaxSession {
		s.History = nil
		data, err = json.Marshal(s)
	}
	if err != nil || len(data) > wire.MaxSession || string(data) == v.session.last {
		return
	}
	v.session.last = string(data)
	v.e.handler.Session(v.id, data)
}

// history copies the back/forward list.
func (v *webview) history() []byte {
	c := v.e.c
	state := c.webkitWebViewGetSessionState.call(v.view)
	defer c.webkitWebViewSessionStateUnref.call(state)
	b := c.webkitWebViewSessionStateSerialize.call(state)
	if b == 0 {
		return nil
	}
	defer c.gBytesUnref.call(b)
	return append([]byte(nil), v.e.bytes(b)...)
}

// restoreSession takes over the session that the webview was made with, once.
// It reports whether that loads the address, too.
func (v *webview) restoreSession(address string) bool {
	data := v.state.Session
	v.state.Session = nil
	if len(data) == 0 {
		return false
	}
	var s session
	if err := json.Unmarshal(data, &s); err != nil {
		v.e.options.Log(fmt.Sprintf("webkitgtk: a session was not restored: %v", err))
		return false
	}
	item := v.restoreHistory(s.History)
	if s.Page != address {
		return false
	}
	v.session.x, v.session.y, v.session.resumes = s.X, s.Y, true
	if item == 0 {
		return false
	}
	v.e.c.webkitWebViewGoToBackForwardListItem.call(v.view, item)
	return true
}

// restoreHistory returns the current entry, or NULL.
func (v *webview) restoreHistory(data []byte) (item uintptr) {
	if len(data) == 0 {
		return 0
	}
	c := v.e.c
	b := v.e.newBytes(data)
	defer c.gBytesUnref.call(b)
	state := c.webkitWebViewSessionStateNew.call(b)
	if state == 0 {
		v.e.options.Log("webkitgtk: a history was not restored: this version of WebKitGTK cannot read it")
		return 0
	}
	defer c.webkitWebViewSessionStateUnref.call(state)
	c.webkitWebViewRestoreSessionState.call(v.view, state)
	return c.webkitBackForwardListGetCurrentItem.call(c.webkitWebViewGetBackForwardList.call(v.view))
}

// followScrolling scrolls a page that came back to where it was, and then
// keeps its scroll position. It is called when a document was committed.
func (v *webview) followScrolling() {
	k := &v.session
	back := k.resumes && (k.x != 0 || k.y != 0)
	k.resumes = false
	if !back {
		v.awaitScroll(v.document)
		return
	}
	document := v.document
	arguments := v.e.newArguments(fmt.Sprint(k.x, " ", k.y))
	defer v.e.c.gVariantUnref.call(arguments)
	v.callAsync(backend.ScrollBack, arguments, func(_ uintptr, err error) {
		if err == nil {
			v.awaitScroll(document)
		}
	})
}

// awaitScroll saves the session each time the page was scrolled.
func (v *webview) awaitScroll(document uint64) {
	if v.closed || document != v.document {
		return
	}
	v.callAsync(backend.Scrolled, 0, func(value uintptr, err error) {
		if err != nil || v.closed || document != v.document {
			return // the page is gone, or runs no scripts
		}
		var x, y float64
		if _, err := fmt.Sscan(v.e.takeString(value), &x, &y); err == nil {
			v.session.x, v.session.y = x, y
			v.saveSession()
		}
		v.awaitScroll(document)
	})
}
