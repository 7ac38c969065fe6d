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

// allowDriver has the context take the session of a client, which begins as soon
// as there is a webview for it. Webviews are made for it, too: see newWebview.
func (e *engine) allowDriver() {
	c := e.c
	e.connect(e.context, "automation-started", 2, func(a args) uintptr {
		info := c.webkitApplicationInfoNew.call()
		c.webkitApplicationInfoSetName.with(info, cmp.Or(e.options.AppName, e.options.AppID, "Mullion"))
		c.webkitApplicationInfoSetVersion.with(info, int64(1), int64(0), int64(0))
		c.webkitAutomationSessionSetApplicationInfo.call(a[1], info)
		c.webkitApplicationInfoUnref.call(info)
		// A client wants a window to begin with. It gets the first of the app's,
		// and finds the others by their handles: apps alone open windows.
		e.connect(a[1], "create-web-view", 1, func(args) uintptr {
			for _, id := range slices.Sorted(maps.Keys(e.webviews)) {
				if v := e.webviews[id]; !v.closed && !v.state.Hidden {
					return v.view
				}
			}
			return 0
		})
		return 0
	})
}

// closeLimit is how long a driver waits for a window to close, in milliseconds,
// and closePause how often is looked.
const (
	closeLimit = 5000
	closePause = 10
)

// awaitEnd runs the main loop until the view is gone. A driver that closes a
// window asks for the windows as soon as the signal for that has returned, and
// closes again what is still there; its client is then told that there is no
// such window.
func (v *webview) awaitEnd() {
	e := v.e
	loop := e.c.gMainLoopNew.call(0, 0)
	waited := 0
	var look func()
	look = func() {
		if waited += closePause; v.closed && !v.leaving || waited >= closeLimit {
			e.c.gMainLoopQuit.call(loop)
			return
		}
		e.after(closePause, look)
	}
	e.after(closePause, look)
	e.c.gMainLoopRun.call(loop)
	e.c.gMainLoopUnref.call(loop)
}
