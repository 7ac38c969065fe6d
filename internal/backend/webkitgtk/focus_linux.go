package webkitgtk

import (
	"encoding/json"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// sight is what is known under Wayland of whether the user sees a window. No
// compositor tells a GTK 3 client that a window is minimised.
type sight struct {
	active    bool // it has the keyboard
	placed    bool // it has been shown for answerTime, or had the keyboard since: the compositor has chosen
	iconified bool // it was asked to go away, and has not had the keyboard since
	iconify   bool // ask for that when it is shown: before, there is nothing to minimise
	unmaps    int  // how often it was found not to be shown
}

// answerTime is how long a compositor may take to minimise a window that has the
// keyboard, or to give it to one that has come, in milliseconds. Those that minimise
// nothing, such as sway, leave it there.
const answerTime = 500

// followFocus notes whether the window has the keyboard.
func (w *window) followFocus() {
	if !w.e.wayland || w.closed {
		return
	}
	active := isTrue(w.e.c.gtkWindowIsActive.call(w.win))
	if active && !w.sight.active {
		w.settle()
	}
	w.sight.active = active
	if w.shown() {
		w.sight.placed = w.sight.placed || active
	} else {
		w.sight.placed, w.sight.iconified = false, w.sight.iconify
		w.sight.unmaps++
	}
}

// shown reports whether the window is on the screen, or minimised.
func (w *window) shown() bool { return isTrue(w.e.c.gtkWidgetGetMapped.call(w.win)) }

// iconify notes what the window was asked for.
func (w *window) iconify(on bool) {
	switch {
	case !w.e.wayland:
	case !w.shown():
		w.sight.iconify, w.sight.iconified = on, on
	case on:
		w.sight.iconified = true
		w.settle()
	}
}

// mapTime is how long a window manager of X11 may take to bring a minimised window
// back by its being mapped, in milliseconds.
const mapTime = 100

// comeBack asks for the keyboard where a window is still minimised that shall not
// be. Some window managers leave minimised windows mapped, so that mapping them says
// nothing, and do not listen to the end of _NET_WM_STATE_HIDDEN either (mutter 43).
func (w *window) comeBack() {
	if w.e.wayland || w.state.Minimized {
		return
	}
	w.e.after(mapTime, func() {
		if !w.closed && !w.state.Minimized && w.Observe().Minimized {
			w.e.c.gtkWindowPresentWithTime.call(w.win, w.now())
		}
	})
}

// appeared is called when the window was mapped under Wayland, and each time that
// GTK presents it.
func (w *window) appeared() {
	if w.sight.iconify {
		w.sight.iconify = false
		w.e.c.gtkWindowIconify.call(w.win)
		w.iconify(true)
	}
	if unmaps := w.sight.unmaps; !w.sight.placed {
		w.e.after(answerTime, func() {
			if !w.closed && w.sight.unmaps == unmaps {
				w.sight.placed = true
			}
		})
	}
}

// settle takes a window for one that is not minimised if it goes on having the
// keyboard.
func (w *window) settle() {
	w.e.after(answerTime, func() {
		if !w.closed && isTrue(w.e.c.gtkWindowIsActive.call(w.win)) {
			w.sight.iconified = false
			w.changed()
		}
	})
}

// staysIconified is the error where the window is minimised and cannot come
// back by itself: Wayland has no request for it.
func (w *window) staysIconified() error {
	if w.sight.iconified && !isTrue(w.e.c.gtkWindowIsActive.call(w.win)) {
		return unsupportedOn("showing a minimised window without a token of the desktop for Activate")
	}
	return nil
}

// focus brings the window to the front. Under Wayland it takes a token: that of
// the desktop, or what the compositor gives for what the user did last in another
// window of this process that has the keyboard. X11 has no need of it.
func (w *window) focus(a wire.Action) error {
	c := w.e.c
	var f wire.Focus
	if len(a.Args) > 0 {
		if err := json.Unmarshal(a.Args, &f); err != nil {
			return fmt.Errorf("webkitgtk: focus: %w", err)
		}
	}
	if w.e.wayland && f.Token == "" {
		if isTrue(c.gtkWindowIsActive.call(w.win)) {
			return nil
		}
		f.Token = w.e.ownToken()
	}
	if f.Token != "" && w.e.wayland && c.gdkWaylandDisplaySetStartupNotificationId != 0 {
		// The next window that is presented uses it up.
		c.gdkWaylandDisplaySetStartupNotificationId.with(c.gdkDisplayGetDefault.call(), f.Token)
	}
	c.gtkWindowPresentWithTime.call(w.win, w.now())
	// Whether the compositor goes by a token is not told; without one GTK 3.24 asks for
	// one by itself, with what the user did last in this process. The Core sees whether
	// the keyboard comes.
	if w.e.wayland && (w.sight.placed || w.sight.iconified) && !isTrue(c.gtkWindowIsActive.call(w.win)) {
		return unsupportedOn("focus that the compositor does not give, as it may to a window whose host has the keyboard, and with a token of the desktop for Activate,")
	}
	return nil
}

// ownToken asks the compositor for a token, if a window of this process has the
// keyboard.
func (e *engine) ownToken() string {
	for _, w := range e.windows {
		if isTrue(e.c.gtkWindowIsActive.call(w.win)) {
			return e.newToken()
		}
	}
	return ""
}

// newToken asks the compositor for one. GTK 3.24 does it for programs that are
// started; what is started is not said to anybody.
func (e *engine) newToken() string {
	c := e.c
	const notifies = 1 << 2 // G_APP_INFO_CREATE_SUPPORTS_STARTUP_NOTIFICATION
	info := c.gAppInfoCreateFromCommandline.with("true", e.options.AppID, notifies, nil)
	if info == 0 {
		return ""
	}
	defer c.gObjectUnref.call(info)
	start := c.gdkDisplayGetAppLaunchContext.call(c.gdkDisplayGetDefault.call())
	defer c.gObjectUnref.call(start)
	token := c.gAppLaunchContextGetStartupNotifyId.with(start, info, nil)
	defer c.gFree.call(token)
	return goString(token)
}
