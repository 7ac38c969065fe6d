package core_test

import (
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

const badges = `{"identifier": "all", "windows": ["main"], "permissions": ["core:default",
	"core:window:allow-set-badge-count", "core:window:allow-set-progress-bar"]}`

func TestLauncher(t *testing.T) {
	dock := session.StartBus(t).StartDock()
	p := newPair(t, badges, core.Options{DesktopFile: "notes"}, nil)
	main := p.open("main", "app://localhost/")
	for _, test := range []struct {
		command, args, want string
		shown               session.DockEntry
	}{
		{"set_badge_count", `{"value":3}`, "onull", session.DockEntry{Count: 3, HasCount: true}},
		{"set_badge_count", `{"value":1.5}`, `e"`, session.DockEntry{Count: 3, HasCount: true}},
		{"set_badge_count", `{}`, "onull", session.DockEntry{}},
		{"set_progress_bar", `{"value":{"status":"normal","progress":50}}`, "onull", session.DockEntry{Progress: 0.5, HasProgress: true}},
		{"set_progress_bar", `{"value":{"progress":75,"desktopFilename":"notes.desktop"}}`, "onull", session.DockEntry{Progress: 0.75, HasProgress: true}},
		{"set_progress_bar", `{"value":{"status":"paused"}}`, "onull", session.DockEntry{Progress: 0.75, HasProgress: true}},
		{"set_progress_bar", `{"value":{"progress":101}}`, `e"progress 101: want 0 to 100"`, session.DockEntry{Progress: 0.75, HasProgress: true}},
		{"set_progress_bar", `{"value":{"status":"busy"}}`, `e"progress status \"busy\"`, session.DockEntry{Progress: 0.75, HasProgress: true}},
		{"set_progress_bar", `{"value":{"progress":1,"desktopFilename":"mail.desktop"}}`, `e"set_progress_bar: desktopFilename`, session.DockEntry{Progress: 0.75, HasProgress: true}},
		{"set_progress_bar", `{}`, `e"set_progress_bar: value is missing"`, session.DockEntry{Progress: 0.75, HasProgress: true}},
		{"set_progress_bar", `{"value":{"status":"none"}}`, "onull", session.DockEntry{}},
		{"set_badge_count", `{"value":7}`, "onull", session.DockEntry{Count: 7, HasCount: true}},
	} {
		if got := main.call(`["plugin:window|` + test.command + `",` + test.args + `]`); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s %s: got %s, want %s", test.command, test.args, got, test.want)
		}
		if err := dock.Wait(t.Context(), "notes.desktop", test.shown); err != nil {
			t.Fatalf("%s %s: %v", test.command, test.args, err)
		}
	}
	p.Quit()
	if err := dock.Wait(t.Context(), "notes.desktop", session.DockEntry{}); err != nil {
		t.Errorf("the app has ended: %v", err)
	}
}

func TestLauncherWithoutBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	p := newPair(t, badges, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	if got := main.call(`["plugin:window|set_badge_count",{"value":3}]`); !strings.HasPrefix(got, `e"badge of the app's icon: there is no D-Bus session bus`) {
		t.Errorf("got %s", got)
	}
}
