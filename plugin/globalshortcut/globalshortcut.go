// Package globalshortcut lets an app hear keys whatever window has the keyboard,
// for pages by the package @tauri-apps/plugin-global-shortcut and for Go:
//
//	shortcuts := globalshortcut.New()
//	app.AddPlugin(shortcuts.Plugin())
//	…
//	r, err := shortcuts.Register(ctx, "CommandOrControl+Shift+C", func(e globalshortcut.Event) {
//		if e.State == globalshortcut.Pressed { … }
//	})
//
// What a page has registered ends with the page. Of the keys of a shortcut no
// other program hears, as long as it is registered.
package globalshortcut

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

var (
	// ErrRegistered is returned for a shortcut that the app has already, in a
	// page or in Go.
	ErrRegistered = errors.New("the app has registered it already")
	// ErrTaken is returned for a shortcut that another program has, or the
	// desktop itself.
	ErrTaken = errors.New("another program has it; choose another one")
	// ErrNotRegistered is returned where a shortcut is to end that belongs to
	// others: to another page, or to Go.
	ErrNotRegistered = errors.New("this page has not registered it; who has must end it")
)

// State says what has happened to the key of a shortcut.
type State string

// The states, as pages are told them. A key that is held is pressed once.
const (
	Pressed  State = "Pressed"
	Released State = "Released"
)

// Event is what the function of a shortcut is called with.
type Event struct {
	Shortcut Shortcut
	State    State
}

const (
	// maxPerPage bounds the shortcuts of a page, maxShortcuts those of the app.
	maxPerPage, maxShortcuts = 64, 512
	// maxEvents bounds the events that wait for the function of a shortcut. More
	// are left out: a user has pressed them long before they would be told.
	maxEvents = 64
)

// Shortcuts is the plugin, and its API for Go. Its methods may be called by several
// goroutines, once the app runs.
type Shortcuts struct {
	registering chan none // held by who changes what is registered

	mu      sync.Mutex
	log     *slog.Logger                            // guarded by mu
	id      string                                  // guarded by mu; of the app
	sys     system                                  // guarded by mu; nil until it is needed
	all     map[Shortcut]*Registration              // guarded by mu
	pages   map[ipc.Page]map[Shortcut]*Registration // guarded by mu
	stopped bool                                    // guarded by mu
}

type none = struct{}

// system is what reports keys.
type system interface {
	// register begins to report shortcuts, by the function that the system was
	// opened with. It returns those that are reported, also with an error.
	register(ctx context.Context, list []Shortcut) (done []Shortcut, err error)
	// unregister ends that.
	unregister(list []Shortcut)
	// done is closed when the connection is lost.
	done() <-chan struct{}
	close()
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Shortcuts {
	return &Shortcuts{
		registering: make(chan none, 1), log: slog.Default(),
		all: map[Shortcut]*Registration{}, pages: map[ipc.Page]map[Shortcut]*Registration{},
	}
}

// Plugin describes it to the app.
func (s *Shortcuts) Plugin() plugin.Plugin {
	return plugin.Plugin{
		Name: "global-shortcut",
		Commands: plugin.Commands{
			"register":       plugin.Typed(s.cmdRegister),
			"register_all":   plugin.Typed(s.cmdRegister),
			"unregister":     plugin.Typed(s.cmdUnregister),
			"unregister_all": plugin.Typed(s.cmdUnregisterAll),
			"is_registered":  plugin.Typed(s.cmdIsRegistered),
		},
		Start: func(_ context.Context, app plugin.App) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.log, s.id, s.stopped = app.Log(), app.Identifier(), false
			return nil
		},
		Stop: s.stop,
	}
}

func (s *Shortcuts) stop(context.Context) {
	s.mu.Lock()
	sys, all := s.sys, s.all
	s.sys, s.all, s.stopped = nil, map[Shortcut]*Registration{}, true
	clear(s.pages)
	s.mu.Unlock()
	for _, r := range all {
		r.end()
	}
	if sys != nil {
		sys.close()
	}
}

// Registration is a shortcut that is registered.
type Registration struct {
	owner    *Shortcuts
	shortcut Shortcut
	page     ipc.Page // nil is Go
	events   chan State
	missed   bool // guarded by mu of owner; the last event found no room
	ended    chan none
	end      func() // ends the goroutine that tells
}

