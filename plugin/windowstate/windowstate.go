// Package windowstate is the plugin window-state: windows open where and as they
// were when they were closed. Pages use @tauri-apps/plugin-window-state.
//
//	states := windowstate.New(windowstate.Options{Deny: []string{"splash"}})
//	app.AddPlugin(states.Plugin())
//
// The states are in the file .window-state.json in the folder for what the user
// has set, $APPCONFIG, in the form that the published plugin writes and reads:
// an app that is moved from Tauri finds its windows where they were. The file is
// written when a window has closed, when the app ends, and by [States.Save].
package windowstate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
)

// DefaultFilename is the name of the file where [Options.Filename] is empty.
const DefaultFilename = ".window-state.json"

// screenTimeout is how long the plugin waits for a window's host.
const screenTimeout = 10 * time.Second

// Flags are parts of the state of a window, with the numbers of StateFlags in
// the package for pages.
type Flags uint32

// The parts.
const (
	Size Flags = 1 << iota
	// Position does not exist under Wayland, which does not let windows choose
	// it.
	Position
	// Maximized is restored exactly: a window that the configuration opens
	// maximised, and that the user had not left so, is not maximised.
	Maximized
	// Visible shows a window that was visible, or of which nothing is known, even
	// if it is configured to be hidden. None is ever hidden by it.
	Visible
	Decorations
	Fullscreen

	All = Size | Position | Maximized | Visible | Decorations | Fullscreen
)

// Options say which windows are remembered, and how. The zero value is all
// parts of all windows.
type Options struct {
	// Flags are what is restored when windows open, and saved when they close;
	// zero is All.
	Flags Flags
	// Filename is the path of the file in the folder, and does not lead out of
	// it; empty is DefaultFilename.
	Filename string
	// MapLabel returns the name under which the state of a window is kept, so that
	// several windows can share one. It may be nil. It and Filter are called when
	// windows open and close and when states are saved or restored, on several
	// goroutines at once.
	MapLabel func(label string) string
	// Deny names windows that are not remembered, Filter returns whether one is,
	// and Skip names windows that are remembered, but open as they are
	// configured. All of them are told the name that MapLabel has made.
	Deny   []string
	Filter func(name string) bool
	Skip   []string
}

// States is the plugin, and its API for Go. It is safe for concurrent use.
type States struct {
	options Options
	app     *mullion.App
	log     *slog.Logger
	path    string

	mu     sync.Mutex
	states map[string]*entry // guarded by mu; by name
	uses   uint64            // guarded by mu

	saving  sync.Mutex // held while the file is written
	written []byte     // guarded by saving

	panicked atomic.Bool   // a function of the app has
	dirty    chan struct{} // has an element while a write is wanted
	stopping chan struct{}
	stopped  sync.WaitGroup
}

// entry is a state, and when it was used last.
type entry struct {
	state
	used uint64
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *States {
	if o.Flags == 0 {
		o.Flags = All
	}
	if o.Filename == "" {
		o.Filename = DefaultFilename
	}
	return &States{options: o, states: map[string]*entry{}, dirty: make(chan struct{}, 1), stopping: make(chan struct{})}
}

// Plugin describes it to the app.
func (s *States) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "window-state",
		Commands: plugin.Commands{
			"save_window_state": plugin.Typed(s.saveCommand),
			"restore_state":     plugin.Typed(s.restoreCommand),
			"filename":          plugin.Typed(func(context.Context, struct{}) (string, error) { return s.Filename(), nil }),
		},
		Default: []string{"allow-filename", "allow-restore-state", "allow-save-window-state"},
		Start:   s.start,
		Stop:    s.stop,
	}
}

// Filename returns the name of the file, Path all of its path once the app runs.
func (s *States) Filename() string { return s.options.Filename }

// Path returns where the file is; empty before the app runs.
func (s *States) Path() string { return s.path }

func (s *States) start(_ context.Context, app plugin.App) error {
	if err := check(s.options.Flags); err != nil {
		return err
	}
	if !filepath.IsLocal(s.options.Filename) || filepath.Clean(s.options.Filename) == "." {
		return fmt.Errorf("the file %q has to be in the app's folder: give a name without .. and without a leading slash", s.options.Filename)
	}
	dir, ok := app.Directory("APPCONFIG")
	if !ok {
		return errors.New("this system has no folder for what users set ($APPCONFIG), where states of windows would be kept")
	}
	a, ok := mullion.AppOf(app)
	if !ok {
		return errors.New("it needs an app with windows")
	}
	s.app, s.log, s.path = a, app.Log(), filepath.Join(dir, s.options.Filename)
	states, text, err := read(s.path, s.log)
	if err != nil {
		s.log.Warn("windows open as they are configured: their states cannot be read", "file", s.path, "error", err)
	}
	s.written = text
	for name, st := range states {
		s.states[name] = &entry{state: st}
	}
	a.OnWindowOpening(s.opening)
	a.OnWindowOpened(s.opened)
	a.OnWindowClosed(s.closed)
	s.stopped.Go(s.write)
	return nil
}

