package desk_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestSessionBusLate: an app that runs when the session bus begins, and when that is
// started anew, has on it what it would have had, whatever service it is about. It is
// under Wayland, where nothing but that bus tells of accessibility.
func TestSessionBusLate(t *testing.T) {
	bus := session.StartBus(t)
	bus.Stop()
	startWeston(t)
	app := e2e.Start(t, e2e.Options{})
	page := app.Main()
	alone := app.Open("alone", func(o *mullion.WindowOptions) { o.Title, o.Isolate = "alone", true })
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	dark := func(want bool) {
		t.Helper()
		page.Must(fmt.Sprintf(`while (matchMedia('(prefers-color-scheme: dark)').matches !== %v) await new Promise((r) => setTimeout(r, 10))`, want), nil)
	}
	note := mullion.Notification{Title: "Hello"}
	if _, err := app.Notify(t.Context(), note); !errors.Is(err, mullion.ErrNoSessionBus) {
		t.Errorf("a notification without a bus: %v", err)
	}
	if _, err := app.NewTrayIcon(t.Context(), mullion.TrayOptions{ID: "early"}); !errors.Is(err, mullion.ErrNoSessionBus) {
		t.Errorf("an icon without a bus: %v", err)
	}
	showButton(page, "main")
	showButton(alone, "alone")
	hosts := app.Processes()

	bus.Start()
	a11y := bus.StartAccessibility()
	portal := bus.StartSettings(session.Values{appearance: {"color-scheme": uint32(1)}})
	tray, dock, server := bus.StartTray(), bus.StartDock(), bus.StartNotifications("body")
	dark(true)
	r := a11y.Read()
	press(t, r, page, "main")
	press(t, r, alone, "alone")
	late := app.Open("late", func(o *mullion.WindowOptions) { o.Title = "late" })
	showButton(late, "late")
	press(t, r, late, "late")
	if now := app.Processes(); !maps.Equal(now, hosts) {
		t.Errorf("the hosts were %v and are %v", hosts, now)
	}
	if app.Log.Contains("refused to the host") {
		t.Error("what the toolkit and the engine ask for is refused")
	}
	_, err := app.Notify(t.Context(), note)
	must("a notification", err)
	_, err = app.NewTrayIcon(t.Context(), mullion.TrayOptions{ID: "icon", Title: "Icon"})
	must("an icon", err)
	w := e2e.Window(t, app, "main")
	must("a badge", w.SetBadgeCount(t.Context(), 3))

	portal.Stop()
	bus.Stop()
	bus.Start()
	bus.StartSettings(session.Values{appearance: {"color-scheme": uint32(2)}})
	tray, dock, server = bus.StartTray(), bus.StartDock(), bus.StartNotifications("body")
	dark(false)
	_, err = tray.Find(t.Context(), func(i session.TrayItem) bool { return i.Text("Title") == "Icon" })
	must("the icon on the next bus", err)
	must("the badge", dock.Wait(t.Context(), app.Config().Identifier+".desktop", session.DockEntry{Count: 3, HasCount: true}))
	_, err = app.Notify(t.Context(), note)
	must("another notification", err)
	if n := len(server.All()); n != 1 {
		t.Errorf("%d notifications on the next bus", n)
	}
}

// showButton has a page show a button with a name.
func showButton(page *e2e.Page, name string) {
	page.Must(fmt.Sprintf(`
		document.body.innerHTML = '<button>%s</button>';
		document.querySelector('button').onclick = () => { document.title = 'pressed' }`, name), nil)
}

// press waits until a reader has that button, and presses it.
func press(t *testing.T, r *session.Reader, page *e2e.Page, name string) {
	t.Helper()
	p, err := r.Await(func(p *session.Accessible) bool { return p.Find("push button", name) != nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Find("push button", name).Press(); err != nil {
		t.Error(err)
	}
	page.Must(`while (document.title !== 'pressed') await new Promise((r) => setTimeout(r, 10))`, nil)
}
