package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
)

// EchoArgs are those of Echo.
type EchoArgs struct {
	Text string `json:"text"`
}

// Echo is a command that returns what it is given.
func Echo(_ context.Context, a EchoArgs) (string, error) { return a.Text, nil }

// ParseCapabilities reads capabilities in which SITE stands for the address of
// a server.
func ParseCapabilities(t testing.TB, name, text, site string) []capability.Capability {
	t.Helper()
	caps, err := capability.Parse("capabilities/"+name+".json", []byte(strings.ReplaceAll(text, "SITE", site)))
	if err != nil {
		t.Fatal(err)
	}
	return caps
}

// Window returns a window that is there.
func Window(t testing.TB, app *App, label string) *mullion.Window {
	t.Helper()
	w, err := app.Window(label)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Take waits for what comes from a channel.
func Take[T any](t testing.TB, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-Hang(t):
		t.Fatal("nothing came")
	}
	return v
}

// Restarted waits for the host after old.
func Restarted(t testing.TB, app *App, old int) {
	t.Helper()
	if err := WaitFor(Timeout, func() error {
		if now := app.Processes()["app"]; now == 0 || now == old {
			return fmt.Errorf("no new host")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// LoggedLine waits for a line of the log that has all of want.
func LoggedLine(t testing.TB, app *App, want ...string) {
	t.Helper()
	has := func(line string) bool {
		return !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(line, w) })
	}
	if err := WaitFor(Timeout, func() error {
		for line := range strings.Lines(app.Log.Tail(2000)) {
			if has(line) {
				return nil
			}
		}
		return fmt.Errorf("no line of the log has all of %q", want)
	}); err != nil {
		t.Error(err)
	}
}
