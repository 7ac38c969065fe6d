package desk_test

import (
	"context"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestDialogPreferences: dialogs, which are a process of their own, have the
// user's preferences too, those that are open follow, on X11 and Wayland.
func TestDialogPreferences(t *testing.T) {
	for name, start := range map[string]func(testing.TB){"X11": func(testing.TB) {}, "Wayland": func(t testing.TB) { e2e.StartSway(t) }} {
		t.Run(name, func(t *testing.T) {
			bus := session.StartBus(t)
			start(t)
			desktop := bus.StartSettings(session.Values{gnome: {"text-scaling-factor": 1.0}})
			r := bus.StartAccessibility().Read()
			app := e2e.Start(t, e2e.Options{NoWindow: true})
			ctx, cancel := context.WithCancel(e2e.Context(t))
			ended := make(chan error, 1)
			go func() {
				_, err := app.Confirm(ctx, mullion.MessageDialog{Message: "Shall it be?"})
				ended <- err
			}()
			// height waits until the text of the dialog is so high.
			height := func(when string, is func(int) bool) (h int) {
				t.Helper()
				if _, err := r.Await(func(p *session.Accessible) bool {
					if o := p.Find("label", "Shall it be?"); o != nil {
						at, err := o.Extents()
						h = at.Dy()
						return err == nil && is(h)
					}
					return false
				}); err != nil {
					t.Fatalf("%s the text is %d pixels high: %v", when, h, err)
				}
				return h
			}
			usual := height("at first", func(h int) bool { return h > 5 })
			desktop.Set(gnome, "text-scaling-factor", 2.0)
			height("enlarged", func(h int) bool { return h > usual*3/2 })
			cancel()
			<-ended
		})
	}
}
