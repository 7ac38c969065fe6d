package webkitgtk

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"

	"github.com/mullion-dev/mullion/internal/wire"
)

// webview is a WebKitWebView with a user content manager and settings of its
// own.
type webview struct {
	e        *engine
	id       uint32
	window   *window
	view     uintptr // WebKitWebView
	content  uintptr // WebKitUserContentManager
	settings uintptr // WebKitSettings
	state    wire.WebviewState
	closed   bool
	leaving  bool    // see leave
	asking   uintptr // what the page asks the user with, see findScriptDialog; 0 if nothing
	clear    bool    // what is below it shows where its page paints nothing

	url         string         // of the document that is shown
	wanted      string         // of the last load that was asked for
	provisional bool           // a load has started and is not committed
	failed      bool           // the current load has failed
	launched    bool           // its process runs, as far as is known
	painted     bool           // PagePainted was reported for the document
	document    uint64         // counts committed documents and crashes
	told        wire.PageEvent // the last PageState
	session     sessionKeeper
	drag        *drag // what is over it, or was last
	input       input

	replies     map[*reply]struct{}
	questions   map[*question]struct{}
	deliveries  map[*delivery]struct{}
	evaluations map[*evaluation]struct{}
	downloads   map[uint64]*download // those that were allowed and go on
}

// fixedSettings are the same for every webview, whatever the defaults of the
// installed version are.
var fixedSettings = []struct {
	name  string
	value bool
	why   string
}{
	{"allow-file-access-from-file-urls", false, "pages come from custom schemes, never from files"},
	{"allow-universal-access-from-file-urls", false, "same"},
	{"allow-top-navigation-to-data-urls", false, "such a page would have no origin"},
	{"disable-web-security", false, "the same-origin policy holds"},
	{"javascript-can-open-windows-automatically", false, "a popup needs a click, and then the Core's yes"},
	{"javascript-can-access-clipboard", false, "reading the clipboard is a permission"},
	{"allow-modal-dialogs", false, "a modal loop would block the main loop of all windows"},
	{"enable-dns-prefetching", false, "names of links are not to leave the machine"},
	{"enable-page-cache", false, "a page that was left must not come back with an old bridge"},
	{"enable-site-specific-quirks", false, "no app is on that list"},
	{"enable-media-stream", true, "camera and microphone are permissions, refused unless granted"},
}

func newWebview(e *engine, id uint32, w *window, s *wire.WebviewState) (*webview, error) {
	c := e.c
	v := &webview{
		e: e, id: id, window: w, state: *s,
		replies:     make(map[*reply]struct{}),
		questions:   make(map[*question]struct{}),
		deliveries:  make(map[*delivery]struct{}),
		evaluations: make(map[*evaluation]struct{}),
		downloads:   make(map[uint64]*download),
	}
	v.settings = c.webkitSettingsNew.call()
	for _, f := range fixedSettings {
		c.gObjectSet.with(v.settings, f.name, f.value, nil)
	}
	// Before the view is made, which looks for an accelerator otherwise.
	v.setClear(v.background().alpha < 1)
	c.webkitSettingsSetHardwareAccelerationPolicy.call(v.settings, v.acceleration())
	v.content = c.webkitUserContentManagerNew.call()
	v.applyFont()
	v.view = c.gObjectNew.with(c.webkitWebViewGetType.call(),
		"web-context", e.context,
		"user-content-manager", v.content,
		"settings", v.settings,
		"is-ephemeral", s.Incognito,
		"is-controlled-by-automation", driven(),
		nil)
	c.gObjectRefSink.call(v.view)

	if err := v.receiveMessages(); err != nil {
		c.gObjectUnref.call(v.view)
		c.gObjectUnref.call(v.content)
		c.gObjectUnref.call(v.settings)
		return nil, err
	}
	v.watchPage()
	v.watchDecisions()
	v.watchInput()
	v.watchScriptDialogs()
	if !s.PageDrops {
		v.watchDrags()
	}

	for _, p := range webviewProperties {
		p.apply(v, s)
	}
	w.webviews = append(w.webviews, v)
	c.gtkOverlayAddOverlay.call(w.overlay, v.view)
	w.raiseNotice()
	if s.Bounds == nil && s.Share == nil && !s.Hidden {
		c.gtkWidgetGrabFocus.call(v.view)
	}
	return v, nil
}