// Register has f called when the keys of a shortcut are pressed and let go, one
// call after the other on a goroutine of its own; a panic of f is logged. It is an
// error that wraps [ErrTaken] if another program has the shortcut, and
// [ErrRegistered] if this app has. The shortcut stays until Unregister, or until
// the app ends: ctx is about registering alone. On Wayland the desktop may ask its
// user first.
func (s *Shortcuts) Register(ctx context.Context, shortcut string, f func(Event)) (*Registration, error) {
	parsed, err := Parse(shortcut)
	if err != nil {
		return nil, err
	}
	list, err := s.register(ctx, nil, []Shortcut{parsed}, f)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// Unregister ends a shortcut. To do it twice is no error.
func (r *Registration) Unregister() {
	s := r.owner
	s.registering <- none{}
	defer func() { <-s.registering }()
	s.remove(func(other *Registration) bool { return other == r })
}

// Registered reports whether this app has a shortcut, in Go or in a page. What is
// no shortcut is an error.
func (s *Shortcuts) Registered(shortcut string) (bool, error) {
	parsed, err := Parse(shortcut)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.check()
	return s.all[parsed] != nil, nil
}

// check forgets what was registered on a connection that is lost. mu is held.
func (s *Shortcuts) check() {
	if s.sys == nil {
		return
	}
	select {
	case <-s.sys.done():
	default:
		return
	}
	s.log.Error("global-shortcut: the connection to the window system is lost, and with it all shortcuts", "shortcuts", len(s.all))
	s.sys = nil
	for _, r := range s.all {
		r.end()
	}
	clear(s.all)
	clear(s.pages)
}

// register registers shortcuts for a page, or for Go. Those before one that fails
// stay, as with the published plugin.
func (s *Shortcuts) register(ctx context.Context, page ipc.Page, list []Shortcut, f func(Event)) (done []*Registration, err error) {
	select {
	case s.registering <- none{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.registering }()
	sys, err := s.system(ctx)
	if err != nil {
		return nil, err
	}
	list, problem := s.admit(page, list)
	reported, err := sys.register(ctx, list)
	if err == nil {
		err = problem
	}
	s.mu.Lock()
	stopped := s.stopped || s.sys != sys || page != nil && page.Context().Err() != nil
	for _, x := range reported {
		if stopped {
			break
		}
		r := &Registration{owner: s, shortcut: x, page: page, events: make(chan State, maxEvents), ended: make(chan none)}
		r.end = sync.OnceFunc(func() { close(r.ended) })
		s.all[x] = r
		if page != nil {
			s.ofPage(page)[x] = r
		}
		done = append(done, r)
		go r.tell(s.log, f)
	}
	s.mu.Unlock()
	if stopped {
		sys.unregister(reported)
		return nil, errors.Join(err, errors.New("global-shortcut: who has registered has ended"))
	}
	return done, err
}

// admit returns the shortcuts up to the first that cannot be registered, and why
// that cannot.
func (s *Shortcuts) admit(page ipc.Page, list []Shortcut) ([]Shortcut, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, x := range list {
		switch {
		case s.all[x] != nil || slices.Contains(list[:i], x):
			return list[:i], fmt.Errorf("shortcut %s: %w", x, ErrRegistered)
		case page != nil && len(s.pages[page])+i >= maxPerPage:
			return list[:i], fmt.Errorf("shortcut %s: a page has %d shortcuts at most; unregister some of them", x, maxPerPage)
		case len(s.all)+i >= maxShortcuts:
			return list[:i], fmt.Errorf("shortcut %s: an app has %d shortcuts at most; unregister some of them", x, maxShortcuts)
		}
	}
	return list, nil
}

// ofPage are the shortcuts of a page, which end with it. mu is held.
func (s *Shortcuts) ofPage(page ipc.Page) map[Shortcut]*Registration {
	of := s.pages[page]
	if of == nil {
		of = map[Shortcut]*Registration{}
		s.pages[page] = of
		context.AfterFunc(page.Context(), func() { s.endPage(page) })
	}
	return of
}

func (s *Shortcuts) endPage(page ipc.Page) {
	s.registering <- none{}
	defer func() { <-s.registering }()
	s.remove(func(r *Registration) bool { return r.page == page })
	s.mu.Lock()
	delete(s.pages, page)
	s.mu.Unlock()
}

// remove ends registrations. registering is held.
func (s *Shortcuts) remove(which func(*Registration) bool) {
	s.mu.Lock()
	var list []Shortcut
	for x, r := range s.all {
		if which(r) {
			r.end()
			list = append(list, x)
			delete(s.all, x)
			delete(s.pages[r.page], x)
		}
	}
	sys := s.sys
	s.mu.Unlock()
	if sys != nil && len(list) > 0 {
		sys.unregister(list)
	}
}

// report is called by the system, and does not wait.
func (s *Shortcuts) report(x Shortcut, state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.all[x]; r != nil {
		select {
		case r.events <- state:
			r.missed = false
		default:
			if !r.missed {
				s.log.Warn("global-shortcut: the function of a shortcut does not return, and misses keys", "shortcut", x.String())
			}
			r.missed = true
		}
	}
}

// tell calls the function of a shortcut.
func (r *Registration) tell(log *slog.Logger, f func(Event)) {
	for {
		select {
		case <-r.ended:
			return
		case state := <-r.events:
			call(log, f, Event{r.shortcut, state})
		}
	}
}

func call(log *slog.Logger, f func(Event), e Event) {
	defer func() {
		if v := recover(); v != nil {
			log.Error("global-shortcut: the function of a shortcut has panicked", "shortcut", e.Shortcut.String(), "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f(e)
}

// system connects to the window system, if that was not done yet. registering is
// held.
func (s *Shortcuts) system(ctx context.Context) (system, error) {
	s.mu.Lock()
	s.check()
	sys, stopped, app := s.sys, s.stopped, appInfo{s.id, s.log}
	s.mu.Unlock()
	if stopped {
		return nil, errors.New("global-shortcut: the app ends")
	}
	if sys != nil {
		return sys, nil
	}
	sys, err := openSystem(ctx, app, s.report)
	if err != nil {
		return nil, fmt.Errorf("global-shortcut: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		sys.close()
		return nil, errors.New("global-shortcut: the app ends")
	}
	s.sys = sys
	return sys, nil
}

// appInfo is what a system has to know of the app.
type appInfo struct {
	id  string // such as org.example.notes
	log *slog.Logger
}

// message is what a page is told.
type message struct {
	Shortcut string `json:"shortcut"`
	ID       uint32 `json:"id"`
	State    State  `json:"state"`
}

type registerArgs struct {
	Shortcuts []string                 `json:"shortcuts"`
	Handler   mullion.Channel[message] `json:"handler"`
}

func (s *Shortcuts) cmdRegister(ctx context.Context, a registerArgs) (none, error) {
	page, err := plugin.PageOf(ctx)
	if err != nil {
		return none{}, err
	}
	list, err := parseAll(a.Shortcuts)
	if err != nil {
		return none{}, err
	}
	_, err = s.register(ctx, page, list, func(e Event) {
		// It waits for room on the way to the page, until that ends. Of what goes
		// wrong there nobody has to know.
		_ = a.Handler.Send(page.Context(), message{e.Shortcut.String(), e.Shortcut.ID(), e.State})
	})
	return none{}, err
}

func parseAll(texts []string) ([]Shortcut, error) {
	if len(texts) > maxPerPage {
		return nil, fmt.Errorf("%d shortcuts; a page has %d at most", len(texts), maxPerPage)
	}
	var list []Shortcut
	for _, t := range texts {
		x, err := Parse(t)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

type unregisterArgs struct {
	Shortcuts []string `json:"shortcuts"`
}

// cmdUnregister ends shortcuts of the page. One that nobody has is no error.
func (s *Shortcuts) cmdUnregister(ctx context.Context, a unregisterArgs) (none, error) {
	page, err := plugin.PageOf(ctx)
	if err != nil {
		return none{}, err
	}
	list, err := parseAll(a.Shortcuts)
	if err != nil {
		return none{}, err
	}
	s.mu.Lock()
	for _, x := range list {
		if r := s.all[x]; r != nil && r.page != page {
			err = errors.Join(err, fmt.Errorf("shortcut %s: %w", x, ErrNotRegistered))
		}
	}
	s.mu.Unlock()
	if err != nil {
		return none{}, err
	}
	return none{}, s.end(ctx, func(r *Registration) bool { return r.page == page && slices.Contains(list, r.shortcut) })
}

// cmdUnregisterAll ends the shortcuts of the page. Those of other pages and of Go
// are theirs.
func (s *Shortcuts) cmdUnregisterAll(ctx context.Context, _ none) (none, error) {
	page, err := plugin.PageOf(ctx)
	if err != nil {
		return none{}, err
	}
	return none{}, s.end(ctx, func(r *Registration) bool { return r.page == page })
}

func (s *Shortcuts) end(ctx context.Context, which func(*Registration) bool) error {
	select {
	case s.registering <- none{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-s.registering }()
	s.remove(which)
	return nil
}

type isRegisteredArgs struct {
	Shortcut string `json:"shortcut"`
}

func (s *Shortcuts) cmdIsRegistered(_ context.Context, a isRegisteredArgs) (bool, error) {
	return s.Registered(a.Shortcut)
}
