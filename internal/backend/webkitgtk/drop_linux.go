package webkitgtk

import (
	"net/url"

	"github.com/mullion-dev/mullion/internal/wire"
)

// What is dragged over a webview is WebKit's business, as in any browser,
// unless it is files. The web process cannot read those, and WebKit gives
// pages no files that were dropped any more (since 2.50.3, for
// CVE-2025-13947). So the Core is asked about them, and told what becomes of
// them; WebKit never hears. Our handlers run before WebKit's, which are
// connected to come after (seen in 2.50.6). Webviews with
// wire.WebviewState.PageDrops have no such handlers, and all is WebKit's.

// drag is what is dragged over a webview, from when it has entered.
type drag struct {
	v       *webview
	context uintptr // GdkDragContext, ours to unref
	state   dragState
	x, y    int32  // of the last move
	time    uint32 // of the last move
}

type dragState int

const (
	dragAsked   dragState = iota // we wait for what is dragged, or for the Core
	dragForeign                  // WebKit's: there are no files
	dragAllowed                  // files that the Core has allowed
	dragRefused
)

// GdkDragAction.
const (
	dragNone = 0
	dragCopy = 1 << 1
)

// maxDragged bounds the files that the Core is asked for.
const maxDragged = 1000

func (v *webview) watchDrags() {
	e := v.e
	e.connectFallback(v.view, "drag-motion", 1, func(a args) uintptr {
		return gboolean(v.onDragMotion(a[1], int32(a[2]), int32(a[3]), uint32(a[4])))
	})
	e.connect(v.view, "drag-data-received", func(a args) uintptr { v.onDragData(a[1], a[4]); return 0 })
	e.connectFallback(v.view, "drag-drop", 1, func(a args) uintptr { return gboolean(v.onDragDrop(a[1], uint32(a[4]))) })
	e.connect(v.view, "drag-leave", func(a args) uintptr { v.onDragLeave(a[1]); return 0 })
}

// onDragMotion keeps a move from WebKit by returning true.
func (v *webview) onDragMotion(context uintptr, x, y int32, time uint32) (kept bool) {
	c := v.e.c
	d := v.drag
	if d == nil || d.context != context {
		v.forgetDrag()
		c.gObjectRef.call(context) // its address is not used again while we know it
		d = &drag{v: v, context: context, x: x, y: y, time: time}
		v.drag = d
		if kind := c.gtkDragDestFindTarget.call(v.view, context, v.e.fileTargets); kind == 0 {
			d.state = dragForeign
		} else {
			c.gtkDragGetData.call(v.view, context, kind, uintptr(time))
		}
	}
	d.x, d.y, d.time = x, y, time
	if d.state == dragAllowed {
		d.report(wire.DragOver)
	}
	d.show()
	return d.state != dragForeign
}

// show tells the source whether the files can be dropped here.
func (d *drag) show() {
	switch d.state {
	case dragForeign:
	case dragAllowed:
		d.v.e.c.gdkDragStatus.call(d.context, dragCopy, uintptr(d.time))
	default:
		d.v.e.c.gdkDragStatus.call(d.context, dragNone, uintptr(d.time))
	}
}

func (d *drag) report(p wire.DragPhase) {
	d.v.e.handler.Dragged(d.v.id, wire.DragEvent{Phase: p, X: float64(d.x), Y: float64(d.y)})
}

// forgetDrag ends what is known of a drag.
func (v *webview) forgetDrag() {
	if v.drag != nil {
		v.e.c.gObjectUnref.call(v.drag.context)
		v.drag = nil
	}
}

// onDragData sees what is dragged.
func (v *webview) onDragData(context, data uintptr) {
	c := v.e.c
	d := v.drag
	if d == nil || d.context != context || d.state == dragForeign {
		return
	}
	c.gSignalStopEmissionByName.with(v.view, "drag-data-received")
	if d.state != dragAsked {
		return
	}
	list := c.gtkSelectionDataGetUris.call(data)
	files := filePaths(goStrings(list))
	c.gStrfreev.call(list)
	switch {
	case len(files) == 0:
		// From the next move on WebKit asks for what is dragged itself.
		d.state = dragForeign
	case len(files) > maxDragged:
		d.state = dragRefused
	default:
		v.ask(wire.Decision{Kind: wire.DecideDrop, Paths: files, X: float64(d.x), Y: float64(d.y)}, func(verdict wire.Verdict) {
			d.state = dragRefused
			if verdict.Allow {
				d.state = dragAllowed
			}
			if v.drag == d && !v.closed {
				d.show()
			}
		})
	}
}

// onDragDrop ends a drag of files. GTK has emitted drag-leave just before.
func (v *webview) onDragDrop(context uintptr, time uint32) (ours bool) {
	d := v.drag
	if d == nil || d.context != context || d.state == dragForeign {
		return false
	}
	dropped := d.state == dragAllowed
	if dropped {
		d.report(wire.DragDrop)
	}
	v.e.c.gtkDragFinish.with(context, dropped, false, time)
	v.forgetDrag()
	return true
}

// onDragLeave tells that files were taken elsewhere, unless they are dropped
// right after.
func (v *webview) onDragLeave(context uintptr) {
	d := v.drag
	if d == nil || d.context != context || d.state != dragAllowed {
		return
	}
	v.e.c.gSignalStopEmissionByName.with(v.view, "drag-leave")
	v.e.Post(func() {
		if v.drag == d && !v.closed {
			d.report(wire.DragLeave)
			v.forgetDrag()
		}
	})
}

// filePaths are the paths of those of the addresses that are files here, as
// the bytes that the system knows them by.
func filePaths(uris []string) (paths [][]byte) {
	for _, text := range uris {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" || u.Path == "" {
			continue
		}
		paths = append(paths, []byte(u.Path))
	}
	return paths
}
