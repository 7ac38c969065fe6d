package webview2

import (
	"slices"

	"github.com/mullion-dev/mullion/internal/wire"
)

// Files that are held over a page are the Core's business, unless the webview has
// wire.WebviewState.PageDrops: the engine is told to take nothing from outside, and windows have a
// drop target of ours. Where the Core has not answered yet, or has refused, nothing can be dropped.

// dropTarget is what Windows tells of drags over a window, and over those that the engine has made in it.
type dropTarget struct {
	w       *window
	face    *face     // IDropTarget; nil if there is none
	windows []uintptr // where it is registered
	drag    *drag     // what is held over the window, or nil
}

// drag is files that are held over a webview.
type drag struct {
	v       *webview
	allowed bool
}

// The effects of a drop.
const (
	dropNone = 0
	dropCopy = 1 // DROPEFFECT_COPY
)

// maxDragged bounds the files that the Core is asked for.
const maxDragged = 1000

func newDropTarget(w *window) *dropTarget {
	t := &dropTarget{w: w}
	// Methods of IDropTarget. A POINTL goes in one register, on amd64 and arm64.
	t.face = w.e.a.serve(nil, &face{name: "IDropTarget", wide: []wideFunction{
		func(data, _, at, effect uintptr) result { // DragEnter
			t.enter(w.e.a.borrow(data), pointOf(at))
			return giveNumber(effect, t.effect())
		},
		func(_, at, effect, _ uintptr) result { // DragOver
			t.over(pointOf(at))
			return giveNumber(effect, t.effect())
		},
		func(_, _, _, _ uintptr) result { // DragLeave
			t.report(wire.DragLeave, nil)
			t.drag = nil
			return ok
		},
		func(_, _, at, effect uintptr) result { // Drop
			giveNumber(effect, t.effect())
			p := pointOf(at)
			t.report(wire.DragDrop, &p)
			t.drag = nil
			return ok
		},
	}})
	t.register(w.hwnd)
	return t
}

// register has a window's drops come here. It fails for windows of other processes.
func (t *dropTarget) register(hwnd uintptr) {
	if r, _, _ := procRevokeDragDrop.Call(hwnd); result(r) == invalidWindow {
		return
	}
	if r, _, _ := procRegisterDragDrop.Call(hwnd, t.face.address); int32(r) < 0 {
		t.w.e.options.Log((&failed{"RegisterDragDrop", result(r)}).Error())
		return
	}
	if !slices.Contains(t.windows, hwnd) {
		t.windows = append(t.windows, hwnd)
	}
}

func (t *dropTarget) end() {
	for _, hwnd := range t.windows {
		procRevokeDragDrop.Call(hwnd)
	}
	t.windows = nil
	t.face.release()
}

// takeDrops has the engine leave files to us. Its windows have a target of their own all the same,
// which would be asked before that of the window around them.
func (v *webview) takeDrops() {
	if v.state.PageDrops {
		return
	}
	v.log(v.controller.with("ICoreWebView2Controller4", func(o object) error { return o.call(setExternalDrop, false) }))
	t := v.window.dropTarget
	children := childWindows(v.window.hwnd)
	t.windows = slices.DeleteFunc(t.windows, func(w uintptr) bool { return w != v.window.hwnd && !slices.Contains(children, w) })
	for _, child := range children {
		r := windowRect(child)
		if at := t.at(point{(r.left + r.right) / 2, (r.top + r.bottom) / 2}); at == nil || !at.state.PageDrops {
			t.register(child)
		}
	}
}

// at is the webview that has a point of the desktop.
func (t *dropTarget) at(p point) *webview {
	origin := clientOrigin(t.w.hwnd)
	x, y := p.x-origin.x, p.y-origin.y
	for _, v := range slices.Backward(t.w.webviews) { // the last one is above
		if r := v.area(); !v.state.Hidden && x >= r.left && x < r.right && y >= r.top && y < r.bottom {
			return v
		}
	}
	return nil
}

// position is a point of the desktop in logical pixels of a webview.
func (v *webview) position(p point) (x, y float64) {
	origin, area, scale := clientOrigin(v.window.hwnd), v.area(), v.window.scale()
	return float64(p.x-origin.x-area.left) / scale, float64(p.y-origin.y-area.top) / scale
}

// enter asks the Core about files.
func (t *dropTarget) enter(data object, p point) {
	t.drag = nil
	v := t.at(p)
	if v == nil || v.state.PageDrops || v.closed {
		return
	}
	files := draggedFiles(data, maxDragged)
	if len(files) == 0 || len(files) > maxDragged {
		return
	}
	d := &drag{v: v}
	t.drag = d
	x, y := v.position(p)
	v.ask(wire.Decision{Kind: wire.DecideDrop, Page: v.url, Paths: files, X: x, Y: y}, func(verdict wire.Verdict) { d.allowed = verdict.Allow })
}

// over tells of a move. To go to another webview is to leave: each has windows of its own, so Windows tells that as
// the end of one drag and the begin of another.
func (t *dropTarget) over(p point) {
	if t.drag == nil {
		return
	}
	if t.at(p) != t.drag.v {
		t.report(wire.DragLeave, nil)
		t.drag = nil
		return
	}
	t.report(wire.DragOver, &p)
}

// effect is what would become of a drop now.
func (t *dropTarget) effect() uint32 {
	if t.drag != nil && t.drag.allowed && !t.drag.v.closed {
		return dropCopy
	}
	return dropNone
}

func (t *dropTarget) report(phase wire.DragPhase, p *point) {
	if t.effect() == dropNone {
		return
	}
	v := t.drag.v
	e := wire.DragEvent{Phase: phase}
	if p != nil {
		e.X, e.Y = v.position(*p)
	}
	v.e.handler.Dragged(v.id, e)
}
