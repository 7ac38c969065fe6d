package webkitgtk

import (
	"cmp"
	"maps"
	"os"
	"slices"
)

// driven reports whether a WebDriver client may control this process. The
// variable is the engine's own: it listens at the address in it. No host
// inherits it, the Core sets it where the app wants that.
func driven() bool { return os.Getenv("WEBKIT_INSPECTOR_SERVER") != "" }

// allowDriver has the context take the session of a client. It has to be called
// before the main loop runs: the engine listens since the context was made, and a
// client that asks for a session while none is allowed gets no answer, ever. Webviews
// are made for a client, too: see newWebview.
func (e *engine) allowDriver() {
	c := e.c
	e.connect(e.context, "automation-started", func(a args) uintptr {
		info := c.webkitApplicationInfoNew.call()
		c.webkitApplicationInfoSetName.with(info, cmp.Or(e.options.AppName, e.options.AppID, "Mullion"))
		c.webkitApplicationInfoSetVersion.with(info, int64(1), int64(0), int64(0))
		c.webkitAutomationSessionSetApplicationInfo.call(a[1], info)
		c.webkitApplicationInfoUnref.call(info)
		// A client wants a window to begin with. It gets the first of the app's,
		// and finds the others by their handles: apps alone open windows. It asks
		// once, which may be before there is one.
		e.connect(a[1], "create-web-view", func(args) uintptr {
			e.runUntil(windowLimit, func() bool { return e.quits || e.shown() != nil })
			if v := e.shown(); v != nil {
				return v.view
			}
			return 0
		})
		return 0
	})
	c.webkitWebContextSetAutomationAllowed.call(e.context, 1)
}

// shown returns the first webview that is not hidden, nil if there is none.
func (e *engine) shown() *webview {
	for _, id := range slices.Sorted(maps.Keys(e.webviews)) {
		if v := e.webviews[id]; !v.closed && !v.state.Hidden {
			return v
		}
	}
	return nil
}

// windowLimit is how long a driver waits for the first window, closeLimit how long
// for one to close, and pause how often is looked. All are in milliseconds.
const (
	windowLimit = 60_000
	closeLimit  = 5000
	pause       = 10
)

// awaitEnd runs the main loop until the view is gone. A driver that closes a
// window asks for the windows as soon as the signal for that has returned, and
// closes again what is still there; its client is then told that there is no
// such window.
func (v *webview) awaitEnd() {
	v.e.runUntil(closeLimit, func() bool { return v.closed && !v.leaving })
}

// runUntil runs the main loop, inside of itself, until something is so, or as long
// as limit.
func (e *engine) runUntil(limit uint, so func() bool) {
	if so() {
		return
	}
	loop := e.c.gMainLoopNew.call(0, 0)
	waited := uint(0)
	var look func()
	look = func() {
		if waited += pause; so() || waited >= limit {
			e.c.gMainLoopQuit.call(loop)
			return
		}
		e.after(pause, look)
	}
	e.after(pause, look)
	e.c.gMainLoopRun.call(loop)
	e.c.gMainLoopUnref.call(loop)
}
