// Package session is the plugin session: what becomes of the user's login session
// and of the machine. It tells when the screen is locked and unlocked, before the
// machine sleeps and when it is awake again, when the network comes and goes, and
// how the battery is; it tells how long nobody has touched mouse and keyboard; and
// it keeps the machine from sleeping, or the screen from going dark.
//
//	s := session.New()
//	app.AddPlugin(s.Plugin())
//	off := s.OnEvent(func(e session.Event) {
//		if e.Kind == session.Suspend {
//			saveAll()
//		}
//	})
//
// On Linux that comes from logind, UPower and NetworkManager on the bus of the
// system, and from the desktop portal, Mutter and org.freedesktop.ScreenSaver on
// that of the session. What a machine does not have is an error wrapping
// [ErrNoService], and its events never come. Other systems are not written yet:
// there every call is an error wrapping errors.ErrUnsupported.
package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/bus"
)

// ErrNoService is wrapped by errors about what this machine does not have.
var ErrNoService = errors.New("nothing on this machine offers it")

// Kind says what an event is about, by the name with which pages listen.
type Kind string

// The kinds of events.
const (
	Lock   Kind = "lock"   // the screen is locked
	Unlock Kind = "unlock" // it is not any more
	// Suspend comes before the machine sleeps. It waits until all functions of
	// Session.OnEvent have returned and pages were told, for four seconds at most.
	Suspend        Kind = "suspend"
	Resume         Kind = "resume"  // the machine is awake again
	NetworkChanged Kind = "network" // Event.Network is set
	BatteryChanged Kind = "battery" // Event.Battery is set
)

// Event is something that has happened.
type Event struct {
	Kind    Kind
	Network *Network
	Battery *Battery
}

// payload is what pages get.
func (e Event) payload() any {
	switch {
	case e.Network != nil:
		return e.Network
	case e.Battery != nil:
		return e.Battery
	}
	return nil
}

// Network is how the machine is connected.
type Network struct {
	// Online is set where more than the machine itself can be reached.
	Online bool `json:"online"`
	// Metered is set where the user pays for what is sent, or probably does.
	Metered bool `json:"metered"`
}

// Battery is all batteries of the machine, as one.
type Battery struct {
	// Present is false on machines without a battery; then only OnBattery, which
	// is false, means anything.
	Present bool `json:"present"`
	// OnBattery is set while nothing else gives power.
	OnBattery bool `json:"onBattery"`
	// Charge is from 0 to 100.
	Charge float64 `json:"charge"`
	// State is "charging", "discharging", "empty", "full", "pending" where it is
	// neither charged nor used, or "unknown".
	State string `json:"state"`
	// Empty and Full are how many seconds it takes until it is, 0 where that is
	// not known.
	Empty int64 `json:"secondsToEmpty"`
	Full  int64 `json:"secondsToFull"`
}

