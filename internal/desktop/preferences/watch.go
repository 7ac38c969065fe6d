package preferences

import (
	"context"
	"reflect"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

const (
	portalName = "org.freedesktop.portal.Desktop"
	portalPath = "/org/freedesktop/portal/desktop"
	settings   = "org.freedesktop.portal.Settings"

	// busPause is the time between the end of a bus and the search for another one.
	busPause = 2 * time.Second
	// pace is the least time between an answer and the next question: each change
	// makes all windows be drawn anew.
	pace = 100 * time.Millisecond
)

// Watch tells the preferences once the desktop portal has said them, and then
// each time they have changed, until ctx is done. Where there is no portal it
// tells nothing; one that answers late, or comes later, is waited for, and so is the
// session bus (bus.Await). What a portal has said stays when it goes. told is called
// from one goroutine.
func Watch(ctx context.Context, told func(Preferences)) {
	w := &watcher{told: told}
	for {
		conn, err := bus.Await(ctx)
		if err != nil {
			return
		}
		w.follow(ctx, conn)
		conn.Close()
		select {
		case <-time.After(busPause):
		case <-ctx.Done():
			return
		}
	}
}

type watcher struct {
	told func(Preferences)
	last *Preferences // that was told; nil: none
}

// follow reads and follows on one connection, until it ends. One question is on
// its way at most, and the next one comes a while after its answer, whatever a
// portal says meanwhile.
func (w *watcher) follow(ctx context.Context, conn *dbus.Conn) {
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	for _, match := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(portalName), dbus.WithMatchInterface(settings), dbus.WithMatchMember("SettingChanged")},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, portalName)},
	} {
		if conn.AddMatchSignalContext(ctx, match...) != nil {
			return
		}
	}
	answers := make(chan *dbus.Call, 1)
	ask := func() {
		conn.Object(portalName, portalPath).GoWithContext(ctx, settings+".ReadAll", 0, answers, namespaces)
	}
	ask()
	busy, changed := true, false
	var rested <-chan time.Time // after an answer; nil: nothing to wait for
	for {
		select {
		case call := <-answers:
			var v values
			if call.Store(&v) == nil {
				w.tell(v.preferences())
			}
			rested = time.After(pace)
		case <-rested:
			rested = nil
			if busy = changed; changed {
				changed = false
				ask()
			}
		case s, ok := <-signals:
			switch {
			case !ok:
				return
			case !concerns(s):
			case busy:
				changed = true
			default:
				busy = true
				ask()
			}
		case <-conn.Context().Done():
			return
		case <-ctx.Done():
			return
		}
	}
}

// concerns reports whether a signal says that the preferences may be others.
func concerns(s *dbus.Signal) bool {
	switch s.Name {
	case settings + ".SettingChanged":
		space, _ := first(s.Body).(string)
		for _, n := range namespaces {
			if n == space {
				return true
			}
		}
		return false
	case "org.freedesktop.DBus.NameOwnerChanged":
		if len(s.Body) == 3 {
			owner, _ := s.Body[2].(string)
			return owner != ""
		}
	}
	return false
}

func first(body []any) any {
	if len(body) == 0 {
		return nil
	}
	return body[0]
}

func (w *watcher) tell(p Preferences) {
	if w.last != nil && reflect.DeepEqual(*w.last, p) {
		return
	}
	w.last = &p
	w.told(p)
}
