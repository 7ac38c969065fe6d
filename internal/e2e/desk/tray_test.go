package desk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestTrayIcon is an app with an icon, and a user who clicks it.
func TestTrayIcon(t *testing.T) {
	desktop := session.StartBus(t).StartTray()
	app := e2e.Start(t, e2e.Options{})
	told := make(chan string, 8)
	icon, err := app.NewTrayIcon(t.Context(), mullion.TrayOptions{
		ID: "main", Title: "App", Icon: image.NewNRGBA(image.Rect(0, 0, 4, 4)),
		Menu: mullion.Menu{
			{ID: "open", Text: "Open", Do: func(_ context.Context, e mullion.MenuEvent) { told <- e.ID }},
			{Predefined: mullion.Separator},
			{Text: "More", Items: mullion.Menu{{Text: "Loud", Check: true, Do: func(_ context.Context, e mullion.MenuEvent) { told <- fmt.Sprint("loud ", e.Checked) }}}},
		},
		OnEvent: func(e mullion.TrayEvent) { told <- string(e.Button) + " " + e.Token },
	})
	if err != nil {
		t.Fatal(err)
	}
	find := func(wanted func(session.TrayItem) bool) session.TrayItem {
		t.Helper()
		i, err := desktop.Find(t.Context(), wanted)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	hear := func(want string) { t.Helper(); hear(t, told, want) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	item := find(func(i session.TrayItem) bool { return i.Text("Title") == "App" && len(i.Menu) == 3 })
	must(desktop.Click(item, "Activate", 1, 2, "token"))
	hear("Left token")
	must(desktop.Choose(item, "Open"))
	hear("open")
	must(desktop.Choose(item, "Loud"))
	hear("loud true")
	find(func(i session.TrayItem) bool {
		return len(i.Menu) == 3 && i.Menu[2].Items[0].Properties["toggle-state"].Value() == int32(1)
	})
	if _, err := app.NewTrayIcon(t.Context(), mullion.TrayOptions{ID: "main"}); err == nil {
		t.Error("two icons have one ID")
	}
	must(icon.SetMenu(t.Context(), mullion.Menu{{Text: "Other"}}))
	find(func(i session.TrayItem) bool { return len(i.Menu) == 1 && i.Menu[0].Label == "Other" })
	if err := icon.SetMenu(t.Context(), mullion.Menu{{Text: "Edit", Items: mullion.Menu{{Predefined: mullion.CopyItem}}}}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Copy in a tray: %v", err)
	}
	if err := icon.SetMenu(t.Context(), mullion.Menu{{}}); err == nil {
		t.Error("an item has no text")
	}
	icon.Remove()
	must(desktop.WaitEmpty(t.Context()))
	if err := icon.SetTitle(t.Context(), "a"); !errors.Is(err, mullion.ErrNoTrayIcon) {
		t.Errorf("after it was removed: %v", err)
	}
	if _, err := app.TrayIcon("main"); !errors.Is(err, mullion.ErrNoTrayIcon) {
		t.Errorf("found though it was removed: %v", err)
	}
}

// TestConfiguredTrayIcon: app.trayIcon of the configuration is shown, and code
// finds it before Run, to give it a menu.
func TestConfiguredTrayIcon(t *testing.T) {
	desktop := session.StartBus(t).StartTray()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 1)
	app := e2e.Start(t, e2e.Options{
		NoWindow: true,
		Config:   `{"app": {"trayIcon": {"id": "configured", "iconPath": "icons/tray.png", "title": "Configured", "tooltip": "tip"}}}`,
		Embedded: fstest.MapFS{"icons/tray.png": {Data: picture.Bytes()}},
		Setup: func(a *mullion.App) {
			icon, err := a.TrayIcon("configured")
			if err != nil {
				t.Error(err)
				return
			}
			menu := mullion.Menu{{ID: "open", Text: "Open", Do: func(_ context.Context, e mullion.MenuEvent) { told <- e.ID }}}
			if err := icon.SetMenu(t.Context(), menu); err != nil {
				t.Error(err)
			}
		},
	})
	item, err := desktop.Find(t.Context(), func(i session.TrayItem) bool { return i.Text("Title") == "Configured" && len(i.Menu) == 1 })
	if err != nil {
		t.Fatal(err)
	}
	if err := desktop.Choose(item, "Open"); err != nil {
		t.Fatal(err)
	}
	hear(t, told, "open")
	if _, err := app.TrayIcon("other"); !errors.Is(err, mullion.ErrNoTrayIcon) {
		t.Errorf("got %v", err)
	}
	icon, err := app.TrayIcon("configured")
	if err != nil {
		t.Fatal(err)
	}
	icon.Remove()
	if _, err := app.TrayIcon("configured"); !errors.Is(err, mullion.ErrNoTrayIcon) {
		t.Errorf("removed: got %v", err)
	}
}

// TestNoTrayForConfiguredIcon: a system without a session bus is no reason not
// to start.
func TestNoTrayForConfiguredIcon(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	app := e2e.Start(t, e2e.Options{
		Config:   `{"app": {"trayIcon": {"iconPath": "tray.png"}}}`,
		Embedded: fstest.MapFS{"tray.png": {Data: picture.Bytes()}},
	})
	e2e.LoggedLine(t, app, "app.trayIcon is not shown")
}
