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
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

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
	stop func() // guarded by mu; nil where the app is to have no name on the bus
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
	keeping, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	i.mu.Lock()
	i.stop = func() { stop(); <-ended }
	i.mu.Unlock()
	log := app.Log().With("name", id+".SingleInstance")
	conn, err := serve(keeping, id+".SingleInstance", a.TellInstance)
	go func() {
		defer close(ended)
		keep(keeping, log, conn, err, func() (*dbus.Conn, error) { return serve(keeping, id+".SingleInstance", a.TellInstance) })
	}()
	return nil
}

// keep has the name on each session bus that comes, until ctx ends. It looks for a
// bus after a second, and then ever more seldom, once a minute at last.
func keep(ctx context.Context, log *slog.Logger, conn *dbus.Conn, err error, serve func() (*dbus.Conn, error)) {
	const first, last = time.Second, time.Minute
	for pause, said := first, false; ; {
		switch {
		case err == nil:
			select {
			case <-conn.Context().Done():
			case <-ctx.Done():
			}
			conn.Close() // which gives the name up
			pause, said = first, false
		case errors.Is(err, errors.ErrUnsupported), ctx.Err() != nil:
			return
		case said:
		case errors.Is(err, bus.ErrNoBus):
			log.Debug("single-instance: there is no session bus to be found on", "error", err)
			said = true
		default:
			log.Warn("single-instance: programs that look for the app on the session bus do not find it", "error", err)
			if errors.Is(err, errTaken) {
				return
			}
			said = true
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, last)
		conn, err = serve()
	}
}

func (i *Instances) end(context.Context) {
	i.mu.Lock()
	stop := i.stop
	i.stop = nil
	i.mu.Unlock()
	if stop != nil {
		stop()
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
