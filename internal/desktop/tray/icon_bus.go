//go:build !windows

package tray

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
)

const (
	itemInterface = "org.kde.StatusNotifierItem"
	itemPath      = dbus.ObjectPath("/StatusNotifierItem")
	watcherName   = "org.kde.StatusNotifierWatcher"
	watcherPath   = dbus.ObjectPath("/StatusNotifierWatcher")
	// registerTimeout bounds how long is waited for a watcher.
	registerTimeout = 10 * time.Second
	// busPause is the time between the end of a bus and the search for another one.
	busPause = 2 * time.Second
)

// Icon is an icon in the tray. It is safe for concurrent use.
type Icon struct {
	tray   *Tray
	life   context.Context // until Remove
	end    context.CancelFunc
	id     string
	serial uint32
	events *inorder.Queue[Event]

	// using is held while something is sent, so that it arrives in order.
	using sync.Mutex

	mu         sync.Mutex
	state      State             // guarded by mu
	pixmaps    []pixmap          // guarded by mu; of state.Icon
	conn       *dbus.Conn        // guarded by mu; nil while there is none
	registered bool              // guarded by mu; a watcher knows it
	removed    bool              // guarded by mu
	token      string            // guarded by mu; for the next click
	hasMenu    bool              // guarded by mu
	items      map[int32]*layout // guarded by mu; of the menu, by number; 0 is the menu
	revision   uint32            // guarded by mu
}

// New shows an icon whose name on the bus has id in it. Where the desktop has
// no tray it appears when there is one, and where the session bus goes, when it has
// come back; a bus that is not there at the call is an error. What the user does is
// told to on, one event after the other.
func (t *Tray) New(ctx context.Context, id string, s State, on func(Event)) (*Icon, error) {
	i := &Icon{
		tray: t, id: id, serial: t.last.Add(1), state: s, pixmaps: pixmapsOf(s.Icon),
		events: inorder.New(t.Owner, inorder.Options[Event]{Name: "tray icon", Most: maxEvents}, on), items: emptyMenu(),
	}
	i.life, i.end = context.WithCancel(context.Background())
	if err := i.use(ctx, func(*dbus.Conn) error { return nil }); err != nil {
		i.Remove()
		return nil, err
	}
	return i, nil
}

// Shown reports whether the desktop has the icon.
func (i *Icon) Shown() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.registered && !i.state.Hidden && i.conn != nil && i.conn.Connected()
}

// Remove takes the icon away, for good.
func (i *Icon) Remove() {
	i.mu.Lock()
	conn, again := i.conn, i.removed
	i.removed, i.conn, i.registered = true, nil, false
	i.mu.Unlock()
	if again {
		return
	}
	i.end()
	i.events.End()
	if conn != nil {
		conn.Close() // that its name goes tells the watcher
	}
}

// Set shows another state.
func (i *Icon) Set(ctx context.Context, s State) error {
	return i.use(ctx, func(conn *dbus.Conn) error {
		pixmaps := pixmapsOf(s.Icon)
		i.mu.Lock()
		before := i.state
		other := !reflect.DeepEqual(pixmaps, i.pixmaps)
		i.state, i.pixmaps = s, pixmaps
		i.mu.Unlock()
		var errs []error
		tell := func(changed bool, signal string, values ...any) {
			if changed {
				errs = append(errs, conn.Emit(itemPath, itemInterface+"."+signal, values...))
			}
		}
		tell(before.Title != s.Title, "NewTitle")
		tell(before.Title != s.Title, "XAyatanaNewLabel", s.Title, s.Title)
		tell(other || before.IconName != s.IconName, "NewIcon")
		tell(before.Tooltip != s.Tooltip, "NewToolTip")
		tell(before.Hidden != s.Hidden, "NewStatus", status(s))
		return errors.Join(errs...)
	})
}

// SetMenu shows another menu, or none. It need not differ as a whole: what
// stays the same is not sent again.
func (i *Icon) SetMenu(ctx context.Context, root *menu.Entry) error {
	items := emptyMenu()
	if root != nil {
		collect(items, 0, root.Items)
	}
	return i.use(ctx, func(conn *dbus.Conn) error {
		i.mu.Lock()
		before, had := i.items, i.hasMenu
		i.items, i.hasMenu = items, root != nil
		i.revision++
		revision := i.revision
		i.mu.Unlock()
		var updated []itemProperties
		var removed []removedProperties
		moved := false
		for id, item := range items {
			old := before[id]
			if old == nil {
				moved = true
				continue
			}
			moved = moved || !reflect.DeepEqual(old.children, item.children)
			if !reflect.DeepEqual(old.properties, item.properties) {
				updated = append(updated, itemProperties{id, item.properties})
			}
			var names []string
			for name := range old.properties {
				if _, ok := item.properties[name]; !ok {
					names = append(names, name)
				}
			}
			if names != nil {
				removed = append(removed, removedProperties{id, names})
			}
		}
		var errs []error
		if updated != nil || removed != nil {
			errs = append(errs, conn.Emit(menuPath, menuInterface+".ItemsPropertiesUpdated", orEmpty(updated), orEmpty(removed)))
		}
		if moved {
			errs = append(errs, conn.Emit(menuPath, menuInterface+".LayoutUpdated", revision, int32(0)))
		}
		if had != (root != nil) {
			errs = append(errs, conn.Emit(itemPath, itemInterface+".NewMenu"))
		}
		return errors.Join(errs...)
	})
}

