package desk_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// TestNotify shows a notification and has the user answer it.
func TestNotify(t *testing.T) {
	server := session.StartBus(t).StartNotifications("body", "actions", "inline-reply")
	app := e2e.Start(t, e2e.Options{})
	told := make(chan string, 8)
	n := mullion.Notification{
		Title: "Mail", Body: "a < b", Actions: []mullion.NotificationAction{{ID: "read", Label: "Read"}},
		Reply:    &mullion.NotificationReply{},
		OnAction: func(a mullion.NotificationActivation) { told <- a.Action + " " + a.Token; panic("on purpose") },
		OnReply:  func(text string) { told <- text },
		OnClose:  func(r mullion.NotificationCloseReason) { told <- string(r) },
	}
	id, err := app.Notify(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	hear := func(want string) { t.Helper(); hear(t, told, want) }
	if err := server.Click(uint32(id), "read", "token"); err != nil {
		t.Fatal(err)
	}
	hear("read token")
	if err := server.Answer(uint32(id), "yes"); err != nil {
		t.Fatal(err)
	}
	hear("yes")
	if err := app.CloseNotification(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	hear("closed")
	shown := server.All()
	if len(shown) != 1 || shown[0].Title != "Mail" || shown[0].Body != "a < b" || shown[0].App != app.Name() || !shown[0].ClosedByApp {
		t.Errorf("shown: %+v", shown)
	}
}

// TestNotificationsOnTheirWay: what a page removes is gone, though the desktop
// has not answered yet when it does.
func TestNotificationsOnTheirWay(t *testing.T) {
	server := session.StartBus(t).StartNotifications("body")
	page := e2e.Start(t, e2e.Options{Permissions: []any{"notification:default"}}).Main()
	titled := func(title string, open bool) {
		t.Helper()
		if _, err := server.Find(t.Context(), func(n session.Notification) bool { return n.Title == title && n.Open == open }); err != nil {
			t.Errorf("%s: %v", title, err)
		}
	}
	show := func(options string) {
		page.Must(fmt.Sprintf(`const o = %s; window.ends = window.ends ?? []; const n = new Notification(o.title, o); n.onclose = () => ends.push(o.title)`, options), nil)
	}
	const invoke = `await window.__TAURI_INTERNALS__.invoke('plugin:notification|%s', %s)`
	release := server.Hold()
	defer func() { release() }()
	for i, title := range []string{"one", "two", "three"} {
		show(fmt.Sprintf(`{id: %d, title: %q}`, i+1, title))
		titled(title, true)
	}
	page.Must(fmt.Sprintf(invoke, "remove_active", "{notifications: [{id: 1}, {id: 3}]}"), nil)
	release()
	titled("one", false)
	titled("three", false)
	release = server.Hold()
	show(`{id: 4, title: "four"}`)
	titled("four", true)
	page.Must(fmt.Sprintf(invoke, "remove_active", "{}"), nil)
	release()
	release = func() {}
	titled("four", false)
	titled("two", false)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		var ends []string
		var left int
		page.Must("return window.ends.sort()", &ends)
		page.Must("return (await window.__TAURI_INTERNALS__.invoke('plugin:notification|get_active')).length", &left)
		if !slices.Equal(ends, []string{"four", "one", "three", "two"}) || left != 0 {
			return fmt.Errorf("the page was told that %q ended; %d are active", ends, left)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestNotificationFocus has the user click notifications of a page, which
// brings its window to the front.
func TestNotificationFocus(t *testing.T) {
	server := session.StartBus(t).StartNotifications("body", "actions")
	app := e2e.Start(t, e2e.Options{Permissions: []any{"notification:default", "core:webview:default"}})
	other := app.Open("other", nil)
	other.Must("return 1", nil)
	page, main := app.Main(), e2e.Window(t, app, "main")
	show := func(title, more string) uint32 {
		t.Helper()
		page.Must(fmt.Sprintf(`await new Promise((resolve, reject) => {
			const n = new Notification(%q, {id: 5});
			n.onshow = resolve; n.onerror = reject;
			%s
		});`, title, more), nil)
		n, err := server.Find(t.Context(), func(n session.Notification) bool { return n.Title == title })
		if err != nil {
			t.Fatal(err)
		}
		return n.ID
	}
	has := func(label string) {
		t.Helper()
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if !e2e.Window(t, app, label).Geometry().Focused {
				return fmt.Errorf("window %q has no focus", label)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	away := func() {
		t.Helper()
		if err := e2e.Window(t, app, "other").Focus(t.Context()); err != nil {
			t.Fatal(err)
		}
		has("other")
	}
	click := func(id uint32) {
		t.Helper()
		if err := server.Click(id, "default", "token"); err != nil {
			t.Fatal(err)
		}
	}

	away()
	click(show("shown", ""))
	has("main")
	for _, hide := range []func() error{
		func() error { return main.SetMinimized(t.Context(), true) }, func() error { return main.SetVisible(t.Context(), false) },
	} {
		if err := hide(); err != nil {
			t.Fatal(err)
		}
		away()
		click(show("hidden", ""))
		has("main")
	}

	// Without a click there is nothing to come to the front for, and what the
	// page prevents can be done once later on.
	away()
	id := show("prevented", `window.clicked = new Promise((done) => n.onclick = (e) => { e.preventDefault(); done(); });`)
	focus := `window.__TAURI_INTERNALS__.invoke('plugin:notification|focus', {id: 5})`
	var got []string
	refused := func(want ...string) {
		t.Helper()
		page.Must(`return (await Promise.allSettled([`+focus+`, `+focus+`])).map((x) => x.status).sort()`, &got)
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	refused("rejected", "rejected")
	click(id)
	page.Must(`await window.clicked`, nil)
	if main.Geometry().Focused {
		t.Error("the window came to the front although the page has prevented it")
	}
	refused("fulfilled", "rejected")
	has("main")

	// Nobody prevents anything where the page has been left.
	id = show("left", "n.onclick = (e) => e.preventDefault()")
	away()
	page.Must(`window.old = true`, nil)
	page.Reload()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		var old bool
		if err := page.Run(`return window.old === true`, &old); err != nil || old {
			return fmt.Errorf("not loaded again: %w", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	click(id)
	has("main")
}
