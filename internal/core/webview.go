package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/internal/egress"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// Webview is a webview and the document that it shows.
type Webview struct {
	core  *Core
	id    uint32
	label string
	in    atomic.Pointer[Window]
	// opened is the address that it was made for, and openedState all of what it
	// was made with.
	opened      string
	openedState wire.WebviewState
	// reopened is set while it is there because the Core before has made it.
	reopened atomic.Bool
	gone     chan struct{} // closed when it is closed, alone or with its window
	// arrived is closed when the first page is loaded, or could not be.
	arrived     chan struct{}
	arrivedOnce sync.Once
	outbox      outbox
	// files has an element for each open file on its way to the webview.
	files chan struct{}
	// streams counts the sources of streams that the app has not closed.
	streams atomic.Int64
	// decisions counts the questions of the engine that wait.
	decisions atomic.Int64
	// reports bounds what its pages get into the log.
	reports egress.Limit

	mu      sync.Mutex
	scripts []pageScript // guarded by mu; of plugins; nil: not made yet
	// closed is set when it was closed alone, without its window.
	closed bool // guarded by mu
	// homes are the origins where the webview may always navigate.
	homes []string // guarded by mu
	// asked is where the app itself takes the webview, until it is there.
	asked string // guarded by mu
	// led is the last address of the app that a capability has let it go to.
	led string // guarded by mu
	// local is set once a document of the app itself may be shown: the app
	// or a page asked for it, and it was allowed.
	local bool              // guarded by mu
	state wire.WebviewState // guarded by mu; wanted
	// zoomed says that the host has not been told of the zoom in state, zooming
	// that tellZoom is at it.
	zoomed, zooming bool                       // guarded by mu
	url             string                     // guarded by mu; of the document shown, or being loaded
	shown           PageState                  // guarded by mu; see Page
	watches         []*inorder.Queue[struct{}] // guarded by mu; told when shown has changed
	doc             *document                  // guarded by mu; nil between two documents
	// committed is set once the engine of its host has begun to show a page.
	committed bool        // guarded by mu
	awaited   string      // guarded by mu; the page that a dev server is to answer with, while somebody watches
	painted   bool        // guarded by mu; since the last commit
	crashes   int         // guarded by mu; of the web process, in a row
	crashed   []time.Time // guarded by mu; when it ended of late

	session     []byte        // guarded by mu; what a host reported last, see wire.KindSession
	sessionHost string        // guarded by mu; the name of that host
	restores    int           // guarded by mu; how often session was handed out since a frame was drawn
	hung        chan struct{} // guarded by mu; closed when a page that does not answer does, or is gone
	asks        bool          // guarded by mu; the page waits for the user
	ending      bool          // guarded by mu; the web process was ended because the page hung
	problem     *problem      // guarded by mu; what is shown instead of the page
	failedLoads int           // guarded by mu; of pages of the app, in a row
	finished    bool          // guarded by mu; the document is loaded
	blank       time.Duration // guarded by mu; how long it is loaded and not drawn
	life        *atomic.Bool  // guarded by mu; whether it has given a sign of life; nil: it was not asked
	blankCalls  uint64        // guarded by mu; the last call of the document when that was counted
	visit       *visit        // guarded by mu; nil until somebody asks for it
	// closes is set while a wish of the page to close is dealt with, and
	// refusedClose is the last document that may not.
	closes       bool      // guarded by mu
	refusedClose *document // guarded by mu
	// elsewhere is set while it shows a page that it was kept with, and the app
	// wants another one.
	elsewhere bool // guarded by mu
	// choosing is set while the user chooses files for the page.
	choosing bool // guarded by mu
	// shared is what plugins keep for the webview; see share. lasting ends with it,
	// and is nil until somebody asks.
	shared     map[any]any        // guarded by mu
	lasting    context.Context    // guarded by mu
	endLasting context.CancelFunc // guarded by mu
}

