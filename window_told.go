package mullion

import (
	"fmt"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/units"
	"github.com/mullion-dev/mullion/internal/wire"
)

// WindowOpening is where and how a window is about to open. Lengths are logical
// pixels, as in [WindowOptions].
type WindowOpening struct {
	// Label is the window's; changes to it have no effect.
	Label string
	// X and Y place the outer frame; both are nil where the system chooses.
	// Center beats them.
	X, Y   *float64
	Center bool
	// Width and Height are those of the content.
	Width, Height float64

	Maximized, Fullscreen, Hidden, Undecorated bool
}

// OnWindowOpening adds a function that is called before a window opens, whoever
// opens it, and may change how it does. It is called on the goroutine that opens
// the window, so it may wait, and for windows that are noted before Run on that
// of Run, once plugins have started. Something may still keep the window from
// opening, such as a label that is taken. What f makes of a window that was there
// before, and comes back, has no effect.
func (a *App) OnWindowOpening(f func(o *WindowOpening)) {
	a.core.OnOpening(func(label string, s *wire.WindowState) {
		o := WindowOpening{
			label, s.X, s.Y, s.Center, s.Width, s.Height,
			s.Maximized, s.Fullscreen, !s.Visible, !s.Decorated,
		}
		f(&o)
		if err := o.check(); err != nil {
			a.log.Error("mullion: what a function of OnWindowOpening has made of a window is not heeded", "window", label, "error", err)
			return
		}
		s.X, s.Y, s.Center, s.Width, s.Height = o.X, o.Y, o.Center, o.Width, o.Height
		s.Maximized, s.Fullscreen, s.Visible, s.Decorated = o.Maximized, o.Fullscreen, !o.Hidden, !o.Undecorated
	})
}

func (o *WindowOpening) check() error {
	if err := units.CheckAll(o.Width, o.Height); err != nil {
		return fmt.Errorf("size: %w", err)
	}
	if (o.X == nil) != (o.Y == nil) {
		return fmt.Errorf("position: X and Y are both set or both nil")
	}
	if o.X == nil {
		return nil
	}
	if err := units.CheckAll(*o.X, *o.Y); err != nil {
		return fmt.Errorf("position: %w", err)
	}
	return nil
}

// OnWindowOpened adds a function that is called for each window once it is
// there and its [Window.Geometry] is known. Calls come in order, one at a time, on
// a goroutine of their own; f may block. It is not called again when the window
// comes back after a crash of its host, but once more by each Core that takes
// windows over, see [Options.Keep].
func (a *App) OnWindowOpened(f func(w *Window)) {
	a.core.OnOpened(func(w *core.Window) { f(&Window{a, w}) })
}

// OnWindowClosed adds a function that is called for each window that is gone,
// and when the app ends for those that are still there. [Window.Geometry] tells
// what was last seen of it. Calls come in order, one at a time, on a goroutine of
// their own. Run waits for them, but for no longer than five seconds for all
// that has to end with the app.
func (a *App) OnWindowClosed(f func(w *Window)) {
	a.core.OnClosed(func(w *core.Window) { f(&Window{a, w}) })
}
