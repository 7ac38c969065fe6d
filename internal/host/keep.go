package host

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/keeper/control"
	"github.com/mullion-dev/mullion/internal/wire"
)

// A host that a keeper has started outlives its Core. While there is none it is
// an orphan: windows and pages stay, calls that ran are rejected, and what pages
// ask for waits. How long that may take is the keeper's affair. The next Core
// comes as a connection over the control socket, which alone counts: neither
// pages nor other processes can bring one.

// keep is what a host knows that has a keeper. It is owned by the main loop.
type keep struct {
	control *os.File // nil without a keeper; then the rest is of no use
	first   wire.Hello
	// next is the connection to a Core that has not said hello: nothing is sent
	// on it before that is answered.
	next *wire.Conn
	// orphaned is set while there is no Core that has said hello, quitting once
	// nobody will come.
	orphaned, quitting bool
	epoch              int              // counts Cores
	held               []held           // those that were given up have no run
	heldCalls          map[heldCall]int // where the calls among them are
	heldBytes          int
	heldCount          int                 // without those that were given up
	asked              map[uint64]asked    // requests without an answer
	undecided          map[uint64]question // decisions without one
	downloads          map[uint64]uint32   // the webviews of those that go on
	closed             []uint32            // windows that the user has closed
	notice             control.Notice
}

// asked is a request as it was sent, and question a decision.
type (
	asked struct {
		webview uint32
		w       wire.Request
	}
	question struct {
		webview uint32
		d       wire.Decision
	}
)

// heldCall is a call of a page.
type heldCall struct {
	v    *webview
	call uint64
}

// held waits for the next Core.
type held struct {
	v    *webview // nil for what belongs to no document
	doc  string
	call uint64 // of a call
	size int
	run  func()
	fail func(why string)
}

const (
	// maxHeld and maxHeldBytes bound what waits for the next Core.
	maxHeld      = 32 << 10
	maxHeldBytes = 64 << 20
	// maxClosed bounds the windows of which the next Core is told that they are
	// closed.
	maxClosed = 1024
)

// The words for pages.
const (
	coreGone   = "the app was replaced or has stopped while the call ran"
	tooMuchFor = "the app is being started again, and too much waits for it already"
)

// kept reports whether a keeper has started this host.
func (h *host) kept() bool { return h.keep.control != nil }

// mayOrphan reports whether an error of the connection means that another Core
// may come.
func (h *host) mayOrphan(err error) bool {
	return h.kept() && !h.keep.quitting && !errors.Is(err, wire.ErrProtocol)
}

// coreGone goes on at the end of a connection.
func (h *host) coreGone(conn *wire.Conn) {
	switch {
	case conn == h.keep.next: // it has not come to hello
		conn.Close()
		h.keep.next = nil
	case !h.keep.orphaned:
		h.orphan()
	}
}

// orphan is what a host does when its Core is gone.
func (h *host) orphan() {
	k := &h.keep
	k.orphaned = true
	k.epoch++
	h.conn.Close()
	h.pinged = 0
	for _, v := range h.webviews {
		v.orphan()
	}
	h.dropRings()
	for id, webview := range k.downloads {
		if v := h.webviews[webview]; v != nil {
			args, _ := json.Marshal(id)
			_ = v.v.Do(wire.Action{Name: wire.ActionCancelDownload, Args: args}) // it has no place to go to
		}
	}
	clear(k.downloads)
	h.network = network{up: h.network.up}
}

// orphan settles what only the Core before could have answered. What it has
// said already still reaches the page.
func (v *webview) orphan() {
	answered := map[uint64]bool{}
	for i := range v.queue {
		v.queue[i].old = true
		if v.queue[i].reply {
			answered[v.queue[i].call] = true
		}
	}
	for id, c := range v.calls {
		if answered[id] {
			continue
		}
		delete(v.calls, id)
		c.reply.Fail(coreGone)
		c.upload.end(func(r backend.Request) { r.Fail(coreGone) })
	}
	v.owed = 0
	v.hang.waiting = min(v.hang.waiting, 1)
}

// hold keeps something for the next Core.
func (h *host) hold(x held) {
	k := &h.keep
	if k.heldCount >= maxHeld || k.heldBytes+x.size > maxHeldBytes {
		x.fail(tooMuchFor)
		return
	}
	if len(k.held) >= 2*maxHeld {
		k.held = slices.DeleteFunc(k.held, func(x held) bool { return x.run == nil })
		clear(k.heldCalls)
		for i, x := range k.held {
			k.index(x, i)
		}
	}
	k.index(x, len(k.held))
	k.heldBytes += x.size
	k.heldCount++
	k.held = append(k.held, x)
}

