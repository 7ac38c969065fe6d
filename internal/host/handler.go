package host

import (
	"crypto/subtle"
	"net/url"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/wire"
)

// handler takes what the engine reports. It runs on the main loop.
type handler struct{ h *host }

func (x handler) Observed(id uint32, o wire.WindowObserved) {
	if x.h.windows[id] != nil {
		x.h.send(wire.KindObserved, id, 0, o)
	}
}

func (x handler) CloseRequested(id uint32) {
	switch {
	case x.h.windows[id] == nil:
	case x.h.keep.orphaned:
		x.h.closeInGap(id)
	default:
		if err := x.h.conn.Send(wire.Frame{Kind: wire.KindCloseRequested, Target: id}); x.h.gone(err) {
			x.h.closeInGap(id)
		}
	}
}

func (x handler) MenuChosen(id, item uint32) {
	// The numbers of a Core before mean nothing to the next one.
	if w := x.h.windows[id]; w != nil && w.epoch == x.h.keep.epoch && !x.h.keep.orphaned {
		x.h.send(wire.KindMenu, id, 0, wire.MenuChosen{Number: item})
	}
}

func (x handler) Page(id uint32, e wire.PageEvent) {
	v := x.h.webviews[id]
	if v == nil {
		return
	}
	switch e.Kind {
	case wire.PageCommitted:
		v.hang = hang{waiting: v.hang.waiting}
		v.endDocument("the page was left")
	case wire.PageCrashed:
		v.hang = hang{waiting: v.hang.waiting}
		v.endDocument("the web process is gone")
	case wire.PageHung, wire.PageAnswers:
		v.hangs(&v.hang.engine, e.Kind == wire.PageHung)
		return
	case wire.PageAsks, wire.PageAsked:
		v.asks(e.Kind == wire.PageAsks)
	}
	if x.h.kept() {
		v.note(e)
	}
	v.tell(e)
}

func (x handler) Session(id uint32, data []byte) {
	if v := x.h.webviews[id]; v != nil {
		if x.h.keep.orphaned {
			v.session = slices.Clone(data)
			return
		}
		x.h.conn.Send(wire.Frame{Kind: wire.KindSession, Target: id, Payload: data})
	}
}

const (
	// maxAddress is the longest address that is asked about, in bytes. A
	// longer one is refused here: no question about it fits a frame.
	maxAddress = 256 << 10
	// maxText bounds what pages say of themselves, in bytes.
	maxText = 64 << 10
)

// tell reports an event of the page, which must arrive whatever the page has
// made its address or title: the Core counts on hearing of each document.
func (v *webview) tell(e wire.PageEvent) {
	e.URL, e.Detail = shorten(e.URL, maxAddress), shorten(e.Detail, maxText)
	v.h.send(wire.KindPage, v.id, 0, e)
}

