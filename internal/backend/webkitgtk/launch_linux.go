package webkitgtk

import "slices"

const (
	// maxLaunches bounds the pages whose processes are being started at a time.
	// WebKitGTK 2.50.6 draws a view whose process does not answer yet only after
	// half a second, and the main loop draws all views before it does anything
	// else: forty that begin at once keep it from answering for 20 s, and the
	// processes from coming up.
	maxLaunches = 6
	// launchTime is how long one of them may count, in milliseconds: where the
	// page is refused nothing says that its process is there.
	launchTime = 3000
)

// launches are the webviews whose first page is about to come.
type launches struct {
	begun map[*webview]bool
	wait  []*webview
}

// launch starts the load that v wants, as soon as there is room where that starts
// a process.
func (v *webview) launch() {
	l := &v.e.launches
	switch {
	case v.launched || l.begun[v]:
		v.load()
	case len(l.begun) < maxLaunches:
		l.begun[v] = true
		v.e.after(launchTime, func() { v.hasLaunched(false) })
		v.load()
	case !slices.Contains(l.wait, v):
		l.wait = append(l.wait, v)
	}
}

// hasLaunched notes that the process of v is there, or that it will not come.
func (v *webview) hasLaunched(there bool) {
	v.launched = v.launched || there
	l := &v.e.launches
	if !l.begun[v] {
		return
	}
	delete(l.begun, v)
	for len(l.wait) > 0 && len(l.begun) < maxLaunches {
		next := l.wait[0]
		l.wait = l.wait[1:]
		next.launch()
	}
}

// noLaunch takes out a webview that is closed, or whose load is stopped.
func (v *webview) noLaunch() {
	l := &v.e.launches
	l.wait = slices.DeleteFunc(l.wait, func(w *webview) bool { return w == v })
	v.hasLaunched(false)
}
