package webview2

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

// The states of a progress bar in the taskbar, of shobjidl_core.h.
const progressNone = 0

var progressStates = map[string]uint32{"indeterminate": 1, "normal": 2, "error": 4, "paused": 8}

// progressWhole is what a bar has in all.
const progressWhole = 1000

// taskbarList is the taskbar, which is there once for an engine.
func (e *engine) taskbarList() (object, error) {
	if !e.taskbar.isNil() {
		return e.taskbar, nil
	}
	list, err := e.a.create("TaskbarList", "ITaskbarList3")
	if err != nil {
		return object{}, err
	}
	if err := list.call(taskbarInit); err != nil {
		list.release()
		return object{}, err
	}
	e.taskbar = list
	return list, nil
}

// applyTaskbar shows number and progress on the button of the window. Where there is no button yet,
// buttonMade does it.
func (w *window) applyTaskbar(s *wire.WindowState) error {
	t := s.Taskbar
	if t == nil {
		t = &wire.Taskbar{}
	}
	list, err := w.e.taskbarList()
	if err != nil {
		return err
	}
	return errors.Join(w.showProgress(list, t), w.showOverlay(list, s.Overlay, t.Badge))
}

func (w *window) showProgress(list object, t *wire.Taskbar) error {
	state, ok := progressStates[t.Status]
	switch {
	case t.Status == "":
		return list.call(taskbarState, w.hwnd, uint32(progressNone))
	case !ok:
		return fmt.Errorf("webview2: a taskbar has no progress %q", t.Status)
	}
	part := uint64(min(max(t.Progress, 0), 1) * progressWhole)
	if t.Status != "indeterminate" { // a part would end that
		if err := list.call(taskbarValue, w.hwnd, part, uint64(progressWhole)); err != nil {
			return err
		}
	}
	return list.call(taskbarState, w.hwnd, state)
}

// showOverlay draws a picture over the icon of the button, or else a number that is not 0. The taskbar takes a copy.
func (w *window) showOverlay(list object, p *wire.Picture, n int64) error {
	text := "" // for screen readers
	switch {
	case p != nil:
	case n != 0:
		p, text = badge(n, int(w.scaled(16))), strconv.FormatInt(n, 10)
	default:
		return list.call(taskbarOverlay, w.hwnd, uintptr(0), "")
	}
	icon := newIcon(p)
	if icon == 0 {
		return errors.New("webview2: the picture for the button in the taskbar is not usable")
	}
	defer win32.DestroyIcon.Call(icon)
	return list.call(taskbarOverlay, w.hwnd, icon, text)
}

// buttonMade is called when the window got its button, also from a taskbar that has started again.
func (w *window) buttonMade() {
	var err error
	if w.state.Taskbar != nil || w.state.Overlay != nil {
		err = w.applyTaskbar(&w.state)
	}
	if w.state.SkipTaskbar {
		err = errors.Join(err, w.applySkip(&w.state))
	}
	if err != nil {
		w.e.options.Log(err.Error())
	}
}

// applySkip takes the button away, or brings it back.
func (w *window) applySkip(s *wire.WindowState) error {
	list, err := w.e.taskbarList()
	if err != nil {
		return err
	}
	if s.SkipTaskbar {
		return list.call(taskbarDelete, w.hwnd)
	}
	return list.call(taskbarAdd, w.hwnd)
}
