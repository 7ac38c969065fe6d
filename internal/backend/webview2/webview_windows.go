package webview2

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/mullion-dev/mullion/internal/wire"
)

// webview is an ICoreWebView2 with its controller. Both come some time after it was made; until
// then, and while scripts change, what is asked of it waits.
type webview struct {
	e      *engine
	id     uint32
	window *window
	state  wire.WebviewState
	closed bool

	controller, core object
	parent           uintptr  // the HWND that it is in
	changing         int      // scripts that are being added
	waiting          []func() // what to do then
	script           string   // the number of the script at the start of documents, "" if there is none

	url       string // of the document that is shown
	wanted    string // of the last load that was asked for
	loading   bool
	failing   bool   // the document that is shown is the engine's own page for an error
	document  uint64 // counts committed documents and crashes
	told      wire.PageEvent
	warned    int // messages that were not taken
	asleep    bool
	back      *session // to scroll to in the next document
	loaded    bool     // something was
	reported  bool     // a session was
	lastBatch uint64
	themed    string // the theme that the page was told, "" for the system's
	colored   bool   // the engine was given a background
	cursor    string // of the window, that the page was told last

	replies     map[*reply]struct{}
	deliveries  map[uint64]func(error)
	evaluations map[*evaluation]struct{}
	questions   map[*question]struct{}
	downloads   map[uint64]*download
}

func newWebview(e *engine, id uint32, w *window, s *wire.WebviewState) (*webview, error) {
	v := &webview{
		e: e, id: id, window: w, state: *s,
		replies:     map[*reply]struct{}{},
		deliveries:  map[uint64]func(error){},
		evaluations: map[*evaluation]struct{}{},
		questions:   map[*question]struct{}{},
		downloads:   map[uint64]*download{},
	}
	w.webviews = append(w.webviews, v)
	parent := w.hwnd
	err := e.a.handler("ICoreWebView2CreateCoreWebView2ControllerCompletedHandler", func(code, controller uintptr) {
		if v.closed {
			if controller != 0 { // it came too late to be of use
				c := e.a.borrow(controller)
				_ = c.call(closeController)
			}
			return
		}
		if r := result(uint32(code)); int32(r) < 0 || controller == 0 {
			e.fail(&failed{"CreateCoreWebView2Controller", r})
			return
		}
		v.controller, v.parent = e.a.borrow(controller).keep(), parent
		if err := v.begin(); err != nil {
			e.fail(err)
		}
	}, func(h *face) error {
		if s.Incognito {
			return e.createPrivate(parent, h)
		}
		return e.environment.call(createController, parent, h)
	})
	if err != nil {
		w.remove(v)
		return nil, err
	}
	return v, nil
}

// createPrivate asks for the controller of a webview that keeps nothing of what pages store. Those of one
// host share what they have meanwhile, as in a private window of a browser.
func (e *engine) createPrivate(parent uintptr, h *face) error {
	return e.environment.with("ICoreWebView2Environment10", func(o object) error {
		options, err := o.object(createOptions)
		if err != nil {
			return err
		}
		defer options.release()
		if err := options.call(setPrivate, true); err != nil {
			return err
		}
		return o.call(createPrivate, parent, options, h)
	})
}