// index notes where a call is, so that the page can give it up at no cost for
// others.
func (k *keep) index(x held, at int) {
	if x.call == 0 {
		return
	}
	if k.heldCalls == nil {
		k.heldCalls = map[heldCall]int{}
	}
	k.heldCalls[heldCall{x.v, x.call}] = at
}

// holdCall keeps a call for the next Core; rest is what follows its number.
func (v *webview) holdCall(id uint64, rest string, r backend.Reply) {
	v.h.hold(held{
		v: v, doc: v.doc, call: id, size: len(rest), fail: r.Fail,
		run: func() { v.call(fmt.Sprint(id)+" "+rest, r) },
	})
}

// gone reports whether a frame could not be sent because the Core is gone, which
// the main loop has not come to see yet.
func (h *host) gone(err error) bool { return err != nil && h.mayOrphan(err) }

// closeInGap closes a window that the user wants closed while there is nobody to
// ask: the user must not have to wait for it.
func (h *host) closeInGap(id uint32) {
	h.closeWindow(id)
	h.keep.closed = append(h.keep.closed[max(0, len(h.keep.closed)-maxClosed):], id)
}

// giveUp drops a call that waits for the next Core, for the page wants it no
// more.
func (h *host) giveUp(v *webview, call uint64) {
	k := &h.keep
	i, ok := k.heldCalls[heldCall{v, call}]
	if !ok || k.held[i].doc != v.doc {
		return
	}
	x := k.held[i]
	k.held[i] = held{}
	delete(k.heldCalls, heldCall{v, call})
	k.heldBytes -= x.size
	k.heldCount--
	x.fail("the page gave the call up")
}

// release does what has waited.
func (h *host) release() {
	list := h.keep.held
	h.keep.held, h.keep.heldCalls, h.keep.heldBytes, h.keep.heldCount = nil, nil, 0, 0
	for _, x := range list {
		switch {
		case x.run == nil: // given up
		case x.v == nil:
			x.run()
		case h.webviews[x.v.id] == x.v && x.v.doc == x.doc:
			x.run()
		default:
			x.fail("the document is no longer shown")
		}
	}
}

// watchControl listens to the keeper.
func (h *host) watchControl(w backend.Watcher) {
	if !h.kept() {
		return
	}
	raw, err := h.keep.control.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) { w.Watch(int(fd), h.controlled) })
}

// decided forgets a decision that was made.
func (h *host) decided(f wire.Frame, verdict wire.Verdict) {
	if !h.kept() {
		return
	}
	q := h.keep.undecided[f.ID]
	delete(h.keep.undecided, f.ID)
	if verdict.Download != 0 {
		h.keep.downloads[verdict.Download] = q.webview
	}
}

// controlled does what the keeper says.
func (h *host) controlled() (more bool) {
	m, conn, err := control.Receive(h.keep.control)
	switch {
	case errors.Is(err, control.ErrNothing):
		return true
	case err == io.EOF || err != nil && conn == nil:
		h.keep.quitting = true // nobody will come
		h.engine.Quit()
		return false
	case m.Notice != nil:
		h.showNotice(*m.Notice)
	}
	if conn != nil {
		if err := h.takeOver(conn); err != nil {
			h.log(8, 0, "a connection to a Core could not be used: %v", err)
		}
	}
	return true
}

// takeOver begins to listen to the next Core.
func (h *host) takeOver(f *os.File) error {
	conn, err := wire.FileConn(wire.Host, f)
	if err != nil {
		return err
	}
	fd, err := conn.Descriptor()
	if err != nil {
		conn.Close()
		return err
	}
	if !h.keep.orphaned {
		h.orphan() // its end was not seen yet
	}
	if h.keep.next != nil {
		h.keep.next.Close()
	}
	h.keep.next = conn
	h.engine.(backend.Watcher).Watch(fd, func() bool { return h.readable(conn) })
	return nil
}

