package e2e_test

import (
	"testing"

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