// document is one page in a webview, from when its bridge is up until it is
// left. Everything that a page asks for belongs to its document and ends with
// it.
type document struct {
	webview *Webview
	id      string
	media   string // the token with which its media are asked for
	caller  ipc.Caller
	ctx     context.Context
	cancel  context.CancelCauseFunc

	called news // of calls whose bytes come by the socket

	mu       sync.Mutex
	ticket   string                  // guarded by mu; with which its socket begins; "" none
	socket   *socket                 // guarded by mu; nil: none
	calls    map[uint64]*call        // guarded by mu
	lastCall uint64                  // guarded by mu; numbers only grow
	inCalls  int                     // guarded by mu; bytes of the arguments of calls
	emits    *inorder.Queue[func()]  // calls that send events
	channels map[uint32]*channel     // guarded by mu
	streams  map[uint64]*stream      // guarded by mu
	lastID   uint64                  // guarded by mu; of streams
	closers  map[any]func()          // guarded by mu; run when the document ends
	closes   *inorder.Queue[closing] // guarded by mu; see page.closing
	toRead   budget                  // of the bytes of channel messages
	images   atomic.Int64            // bytes of the images that it has
	ended    bool                    // guarded by mu
}

// Label returns the webview's label.
func (v *Webview) Label() string { return v.label }

// Window returns the window that the webview is in.
func (v *Webview) Window() *Window { return v.in.Load() }

// URL returns the address of the document that is shown.
func (v *Webview) URL() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.url
}

// State returns the wanted state.
func (v *Webview) State() wire.WebviewState {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state
}

// Painted reports whether the document that is shown has been drawn.
func (v *Webview) Painted() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.painted
}

// Update changes the wanted state of the webview.
func (v *Webview) Update(ctx context.Context, change func(*wire.WebviewState)) error {
	v.mu.Lock()
	if v.closed || isClosed(v.gone) {
		v.mu.Unlock()
		return ErrNoWebview
	}
	s := v.state
	change(&s)
	if err := webviewFits(&s); err != nil {
		v.mu.Unlock()
		return fmt.Errorf("webview %q: %w", v.label, err)
	}
	v.state = s
	// Under the lock, so that a host gets states in their order, and none
	// after the webview was closed: it would make it anew.
	r := v.Window().host().request(wire.KindWebview, v.id, v.wanted())
	v.mu.Unlock()
	v.core.noted(v.Window())
	err := r.wait(ctx)
	if errors.Is(err, ErrHostLost) {
		return nil
	}
	return err
}

// scriptRoom is what a state leaves for the scripts and the address that
// wanted puts into it.
const scriptRoom = 512 << 10

// webviewFits is fits for webviews.
func webviewFits(s *wire.WebviewState) error { return wire.Fits(wire.KindWebview, s, scriptRoom) }

// ErrSharedHost is returned when a window that shares its host with the app's
// own pages is to show a remote page.
var ErrSharedHost = errors.New("the window shares its host process with the app's own pages; open a window for the page instead")

// maxAddress is the longest address that a host asks about, and so the longest
// one that is of any use.
const maxAddress = 256 << 10

// Navigate loads a URL.
func (v *Webview) Navigate(ctx context.Context, url string) error {
	switch {
	case isClosed(v.gone):
		return ErrNoWebview
	case len(url) > maxAddress:
		return fmt.Errorf("navigate to an address of %d bytes, want at most %d", len(url), maxAddress)
	case !v.core.hasStarted():
		return v.openOn(url)
	}
	url = v.Window().host().reachable(url)
	if !v.core.IsLocal(url) {
		if err := v.Window().host().maySeeOthers(); err != nil {
			return fmt.Errorf("window %q: navigate to %s: %w", v.Window().label, url, err)
		}
	}
	v.mu.Lock()
	for _, o := range v.core.homes(url) {
		if !slices.Contains(v.homes, o) {
			v.homes = append(v.homes, o)
		}
	}
	v.asked = url
	v.local = v.local || v.core.IsLocal(url)
	if v.problem != nil {
		v.url = url
	}
	v.mu.Unlock()
	if v.retry() {
		return nil
	}
	return v.Do(ctx, wire.ActionNavigate, url)
}

// openOn changes the address that the webview is opened on when the app runs.
// Remote pages need a host of their own, which what it was opened on decides.
func (v *Webview) openOn(url string) error {
	if !v.core.IsLocal(url) && originOf(url) != originOf(v.opened) {
		return fmt.Errorf("navigate to %s: %w", url, ErrNotRunning)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return ErrNoWebview
	}
	v.state.URL, v.url, v.local = url, url, v.local || v.core.IsLocal(url)
	return nil
}

