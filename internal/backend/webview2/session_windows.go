package webview2

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// session is what a webview is brought back with when its host was lost: the page, and the scroll
// position of its top frame. The history is the engine's, which gives it away entry by entry and takes none back.
type session struct {
	Page string  `json:"page"`
	X    float64 `json:"x,omitzero"`
	Y    float64 `json:"y,omitzero"`
}

// sessionPause is at least between two reports.
const sessionPause = 300 * time.Millisecond

// takeSession takes over the session that the webview was made with: it is for the first document, if that is the same page.
func (v *webview) takeSession(address string) {
	v.back = nil
	data := v.state.Session
	if v.loaded || len(data) == 0 {
		v.loaded = true
		return
	}
	v.loaded = true
	var s session
	if err := json.Unmarshal(data, &s); err != nil {
		v.e.options.Log(fmt.Sprintf("webview2: a session was not restored: %v", err))
		return
	}
	if s.Page == address && (s.X != 0 || s.Y != 0) {
		v.back = &s
	}
}

// followScrolling scrolls a page that came back to where it was, and then keeps its scroll position. It
// is called when a document was committed.
func (v *webview) followScrolling() {
	back := v.back
	v.back = nil
	if back == nil || back.Page != v.url {
		if v.reported { // what is kept is that of the page before
			v.reportSession(0, 0)
		}
		v.awaitScroll(v.document)
		return
	}
	v.reportSession(back.X, back.Y)
	document := v.document
	v.callPage(backend.ScrollBack, fmt.Sprint(back.X, " ", back.Y), func(string, error) { v.awaitScroll(document) })
}

// awaitScroll reports the session each time the page was scrolled and has stood still since.
func (v *webview) awaitScroll(document uint64) {
	if v.closed || document != v.document || v.state.JavaScriptDisabled {
		return
	}
	v.callPage(backend.Scrolled, "", func(value string, err error) {
		var x, y float64
		if _, scan := fmt.Sscan(value, &x, &y); err != nil || scan != nil || v.closed || document != v.document {
			return // the page is gone, or runs no such scripts
		}
		v.reportSession(x, y)
		time.AfterFunc(sessionPause, func() { v.e.Post(func() { v.awaitScroll(document) }) })
	})
}

func (v *webview) reportSession(x, y float64) {
	data, err := json.Marshal(session{Page: v.url, X: x, Y: y})
	if err != nil || len(data) > wire.MaxSession {
		return
	}
	v.reported = true
	v.e.handler.Session(v.id, data)
}

// callPage runs the body of an async function of data in the page, and returns the text that it gives.
func (v *webview) callPage(body, data string, done func(string, error)) {
	text, err := json.Marshal(data)
	if err != nil {
		done("", err)
		return
	}
	params, err := json.Marshal(map[string]any{
		"expression": "(async (data) => {" + body + "\n})(" + string(text) + ")", "awaitPromise": true, "returnByValue": true,
	})
	if err != nil {
		done("", err)
		return
	}
	v.callDevTools("Runtime.evaluate", string(params), func(answer string, err error) {
		if err == nil {
			answer, err = evaluated(answer)
		}
		done(answer, err)
	})
}
