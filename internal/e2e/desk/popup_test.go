package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestPopupFeatures: a window that a page opens has the size and place that
// window.open was called with, and the title of its page.
func TestPopupFeatures(t *testing.T) {
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{map[string]any{"identifier": "web:allow-new-window", "allow": []string{"app://localhost/*"}}},
	})
	main := app.Main()
	for i, test := range []struct {
		call          string
		width, height int
		x, y          int // -1: anywhere
	}{
		{`window.open('/page.html?a', '_blank', 'width=320,height=240,left=140,top=90')`, 320, 240, 140, 90},
		{`open('page.html?b', 'name', 'popup')`, 800, 600, -1, -1},
		{`window.open('/page.html?c')`, 800, 600, -1, -1},
	} {
		show := func() { clickTarget(main, `<p id=target>x</p>`, test.call) }
		show()
		label := fmt.Sprintf("popup-%d", i+1)
		opened := make(chan struct{})
		go func() {
			defer close(opened)
			_ = e2e.WaitFor(e2e.Timeout, func() error {
				if !slices.Contains(app.Windows(), label) {
					return errors.New("no popup yet")
				}
				return nil
			})
		}()
		if err := clickOn(opened, "main", "1", "", show); err != nil {
			t.Fatal(err)
		}
		w, err := app.Window(label)
		if err != nil {
			t.Fatal(err)
		}
		app.Page(label).Must(`document.title = 'of the page'`, nil)
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			g := w.Geometry()
			if g.Width != test.width || g.Height != test.height || test.x >= 0 && (g.X != test.x || g.Y != test.y) || w.Title() != "of the page" {
				return fmt.Errorf("%s: it is at %+v, titled %q", test.call, g, w.Title())
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		w.Close()
		<-w.Done()
	}
}
