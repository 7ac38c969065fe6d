package desk_test

import (
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

func TestMonitors(t *testing.T) {
	a := e2e.Start(t, e2e.Options{})
	w, err := a.App.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	var ready bool
	a.Main().Must("return true", &ready) // the host is up
	monitors, err := w.Monitors(t.Context())
	if err != nil || len(monitors) != 1 || !monitors[0].Current || monitors[0].Width != 1280 || monitors[0].Height != 1024 {
		t.Errorf("got %+v, %v", monitors, err)
	}
	if got := w.Theme(); got != "light" {
		t.Errorf("theme %q", got)
	}
	if err := w.Center(t.Context()); err != nil {
		t.Error(err)
	}
}
