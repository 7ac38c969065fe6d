package bus_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

type awaited struct {
	conn *dbus.Conn
	err  error
}

func begin(ctx context.Context) <-chan awaited {
	result := make(chan awaited, 1)
	go func() {
		conn, err := bus.Await(ctx)
		result <- awaited{conn, err}
	}()
	return result
}

func comes(t *testing.T, result <-chan awaited) awaited {
	t.Helper()
	select {
	case a := <-result:
		if a.conn != nil {
			a.conn.Close()
		}
		return a
	case <-await.Hang(t.Context(), await.Limit):
		t.Fatal("it waits on")
		panic("unreachable")
	}
}

// TestAwait: a bus that is there, one that begins later, and one that does so in a
// folder that was not there, where the environment names it and where systemd has it.
func TestAwait(t *testing.T) {
	b := session.StartBus(t)
	if a := comes(t, begin(t.Context())); a.err != nil {
		t.Error(a.err)
	}
	b.Stop() // its socket stays
	result := begin(t.Context())
	select {
	case a := <-result:
		t.Fatalf("without a bus: %+v", a)
	default:
	}
	b.Start()
	if a := comes(t, result); a.err != nil {
		t.Error("later:", a.err)
	}

	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	run := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(run, "user"))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	result = begin(t.Context())
	if err := os.Mkdir(filepath.Join(run, "user"), 0o700); err != nil {
		t.Fatal(err)
	}
	socket, err := dbus.UnescapeBusAddressValue(address[len("unix:path="):])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Link(socket, filepath.Join(run, "user", "bus")); err != nil {
		t.Fatal(err)
	}
	if a := comes(t, result); a.err != nil {
		t.Error("in a folder that is new:", a.err)
	}
}

// TestAwaitEnds: nobody waits for what cannot come, or longer than wanted.
func TestAwaitEnds(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	if a := comes(t, begin(t.Context())); !errors.Is(a.err, bus.ErrNoBus) {
		t.Errorf("disabled: %v", a.err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	if a := comes(t, begin(t.Context())); !errors.Is(a.err, bus.ErrNoBus) {
		t.Errorf("no address: %v", a.err)
	}
	for _, address := range []string{"unix:path=" + filepath.Join(t.TempDir(), "a", "b"), "unix:abstract=nobody"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		ctx, stop := context.WithCancel(t.Context())
		result := begin(ctx)
		stop()
		if a := comes(t, result); !errors.Is(a.err, context.Canceled) {
			t.Errorf("%s: %v", address, a.err)
		}
	}
}
