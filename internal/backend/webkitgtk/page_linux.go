package webkitgtk

import (
	"cmp"
	"strings"

	"github.com/mullion-dev/mullion/internal/wire"
)

// WebKitLoadEvent, but for 1, a redirect.
const (
	loadStarted   = 0
	loadCommitted = 2
	loadFinished  = 3
)

// crashReasons are those of WebKitWebProcessTerminationReason.
var crashReasons = map[int32]string{
	0: wire.CrashCrashed,
	1: wire.CrashMemory,
	2: wire.CrashTerminated,
}

// watchPage connects what happens to the page.
func (v *webview) watchPage() {
	e := v.e
	e.connect(v.view, "load-changed", func(a args) uintptr { v.loadChanged(int32(a[1])); return 0 })
	// TRUE keeps WebKit from showing an error page of its own.
	e.connectFallback(v.view, "load-failed", 1, func(a args) uintptr {
		domain, code, message := readError(a[3])
		v.loadFailed(goString(a[2]), message, e.cancelled(domain, code))
		return 1
	})
	e.connectFallback(v.view, "load-failed-with-tls-errors", 1, func(a args) uintptr {
		v.loadFailed(goString(a[1]), "the server's certificate is not trusted: "+tlsErrors(uint32(a[3])), false)
		return 1
	})
	e.connect(v.view, "notify::uri", func(args) uintptr {
		v.follow()
		v.saveSession()
		v.reportState()
		return 0
	})
	e.connect(v.view, "notify::is-loading", func(args) uintptr { v.reportState(); return 0 })
	e.connect(e.c.webkitWebViewGetBackForwardList.call(v.view), "changed", func(args) uintptr { v.reportState(); return 0 })
	e.connect(v.view, "notify::title", func(args) uintptr {
		if title := goString(e.c.webkitWebViewGetTitle.call(v.view)); title != "" {
			v.report(wire.PageTitle, v.url, title)
		}
		return 0
	})
	e.connect(v.view, "web-process-terminated", func(a args) uintptr {
		v.provisional, v.launched = false, false
		v.hasLaunched(false)
		v.document++
		v.endEvaluations()
		v.session.resumes = true
		v.report(wire.PageCrashed, v.url, crashReasons[int32(a[1])])
		return 0
	})
	e.connect(v.view, "notify::is-web-process-responsive", func(args) uintptr {
		kind := wire.PageHung
		if isTrue(e.c.webkitWebViewGetIsWebProcessResponsive.call(v.view)) {
			kind = wire.PageAnswers
		}
		v.report(kind, v.url, "")
		return 0
	})
	// WebKit's own answer is a modal dialog of this process, which sees no
	// printers.
	var told uint64 // the last document whose wish is in the log
	e.connectFallback(v.view, "print", 1, func(args) uintptr {
		if told != v.document {
			told = v.document
			e.options.Log("webkitgtk: a page wants to print, which is not possible")
		}
		return 1
	})
	e.connect(v.view, "close", func(args) uintptr {
		v.report(wire.PageClose, v.url, "")
		if driven() {
			v.awaitEnd()
		}
		return 0
	})
}

func (v *webview) report(kind wire.PageEventKind, url, detail string) {
	if !v.closed {
		v.e.handler.Page(v.id, wire.PageEvent{Kind: kind, URL: cmp.Or(url, v.wanted), Detail: detail})
	}
}

// reportState reports PageState if it has changed.
func (v *webview) reportState() {
	if v.closed || v.url == "" && v.told.Kind != "" {
		return
	}
	c := v.e.c
	s := wire.PageEvent{
		Kind: wire.PageState, URL: cmp.Or(v.entry(), v.url, v.wanted),
		Loading: isTrue(c.webkitWebViewIsLoading.call(v.view)),
		Back:    isTrue(c.webkitWebViewCanGoBack.call(v.view)),
		Forward: isTrue(c.webkitWebViewCanGoForward.call(v.view)),
	}
	if s != v.told {
		v.told = s
		v.e.handler.Page(v.id, s)
	}
}

// entry is the address that the history has for what is shown, "" if none.
// Unlike that of the load state it is never that of a load which goes on, or
// was stopped.
func (v *webview) entry() string {
	c := v.e.c
	item := c.webkitBackForwardListGetCurrentItem.call(c.webkitWebViewGetBackForwardList.call(v.view))
	if item == 0 {
		return ""
	}
	return goString(c.webkitBackForwardListItemGetUri.call(item))
}