// adopted answers the hello of a further Core, with what is there.
func (h *host) adopted(f wire.Frame) error {
	var hello wire.Hello
	if err := wire.Decode(f, &hello); err != nil {
		return err
	}
	k := &h.keep
	h.conn, k.next = k.next, nil
	if err := fitsFirst(&k.first, &hello); err != nil {
		k.quitting = true
		h.conn.SendJSON(wire.KindFatal, 0, 0, wire.Fatal{Code: "internal", Message: err.Error()})
		return err
	}
	k.orphaned, h.socket = false, hello.Socket
	ready := wire.Ready{Version: wire.Version, PID: os.Getpid(), Engine: h.engine.Version(), Lacks: lacks(h.engine), Kept: true}
	ready.Windows = slices.Sorted(maps.Keys(h.windows))
	ready.Webviews = slices.Sorted(maps.Keys(h.webviews))
	ready.Closed = k.closed // again, for a Core may be gone before it has read that
	h.send(wire.KindReady, 0, 0, ready)
	for _, id := range ready.Windows {
		h.send(wire.KindObserved, id, 0, h.windows[id].w.Observe())
	}
	for _, id := range ready.Webviews {
		h.webviews[id].tellAgain()
	}
	for _, n := range slices.Sorted(maps.Keys(k.asked)) {
		a := k.asked[n]
		h.send(wire.KindRequest, a.webview, n, a.w)
	}
	for _, n := range slices.Sorted(maps.Keys(k.undecided)) {
		q := k.undecided[n]
		h.send(wire.KindDecide, q.webview, n, q.d)
	}
	h.release()
	return nil
}

// fitsFirst refuses a Core for which this host is the wrong one. The keeper
// does not let that happen.
func fitsFirst(first, now *wire.Hello) error {
	switch {
	case now.Version != wire.Version:
		return fmt.Errorf("host speaks protocol version %d, the Core %d", wire.Version, now.Version)
	case now.AppID != first.AppID, now.DataDir != first.DataDir, now.CacheDir != first.CacheDir, now.Proxy != first.Proxy, !slices.Equal(now.Schemes, first.Schemes):
		return errors.New("this host was made for another app")
	}
	return nil
}

// note keeps what the next Core has to know of a page.
func (v *webview) note(e wire.PageEvent) {
	switch e.Kind {
	case wire.PageStarted:
		v.trouble = nil
	case wire.PageCommitted:
		v.url, v.title, v.finished, v.painted, v.trouble = e.URL, "", false, false, nil
	case wire.PageTitle:
		v.title = e.Detail
	case wire.PageFinished:
		v.finished = true
	case wire.PagePainted:
		v.painted = true
	case wire.PageState:
		v.shown = e
	case wire.PageFailed, wire.PageCrashed, wire.PageClose:
		if v.h.keep.orphaned {
			v.trouble = &e
		}
	}
}

// tellAgain tells the next Core what the page has gone through.
func (v *webview) tellAgain() {
	if v.url != "" {
		v.tell(wire.PageEvent{Kind: wire.PageCommitted, URL: v.url})
	}
	if v.title != "" {
		v.tell(wire.PageEvent{Kind: wire.PageTitle, URL: v.url, Detail: v.title})
	}
	if v.doc != "" {
		v.tell(wire.PageEvent{Kind: wire.PageDocument, URL: v.page, Doc: v.doc, Origin: v.origin, Media: v.media, Kept: v.since < v.h.keep.epoch})
	}
	if v.finished {
		v.tell(wire.PageEvent{Kind: wire.PageFinished, URL: v.url})
	}
	if v.painted {
		v.tell(wire.PageEvent{Kind: wire.PagePainted, URL: v.url})
	}
	if v.shown.Kind != "" {
		v.tell(v.shown)
	}
	if v.hang.asks {
		v.tell(wire.PageEvent{Kind: wire.PageAsks, URL: v.url})
	}
	if v.hang.said {
		v.tell(wire.PageEvent{Kind: wire.PageHung, URL: v.url})
	}
	if v.session != nil {
		v.h.conn.Send(wire.Frame{Kind: wire.KindSession, Target: v.id, Payload: v.session})
		v.session = nil
	}
	if v.trouble != nil {
		v.tell(*v.trouble)
		v.trouble = nil
	}
}

// showNotice shows a notice in all windows, or takes it away.
func (h *host) showNotice(n control.Notice) {
	h.keep.notice = n
	for _, w := range h.windows {
		w.showNotice(n)
	}
}

func (w *window) showNotice(n control.Notice) {
	if s, ok := w.w.(backend.Noticer); ok {
		s.Notice(n.Title, n.Text)
	}
}