// wanted is the state for a host that makes the webview anew: it shows the
// page that was shown last. v.mu is held.
func (v *Webview) wanted() wire.WebviewState {
	s := v.state
	if v.url != "" {
		s.URL = v.url
	}
	if v.problem != nil {
		s.URL, s.JavaScriptDisabled = errorAddress, true
		return s // no bridge: an error page asks for nothing
	}
	h := v.Window().host()
	s.URL = h.reachable(s.URL)
	s.Origins = v.core.bridgeOrigins(v.Window().label, v.label)
	if h.network.schemeOnly.Load() {
		s.Origins = slices.DeleteFunc(s.Origins, func(o string) bool { return o == HTTPOrigin+"/*" })
	}
	s.Script = v.core.opts.Script + v.scriptsFor(s.URL)
	return s
}

// beginDocument notes that the bridge of a new document is up.
func (v *Webview) beginDocument(e wire.PageEvent) {
	c := v.core
	d := &document{
		webview:  v,
		id:       e.Doc,
		media:    e.Media,
		calls:    map[uint64]*call{},
		channels: map[uint32]*channel{},
		streams:  map[uint64]*stream{},
		caller: ipc.Caller{
			Window:  v.Window().label,
			Webview: v.label,
			Origin:  e.Origin,
			URL:     e.URL,
			Local:   c.isLocal(e.Origin),
		},
	}
	d.emits = inorder.New(c.app, inorder.Options[func()]{Name: "events of pages", Most: maxCalls}, func(run func()) { run() })
	v.mu.Lock()
	if v.closed || v.doc != nil && v.doc.id == e.Doc {
		v.mu.Unlock()
		return // or said again, after coming back from the page cache
	}
	old := v.doc
	d.ctx, d.cancel = context.WithCancelCause(c.ctx)
	d.lastID = c.base
	v.doc = d
	v.url, v.committed = e.URL, true // of a page that was kept nothing else tells
	v.outbox.begin(d)
	v.mu.Unlock()
	v.Window().host().network.documents.tell()
	if e.Kept {
		_ = v.outbox.message(d, []byte(`["n"]`)) // there is room: it is the first
	}
	if old != nil {
		old.end(errDocumentClosed)
	}
}

// endDocument ends the document that is shown, if there is one.
func (v *Webview) endDocument(cause error) {
	v.mu.Lock()
	d := v.doc
	v.doc = nil
	v.outbox.begin(nil)
	v.asks = false
	v.endHang()
	v.mu.Unlock()
	if d != nil {
		d.end(cause)
	}
	v.endVisit(cause)
}

// end cancels all that the document has asked for.
func (d *document) end(cause error) {
	d.cancel(cause)
	d.mu.Lock()
	d.ended = true
	channels, streams, closers := d.channels, d.streams, d.closers
	d.channels, d.streams, d.closers = nil, nil, nil
	calls := d.calls
	d.calls = nil
	d.mu.Unlock()
	for _, k := range calls {
		k.body.fail(cause)
	}
	for _, ch := range channels {
		ch.drop()
	}
	for _, s := range streams {
		s.stop(cause)
	}
	d.webview.core.events.dropDocument(d)
	for _, f := range closers {
		f()
	}
}

// onEnd runs f when the document ends, or at once if it has. There is one f
// for each key, such as a table that f takes the document out of, so that what
// a page opens and closes again leaves nothing behind.
func (d *document) onEnd(key any, f func()) {
	d.mu.Lock()
	if !d.ended {
		if d.closers == nil {
			d.closers = map[any]func(){}
		}
		d.closers[key] = f
		d.mu.Unlock()
		return
	}
	d.mu.Unlock()
	f()
}

// checkShown refuses what a host cannot have seen: a document of an origin
// that its address does not have, and one of the app itself where none was
// allowed. So a compromised host of remote pages does not get the rights of
// the app's own pages.
func (v *Webview) checkShown(e wire.PageEvent) error {
	origin := originOf(e.URL)
	if e.Kind == wire.PageDocument && (origin != e.Origin || e.Doc == "") {
		return fmt.Errorf("%w: document of origin %q at an address of origin %q", wire.ErrProtocol, e.Origin, origin)
	}
	v.mu.Lock()
	local := v.local
	v.mu.Unlock()
	if v.core.isLocal(origin) && !local || origin == HTTPOrigin && v.Window().host().network.schemeOnly.Load() {
		return fmt.Errorf("%w: webview %q shows a page of the app, and no navigation there was allowed", wire.ErrProtocol, v.label)
	}
	return nil
}

