package host

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/wire"
)

// maxBatch bounds one evaluation in a page, in bytes, so that a flood of
// events leaves room for other work in between.
const maxBatch = 256 << 10

// maxWarnings bounds what is logged of what one document does wrong.
const maxWarnings = 100

type webview struct {
	h     *host
	id    uint32
	v     backend.Webview
	state wire.WebviewState
	key   string // the secret of the bridge; the page never sees it
	media string // what the page names when it asks for media

	// doc is the document that the bridge has announced, "" between two, and
	// origin is its origin.
	doc    string
	origin string
	calls  map[uint64]*call
	// lastCall is the number of the document's last call; numbers only grow.
	lastCall uint64
	// popup is the address of the window that the page is about to open, and
	// its features; nil if there is none.
	popup []string
	// warned counts what the page was warned about.
	warned  int
	reports reports
	queue   []outgoing
	active  bool // a batch is being run by the page
	owed    int  // bytes that are no longer under way, of which the Core does not know

	hang hang

	// What the next Core has to know, where there may be one.
	page, url, title  string // the document's address, the one shown, its title
	since             int    // the epoch in which the document began
	finished, painted bool
	shown             wire.PageEvent // the last PageState
	trouble           *wire.PageEvent
	session           []byte // that no Core knows of
}

// call is a call of the page that has no answer yet.
type call struct {
	reply backend.Reply
	// upload is the call's bytes, if it has any.
	upload *upload
}

// outgoing is a message for the page, or the answer to one of its calls.
type outgoing struct {
	reply bool
	call  uint64
	text  string
	old   bool // from a Core before, which is owed nothing
}

