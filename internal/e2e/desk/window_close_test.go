package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestPageClosesItself: window.close() takes the right that the command takes,
// but for a window that a page has opened; in an added webview it means that
// one.
func TestPageClosesItself(t *testing.T) {
	// closes has a page close itself, which may leave it no time to answer.
	closes := func(p *e2e.Page) { go func() { _ = p.Run(`window.close()`, nil) }() }
	caps, err := capability.Parse("capabilities/close.json", []byte(`[
		{"identifier": "may", "windows": ["may"], "permissions": ["core:window:allow-close"]},
		{"identifier": "added", "webviews": ["added"], "permissions": ["core:webview:allow-webview-close"]}]`))
	if err != nil {
		t.Fatal(err)
	}
	app := e2e.Start(t, e2e.Options{
		Capabilities: caps,
		Permissions:  []any{map[string]any{"identifier": "web:allow-new-window", "allow": []string{"app://localhost/*"}}},
	})
	main := app.Main()
	main.Must(`setTimeout(() => window.close())`, nil)
	const refused = `Command plugin:window|close not allowed by ACL`
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if !app.Log.Contains(refused) {
			return errors.New("nothing was refused")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	may := app.Open("may", func(o *mullion.WindowOptions) { o.Title = "may" })
	w, err := app.Window("may")
	if err != nil {
		t.Fatal(err)
	}
	added, err := w.AddWebview(t.Context(), mullion.WebviewOptions{Label: "added", URL: "page.html", Bounds: mullion.Rect{Width: 50, Height: 50}})
	if err != nil {
		t.Fatal(err)
	}
	closes(app.Page("added"))
	closed := func(what string, done <-chan struct{}) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			select {
			case <-done:
				return nil
			default:
				return fmt.Errorf("%s stays; log:\n%s", what, app.Log.Tail(3))
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	closed("the added webview", added.Done())
	may.Must(`return 1`, nil)
	closes(may)
	closed("the window that may", w.Done())

	show := func() { clickTarget(main, `<p id=target>x</p>`, `window.open('/page.html?popup')`) }
	show()
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		_ = e2e.WaitFor(e2e.Timeout, func() error {
			if !slices.Contains(app.Windows(), "popup-1") {
				return errors.New("no popup yet")
			}
			return nil
		})
	}()
	if err := clickOn(opened, "main", "1", "", show); err != nil {
		t.Fatal(err)
	}
	popup, err := app.Window("popup-1")
	if err != nil {
		t.Fatal(err)
	}
	closes(app.Page("popup-1"))
	closed("the popup", popup.Done())
	if !slices.Contains(app.Windows(), "main") {
		t.Error("the window that may not has closed")
	}
}
