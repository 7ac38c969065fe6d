package webview2

import (
	"slices"

	"github.com/mullion-dev/mullion/internal/wire"
)

// applyModal has a modal window that is shown keep the user from all others of the host: Windows has
// no modal windows of its own, so the others are disabled. Of several the one that came last counts.
func (w *window) applyModal(s *wire.WindowState) error {
	is, was := s.Modal && s.Visible, slices.Contains(w.e.modals, w)
	if is && !was {
		w.e.modals = append(w.e.modals, w)
	}
	if !is && was {
		w.e.modals = slices.DeleteFunc(w.e.modals, func(o *window) bool { return o == w })
	}
	w.e.enableWindows()
	w.enable() // it need not be known yet
	return nil
}

// endModal comes before the window is destroyed: Windows then makes another one active, which has
// to be enabled by that time.
func (w *window) endModal() {
	if !slices.Contains(w.e.modals, w) {
		return
	}
	w.e.modals = slices.DeleteFunc(w.e.modals, func(o *window) bool { return o == w })
	w.e.enableWindows()
}

func (e *engine) enableWindows() {
	for _, w := range e.windows {
		w.enable()
	}
}

// enable gives the window mouse and keyboard, or takes them away, with all of the engine's windows in it.
func (w *window) enable() {
	blocked := len(w.e.modals) > 0 && w.e.modals[len(w.e.modals)-1] != w
	procEnableWindow.Call(w.hwnd, boolWord(!w.state.Disabled && !blocked))
}