func (h *host) applyWebview(id uint32, s wire.WebviewState) error {
	if v := h.webviews[id]; v != nil {
		if s.Label != v.state.Label {
			return fmt.Errorf("webview %q: changing its label: %w", s.Label, errors.ErrUnsupported)
		}
		if h.windows[s.Window] == nil {
			return fmt.Errorf("webview %q: window not found", s.Label)
		}
		err := v.v.Apply(&v.state, &s)
		old := v.state
		v.state = s
		if old.Window != s.Window || old.Script != s.Script || !equal(old.Origins, s.Origins) {
			err = errors.Join(err, v.setScripts())
		}
		return err
	}
	w := h.windows[s.Window]
	if w == nil {
		return fmt.Errorf("webview %q: window not found", s.Label)
	}
	bv, err := h.engine.NewWebview(id, w.w, &s)
	if bv == nil {
		return fmt.Errorf("open webview %q: %w", s.Label, err)
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	v := &webview{h: h, id: id, v: bv, state: s, key: hex.EncodeToString(secret), media: rand.Text(), calls: map[uint64]*call{}}
	h.webviews[id] = v
	if err := v.setScripts(); err != nil {
		return err
	}
	if s.URL != "" {
		bv.Load(s.URL)
	}
	return err
}

func (v *webview) setScripts() error {
	if len(v.state.Origins) == 0 {
		v.v.SetScripts("", "", nil)
		return nil
	}
	c := bridge.PageConfig{
		Window:    v.h.windows[v.state.Window].state.Label,
		Webview:   v.state.Label,
		Sep:       separator,
		Delimiter: delimiter,
		Devtools:  v.state.Devtools,
		Media:     v.media,
	}
	page, err := bridge.Page(c)
	if err != nil {
		return err
	}
	v.v.SetScripts(bridge.Bridge(v.key), page+"\n"+v.state.Script, v.state.Origins)
	return nil
}

func (h *host) closeWebview(id uint32) {
	v := h.webviews[id]
	if v == nil {
		return
	}
	delete(h.webviews, id)
	v.endDocument("the webview was closed")
	v.v.Close()
}

// endDocument forgets everything that belonged to the document so far.
func (v *webview) endDocument(why string) {
	v.doc, v.lastCall, v.warned, v.popup = "", 0, 0, nil
	for _, c := range v.calls {
		c.reply.Fail(why)
		c.upload.end(func(r backend.Request) { r.Fail(why) })
	}
	v.calls = map[uint64]*call{}
	done := 0
	for _, o := range v.queue {
		done += o.owed()
	}
	v.queue = nil
	v.credit(done)
}

// credit notes that n bytes of messages are no longer under way. The Core is
// told when there are many: a frame for each answer would wake it once more
// per call.
func (v *webview) credit(n int) {
	if v.owed += n; v.owed > wire.MaxOwed {
		v.h.conn.Send(wire.Frame{Kind: wire.KindCredit, Target: v.id, Payload: wire.PutCount(uint64(v.owed))})
		v.owed = 0
	}
}

// owed is how many bytes of it the Core counts.
func (o *outgoing) owed() int {
	if o.old {
		return 0
	}
	return len(o.text)
}

// flush hands what is queued to the page, one batch at a time: while the page
// runs a batch, the next one gathers. An answer goes straight to its promise,
// but never before a message that was sent before it.
func (v *webview) flush() {
	for !v.active && len(v.queue) > 0 {
		if o := v.queue[0]; o.reply {
			v.queue = v.queue[1:]
			if c := v.calls[o.call]; c != nil {
				delete(v.calls, o.call)
				c.reply.Return(o.text)
				c.upload.end(func(r backend.Request) { v.answer(r, 200) })
			}
			v.credit(o.owed())
			continue
		}
		var b strings.Builder
		n, size, owed := 0, 0, 0
		b.WriteString(v.doc)
		b.WriteString(" [")
		for ; n < len(v.queue) && !v.queue[n].reply && (n == 0 || size < maxBatch); n++ {
			if n > 0 {
				b.WriteByte(',')
			}
			b.WriteString(v.queue[n].text)
			size += len(v.queue[n].text)
			owed += v.queue[n].owed()
		}
		b.WriteByte(']')
		v.queue = v.queue[n:]
		if v.doc == "" {
			v.credit(owed)
			continue
		}
		v.active = true
		epoch := v.h.keep.epoch
		v.v.Deliver(b.String(), func(err error) {
			v.active = false
			if epoch == v.h.keep.epoch {
				v.credit(owed)
			}
			v.flush()
		})
	}
	if len(v.queue) == 0 {
		v.queue = nil
	}
}

// message handles a script message of the bridge, see PROTOCOL.md 2.2.
func (v *webview) message(page, body string, r backend.Reply) {
	if len(body) > wire.MaxPayload {
		// The call must still settle; its number is at the start.
		r.Return(fmt.Sprintf("e\"arguments of %d bytes are too large: pass more than %d bytes as raw bytes\"", len(body), wire.MaxPayload))
		return
	}
	op, rest, _ := strings.Cut(body, " ")
	doc, rest, _ := strings.Cut(rest, " ")
	if op == "h" {
		v.hello(page, doc, rest, r)
		return
	}
	if v.doc == "" || doc != v.doc {
		v.h.log(4, v.id, "message of a document that is no longer shown was dropped")
		r.Fail("the document is no longer shown")
		return
	}
	switch op {
	case "c":
		v.call(rest, r)
	case "a":
		r.Return("")
		if id, ok := parseNumber(rest); ok && v.calls[id] != nil {
			v.h.conn.Send(wire.Frame{Kind: wire.KindCancel, Target: v.id, ID: id})
		} else if ok {
			v.h.giveUp(v, id)
		}
	case "k":
		r.Return("")
		stream, count, _ := strings.Cut(rest, " ")
		id, ok1 := parseNumber(stream)
		n, ok2 := parseNumber(count)
		if ok1 && ok2 && id != 0 {
			v.h.conn.Send(wire.Frame{Kind: wire.KindCredit, Target: v.id, ID: id, Payload: wire.PutCount(n)})
		}
	case "g":
		r.Return("")
		if id, ok := parseNumber(rest); ok && id != 0 {
			v.h.conn.Send(wire.Frame{Kind: wire.KindGiveUp, Target: v.id, ID: id})
		}
	case "t":
		r.Return(v.drawTicket())
	case "r":
		r.Return("")
		v.report(rest)
	case "w":
		r.Return("")
		v.popup = nil
		if err := json.Unmarshal([]byte(rest), &v.popup); err != nil || len(v.popup) != 2 || len(v.popup[1]) > wire.MaxFeatures {
			v.popup = nil
		}
	case "v":
		r.Return("")
		if v.warned++; v.warned <= maxWarnings {
			v.h.log(4, v.id, "%s", rest)
		}
	default:
		r.Fail("unknown message")
	}
}

// hello begins a document, when the bridge and the engine agree on where we
// are.
func (v *webview) hello(page, doc, origin string, r backend.Reply) {
	if got := Origin(page); got == "" || got != origin || len(doc) != 32 {
		v.h.log(8, v.id, "bridge of origin %q in a document of origin %q was refused", origin, got)
		r.Fail("origin mismatch")
		return
	}
	if v.doc != doc {
		v.endDocument("the document was replaced")
	}
	v.doc, v.origin, v.page, v.since = doc, origin, page, v.h.keep.epoch
	v.tell(wire.PageEvent{Kind: wire.PageDocument, URL: page, Doc: doc, Origin: origin, Media: v.media})
	r.Return("")
}

// drawTicket makes a ticket for the WebSocket of the document, of which the Core
// hears before its bridge does; "" where there is none.
func (v *webview) drawTicket() string {
	if !v.h.socket || v.h.keep.orphaned {
		return ""
	}
	ticket := rand.Text()
	v.tell(wire.PageEvent{Kind: wire.PageTicket, Doc: v.doc, Detail: ticket})
	return ticket
}

func (v *webview) call(rest string, r backend.Reply) {
	number, rest, _ := strings.Cut(rest, " ")
	size, text, ok := strings.Cut(rest, " ")
	id, ok1 := parseNumber(number)
	if !ok || !ok1 || id <= v.lastCall {
		r.Fail("malformed call")
		return
	}
	if v.h.keep.orphaned {
		v.holdCall(id, rest, r)
		return
	}
	before := v.lastCall
	v.lastCall = id
	var bytes uint64 // the size plus one, 0 for none
	size, bySocket := strings.CutSuffix(size, "s")
	if size != "-" {
		n, ok := parseNumber(size)
		if !ok || n > 1<<53 {
			r.Fail("malformed call")
			return
		}
		bytes = n + 1
	}
	c := &call{reply: r}
	if bytes > 0 {
		c.upload = newUpload(bytes - 1)
	}
	v.calls[id] = c
	if bySocket {
		bytes |= wire.BySocket
	}
	payload := append(wire.PutCount(bytes), text...)
	if err := v.h.conn.Send(wire.Frame{Kind: wire.KindCall, Target: v.id, ID: id, Payload: payload}); err != nil {
		delete(v.calls, id)
		if v.h.gone(err) {
			v.lastCall = before
			v.holdCall(id, rest, r)
			return
		}
		r.Fail(err.Error())
	}
}

// Origin returns the origin of an address as the engine writes it, or "".
func Origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func parseNumber(s string) (n uint64, ok bool) {
	if s == "" || len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n, true
}

func equal(a, b []string) bool {
	return strings.Join(a, "\x00") == strings.Join(b, "\x00")
}