func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

// use calls f with a connection, made anew if the bus has gone since.
func (i *Icon) use(ctx context.Context, f func(*dbus.Conn) error) error {
	i.using.Lock()
	defer i.using.Unlock()
	i.mu.Lock()
	conn, removed := i.conn, i.removed
	i.mu.Unlock()
	if removed {
		return ErrRemoved
	}
	if conn == nil || !conn.Connected() {
		var err error
		if conn, err = bus.Connect(ctx); err == nil {
			err = i.join(ctx, conn)
		}
		if err != nil {
			return fmt.Errorf("tray icon: %w", err)
		}
	}
	if err := f(conn); err != nil {
		return fmt.Errorf("tray icon: %w", err)
	}
	return nil
}

// join puts the icon on the bus, and has it registered by each watcher that comes.
// It closes the connection if it fails. i.using is held.
func (i *Icon) join(ctx context.Context, conn *dbus.Conn) error {
	if err := i.export(conn); err != nil {
		conn.Close()
		return err
	}
	name := fmt.Sprintf("%s-%d-%d", itemInterface, os.Getpid(), i.serial)
	// Conn.RequestName waits without end for a bus that hangs.
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.RequestName", 0, name, uint32(dbus.NameFlagDoNotQueue)).Err; err != nil {
		conn.Close()
		return err
	}
	signals := make(chan *dbus.Signal, 16)
	conn.Signal(signals)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, watcherName)); err != nil {
		conn.Close()
		return err
	}
	i.mu.Lock()
	if i.removed {
		i.mu.Unlock()
		conn.Close()
		return ErrRemoved
	}
	i.conn, i.registered = conn, false
	i.mu.Unlock()
	i.register(ctx, conn, name)
	go func() { // ends with the connection, or with the one after it
		for s := range signals {
			var watcher, before, after string
			if s.Sender != "org.freedesktop.DBus" || dbus.Store(s.Body, &watcher, &before, &after) != nil || watcher != watcherName {
				continue
			}
			i.mu.Lock()
			i.registered = i.registered && before == ""
			i.mu.Unlock()
			if after != "" {
				ctx, cancel := context.WithTimeout(conn.Context(), registerTimeout)
				i.register(ctx, conn, name)
				cancel()
			}
		}
		i.comeBack()
	}()
	return nil
}

// comeBack puts the icon on the next bus, unless a change has done so before, or it
// was removed.
func (i *Icon) comeBack() {
	for {
		select {
		case <-i.life.Done():
			return
		case <-time.After(busPause):
		}
		i.tray.returning.Lock()
		conn, err := bus.Await(i.life)
		i.tray.returning.Unlock()
		if err != nil || i.joinAnew(conn) {
			return
		}
	}
}

// joinAnew joins a bus if there is no other connection.
func (i *Icon) joinAnew(conn *dbus.Conn) (joined bool) {
	i.using.Lock()
	defer i.using.Unlock()
	i.mu.Lock()
	other := i.conn != nil && i.conn.Connected()
	i.mu.Unlock()
	if other {
		conn.Close()
		return true
	}
	ctx, cancel := context.WithTimeout(i.life, registerTimeout)
	defer cancel()
	return i.join(ctx, conn) == nil
}

// register tells the watcher of the icon. If there is none it is told when it
// comes.
func (i *Icon) register(ctx context.Context, conn *dbus.Conn, name string) {
	err := conn.Object(watcherName, watcherPath).CallWithContext(ctx, watcherName+".RegisterStatusNotifierItem", 0, name).Err
	i.mu.Lock()
	defer i.mu.Unlock()
	if err == nil && i.conn == conn {
		i.registered = true
	}
}

// tell queues an event. A token counts for one.
func (i *Icon) tell(e Event) {
	i.mu.Lock()
	e.Token, i.token = i.token, ""
	i.mu.Unlock()
	_ = i.events.Put(e) // where the app is busy, the user will click again
}

// emptyMenu has nothing but the menu itself.
func emptyMenu() map[int32]*layout {
	return map[int32]*layout{0: {properties: map[string]dbus.Variant{"children-display": dbus.MakeVariant("submenu")}}}
}
