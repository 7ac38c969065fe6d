// Package singleinstance has an app run once: a further start tells the first
// one of its arguments, and ends. It has no commands for pages.
//
//	app, err := mullion.New(mullion.Options{Files: files, SingleInstance: true})
//	…
//	app.AddPlugin(singleinstance.New(func(args []string, dir string) {
//		if w, err := app.Window("main"); err == nil {
//			_ = w.Focus(context.Background())
//		}
//	}).Plugin())
//
// The framework does that itself, see [mullion.Options.SingleInstance]: a lock
// on the app's folder says which one is the first, and the kernel gives it up
// with the process. The plugin adds the function in the form of
// tauri-plugin-single-instance, and, on Linux, the name on the session bus by
// which programs of others, and starts of an earlier edition of the app, find the
// one that runs.
package singleinstance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/bus"
)

// Instances is the plugin. Its fields are set before App.Run.
type Instances struct {
	// BusID is what the name on the session bus begins with, as dbus_id of the
	// published plugin: BusID.SingleInstance. Empty is the app's identifier.
	BusID string
	// NoBus leaves the name out.
	NoBus bool

	f func(args []string, dir string)

	mu   sync.Mutex
	stop func() // guarded by mu; nil without a name on the bus
}

// New makes the plugin. Give its Plugin to App.AddPlugin. f, which may be nil, is
// called for each further start with its arguments, the name of the program
// first, and its working folder, empty if that is not known; what is not UTF-8 in
// them is replaced. Calls come one at a time, once the app runs, and f may block.
// [mullion.App.OnInstance] has them byte by byte.
func New(f func(args []string, dir string)) *Instances { return &Instances{f: f} }

// Plugin describes it to the app.
func (i *Instances) Plugin() plugin.Plugin {
	return plugin.Plugin{Name: "single-instance", Start: i.start, Stop: i.end}
}

func (i *Instances) start(ctx context.Context, app plugin.App) error {
	a, ok := mullion.AppOf(app)
	if !ok {
		return errors.New("mullion.AppOf has to know the app")
	}
	if !a.SingleInstance() {
		return errors.New("the app is told of no further starts: set Options.SingleInstance, which is looked at before anything is opened; if it is set, see the log")
	}
	if i.f != nil {
		a.OnInstance(func(s mullion.Instance) {
			args := make([]string, len(s.Args))
			for n, arg := range s.Args {
				args[n] = strings.ToValidUTF8(arg, "\uFFFD")
			}
			i.f(args, strings.ToValidUTF8(s.Dir, "\uFFFD"))
		})
	}
	if i.NoBus {
		return nil
	}
	id := i.BusID
	if id == "" {
		id = app.Identifier()
	}
	stop, err := serve(ctx, id+".SingleInstance", a.TellInstance)
	switch {
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, bus.ErrNoBus):
		app.Log().Debug("single-instance: there is no session bus to be found on", "error", err)
	case err != nil:
		app.Log().Warn("single-instance: programs that look for the app on the session bus do not find it", "name", id+".SingleInstance", "error", err)
	default:
		i.mu.Lock()
		i.stop = stop
		i.mu.Unlock()
	}
	return nil
}

func (i *Instances) end(context.Context) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stop != nil {
		i.stop()
		i.stop = nil
	}
}

const (
	// maxArgs and maxBytes bound what comes over the bus. The kernel takes some
	// 2 MiB of arguments, and the framework hands over 1 MiB.
	maxArgs  = 16 << 10
	maxBytes = 1 << 20
)

// check refuses what no start has.
func check(args []string, dir string) error {
	n := len(dir)
	for _, arg := range args {
		n += len(arg) + 1
		if strings.ContainsRune(arg, 0) {
			return errors.New("an argument with a zero byte")
		}
	}
	switch {
	case strings.ContainsRune(dir, 0):
		return errors.New("a folder with a zero byte")
	case len(args) > maxArgs:
		return fmt.Errorf("%d arguments; the limit is %d", len(args), maxArgs)
	case n > maxBytes:
		return fmt.Errorf("%d bytes of arguments; the limit is %d", n, maxBytes)
	}
	return nil
}
