package mulliontest

import (
	"cmp"
	"image"
	"time"
)

// Options says how an app is tested. A nil *Options means the zero value.
type Options struct {
	// Home is the folder in which the app finds the user's folders (those for
	// data, cache, configuration and downloads among them). Two starts with the
	// same one are two starts of the same installation. Empty means a fresh
	// folder, which is removed when the test ends.
	Home string
	// Timeout bounds each wait: for an element, an answer, an event. Zero means
	// 10 seconds. It counts the time of a machine at rest: where a known piece
	// of work takes three times as long as there, three seconds count as one.
	Timeout time.Duration
	// Screen is the size of the display in pixels, for [Open]. Zero means 1280
	// by 1024.
	Screen image.Point
	// NativeDialogs has [Open] show the system's dialogs, as windows on the
	// display, instead of giving them to the test by [Desktop.Dialog].
	NativeDialogs bool
	// Accessibility has [Open] start the bus on which screen readers meet apps, for
	// [Window.Accessibility]. It needs at-spi2-core and dbus-daemon; where they are
	// missing, the test is skipped as Open says.
	Accessibility bool
	// Artifacts is the folder in which [Open] keeps what helps to understand a
	// test that has failed: a picture of the screen, the pages, the log. Each
	// test has a folder below it. Empty means the one of go test -artifacts if
	// that is given, else a new folder for temporary files. It is printed.
	Artifacts string
}

func (o *Options) orZero() Options {
	if o == nil {
		return Options{}
	}
	return *o
}

func (o Options) timeout() time.Duration { return cmp.Or(o.Timeout, 10*time.Second) }