// write writes the file when somebody wants it, until the app ends.
func (s *States) write() {
	for {
		select {
		case <-s.dirty:
			s.flush()
		case <-s.stopping:
			return
		}
	}
}

func (s *States) flush() {
	if err := s.writeFile(); err != nil {
		s.log.Error("states of windows are not saved", "file", s.path, "error", err)
	}
}

func (s *States) stop(context.Context) {
	close(s.stopping)
	s.stopped.Wait()
	select {
	case <-s.dirty:
		s.flush()
	default:
	}
}

// nameOf is under which name a window is remembered, if it is.
func (s *States) nameOf(label string) (name string, ok bool) {
	ask := func(what string, f func()) (ok bool) {
		defer func() {
			if v := recover(); v != nil && !s.panicked.Swap(true) { // pages could have it panic again and again
				s.log.Error("a function of the app has panicked, which is told once", "function", what, "window", label,
					"panic", v, "stack", string(debug.Stack()))
			}
		}()
		f()
		return true
	}
	name = label
	if f := s.options.MapLabel; f != nil && !ask("MapLabel", func() { name = f(label) }) {
		return "", false
	}
	if name == "" || len(name) > maxName || slices.Contains(s.options.Deny, name) {
		return "", false
	}
	if f := s.options.Filter; f != nil {
		keep := false
		if !ask("Filter", func() { keep = f(name) }) || !keep {
			return "", false
		}
	}
	return name, true
}

// known returns what is remembered of a window.
func (s *States) known(name string) (state, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.states[name]
	if e == nil {
		return state{}, false
	}
	s.uses++
	e.used = s.uses
	return e.state, !e.blank()
}

// note takes over what is seen of a window.
func (s *States) note(w *mullion.Window, name string, flags Flags) {
	seen := look(w)
	if !seen.there {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.states[name]
	if e == nil {
		e = &entry{state: fresh}
		s.states[name] = e
	}
	s.uses++
	e.used = s.uses
	e.take(seen, flags)
	for len(s.states) > maxStates { // the one that was not used for longest
		oldest := name
		for other, e := range s.states {
			if e.used < s.states[oldest].used || e.used == s.states[oldest].used && other < oldest {
				oldest = other
			}
		}
		delete(s.states, oldest)
	}
}

func (s *States) closed(w *mullion.Window) {
	name, ok := s.nameOf(w.Label())
	if !ok {
		return
	}
	s.note(w, name, s.options.Flags)
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// check refuses flags that do not exist.
func check(f Flags) error {
	if f&^All != 0 {
		return fmt.Errorf("Invalid state flags bits: %d", f) //nolint:revive // as published
	}
	return nil
}

// Save writes the states of all windows that are open, and of those that were,
// to the file. Of the open ones the parts that flags name are new.
func (s *States) Save(flags Flags) error {
	if err := check(flags); err != nil {
		return err
	}
	if s.app == nil {
		return mullion.ErrNotRunning
	}
	var front *mullion.Window
	save := func(w *mullion.Window) {
		if name, ok := s.nameOf(w.Label()); ok {
			s.note(w, name, flags)
		}
	}
	for _, label := range s.app.Windows() {
		w, err := s.app.Window(label)
		if err != nil {
			continue // closed meanwhile
		}
		if w.Geometry().Focused {
			front = w
			continue
		}
		save(w)
	}
	if front != nil { // where several have one name, the one in front counts
		save(front)
	}
	return s.writeFile()
}

type saveArgs struct {
	Flags *Flags `json:"flags"`
}

func (s *States) flagsOf(f *Flags) Flags {
	if f == nil {
		return s.options.Flags
	}
	return *f
}

func (s *States) saveCommand(_ context.Context, a saveArgs) (struct{}, error) {
	return struct{}{}, s.Save(s.flagsOf(a.Flags))
}

type restoreArgs struct {
	Label string `json:"label"`
	Flags *Flags `json:"flags"`
}

func (s *States) restoreCommand(ctx context.Context, a restoreArgs) (struct{}, error) {
	flags := s.flagsOf(a.Flags)
	if err := check(flags); err != nil {
		return struct{}{}, err
	}
	w, err := s.app.Window(a.Label)
	if err != nil {
		return struct{}{}, fmt.Errorf("Couldn't find window with label: %s", a.Label)
	}
	return struct{}{}, s.Restore(ctx, w, flags)
}