// shorten cuts a text that is too long and mends one that is not UTF-8.
func shorten(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func (x handler) Message(id uint32, page, body string, r backend.Reply) {
	if v := x.h.webviews[id]; v != nil {
		v.message(page, body, r)
	} else {
		r.Fail("the webview was closed")
	}
}

func (x handler) Decide(id uint32, d wire.Decision, answer func(wire.Verdict)) {
	if x.h.webviews[id] == nil {
		answer(wire.Verdict{})
		return
	}
	if len(d.URL) > maxAddress {
		x.h.log(4, id, "refused %s to an address of %d bytes", d.Kind, len(d.URL))
		answer(wire.Verdict{})
		return
	}
	d.Page, d.What = shorten(d.Page, maxAddress), shorten(d.What, maxText)
	if size := len(strings.Join(d.Accept, "")); size > maxText {
		d.Accept = nil // a wish that nobody could read
	}
	for i, a := range d.Accept {
		d.Accept[i] = strings.ToValidUTF8(a, "\uFFFD")
	}
	if v := x.h.webviews[id]; d.Kind == wire.DecideNewWindow && v.popup != nil {
		if v.popup[0] == d.URL {
			d.Features = strings.ToValidUTF8(v.popup[1], "")
		}
		v.popup = nil
	}
	n := x.h.nextID()
	x.h.answers[n] = answer
	if x.h.kept() {
		x.h.keep.undecided[n] = question{id, d}
		if x.h.keep.orphaned {
			return // the next Core is asked
		}
	}
	if err := x.h.send(wire.KindDecide, id, n, d); err != nil && !x.h.gone(err) {
		delete(x.h.answers, n)
		delete(x.h.keep.undecided, n)
		answer(wire.Verdict{})
	}
}

func (x handler) Download(id uint32, download uint64, e wire.DownloadEvent) {
	if x.h.kept() {
		if _, ok := x.h.keep.downloads[download]; !ok {
			return // of a Core before
		}
		if e.State != wire.DownloadProgress {
			delete(x.h.keep.downloads, download)
		}
	}
	if x.h.webviews[id] != nil {
		e.Detail = shorten(e.Detail, maxText)
		x.h.send(wire.KindDownload, id, download, e)
	}
}

func (x handler) Dragged(id uint32, e wire.DragEvent) {
	if x.h.webviews[id] != nil {
		x.h.send(wire.KindDrag, id, 0, e)
	}
}

// Request takes the bridge's own requests and passes the others on to the
// Core.
func (x handler) Request(id uint32, r backend.Request) {
	h := x.h
	u, err := url.Parse(r.URL())
	if err != nil || u.Scheme != bridge.Scheme {
		h.request(id, r, wire.Request{Method: r.Method(), URL: r.URL(), Header: r.Header()})
		return
	}
	v := h.webviews[id]
	if v != nil && u.Path == errorPath && r.Method() == "GET" {
		h.request(id, r, wire.Request{Method: "GET", URL: r.URL()})
		return
	}
	if v == nil || !v.owns(r) {
		h.log(4, id, "request for %s without the bridge's key was refused", u.Path)
		deny(r)
		return
	}
	if h.keep.orphaned { // it belongs to a call that waits, or has failed
		h.hold(held{v: v, doc: v.doc, run: func() { x.Request(id, r) }, fail: r.Fail})
		return
	}
	kind, number, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	call, ok := parseNumber(number)
	switch {
	case ok && kind == "body" && r.Method() == "POST":
		v.body(call, u.RawQuery, r)
	case ok && kind == "stream" && r.Method() == "GET":
		h.request(id, r, wire.Request{Method: "GET", URL: r.URL(), Bridge: true, Doc: v.doc})
	default:
		deny(r)
	}
}

// request passes a request on to the Core.
func (h *host) request(id uint32, r backend.Request, w wire.Request) {
	n := h.nextID()
	h.requests[n] = r
	if h.kept() {
		h.keep.asked[n] = asked{id, w}
		if h.keep.orphaned {
			return // the next Core is asked
		}
	}
	if err := h.send(wire.KindRequest, id, n, w); err != nil && !h.gone(err) {
		delete(h.requests, n)
		delete(h.keep.asked, n)
		r.Fail("the address or the header of the request is too long")
	}
}

func deny(r backend.Request) {
	r.Respond(403, []wire.Field{{Name: "Content-Type", Value: "text/plain"}}, []byte("refused"), nil, 7)
}

// answer answers a request of the bridge without a body. The bridge's fetch
// crosses origins, so it needs the engine's consent to see the status.
func (v *webview) answer(r backend.Request, status int) {
	r.Respond(status, []wire.Field{
		{Name: "Access-Control-Allow-Origin", Value: v.origin},
		{Name: "Cache-Control", Value: "no-store"},
	}, nil, nil, 0)
}

// owns reports whether a request comes from the bridge of the document that
// is shown.
func (v *webview) owns(r backend.Request) bool {
	var key, doc string
	for _, f := range r.Header() {
		switch strings.ToLower(f.Name) {
		case bridge.KeyHeader:
			key = f.Value
		case bridge.DocHeader:
			doc = f.Value
		}
	}
	return v.doc != "" && doc == v.doc && subtle.ConstantTimeCompare([]byte(key), []byte(v.key)) == 1
}
