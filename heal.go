package mullion

import (
	"os"
	"path/filepath"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/rendering"
)

// Hang is a page that does not answer, because a script of it does not end or
// its process was stopped.
type Hang struct {
	// Window is the label of its window.
	Window string
	// For is how long it has been known not to answer.
	For time.Duration
}

// HangAction is what to do about a [Hang].
type HangAction int

// The values of HangAction. If the page answers before the action is taken,
// nothing is done.
const (
	// HangWait leaves the page alone; OnHang is asked again.
	HangWait = HangAction(core.HangWait)
	// HangReload ends the page's process and loads the page again.
	HangReload = HangAction(core.HangReload)
	// HangClose closes the window.
	HangClose = HangAction(core.HangClose)
)

// rendering returns the settings with which windows are drawn. What had to be
// found out is kept in rendering.json in the app's folder for data.
func (a *App) rendering() *rendering.Ladder {
	l, err := rendering.Open(filepath.Join(a.folders.Data, "rendering.json"), rendering.Detect(os.DirFS("/")))
	if err != nil {
		a.log.Warn("mullion: the stored rendering settings are lost", "error", err)
	}
	return l
}
