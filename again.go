package mullion

import (
	"context"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/kept"
)

// Exit ends the app as [App.Quit] does. With a code other than 0, Run returns an
// [ExitError], by which [Main] ends the process with that status: the function
// given to Main has to return it. Systems keep the lowest 8 bits, Windows 32.
func (a *App) Exit(code int) { a.core.Exit(code) }

// Restart ends the app, and [Main] starts its program again, from the file it was
// started from, whatever is in that now: with the same arguments, environment
// and folder. Run returns an [ExitError], which the function given to Main has to
// return. On Unix the process stays the same one.
//
// An app whose windows are kept, see [Options.Keep], is restarted by
// [App.Swap]: windows and pages stay, and its errors are those of Restart. One of
// them is that mullion dev starts the app again by itself.
func (a *App) Restart(ctx context.Context) error {
	if kept.Link() != nil {
		return a.Swap(ctx, "")
	}
	if !a.isRunning() {
		return ErrNotRunning
	}
	a.core.Restart()
	return nil
}

// ExitError is what Run returns after [App.Exit] with a code other than 0, and
// after [App.Restart]. Pages end an app in the same way.
type ExitError = core.ExitError