// page handles what a host reports of a webview. An error is a violation.
func (v *Webview) page(e wire.PageEvent) error {
	switch e.Kind {
	case wire.PageCommitted, wire.PageDocument:
		if err := v.checkShown(e); err != nil {
			return err
		}
	}
	switch e.Kind {
	case wire.PageStarted:
		v.awaitAnswer(e.URL)
	case wire.PageCommitted:
		v.endDocument(errDocumentClosed)
		v.mu.Lock()
		v.asked, v.committed = "", true
		if e.URL != "" && e.URL != errorAddress {
			v.url = e.URL
		}
		v.undrawn()
		v.mu.Unlock()
		v.core.noted(v.Window())
		v.titleChanged("") // until the new page says its own
	case wire.PageFinished:
		v.mu.Lock()
		v.finished = true
		if v.problem == nil {
			v.failedLoads = 0
		}
		v.mu.Unlock()
		v.arrivedOnce.Do(func() { close(v.arrived) })
	case wire.PageDocument:
		v.beginDocument(e)
	case wire.PageTicket:
		v.ticketDrawn(e.Doc, e.Detail)
	case wire.PagePainted:
		v.mu.Lock()
		v.painted, v.crashes, v.restores = true, 0, 0
		v.mu.Unlock()
	case wire.PageFailed:
		v.mu.Lock()
		if !e.Cancelled && v.asked != "" && sameAddress(v.asked, e.URL) {
			v.asked = "" // it was tried
		}
		v.mu.Unlock()
		v.core.log.Warn("mullion: page failed to load", "window", v.Window().label, "webview", v.label, "url", e.URL, "reason", e.Detail)
		v.loadFailed(e)
		v.arrivedOnce.Do(func() { close(v.arrived) })
	case wire.PageCrashed:
		v.heal(v.Window().host().whyCrashed(e.Detail))
	case wire.PageAsks, wire.PageAsked:
		v.mu.Lock()
		v.asks = e.Kind == wire.PageAsks
		v.mu.Unlock()
	case wire.PageTitle:
		v.titleChanged(e.Detail)
	case wire.PageClose:
		v.core.tasks.Go(v.closeWished)
	case wire.PageZoom:
		return v.zoomWished(e.Detail)
	case wire.PageHung:
		v.hangs()
	case wire.PageAnswers:
		v.answers()
	}
	v.follow(e)
	return nil
}

// isLocal reports whether an origin is the app's own.
func (c *Core) isLocal(origin string) bool {
	return c.isOwn(origin) || c.opts.DevOrigin != "" && origin == c.opts.DevOrigin
}

// IsLocal reports whether an address belongs to the app's own pages.
func (c *Core) IsLocal(address string) bool { return c.isLocal(originOf(address)) }

// injectionPattern makes a pattern for engines of an address or a pattern of a
// capability: scheme, host and port only. It lets the bridge into more pages
// than are meant; what they may call is judged per call, by their address.
func injectionPattern(p string) string {
	scheme, rest, _ := strings.Cut(p, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host + "/*"
}

// bridgeOrigins are the addresses where a webview's pages get a bridge: the
// app's own, and those that a capability of the webview names.
func (c *Core) bridgeOrigins(window, webview string) []string {
	var origins []string
	for _, o := range c.ownOrigins() {
		origins = append(origins, o+"/*")
	}
	if c.opts.DevOrigin != "" {
		origins = append(origins, injectionPattern(c.opts.DevOrigin))
	}
	if a := c.Authority(); a != nil {
		for _, p := range a.CallerPatterns(window, webview) {
			if p = injectionPattern(p); !slices.Contains(origins, p) {
				origins = append(origins, p)
			}
		}
	}
	return origins
}

func mustLabel(label string) error {
	if !labelPattern.MatchString(label) {
		return fmt.Errorf("label %q: only letters, digits and - / : _ are allowed", label)
	}
	return nil
}
