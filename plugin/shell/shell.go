// Package shell starts programs of others: with fixed names that capabilities
// grant to pages, for the npm package @tauri-apps/plugin-shell, and any program
// for Go.
//
//	sh := shell.New(shell.Options{})
//	app.AddPlugin(sh.Plugin())
//	…
//	out, err := sh.Output(ctx, shell.Command{Program: "git", Args: []string{"status"}})
//
// No shell is between the app and a program, in spite of the name. Nothing that
// a page has started outlives the page, and nothing that the app has started
// outlives the app: see [mullion.StartProgram].
package shell

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/plugin"
)

// Options say how programs are found. The zero value is useful.
type Options struct {
	// Sidecars is the folder with the programs of bundle.externalBin; relative
	// paths begin at the working folder. Empty is that of the app's executable.
	// A program is named NAME, or NAME-TARGET with the name that Rust has for the
	// system, such as x86_64-unknown-linux-gnu.
	Sidecars string
}

// Shell is the plugin, and its API for Go. It is safe for concurrent use.
type Shell struct {
	options  Options
	settings settings

	mu       sync.Mutex
	app      *mullion.App         // guarded by mu; nil before Start
	door     plugin.App           // guarded by mu; the same, as plugins see it
	children map[*Child]struct{}  // guarded by mu; those of which something is left
	pages    map[pageChild]*Child // guarded by mu; those that pages name
	perPage  map[any]int          // guarded by mu; how many of children belong to a page
	closed   bool                 // guarded by mu
}

const (
	// maxChildren bounds the programs of a page at one time.
	maxChildren = 64
	// maxAll bounds those of all pages, and of Go.
	maxAll = 512
)

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Shell {
	return &Shell{options: o, children: map[*Child]struct{}{}, pages: map[pageChild]*Child{}, perPage: map[any]int{}}
}

// Plugin describes it to the app.
func (s *Shell) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "shell",
		Commands: plugin.Commands{
			"execute":     plugin.Typed(s.execute),
			"spawn":       plugin.Typed(s.spawn),
			"stdin_write": plugin.Typed(s.write),
			"kill":        plugin.Typed(s.kill),
			"open":        plugin.Typed(s.open),
		},
		Default: []string{"allow-open"},
		Config:  &s.settings,
		Start:   s.start,
		Stop:    s.stop,
	}
}

func (s *Shell) start(_ context.Context, app plugin.App) error {
	a, ok := mullion.AppOf(app)
	if !ok {
		return errors.New("shell: mullion.AppOf has to know the app")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.app, s.door = a, app
	return s.settings.compile()
}

// stop ends all programs.
func (s *Shell) stop(context.Context) {
	s.mu.Lock()
	s.closed = true
	var ended sync.WaitGroup
	for c := range s.children {
		ended.Go(c.Kill)
	}
	s.mu.Unlock()
	ended.Wait()
}

var (
	errNotStarted = errors.New("the app does not run yet, or has no plugin shell: call this after Run has begun")
	errClosed     = errors.New("the app ends")
)

func (s *Shell) running() (*mullion.App, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.app == nil:
		return nil, errNotStarted
	case s.closed:
		return nil, errClosed
	}
	return s.app, nil
}

func (s *Shell) log() *slog.Logger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.door.Log()
}

// keep notes a child for as long as something of it is left, and kills it if
// the app has begun to end. owner is the page, or nil.
func (s *Shell) keep(c *Child, owner any) {
	go func() {
		<-c.process.Gone()
		s.release(owner)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.children, c)
	}()
	s.mu.Lock()
	s.children[c] = struct{}{}
	closed := s.closed
	s.mu.Unlock()
	if closed {
		c.Kill()
	}
}

// reserve makes room for a child.
func (s *Shell) reserve(owner any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.perPage {
		all += n
	}
	switch {
	case s.closed:
		return errClosed
	case owner != nil && s.perPage[owner] >= maxChildren:
		return fmt.Errorf("%d programs of this page run; end some of them", maxChildren)
	case all >= maxAll:
		return fmt.Errorf("%d programs run; end some of them", maxAll)
	}
	s.perPage[owner]++
	return nil
}

func (s *Shell) release(owner any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perPage[owner]--; s.perPage[owner] == 0 {
		delete(s.perPage, owner)
	}
}
