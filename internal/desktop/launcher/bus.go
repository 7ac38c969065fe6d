//go:build !windows

package launcher

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
)

const (
	entryPath      = dbus.ObjectPath("/com/canonical/unity/launcherentry/mullion")
	entryInterface = "com.canonical.Unity.LauncherEntry"
	// closeTimeout bounds how long the bus may take when the app ends.
	closeTimeout = time.Second
	// busPause is the time between the end of a bus and the search for another one,
	// and sendTimeout is how long that may take to hear what the icon shows.
	busPause    = 2 * time.Second
	sendTimeout = 10 * time.Second
)

// PerWindow says whether each window shows the state on a button of its own, and
// an Entry but keeps it.
const PerWindow = false

// Entry is the app's icon. It is safe for concurrent use.
type Entry struct {
	uri  string
	life context.Context // until Close
	end  context.CancelCauseFunc

	// using is held while something is sent, so that it arrives in order.
	using sync.Mutex
	state State      // guarded by using
	conn  *dbus.Conn // guarded by using; docks forget the state when it ends
}

// New makes the entry of the app with that desktop file, a name such as
// "org.example.notes.desktop".
func New(desktopFile string) *Entry {
	e := &Entry{uri: "application://" + desktopFile}
	e.life, e.end = context.WithCancelCause(context.Background())
	return e
}

// Change changes the state and tells it to the docks. An error leaves it as it
// was: bus.ErrNoBus where there is no session. A session bus that is started anew is
// told again.
func (e *Entry) Change(ctx context.Context, change func(*State)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(e.life, func() { cancel(ErrClosed) })()
	e.using.Lock()
	defer e.using.Unlock()
	if e.life.Err() != nil {
		return ErrClosed
	}
	s := e.state
	change(&s)
	if e.conn == nil && s == (State{}) {
		return nil // as docks have it
	}
	var err error
	for range 2 { // the bus may have been started anew
		if e.conn == nil {
			var conn *dbus.Conn
			if conn, err = bus.Connect(ctx); err != nil {
				return err
			}
			e.use(conn)
		}
		if err = e.send(ctx, s); err == nil {
			e.state = s
			return nil
		}
		if e.conn.Connected() {
			break
		}
		e.conn = nil
	}
	return fmt.Errorf("tell docks about the app's icon: %w", err)
}

// use has a connection for what is sent. e.using is held.
func (e *Entry) use(conn *dbus.Conn) {
	e.conn = conn
	go func() {
		<-conn.Context().Done() // at the latest at Close
		e.comeBack()
	}()
}

// comeBack tells the next bus what the icon shows, unless a change has done so before.
func (e *Entry) comeBack() {
	select {
	case <-e.life.Done():
		return
	case <-time.After(busPause):
	}
	if conn, err := bus.Await(e.life); err == nil {
		e.tellAnew(conn)
	}
}

// tellAnew tells a bus what the icon shows, if there is no other connection.
func (e *Entry) tellAnew(conn *dbus.Conn) {
	ctx, cancel := context.WithTimeout(e.life, sendTimeout)
	defer cancel()
	e.using.Lock()
	defer e.using.Unlock()
	if e.life.Err() != nil || e.conn != nil && e.conn.Connected() || e.state == (State{}) {
		conn.Close()
		return
	}
	e.use(conn)
	_ = e.send(ctx, e.state) // a bus that goes again is not the last one
}

// State is what was changed to last.
func (e *Entry) State() State {
	e.using.Lock()
	defer e.using.Unlock()
	return e.state
}

// send returns when the bus has the signal. e.using is held.
func (e *Entry) send(ctx context.Context, s State) error {
	if err := e.conn.Emit(entryPath, entryInterface+".Update", e.uri, s.properties()); err != nil {
		return err
	}
	return e.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetId", 0).Err
}

func (s State) properties() map[string]dbus.Variant {
	return map[string]dbus.Variant{
		"count":            dbus.MakeVariant(s.Count),
		"count-visible":    dbus.MakeVariant(s.Count != 0),
		"progress":         dbus.MakeVariant(s.Progress),
		"progress-visible": dbus.MakeVariant(s.HasProgress),
	}
}

// Close takes away what the icon shows. A Change that waits for the bus, which
// may hang, is not waited for.
func (e *Entry) Close() {
	e.end(ErrClosed)
	e.using.Lock()
	defer e.using.Unlock()
	if e.conn == nil {
		return
	}
	// A dock that does not hear it still sees the connection end.
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = e.send(ctx, State{})
	_ = e.conn.Close()
	e.conn, e.state = nil, State{}
}
