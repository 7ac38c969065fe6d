package desk_test

import (
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestPlacedWhileHidden: where a window is put while nobody sees it, there it
// appears, whether it was shown before or not.
func TestPlacedWhileHidden(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	ctx := t.Context()
	for _, test := range []struct {
		name  string
		shown bool // before
		place func(w *mullion.Window) error
		at    func(g mullion.Geometry, m mullion.Monitor) bool
	}{
		{"never shown, moved", false, func(w *mullion.Window) error { return w.SetPosition(ctx, 123, 87) },
			func(g mullion.Geometry, _ mullion.Monitor) bool { return g.X == 123 && g.Y == 87 }},
		{"shown before, moved", true, func(w *mullion.Window) error { return w.SetPosition(ctx, 123, 87) },
			func(g mullion.Geometry, _ mullion.Monitor) bool { return g.X == 123 && g.Y == 87 }},
		{"never shown, centred", false, func(w *mullion.Window) error { return w.Center(ctx) }, centred},
		{"shown before, centred", true, func(w *mullion.Window) error { return w.Center(ctx) }, centred},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, err := app.OpenWindow(ctx, mullion.WindowOptions{Label: "placed", URL: "page.html", Width: 220, Height: 140, Hidden: !test.shown})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { w.Close(); <-w.Done() }()
			seen := func(visible bool) {
				t.Helper()
				if err := e2e.WaitFor(e2e.Timeout, func() error {
					if g := w.Geometry(); g.Visible != visible || visible && g.OuterWidth <= g.Width {
						return fmt.Errorf("it is at %+v", g)
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			if test.shown {
				seen(true)
				if err := w.SetVisible(ctx, false); err != nil {
					t.Fatal(err)
				}
			}
			seen(false)
			if err := test.place(w); err != nil {
				t.Fatal(err)
			}
			if err := w.SetVisible(ctx, true); err != nil {
				t.Fatal(err)
			}
			seen(true)
			monitors, err := w.Monitors(ctx)
			if err != nil || len(monitors) == 0 {
				t.Fatalf("monitors %v, %v", monitors, err)
			}
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				if g := w.Geometry(); !test.at(g, monitors[0]) {
					return fmt.Errorf("it is at %+v of %v", g, monitors[0].Work)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// centred reports whether a window is in the middle, give or take its frame.
func centred(g mullion.Geometry, m mullion.Monitor) bool {
	near := func(a, b int) bool { return a-b < 40 && b-a < 40 }
	return near(g.X+g.OuterWidth/2, (m.Work.Min.X+m.Work.Max.X)/2) && near(g.Y+g.OuterHeight/2, (m.Work.Min.Y+m.Work.Max.Y)/2)
}