// begin sets a webview up that has its controller.
func (v *webview) begin() error {
	var err error
	if v.core, err = v.controller.object(getCore); err != nil {
		return err
	}
	settings, err := v.core.object(getSettings)
	if err != nil {
		return err
	}
	defer settings.release()
	for _, s := range fixedSettings {
		if err := v.set(settings, s.method, s.value); err != nil {
			return err
		}
	}
	if err := v.watch(); err != nil {
		return err
	}
	if err := v.watchKeys(); err != nil {
		return err
	}
	if err := v.watchRequests(); err != nil {
		return err
	}
	if err := v.watchChoosers(); err != nil {
		return err
	}
	for _, p := range webviewProperties {
		if err := p.apply(v, &v.state); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	v.applyTheme()
	v.takeDrops()
	v.window.placeGrip() // above it
	v.goOn()
	return nil
}

// fixedSettings are the same for every webview, whatever the defaults of the installed version are.
var fixedSettings = []struct {
	method method
	value  bool
	why    string
}{
	{setMessageEnabled, true, "the bridge"},
	{setHostObjects, false, "no object of this process is for pages"},
	{setStatusBar, false, "a link's address is shown by browsers"},
	{setZoomControl, false, "the Core decides about zoom"},
	{setErrorPage, false, "the Core has error pages"},
	{setAcceleratorKeys, false, "keys of a browser, such as those for a new window"},
	{setPasswordAutosave, false, "nothing of a page is kept that it has not stored itself"},
	{setAutofill, false, "the same"},
}

// set changes a setting, which may be that of a newer interface.
func (v *webview) set(settings object, m method, value bool) error {
	if m.face == "ICoreWebView2Settings" {
		return settings.call(m, value)
	}
	return settings.with(m.face, func(o object) error { return o.call(m, value) })
}

// change changes a setting of an open webview.
func (v *webview) change(m method, value bool) error {
	settings, err := v.core.object(getSettings)
	if err != nil {
		return err
	}
	defer settings.release()
	return v.set(settings, m, value)
}

// webviewProperties are what of a webview's state this package applies. The scripts are sent by
// SetScripts.
var webviewProperties = []struct {
	same  func(old, s *wire.WebviewState) bool
	apply func(v *webview, s *wire.WebviewState) error
}{
	{func(old, s *wire.WebviewState) bool {
		return same(old.Bounds, s.Bounds) && same(old.Share, s.Share) && old.Hidden == s.Hidden
	}, func(v *webview, _ *wire.WebviewState) error { v.place(); return nil }},
	{func(old, s *wire.WebviewState) bool { return old.UserAgent == s.UserAgent }, func(v *webview, s *wire.WebviewState) error {
		if s.UserAgent == "" {
			return nil
		}
		settings, err := v.core.object(getSettings)
		if err != nil {
			return err
		}
		defer settings.release()
		return settings.with("ICoreWebView2Settings2", func(o object) error { return o.call(setUserAgent, s.UserAgent) })
	}},
	{func(old, s *wire.WebviewState) bool { return old.Zoom == s.Zoom }, func(v *webview, s *wire.WebviewState) error {
		if s.Zoom <= 0 {
			return nil
		}
		return v.controller.call(setZoom, s.Zoom)
	}},
	{func(old, s *wire.WebviewState) bool { return old.Devtools == s.Devtools },
		func(v *webview, s *wire.WebviewState) error { return v.change(setDevTools, s.Devtools) }},
	{func(old, s *wire.WebviewState) bool { return old.JavaScriptDisabled == s.JavaScriptDisabled },
		func(v *webview, s *wire.WebviewState) error { return v.change(setScriptEnabled, !s.JavaScriptDisabled) }},
	{func(old, s *wire.WebviewState) bool { return same(old.Background, s.Background) },
		func(v *webview, _ *wire.WebviewState) error { v.applyBackground(); return nil }},
	{func(old, s *wire.WebviewState) bool { return old.Window == s.Window }, func(v *webview, _ *wire.WebviewState) error { return v.applyWindow() }},
}

// ready reports whether the webview can be used.
func (v *webview) ready() bool { return !v.core.isNil() && v.changing == 0 && !v.closed }

// soon does f when the webview is ready, in the order of the calls.
func (v *webview) soon(f func()) {
	if v.ready() && len(v.waiting) == 0 {
		f()
		return
	}
	v.waiting = append(v.waiting, f)
}

// goOn does what has waited, up to what has to be waited for again.
func (v *webview) goOn() {
	for v.ready() && len(v.waiting) > 0 {
		f := v.waiting[0]
		v.waiting = v.waiting[1:]
		f()
	}
}

// log tells what has failed where nobody waits for the outcome.
func (v *webview) log(err error) {
	if err != nil {
		v.e.options.Log(err.Error())
	}
}

// area is the webview's place in the window's content.
func (v *webview) area() rect {
	content := clientRect(v.window.hwnd)
	width, height := content.right, content.bottom
	switch b, share := v.state.Bounds, v.state.Share; {
	case share != nil:
		// Edges are rounded, not lengths: what touches goes on touching.
		edge := func(part float64, of int32) int32 { return int32(part*float64(of) + 0.5) }
		return rect{edge(share.X, width), edge(share.Y, height), edge(share.X+share.Width, width), edge(share.Y+share.Height, height)}
	case b != nil:
		x, y := v.window.scaled(b.X), v.window.scaled(b.Y)
		return rect{x, y, x + max(v.window.scaled(b.Width), 1), y + max(v.window.scaled(b.Height), 1)}
	}
	return rect{0, 0, width, height}
}

// place gives the webview its place.
func (v *webview) place() {
	if v.controller.isNil() {
		return
	}
	v.log(v.controller.call(setBounds, v.area()))
	v.log(v.controller.call(setVisible, !v.state.Hidden))
}

// moved tells the engine that the window has been moved, which it needs for its menus.
func (v *webview) moved() {
	if !v.controller.isNil() {
		v.log(v.controller.call(parentMoved))
	}
}

func (v *webview) focus() {
	const programmatic = 0 // COREWEBVIEW2_MOVE_FOCUS_REASON_PROGRAMMATIC
	if !v.controller.isNil() && !v.state.Hidden {
		v.log(v.controller.call(moveFocus, int32(programmatic)))
	}
}

// applyBackground sets what is shown until the page has painted, and where it is transparent: the webview's color, or the
// window's, or what is behind the window.
func (v *webview) applyBackground() {
	color := v.state.Background
	if color == nil {
		color = v.window.state.Background
	}
	through := v.window.seeThrough()
	if color == nil && !through && !v.colored || v.controller.isNil() {
		return
	}
	v.colored = true
	const opaque = 0xFF         // other values but 0 are refused
	value := uint32(0xFFFFFFFF) // white, as it was
	switch {
	case through && (color == nil || color[3] != opaque):
		value = 0
	case color != nil:
		value = uint32(opaque) | uint32(color[0])<<8 | uint32(color[1])<<16 | uint32(color[2])<<24
	}
	v.log(v.controller.with("ICoreWebView2Controller2", func(o object) error { return o.call(setBackground, value) }))
}

// Apply implements backend.Webview.
func (v *webview) Apply(old, s *wire.WebviewState) error {
	if v.closed {
		return errClosed
	}
	if old.Window != s.Window {
		to := v.e.windows[s.Window]
		if to == nil {
			return fmt.Errorf("webview2: webview %d needs an open window", v.id)
		}
		v.window.remove(v)
		to.webviews = append(to.webviews, v)
		v.window = to
	}
	before, after := *old, *s
	v.state = after
	v.soon(func() {
		for _, p := range webviewProperties {
			if !p.same(&before, &after) {
				v.log(p.apply(v, &after))
			}
		}
	})
	if old.Incognito != s.Incognito {
		return fmt.Errorf("webview2: an open webview stays incognito, or not: %w", errors.ErrUnsupported)
	}
	return nil
}

// applyWindow takes the webview to the window that it belongs to, and gives it what it has of that.
func (v *webview) applyWindow() error {
	if v.parent == v.window.hwnd {
		return nil
	}
	if err := v.controller.call(setParent, v.window.hwnd); err != nil {
		return err
	}
	v.parent = v.window.hwnd
	v.place()
	v.window.placeGrip()
	v.applyBackground()
	v.applyTheme()
	v.applyCursor()
	v.takeDrops()
	return nil
}

// SetScripts implements backend.Webview. The scripts are those of documents that are loaded from
// now on.
func (v *webview) SetScripts(bridge, page string, patterns []string) {
	v.soon(func() {
		if v.script != "" {
			v.log(v.core.call(removeScript, v.script))
			v.script = ""
		}
		if bridge == "" && page == "" || len(patterns) == 0 {
			return
		}
		text := documentScript(bridge, page, v.e.options.MessageName, patterns)
		v.changing++
		err := v.e.a.handler("ICoreWebView2AddScriptToExecuteOnDocumentCreatedCompletedHandler", func(code, id uintptr) {
			v.changing--
			if r := result(uint32(code)); int32(r) < 0 {
				v.log(&failed{"AddScriptToExecuteOnDocumentCreated", r})
			}
			v.script = readText(id)
			v.goOn()
		}, func(h *face) error { return v.core.call(addScript, text, h) })
		if err != nil {
			v.changing--
			v.log(err)
		}
	})
}

// Load implements backend.Webview.
func (v *webview) Load(url string) {
	if v.closed {
		return
	}
	v.wanted = url
	v.takeSession(url)
	v.soon(func() { v.log(v.core.call(navigate, url)) })
}

// Do implements backend.Webview.
func (v *webview) Do(a wire.Action) error {
	if v.closed {
		return errClosed
	}
	simple := func(m method) error {
		v.soon(func() { v.log(v.core.call(m)) })
		return nil
	}
	switch a.Name {
	case wire.ActionNavigate:
		var url string
		if err := json.Unmarshal(a.Args, &url); err != nil {
			return fmt.Errorf("webview2: navigate: %w", err)
		}
		v.Load(url)
	case wire.ActionReload:
		if v.url == "" { // nothing was ever shown: there is nothing to reload
			v.Load(v.wanted)
			return nil
		}
		return simple(reload)
	case wire.ActionBack:
		return simple(goBack)
	case wire.ActionForward:
		return simple(goForward)
	case wire.ActionStop:
		return simple(stop)
	case wire.ActionFocus:
		v.focus()
	case wire.ActionTerminate:
		v.soon(func() { v.callDevTools("Page.crash", "{}", func(string, error) {}) })
	case wire.ActionDevtools:
		return v.devtools(a)
	case wire.ActionCancelDownload:
		return v.cancelDownload(a)
	default:
		return fmt.Errorf("webview2: a webview has no action %q", a.Name)
	}
	return nil
}

func (v *webview) devtools(a wire.Action) error {
	open := true
	if len(a.Args) > 0 && string(a.Args) != `"`+wire.DevtoolsToggle+`"` {
		if err := json.Unmarshal(a.Args, &open); err != nil {
			return fmt.Errorf("webview2: devtools: %w", err)
		}
	}
	switch {
	case !open:
		return unsupported("closing developer tools")
	case !v.state.Devtools:
		return errors.New("webview2: this webview has no devtools")
	}
	v.soon(func() { v.log(v.core.call(openDevTools)) })
	return nil
}

// Close implements backend.Webview. Everything that waits for the page is told so.
func (v *webview) Close() {
	if v.closed {
		return
	}
	v.closed = true
	v.document++
	v.waiting = nil
	v.leave(errClosed)
	for q := range maps.Clone(v.questions) {
		q.answer(wire.Verdict{})
	}
	v.cancelDownloads()
	v.window.remove(v)
	delete(v.e.webviews, v.id)
	if !v.controller.isNil() {
		v.log(v.controller.call(closeController)) // which ends all events
		v.core.release()
		v.controller.release()
	}
}

// leave ends what belongs to the document that was shown.
func (v *webview) leave(why error) {
	for r := range maps.Clone(v.replies) {
		r.Fail(why.Error())
	}
	for id, done := range maps.Clone(v.deliveries) {
		delete(v.deliveries, id)
		done(why)
	}
	for e := range maps.Clone(v.evaluations) {
		e.finish("", errLeft)
	}
}
