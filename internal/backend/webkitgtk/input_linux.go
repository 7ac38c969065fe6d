package webkitgtk

import (
	"slices"
	"time"
)

// input is what the user has last done to a webview. WebKit's own word on
// whether the user was at it does not suffice: it takes every script that is
// run from outside for a click, and so also what a page does when the bridge
// hands it an event.
type input struct {
	pressed time.Time // a key or a button; zero once it was used
}

// inputLife is how long after a press of a key or a button a page may act
// because of it. Browsers allow some five seconds.
const inputLife = 5 * time.Second

// inputSignals are the signals of a GtkWidget for what the user does.
var inputSignals = []string{"button-press-event", "button-release-event", "key-press-event", "key-release-event", "touch-event"}

// watchInput connects what the user does.
func (v *webview) watchInput() {
	for _, signal := range inputSignals {
		v.e.connect(v.view, signal, func(args) uintptr { v.input.pressed = time.Now(); return 0 })
	}
}

// WebKitNavigationType: 1 to 4 are forms, history and reload.
const (
	navigationLink  = 0
	navigationOther = 5 // by a script, or by hand
)

// use reports whether a navigation of that type comes of what the user did,
// which it uses up: one press, or release, opens one page.
func (i *input) use(navigation int32) bool {
	if !slices.Contains([]int32{navigationLink, navigationOther}, navigation) || time.Since(i.pressed) > inputLife {
		return false
	}
	i.pressed = time.Time{}
	return true
}