// Session is the plugin, and its API for Go. It is safe for concurrent use.
type Session struct {
	listeners *plugin.Listeners
	app       plugin.App
	log       *slog.Logger
	pages     *queue
	watchers  sync.WaitGroup

	mu          sync.Mutex
	buses       map[string]*dbus.Conn // guarded by mu; "system" and "session"
	queues      map[*queue]bool       // guarded by mu; of the app's functions
	inhibitions map[*Inhibition]bool  // guarded by mu
	pending     int                   // guarded by mu; inhibitions that are being made
	ended       bool                  // guarded by mu
	locked      *bool                 // guarded by mu; what was told last
	network     *Network              // guarded by mu
	battery     *Battery              // guarded by mu
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New() *Session {
	return &Session{
		listeners: plugin.NewListeners(string(Lock), string(Unlock), string(Suspend), string(Resume), string(NetworkChanged), string(BatteryChanged)),
		buses:     map[string]*dbus.Conn{}, queues: map[*queue]bool{}, inhibitions: map[*Inhibition]bool{},
	}
}

// Plugin describes it to the app. By default pages may hear of events and ask
// about lock, network and battery; how long nobody has been there, and keeping the
// machine awake, are granted by name.
func (s *Session) Plugin() plugin.Plugin {
	commands := plugin.Commands{
		"locked":    plugin.Typed(func(ctx context.Context, _ struct{}) (bool, error) { return s.Locked(ctx) }),
		"network":   plugin.Typed(func(ctx context.Context, _ struct{}) (Network, error) { return s.Network(ctx) }),
		"battery":   plugin.Typed(func(ctx context.Context, _ struct{}) (Battery, error) { return s.Battery(ctx) }),
		"idle_time": plugin.Typed(s.idleCommand),
		"inhibit":   plugin.Typed(s.inhibitCommand),
	}
	s.listeners.AddTo(commands)
	return plugin.Plugin{
		Name: "session", Commands: commands,
		Default: []string{"allow-locked", "allow-network", "allow-battery", "allow-register-listener", "allow-remove-listener"},
		Start:   s.start, Stop: s.stop,
	}
}

func (s *Session) start(ctx context.Context, app plugin.App) error {
	s.app, s.log = app, app.Log()
	s.pages = newQueue(func(e Event) {
		ctx, cancel := context.WithTimeout(ctx, tellTimeout)
		defer cancel()
		if err := s.listeners.Tell(ctx, string(e.Kind), e.payload()); err != nil {
			s.log.Warn("pages were not told of the session", "event", e.Kind, "error", err)
		}
	}, s.log)
	s.watchers.Go(func() { s.watch(ctx, "system", s.watchSystem) })
	s.watchers.Go(func() { s.watch(ctx, "session", s.watchSession) })
	return nil
}

// tellTimeout is how long pages may take to hear of an event.
const tellTimeout = 5 * time.Second

// stop ends all that was begun.
func (s *Session) stop(context.Context) {
	s.mu.Lock()
	s.ended = true
	var left []*Inhibition
	for i := range s.inhibitions {
		left = append(left, i)
	}
	queues := []*queue{s.pages}
	for q := range s.queues {
		queues = append(queues, q)
	}
	buses := s.buses
	s.buses = nil
	s.mu.Unlock()
	for _, i := range left {
		i.Release()
	}
	for _, conn := range buses {
		conn.Close()
	}
	s.watchers.Wait()
	for _, q := range queues {
		q.close()
	}
}

// connection returns the connection to a bus, which all share.
func (s *Session) connection(ctx context.Context, which string) (*dbus.Conn, error) {
	s.mu.Lock()
	conn := s.buses[which]
	s.mu.Unlock()
	if conn != nil && conn.Connected() {
		return conn, nil
	}
	dial := bus.Session
	if which == "system" {
		dial = bus.System
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	made, err := dial(ctx)
	if errors.Is(err, bus.ErrNoBus) {
		err = fmt.Errorf("%w: %w", ErrNoService, err)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		made.Close()
		return nil, errors.New("the app has ended")
	}
	if other := s.buses[which]; other != nil && other.Connected() {
		made.Close() // somebody was faster
		return other, nil
	}
	s.buses[which] = made
	return made, nil
}

const dialTimeout = 10 * time.Second

// OnEvent adds a function that is told of all events. Calls come in order, one at
// a time, on a goroutine of its own; f may block. Up to 64 events wait for it,
// further ones are dropped. The returned function removes it.
func (s *Session) OnEvent(f func(Event)) (off func()) {
	q := newQueue(f, s.log)
	q.plugin = s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		q.close()
		return func() {}
	}
	s.queues[q] = true
	return func() {
		s.mu.Lock()
		delete(s.queues, q)
		s.mu.Unlock()
		q.close()
	}
}

// emit tells everybody, and returns a channel that is closed once they all know.
func (s *Session) emit(e Event) (told <-chan struct{}) {
	s.mu.Lock()
	queues := []*queue{s.pages}
	for q := range s.queues {
		queues = append(queues, q)
	}
	s.mu.Unlock()
	var all sync.WaitGroup
	for _, q := range queues {
		all.Add(1)
		if !q.push(call{e, all.Done}) {
			all.Done()
			s.log.Warn("an event of the session is dropped: a function that was told of an earlier one has not returned", "event", e.Kind)
		}
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	return done
}

// maxQueued is how many events wait for a function.
const maxQueued = 64

// queue calls a function for one event after the other.
type queue struct {
	f      func(Event)
	plugin *Session // for its log, if the function was given before the app ran

	mu     sync.Mutex
	events chan call
	closed bool // guarded by mu
}

type call struct {
	e    Event
	done func()
}

func newQueue(f func(Event), log *slog.Logger) *queue {
	q := &queue{f: f, events: make(chan call, maxQueued)}
	go func() {
		for t := range q.events {
			q.tell(t, log)
		}
	}()
	return q
}

func (q *queue) tell(t call, log *slog.Logger) {
	defer t.done()
	defer func() {
		if v := recover(); v != nil {
			if log == nil && q.plugin != nil {
				log = q.plugin.log
			}
			log.Error("a function of the app has panicked", "function", "OnEvent", "event", t.e.Kind, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	q.f(t.e)
}

func (q *queue) push(t call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		t.done()
		return true
	}
	select {
	case q.events <- t:
		return true
	default:
		return false
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.events)
	}
}

func (s *Session) idleCommand(ctx context.Context, _ struct{}) (int64, error) {
	d, err := s.Idle(ctx)
	return d.Milliseconds(), err
}
