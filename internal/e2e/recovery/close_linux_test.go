package recovery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestCloseOfHungPage: a page that wants to decide whether its window closes,
// and then hangs, does not keep it.
func TestCloseOfHungPage(t *testing.T) {
	impatient(t)
	// Nobody ends it for its silence, which would take its listener away.
	app := e2e.Start(t, e2e.Options{Permissions: []any{"core:event:default"}, HangTimeout: time.Hour})
	app.Main().Must(`return 1`, nil)
	page := app.Open("victim", func(o *mullion.WindowOptions) { o.Title = "victim" })
	page.Must(`await invoke('plugin:event|listen', {event: 'tauri://close-requested', target: {kind: 'Window', label: 'victim'},
		handler: __TAURI_INTERNALS__.transformCallback(() => {})})`, nil)
	window, err := app.App.Window("victim")
	if err != nil {
		t.Fatal(err)
	}
	// It answers, and stays.
	window.RequestClose()
	page.Must(`return 1`, nil)
	page.Must(`setTimeout(() => { for (;;); }, 0)`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		window.RequestClose()
		if _, err := app.App.Window("victim"); err == nil {
			return fmt.Errorf("the window is there still")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	app.Main().Must(`return 1`, nil)
}

// TestAlert: a page that waits for its user is not one that hangs. It goes on
// where it was, and what the app has asked for meanwhile is done.
func TestAlert(t *testing.T) {
	impatient(t)
	app := e2e.Start(t, e2e.Options{HangTimeout: time.Second})
	app.Main().Must(`return 1`, nil)
	page := app.Open("asks", func(o *mullion.WindowOptions) { o.Title = "asks" })
	hung := app.Open("hung", nil)
	page.Must(`window.typed = 'text'; setTimeout(() => { alert('lunch'); window.answered = true }, 0)`, nil)
	hung.Must(`setTimeout(() => { for (;;); }, 0)`, nil)
	// By the time that this one was ended, the first would have been, too.
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if len(app.Faults()) == 0 {
			return fmt.Errorf("no page was found to hang")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range app.Faults() {
		if f.Windows[0] != "hung" {
			t.Errorf("fault %+v", f)
		}
	}
	goesOn := make(chan error, 1)
	var typed string
	go func() {
		goesOn <- page.Run(`while (!window.answered) await new Promise((r) => setTimeout(r, 20)); return window.typed`, &typed)
	}()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		select {
		case err := <-goesOn:
			goesOn <- err
			return nil
		default:
			_ = e2e.TryKeys("asks", "Return")
			return fmt.Errorf("the page does not go on")
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-goesOn; err != nil || typed != "text" {
		t.Errorf("the page has %q, %v", typed, err)
	}
}
