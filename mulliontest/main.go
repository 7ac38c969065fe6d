package mulliontest

import (
	"context"
	"os"
	"testing"

	"github.com/mullion-dev/mullion"
)

// Main runs the tests of a package whose tests use [Open], or call workers:
//
//	func TestMain(m *testing.M) { mulliontest.Main(m) }
//
// The host processes of an app, and its workers, are started from the test
// binary itself. In such a process Main does what that is for, and runs no
// tests. It must be given every worker of the app. It does not return.
//
// Packages whose tests only use [Start], and call no workers, do without.
func Main(m *testing.M, workers ...mullion.AnyWorker) {
	mullion.Main(func(context.Context) error {
		os.Exit(m.Run())
		return nil
	}, workers...)
}
