// Package e2e tests the whole house: a Core, real hosts, real windows of the
// real engine on a virtual display with a window manager.
//
// A test package calls Main from its TestMain, and Start in each test; it then
// runs JavaScript in the app's pages with Page.Run.
package e2e

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
)

// Timeout bounds what a test waits for, on a machine at rest: give it to
// WaitFor, Context or Hang, which allow more on one that is slow.
const Timeout = await.Limit

// Main runs the tests of a package with a display of their own. In a host
// process it runs the host instead, and in that of a worker the worker.
func Main(m *testing.M, workers ...mullion.AnyWorker) {
	mullion.Main(func(context.Context) error {
		d, err := display.Start()
		if err != nil {
			if os.Getenv("CI") != "" {
				return fmt.Errorf("e2e: %w", err)
			}
			fmt.Println("e2e: no display, tests with windows are skipped:", err)
			os.Setenv("E2E_SKIP", err.Error())
		}
		code := m.Run()
		d.Stop()
		os.Exit(code)
		return nil
	}, workers...)
}

// WaitFor calls f until it returns nil, or returns its last error when the
// limit is spent, see await.Until.
func WaitFor(limit time.Duration, f func() error) error { return await.Until(limit, f) }

// Context returns a context that ends with the test, or when what it is used
// for hangs.
func Context(t testing.TB) context.Context {
	ctx, cancel := await.Context(t.Context(), Timeout)
	t.Cleanup(cancel)
	return ctx
}

// Hang returns a channel that is closed when what a test waits for hangs.
func Hang(t testing.TB) <-chan struct{} { return await.Hang(t.Context(), Timeout) }