// webviewProperties are what of a webview's state this package applies. The
// scripts are sent by SetScripts.
var webviewProperties = []struct {
	same  func(old, s *wire.WebviewState) bool
	apply func(v *webview, s *wire.WebviewState)
}{
	{func(old, s *wire.WebviewState) bool { return same(old.Bounds, s.Bounds) && same(old.Share, s.Share) },
		func(v *webview, s *wire.WebviewState) { v.e.c.gtkWidgetQueueResize.call(v.window.overlay) }},
	{func(old, s *wire.WebviewState) bool { return old.Hidden == s.Hidden },
		func(v *webview, s *wire.WebviewState) { v.applyHidden() }},
	{func(old, s *wire.WebviewState) bool { return old.UserAgent == s.UserAgent },
		func(v *webview, s *wire.WebviewState) {
			var agent any // NULL: the engine's own
			if s.UserAgent != "" {
				agent = s.UserAgent
			}
			v.e.c.gObjectSet.with(v.settings, "user-agent", agent, nil)
		}},
	{func(old, s *wire.WebviewState) bool { return old.Zoom == s.Zoom },
		func(v *webview, s *wire.WebviewState) { v.applyZoom() }},
	{func(old, s *wire.WebviewState) bool { return old.Devtools == s.Devtools },
		func(v *webview, s *wire.WebviewState) {
			v.set("enable-developer-extras", s.Devtools)
			v.set("enable-write-console-messages-to-stdout", s.Devtools)
		}},
	{func(old, s *wire.WebviewState) bool { return old.JavaScriptDisabled == s.JavaScriptDisabled },
		func(v *webview, s *wire.WebviewState) { v.set("enable-javascript", !s.JavaScriptDisabled) }},
	{func(old, s *wire.WebviewState) bool { return same(old.Background, s.Background) },
		func(v *webview, s *wire.WebviewState) { v.applyBackground() }},
}

func (v *webview) set(name string, value bool) {
	v.e.c.gObjectSet.with(v.settings, name, value, nil)
}

// Apply implements backend.Webview.
func (v *webview) Apply(old, s *wire.WebviewState) error {
	if v.closed {
		return errClosed
	}
	if old.Window != s.Window {
		if err := v.move(v.e.windows[s.Window]); err != nil {
			return err
		}
	}
	v.state = *s
	for _, p := range webviewProperties {
		if !p.same(old, s) {
			p.apply(v, s)
		}
	}
	var errs []error
	if old.PageDrops != s.PageDrops {
		errs = append(errs, fmt.Errorf("webkitgtk: changing who gets the drops of an open webview: %w", errors.ErrUnsupported))
	}
	if old.Incognito != s.Incognito {
		errs = append(errs, fmt.Errorf("webkitgtk: changing incognito of an open webview: %w", errors.ErrUnsupported))
	}
	return errors.Join(errs...)
}

// move puts the webview into another window, with the page that it shows.
func (v *webview) move(to *window) error {
	if to == nil || to.closed {
		return fmt.Errorf("webkitgtk: webview %d is to move to a window that is not there", v.id)
	}
	from, c := v.window, v.e.c
	v.forgetDrag()
	from.remove(v)
	c.gtkContainerRemove.call(from.overlay, v.view) // v holds on to it
	c.gtkWidgetQueueDraw.call(from.overlay)
	v.window = to
	to.webviews = append(to.webviews, v)
	c.gtkOverlayAddOverlay.call(to.overlay, v.view)
	to.raiseNotice()
	v.applyBackground()
	return nil
}

// allData is WEBKIT_WEBSITE_DATA_ALL.
const allData = 1<<14 - 1

// ClearData implements backend.Webview.
func (v *webview) ClearData(done func(error)) {
	if v.closed {
		done(errClosed)
		return
	}
	e := v.e
	fn, data := e.asyncResult(func(manager, result uintptr) {
		failure := new(uintptr)
		e.c.webkitWebsiteDataManagerClearFinish.with(manager, result, failure)
		done(e.takeError(*failure))
	})
	e.c.webkitWebsiteDataManagerClear.with(e.c.webkitWebViewGetWebsiteDataManager.call(v.view), allData, int64(0), nil, fn, data)
}

func (v *webview) applyHidden() {
	if v.state.Hidden {
		v.e.c.gtkWidgetHide.call(v.view)
	} else {
		v.e.c.gtkWidgetShow.call(v.view)
	}
	v.e.c.gtkWidgetQueueDraw.call(v.window.overlay) // what is below it
}

