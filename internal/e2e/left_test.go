package e2e_test

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestScriptOfPageThatWasLeft: nobody waits for what a page does not tell any
// more.
func TestScriptOfPageThatWasLeft(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	err := app.Main().Run(`location.reload(); await new Promise(() => {})`, nil)
	if err == nil || !strings.Contains(err.Error(), "the page was left") {
		t.Errorf("got %v", err)
	}
	app.Main().Must(`return 1`, nil)
}