// follow takes over the address of a step within the document. WebKit tells
// of it as of a load that has been asked for, whose address is not that of the
// document which is still there and may still send messages; but a step never
// leaves the origin, and so a wrong guess does not either.
func (v *webview) follow() {
	if address := v.address(); !v.provisional && origin(address) != "" && origin(address) == origin(v.url) {
		v.url = address
	}
}

// origin is the part of an address before the path, or "" where there is
// none.
func origin(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// address is that of WebKit's load state, a load in progress included.
func (v *webview) address() string { return goString(v.e.c.webkitWebViewGetUri.call(v.view)) }

func (v *webview) loadChanged(event int32) {
	if v.closed {
		return
	}
	v.hasLaunched(true)
	switch event {
	case loadStarted:
		v.provisional, v.failed = true, false
		v.report(wire.PageStarted, v.address(), "")
	case loadCommitted:
		v.provisional = false
		v.url = v.address()
		v.document++
		v.endEvaluations()
		v.beginSession()
		v.report(wire.PageCommitted, v.url, "")
		v.reportState()
		v.painted = false
		if !v.state.JavaScriptDisabled {
			v.awaitPaint(contentful)
			v.followScrolling()
		}
	case loadFinished:
		v.provisional = false
		if !v.failed { // it comes after load-failed, too
			v.report(wire.PageFinished, v.url, "")
			v.awaitPaint(frames)
		}
	}
}

func (v *webview) loadFailed(url, message string, cancelled bool) {
	v.provisional, v.failed = false, true
	v.hasLaunched(false)
	v.follow()
	if !v.closed {
		v.e.handler.Page(v.id, wire.PageEvent{Kind: wire.PageFailed, URL: cmp.Or(url, v.wanted), Detail: message, Cancelled: cancelled})
	}
}

// tlsErrors names the bits of GTlsCertificateFlags.
func tlsErrors(flags uint32) string {
	names := []string{"unknown authority", "another name", "not valid yet", "expired", "revoked", "insecure algorithm", "error"}
	s := ""
	for i, name := range names {
		if flags&(1<<i) != 0 {
			if s != "" {
				s += ", "
			}
			s += name
		}
	}
	return s
}

// PagePainted is found out without the page's help, in the world of the
// bridge, where a page cannot replace the functions that are used. contentful
// resolves when WebKit has painted something of the document for the first
// time, which for a document without text or images never happens; so frames
// is run, too, when all is loaded. Both then wait for frames to be handed
// over: a callback runs when the frame before it has been.
const (
	contentful = `await new Promise(done => new PerformanceObserver((_, observer) => { observer.disconnect(); done() })
		.observe({type: 'paint', buffered: true}));` + frames
	frames = `for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);`
)

// awaitPaint reports PagePainted once the document's first frame has been
// made by the web process and drawn by the widget after that. While the window
// is hidden that does not happen, and for a document that is replaced before
// it never does.
func (v *webview) awaitPaint(script string) {
	document := v.document
	pending := func() bool { return document == v.document && !v.painted && !v.closed }
	v.callAsync(script, 0, func(_ uintptr, err error) {
		if !pending() || err != nil && !v.state.JavaScriptDisabled {
			return
		}
		v.afterDraw(func() {
			if pending() {
				v.painted = true
				v.report(wire.PagePainted, v.url, "")
			}
		})
	})
}

// afterDraw has the widget drawn and then calls f.
func (v *webview) afterDraw(f func()) {
	c := v.e.c
	var handler uintptr
	handler = v.e.connect(v.view, "draw", func(args) uintptr {
		if handler != 0 {
			c.gSignalHandlerDisconnect.call(v.view, handler)
			handler = 0
			v.e.Post(f) // the frame is shown when drawing has ended
		}
		return 0
	})
	c.gtkWidgetQueueDraw.call(v.view)
}

// cancellations are the errors of loads that nothing is wrong with, by domain.
var cancellations = map[string]int32{
	"WebKitNetworkError": 302, // WEBKIT_NETWORK_ERROR_CANCELLED
	"WebKitPolicyError":  102, // WEBKIT_POLICY_ERROR_FRAME_LOAD_INTERRUPTED_BY_POLICY_CHANGE
}

// cancelled reports whether an error says that a load was stopped, or refused
// by the Core.
func (e *engine) cancelled(domain uint32, code int32) bool {
	for name, c := range cancellations {
		if c == code && uint32(e.c.gQuarkFromString.with(name)) == domain {
			return true
		}
	}
	return false
}
