package session

import (
	"context"
	"fmt"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

// DockEntry is what an app has asked docks to show on its icon.
type DockEntry struct {
	Count       int64
	HasCount    bool
	Progress    float64
	HasProgress bool
}

// Dock hears what apps want on their icons.
type Dock struct {
	mu      sync.Mutex
	entries map[string]DockEntry // guarded by mu; by the name of the desktop file
	owners  map[string]string    // guarded by mu; who has sent them last
	changed chan struct{}        // guarded by mu; closed and replaced when something has changed
}

// StartDock puts a dock on the bus.
func (b *Bus) StartDock() *Dock {
	b.t.Helper()
	conn := b.Connect()
	d := &Dock{entries: map[string]DockEntry{}, owners: map[string]string{}, changed: make(chan struct{})}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	for _, match := range []dbus.MatchOption{
		dbus.WithMatchInterface("com.canonical.Unity.LauncherEntry"), dbus.WithMatchMember("NameOwnerChanged"),
	} {
		if err := conn.AddMatchSignal(match); err != nil {
			b.t.Fatal(err)
		}
	}
	go func() { // ends with the connection
		for s := range signals {
			d.hear(s)
		}
	}()
	return d
}

func (d *Dock) hear(s *dbus.Signal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var name, before, after, uri string
	var properties map[string]dbus.Variant
	switch {
	case s.Name == "org.freedesktop.DBus.NameOwnerChanged" && dbus.Store(s.Body, &name, &before, &after) == nil && after == "":
		for app, owner := range d.owners {
			if owner == name {
				delete(d.owners, app)
				delete(d.entries, app)
			}
		}
	case s.Name == "com.canonical.Unity.LauncherEntry.Update" && dbus.Store(s.Body, &uri, &properties) == nil:
		var e DockEntry
		e.Count, _ = properties["count"].Value().(int64)
		e.HasCount, _ = properties["count-visible"].Value().(bool)
		e.Progress, _ = properties["progress"].Value().(float64)
		e.HasProgress, _ = properties["progress-visible"].Value().(bool)
		app := uri
		if _, err := fmt.Sscanf(uri, "application://%s", &app); err != nil {
			app = "malformed: " + uri
		}
		d.entries[app], d.owners[app] = e, s.Sender
	}
	close(d.changed)
	d.changed = make(chan struct{})
}

// Wait waits until the icon of the app with that desktop file shows what is
// wanted. There is nothing on the icon of an app that has gone.
func (d *Dock) Wait(ctx context.Context, app string, want DockEntry) error {
	ctx, cancel := await.Context(ctx, await.Limit)
	defer cancel()
	for {
		d.mu.Lock()
		got, changed := d.entries[app], d.changed
		d.mu.Unlock()
		if got == want {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the icon of %s shows %+v, want %+v: %w", app, got, want, ctx.Err())
		}
	}
}