// background is what is shown until the page has painted: the webview's color, or
// the window's, or none in a transparent window.
func (v *webview) background() *rgba {
	switch {
	case v.state.Background != nil:
		return newRGBA(*v.state.Background)
	case v.window.state.Background != nil:
		return newRGBA(*v.window.state.Background)
	case v.window.state.Transparent:
		return &rgba{}
	}
	return &rgba{1, 1, 1, 1}
}

func (v *webview) applyBackground() {
	color := v.background()
	v.setClear(color.alpha < 1)
	v.e.c.webkitSettingsSetHardwareAccelerationPolicy.call(v.settings, v.acceleration())
	v.e.c.webkitWebViewSetBackgroundColor.with(v.view, color)
	v.e.c.gtkWidgetQueueDraw.call(v.window.overlay)
}

// setClear notes whether what is below the page shows through it.
func (v *webview) setClear(clear bool) {
	v.clear = clear
	e := v.e
	if !clear || e.smears || e.wayland || e.hasGLX() {
		return
	}
	e.smears = true
	e.options.Log("webkitgtk: what moves in a transparent page leaves traces, for this host was started without OpenGL: have a transparent window in the configuration, or open this one with WindowOptions.Isolate")
}

// repaint has the whole page painted anew, which no function does, but each change
// of the color behind it.
func (v *webview) repaint() {
	color := v.background()
	other := *color
	other.red = math.Abs(other.red - 1.0/255)
	v.e.c.webkitWebViewSetBackgroundColor.with(v.view, &other)
	v.e.c.webkitWebViewSetBackgroundColor.with(v.view, color)
}

// acceleration is a WebKitHardwareAccelerationPolicy. Without acceleration
// WebKitGTK 2.50.6 paints what changes of a clear page over what was there before,
// so that whatever moves leaves a trace: such a webview has it always, if only
// by Mesa's emulation. It takes OpenGL in GTK, which has that under Wayland, and on
// X11 by GLX, which the guard of the display shows where the host is started for
// such webviews (sandbox.Policy.OpenGL).
func (v *webview) acceleration() uintptr {
	const onDemand, always, never = 0, 1, 2
	switch {
	case v.clear:
		return always
	case v.e.options.Rendering.Software:
		return never
	}
	return onDemand
}

// The arguments of webkit_user_script_new.
const (
	injectTopFrame = 1 // WEBKIT_USER_CONTENT_INJECT_TOP_FRAME
	injectAtStart  = 0 // WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START
)

// SetScripts implements backend.Webview. The scripts are those of documents
// that are loaded from now on.
func (v *webview) SetScripts(bridge, page string, patterns []string) {
	if v.closed {
		return
	}
	c := v.e.c
	c.webkitUserContentManagerRemoveAllScripts.call(v.content)
	if len(patterns) == 0 {
		return // an empty list would mean every address
	}
	patterns, guard := injection(patterns)
	add := func(script uintptr) {
		c.webkitUserContentManagerAddScript.call(v.content, script)
		c.webkitUserScriptUnref.call(script)
	}
	if bridge != "" {
		add(c.webkitUserScriptNewForWorld.with(guard+bridge, injectTopFrame, injectAtStart, v.e.world, patterns, nil))
	}
	if page != "" {
		add(c.webkitUserScriptNew.with(guard+page, injectTopFrame, injectAtStart, patterns, nil))
	}
}

// Load implements backend.Webview.
func (v *webview) Load(url string) {
	if !v.closed {
		v.wanted = url
		v.launch()
	}
}

// load begins to load what is wanted.
func (v *webview) load() {
	if !v.restoreSession(v.wanted) {
		v.e.c.webkitWebViewLoadUri.with(v.view, v.wanted)
	}
}

