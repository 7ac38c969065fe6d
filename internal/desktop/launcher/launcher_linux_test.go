package launcher_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/desktop/launcher"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

func TestEntry(t *testing.T) {
	b := session.StartBus(t)
	dock := b.StartDock()
	e := launcher.New("org.example.notes.desktop")
	t.Cleanup(e.Close)
	change := func(f func(*launcher.State), want session.DockEntry) {
		t.Helper()
		if err := e.Change(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if err := dock.Wait(t.Context(), "org.example.notes.desktop", want); err != nil {
			t.Fatal(err)
		}
	}
	change(func(s *launcher.State) { s.Count = 3 }, session.DockEntry{Count: 3, HasCount: true})
	change(func(s *launcher.State) { s.Progress, s.HasProgress = 0.25, true },
		session.DockEntry{Count: 3, HasCount: true, Progress: 0.25, HasProgress: true})
	change(func(s *launcher.State) { s.Count = 0 }, session.DockEntry{Progress: 0.25, HasProgress: true})

	b.Stop()
	b.Start()
	dock = b.StartDock()
	change(func(s *launcher.State) { s.Count = 5 }, session.DockEntry{Count: 5, HasCount: true, Progress: 0.25, HasProgress: true})

	b.Stop()
	b.Start()
	dock = b.StartDock() // with nothing changed
	if err := dock.Wait(t.Context(), "org.example.notes.desktop", session.DockEntry{Count: 5, HasCount: true, Progress: 0.25, HasProgress: true}); err != nil {
		t.Error(err)
	}
	e.Close()
	if err := dock.Wait(t.Context(), "org.example.notes.desktop", session.DockEntry{}); err != nil {
		t.Error(err)
	}
}

func TestEntryWithoutBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	e := launcher.New("x.desktop")
	if err := e.Change(t.Context(), func(s *launcher.State) { s.Count = 1 }); !errors.Is(err, bus.ErrNoBus) {
		t.Errorf("got %v", err)
	}
	if err := e.Change(t.Context(), func(*launcher.State) {}); err != nil {
		t.Errorf("nothing to show: %v", err)
	}
}

// TestHungBus: the end of an app does not wait for a bus that hangs, whatever
// waits for it then.
func TestHungBus(t *testing.T) {
	b := session.StartBus(t)
	e := launcher.New("x.desktop")
	if err := e.Change(t.Context(), func(s *launcher.State) { s.Count = 1 }); err != nil {
		t.Fatal(err)
	}
	b.Freeze()
	changes, changed := make(chan bool), make(chan error, 1)
	go func() {
		changed <- e.Change(context.Background(), func(s *launcher.State) { close(changes); s.Count = 2 })
	}()
	<-changes
	closed := make(chan bool)
	go func() { e.Close(); close(closed) }()
	select {
	case <-closed:
	case <-await.Hang(t.Context(), 10*time.Second):
		t.Fatal("Close waits")
	}
	if err := <-changed; err == nil {
		t.Error("the change was told to nobody")
	}
}
