package mullion

import "context"

// SetBadgeCount shows a number on the app's icon, such as that of unread
// messages; 0 removes it. On Linux there is one icon for all windows of the
// app. A dock shows the number if it supports
// com.canonical.Unity.LauncherEntry, as those of KDE and Ubuntu do, and finds
// the icon by [Options.DesktopFile]; an app cannot find out whether it does.
// Without a D-Bus session the error wraps [ErrNoSessionBus]. On Windows the number
// is over the icon on the buttons of all windows in the taskbar, which have room
// for two digits: more than 99 is shown as 99. On macOS it is not there yet.
func (w *Window) SetBadgeCount(ctx context.Context, count int64) error {
	if err := w.open(); err != nil {
		return err
	}
	return w.app.core.SetBadgeCount(ctx, count)
}

// ProgressStatus says how a progress bar on the app's icon is drawn.
type ProgressStatus string

// The states of a progress bar. On Linux all but ProgressNone look the same, on
// Windows each has a look of its own.
const (
	ProgressNone          ProgressStatus = "none" // no bar
	ProgressNormal        ProgressStatus = "normal"
	ProgressIndeterminate ProgressStatus = "indeterminate"
	ProgressPaused        ProgressStatus = "paused"
	ProgressError         ProgressStatus = "error"
)

// SetProgressBar shows how far something has come, in percent, on the app's
// icon. On Linux the icon is one for all windows of the app; see
// [Window.SetBadgeCount] for which docks show it, and for errors. On Windows the
// buttons of all windows show it.
func (w *Window) SetProgressBar(ctx context.Context, status ProgressStatus, percent float64) error {
	if err := w.open(); err != nil {
		return err
	}
	s := string(status)
	return w.app.core.SetProgress(ctx, &s, &percent)
}