// Do implements backend.Webview.
func (v *webview) Do(a wire.Action) error {
	if v.closed {
		return errClosed
	}
	c := v.e.c
	switch a.Name {
	case wire.ActionNavigate:
		var url string
		if err := json.Unmarshal(a.Args, &url); err != nil {
			return fmt.Errorf("webkitgtk: navigate: %w", err)
		}
		v.Load(url)
	case wire.ActionReload:
		if v.url == "" { // nothing was ever shown: there is nothing to reload
			v.Load(v.wanted)
			return nil
		}
		c.webkitWebViewReload.call(v.view)
	case wire.ActionBack:
		c.webkitWebViewGoBack.call(v.view)
	case wire.ActionForward:
		c.webkitWebViewGoForward.call(v.view)
	case wire.ActionStop:
		v.noLaunch()
		c.webkitWebViewStopLoading.call(v.view)
	case wire.ActionFocus:
		c.gtkWidgetGrabFocus.call(v.view)
	case wire.ActionTerminate:
		c.webkitWebViewTerminateWebProcess.call(v.view)
	case wire.ActionDevtools:
		return v.devtools(a)
	case wire.ActionCancelDownload:
		return v.cancelDownload(a)
	default:
		return fmt.Errorf("webkitgtk: a webview has no action %q", a.Name)
	}
	return nil
}

func (v *webview) devtools(a wire.Action) error {
	inspector := v.e.c.webkitWebViewGetInspector.call(v.view)
	open := true
	switch {
	case string(a.Args) == `"`+wire.DevtoolsToggle+`"`:
		open = v.e.c.webkitWebInspectorGetWebView.call(inspector) == 0 // it has one while it is open
	case len(a.Args) > 0:
		if err := json.Unmarshal(a.Args, &open); err != nil {
			return fmt.Errorf("webkitgtk: devtools: %w", err)
		}
	}
	switch {
	case !open:
		v.e.c.webkitWebInspectorClose.call(inspector)
	case !v.state.Devtools:
		return errors.New("webkitgtk: this webview has no devtools")
	default:
		v.e.c.webkitWebInspectorShow.call(inspector)
	}
	return nil
}

// Close implements backend.Webview. Everything that waits for the page is
// told so.
func (v *webview) Close() {
	if v.closed {
		return
	}
	v.closed = true
	v.document++
	v.noLaunch()
	for r := range maps.Clone(v.replies) {
		r.Fail("the webview was closed")
	}
	for q := range maps.Clone(v.questions) {
		q.answer(wire.Verdict{})
	}
	for d := range maps.Clone(v.deliveries) {
		d.finish(errClosed)
	}
	v.endEvaluations()
	for _, d := range maps.Clone(v.downloads) {
		d.cancel()
	}
	e, c := v.e, v.e.c
	delete(e.webviews, v.id)
	delete(e.views, v.view)
	v.window.remove(v)
	v.forgetDrag()
	c.webkitUserContentManagerUnregisterScriptMessageHandler.with(v.content, e.options.MessageName, e.world)
	c.webkitUserContentManagerRemoveAllScripts.call(v.content)
	c.gtkContainerRemove.call(v.window.overlay, v.view)
	v.leave()
	c.gtkWidgetQueueDraw.call(v.window.overlay) // what was below it
}

func (v *webview) destroy() {
	c := v.e.c
	c.gtkWidgetDestroy.call(v.view)
	c.gObjectUnref.call(v.view)
	c.gObjectUnref.call(v.content)
	c.gObjectUnref.call(v.settings)
}

// emptyPage is where a page goes that is left, and it alone: all else that it
// wants is refused, as to any webview that is closed.
const emptyPage = "about:blank"

// leaveLimit is how long a page may take to be left, and settleTime how long
// what it has sent to others by then may take, in milliseconds.
const (
	leaveLimit = 500
	settleTime = 50
)

// leave ends the web process before the view, which is in no window any more.
// An answer of a web process that comes when there is no view any more makes
// WebKitGTK 2.50.6 crash, as when it waits for the next frame, or it keeps the
// connection, a thread and an eventfd: TestConnections.
//
// The page is left first, so that it hears of it as it does otherwise. What it
// stores then is on its way to the process for the network, which reads nothing
// more of a web process that has ended, and there is no sign of its arrival.
func (v *webview) leave() {
	e, c := v.e, v.e.c
	e.leaving++
	v.leaving = true
	end := func() {
		if !v.leaving {
			return
		}
		v.leaving = false
		c.webkitWebViewTerminateWebProcess.call(v.view)
		v.destroy()
		e.leaving--
		e.quitIfLeft()
	}
	const committed = 2 // WEBKIT_LOAD_COMMITTED
	e.connect(v.view, "load-changed", func(a args) uintptr {
		if a[1] == committed {
			e.after(settleTime, end)
		}
		return 0
	})
	e.after(leaveLimit, end)
	c.webkitWebViewLoadUri.with(v.view, emptyPage)
}
