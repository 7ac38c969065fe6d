package ending_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// desk is a login session of the test's own: a display that keeps its name, and
// a bus.
func desk(t *testing.T) (*display.Display, *session.Bus) {
	t.Helper()
	if why := os.Getenv("E2E_SKIP"); why != "" {
		t.Skip("no display: " + why)
	}
	name := os.Getenv("DISPLAY")
	t.Cleanup(func() { os.Setenv("DISPLAY", name) })
	d, err := display.StartLasting()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d, session.StartBus(t)
}

// TestLogout: an app ends with its login session, in order, and shows nothing on
// the display of the next one, which has the same name.
func TestLogout(t *testing.T) {
	d, bus := desk(t)
	c := count(t, t.TempDir(), nil)
	c.expect(loaded)
	family := e2e.Descendants(c.cmd.Process.Pid)
	bus.Stop()
	d.Stop()
	if err := d.Restart(); err != nil { // the next user
		t.Fatal(err)
	}
	c.ended("the end of the session", family)
	for l := range c.lines {
		if strings.HasPrefix(l, loaded) {
			t.Error("the app has moved to the display of the next session")
		}
	}
}

// TestDisplayRestarts: a display that comes back while the session lives is used
// again.
func TestDisplayRestarts(t *testing.T) {
	d, _ := desk(t)
	c := count(t, t.TempDir(), nil)
	for range 2 {
		c.expect(loaded)
		if err := waitForHost(c); err != nil {
			t.Fatal(err)
		}
		d.Stop()
		if err := d.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	c.expect(loaded)
}

// waitForHost waits until the app has a host.
func waitForHost(c *counting) error {
	return e2e.WaitFor(e2e.Timeout, func() error {
		if len(c.hosts()) == 0 {
			return fmt.Errorf("there is no host")
		}
		return nil
	})
}
