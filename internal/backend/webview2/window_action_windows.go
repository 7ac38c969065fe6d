package webview2

import (
	"encoding/json"
	"fmt"

	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Do implements backend.Window.
func (w *window) Do(a wire.Action) error {
	if w.closed {
		return errClosed
	}
	switch a.Name {
	case wire.ActionFocus:
		if w.state.Minimized {
			procShowWindow.Call(w.hwnd, showRestore)
		}
		if w.state.Focusable {
			win32.SetForegroundWindow.Call(w.hwnd)
		}
	case wire.ActionCenter:
		w.center()
	case wire.ActionAttention:
		want := true
		if len(a.Args) > 0 {
			if err := json.Unmarshal(a.Args, &want); err != nil {
				return fmt.Errorf("webview2: attention: %w", err)
			}
		}
		const stop, untilFront = 0, 3 | 12 // FLASHW_STOP; FLASHW_ALL, FLASHW_TIMERNOFG
		if want {
			flash(w.hwnd, untilFront)
		} else {
			flash(w.hwnd, stop)
		}
	case wire.ActionDrag:
		w.drag(hitCaption)
	case wire.ActionResize:
		return w.resize(a)
	case wire.ActionCursor:
		return w.moveCursor(a)
	case wire.ActionFullscreenAt:
		return w.fullscreenAt(a.Args)
	case wire.ActionPopup:
		return w.popUp(a.Args)
	default:
		return fmt.Errorf("webview2: a window has no action %q", a.Name)
	}
	return nil
}
