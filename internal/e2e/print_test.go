package e2e_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestPrint lets a page print. The dialog of the engine would be one of the
// host, and come without any permission.
func TestPrint(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`window.print(); await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if !app.Log.Contains("a page wants to print") {
			return errors.New("the log does not tell of the wish to print")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if got := windowTitles(t); strings.Contains(got, "Print") {
		t.Errorf("windows on the screen: %s", got)
	}
}
