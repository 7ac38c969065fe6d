// Package launcher shows a number and a progress bar on the app's icon in the
// docks of Linux, by the signal com.canonical.Unity.LauncherEntry.Update. It
// is Unity's, and is heard by the docks of KDE and Ubuntu, Dash to Dock, Plank
// and others. Whether anybody hears it nobody tells. On Windows, where windows
// have buttons in the taskbar, it keeps what these are to show. Begin with an Entry.
package launcher

import "errors"

// State is what the icon shows. The zero value is nothing.
type State struct {
	// Count is shown if it is not 0.
	Count int64
	// Progress is from 0 to 1, and shown if HasProgress is set.
	Progress    float64
	HasProgress bool
	// Status is how it is shown: "normal", "indeterminate", "paused" or "error"; "" is
	// normal. Docks draw them alike.
	Status string
}

// ErrClosed says that the app ends.
var ErrClosed = errors.New("nothing is shown on the app's icon any more")
