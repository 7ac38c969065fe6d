package mullion

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/keeper"
	"github.com/mullion-dev/mullion/internal/kept"
)

// Kept tells an app that it was started under windows that were there before,
// and why. Both texts are empty after a [App.Swap].
type Kept struct {
	// Crash tells how the app has ended before, as "signal: killed", if it has
	// crashed.
	Crash string
	// SwapFailed tells why the program of a [App.Swap] has ended before it had
	// the windows. This program had them before, and was started again.
	SwapFailed string
	// Windows are those that were opened while the app ran before, in the order
	// in which they were opened, if they are still there. Those that this program
	// opens by itself, as those of the configuration, are not among them.
	Windows []*Window
}

// OnKept adds a function that is called once when Run begins, if the app was
// started under windows that were there before: see [Options.Keep] and
// [App.Swap]; mullion dev does so, too. Use it to give windows back what the
// app's memory had of them: menus, functions of [Webview.OnPage]. Add it before
// Run. It is called on a goroutine of its own, beside all else; it may block.
func (a *App) OnKept(f func(Kept)) {
	a.core.OnKept(func(k core.Kept) {
		told := Kept{Crash: k.Crash, SwapFailed: k.Failed}
		for _, w := range k.Windows {
			told.Windows = append(told.Windows, &Window{a, w})
		}
		f(told)
	})
}

// ErrNeedsRestart is returned by [App.Swap] for a program that is in order and
// still cannot take over windows of this one, as a rule because it was built
// with another version of Mullion. To use it, end the app and start it again.
var ErrNeedsRestart = errors.New("the program cannot take over the windows of this one: end the app and start it again")

// Swap replaces the running program by another one without closing a window,
// as after an update: pages keep what they show and what was typed into them,
// as they do after a crash (see [Options.Keep], which the app must have set).
// program is a path. An empty one means the file that this program was started
// from, whatever is in it now; with the same program, Swap is a restart. The new
// program gets the arguments of this one.
//
// The new program starts beside this one. If it does not come to [Main] within
// 15 seconds, or ends before, Swap returns an error and this one goes on. The
// error wraps [ErrNeedsRestart] for a program of another version of Mullion,
// [fs.ErrNotExist] and the like if the file cannot be opened, and
// [errors.ErrUnsupported] if the app has no keeper: without Options.Keep, in
// tests, in mullion dev, and on systems other than Linux. If ctx ends, Swap
// returns its error, but the replacement goes on.
//
// Once the new program is there, Swap returns nil and this one makes room:
// contexts end, Run returns nil, and what follows Run has 10 seconds until the
// process is killed. Only then does the run function of the new program begin,
// so the two never work at the same time. Calls of pages that still run are
// rejected, including one whose command has called Swap; later ones wait for the
// new program. If that ends with a status other than 0 before it has the
// windows, this program is started again; its [App.OnKept] is told why.
//
// Windows that may reach more or less of the system under the new program get
// another host: they come back at their places, but their pages are loaded
// again. The keeper stays the old program until the app ends.
func (a *App) Swap(ctx context.Context, program string) error {
	err := a.swap(ctx, program)
	if err != nil {
		return fmt.Errorf("mullion: Swap: %w", err)
	}
	return nil
}

func (a *App) swap(ctx context.Context, program string) error {
	link := kept.Link()
	switch {
	case link == nil:
		return fmt.Errorf("the app has no keeper, see Options.Keep: %w", errors.ErrUnsupported)
	case !a.isRunning():
		return ErrNotRunning
	}
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return err
		}
	}
	f, err := os.Open(program)
	if err != nil {
		return err
	}
	defer f.Close()
	switch info, err := f.Stat(); {
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
		return &fs.PathError{Op: "start", Path: program, Err: syscall.EACCES}
	}
	r, err := link.Swap(ctx, f, program)
	switch {
	case err != nil:
		return err
	case r.Outcome == keeper.Restart:
		return fmt.Errorf("%s: %s: %w", program, r.Reason, ErrNeedsRestart)
	case r.Outcome == keeper.Unable:
		return fmt.Errorf("%s: %w", r.Reason, errors.ErrUnsupported)
	case r.Outcome != keeper.Swapped:
		return fmt.Errorf("%s: %s", program, r.Reason)
	}
	return nil
}
