package notify_test

import (
	"errors"
	"image"
	"image/color"
	"log/slog"
	"slices"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/desktop/notify"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/inorder"
)

func newClient(t *testing.T) *notify.Client {
	c := notify.New(notify.App{Name: "App", DesktopEntry: "org.example.app"}, inorder.NewOwner(slog.New(slog.DiscardHandler)))
	t.Cleanup(c.Stop)
	return c
}

// next waits for the next event.
func next(t *testing.T, events <-chan notify.Event) notify.Event {
	t.Helper()
	ctx, cancel := await.Context(t.Context(), await.Limit)
	defer cancel()
	select {
	case e := <-events:
		return e
	case <-ctx.Done():
		t.Fatal("no event")
		return notify.Event{}
	}
}

func show(t *testing.T, c *notify.Client, n notify.Notification) (uint32, <-chan notify.Event) {
	t.Helper()
	events := make(chan notify.Event, 16)
	id, err := c.Show(t.Context(), n, func(e notify.Event) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	return id, events
}

func TestShow(t *testing.T) {
	b := session.StartBus(t)
	server := b.StartNotifications("body", "body-markup", "actions", "inline-reply")
	c := newClient(t)
	picture := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	picture.Set(0, 0, color.NRGBA{10, 20, 30, 255})
	id, events := show(t, c, notify.Notification{
		Title: "a <b>", Body: "x < y & \"z\"", Icon: "mail-unread", Picture: picture,
		Actions: []notify.Action{{ID: "default", Label: "Open"}, {ID: "later", Label: "Later"}},
		Reply:   &notify.Reply{Label: "Send", Placeholder: "Write"}, Urgency: notify.Critical, Timeout: -1,
	})
	got := server.All()[0]
	if got.ID != id || got.App != "App" || got.Title != "a <b>" || got.Icon != "mail-unread" || got.Timeout != 0 {
		t.Errorf("got %+v", got)
	}
	if want := "x &lt; y &amp; &quot;z&quot;"; got.Body != want {
		t.Errorf("body: got %q, want %q", got.Body, want)
	}
	if want := []string{"default", "Open", "later", "Later", "inline-reply", "Send"}; !slices.Equal(got.Actions, want) {
		t.Errorf("actions: got %q, want %q", got.Actions, want)
	}
	if e := got.Hints["desktop-entry"].Value(); e != "org.example.app" {
		t.Errorf("desktop entry: got %v", e)
	}
	if u := got.Hints["urgency"].Value(); u != byte(2) {
		t.Errorf("urgency: got %v", u)
	}
	data, _ := got.Hints["image-data"].Value().([]any)
	if len(data) != 7 || data[0] != int32(2) || data[1] != int32(1) || !slices.Equal(data[6].([]byte), []byte{10, 20, 30, 255, 0, 0, 0, 0}) {
		t.Errorf("picture: got %v", data)
	}
	if err := server.Click(id, "later", "token-1"); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e != (notify.Event{ID: id, Action: "later", Token: "token-1"}) {
		t.Errorf("click: got %+v", e)
	}
	if err := server.Answer(id, "hello"); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e != (notify.Event{ID: id, Text: "hello", Replied: true}) {
		t.Errorf("answer: got %+v", e)
	}
	if err := server.Dismiss(id); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e != (notify.Event{ID: id, Closed: true, Reason: notify.Dismissed}) {
		t.Errorf("dismissed: got %+v", e)
	}
	if err := c.Close(t.Context(), id); !errors.Is(err, notify.ErrNotShown) {
		t.Errorf("closing it then: %v", err)
	}
}

func TestPlainServer(t *testing.T) {
	b := session.StartBus(t)
	server := b.StartNotifications("body")
	show(t, newClient(t), notify.Notification{Title: "a", Body: "x < y", Reply: &notify.Reply{Label: "Send"}})
	got := server.All()[0]
	if got.Body != "x < y" || len(got.Actions) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestReplaceAndClose(t *testing.T) {
	b := session.StartBus(t)
	server := b.StartNotifications("body")
	c := newClient(t)
	id, _ := show(t, c, notify.Notification{Title: "one"})
	again, events := show(t, c, notify.Notification{Title: "two", Replaces: id})
	if again != id {
		t.Fatalf("replaced %d by %d", id, again)
	}
	if all := server.All(); len(all) != 1 || all[0].Title != "two" {
		t.Errorf("shown: %+v", all)
	}
	if err := c.Close(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); !e.Closed || e.Reason != notify.Closed {
		t.Errorf("got %+v", e)
	}
	if !server.All()[0].ClosedByApp {
		t.Error("the server was not asked to close it")
	}
}

func TestNoBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	_, err := newClient(t).Show(t.Context(), notify.Notification{Title: "a"}, nil)
	if !errors.Is(err, bus.ErrNoBus) {
		t.Errorf("got %v", err)
	}
}

func TestNoServer(t *testing.T) {
	session.StartBus(t)
	_, err := newClient(t).Show(t.Context(), notify.Notification{Title: "a"}, nil)
	if !errors.Is(err, notify.ErrNoServer) {
		t.Errorf("got %v", err)
	}
}

func TestServerGoes(t *testing.T) {
	b := session.StartBus(t)
	server := b.StartNotifications("body", "body-markup")
	c := newClient(t)
	id, events := show(t, c, notify.Notification{Title: "a"})
	server.Stop()
	if e := next(t, events); e != (notify.Event{ID: id, Closed: true, Reason: notify.Lost}) {
		t.Errorf("got %+v", e)
	}
	plain := b.StartNotifications("body")
	show(t, c, notify.Notification{Title: "b", Body: "<"})
	if got := plain.All()[0].Body; got != "<" {
		t.Errorf("body: got %q: the abilities are those of the old server", got)
	}
}

func TestBusGoes(t *testing.T) {
	b := session.StartBus(t)
	b.StartNotifications()
	c := newClient(t)
	id, events := show(t, c, notify.Notification{Title: "a"})
	b.Stop()
	if e := next(t, events); e != (notify.Event{ID: id, Closed: true, Reason: notify.Lost}) {
		t.Errorf("got %+v", e)
	}
	if _, err := c.Show(t.Context(), notify.Notification{Title: "b"}, nil); err == nil {
		t.Error("shown without a bus")
	}
	b.Start()
	server := b.StartNotifications()
	_, events = show(t, c, notify.Notification{Title: "c"})
	if err := server.Click(server.All()[0].ID, "default", ""); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events); e.Action != "default" {
		t.Errorf("got %+v", e)
	}
}

// TestDropped: what the server has lost without a word is told when somebody
// closes it, once.
func TestDropped(t *testing.T) {
	b := session.StartBus(t)
	server := b.StartNotifications("body")
	c := newClient(t)
	id, events := show(t, c, notify.Notification{Title: "a"})
	server.Drop(id)
	if err := c.Close(t.Context(), id); !errors.Is(err, notify.ErrNotShown) {
		t.Errorf("closing it: %v", err)
	}
	if e := next(t, events); e != (notify.Event{ID: id, Closed: true, Reason: notify.Closed}) {
		t.Errorf("got %+v", e)
	}
	id, events = show(t, c, notify.Notification{Title: "b"})
	if err := c.Close(t.Context(), id); err != nil {
		t.Error(err)
	}
	if e := next(t, events); e != (notify.Event{ID: id, Closed: true, Reason: notify.Closed}) {
		t.Errorf("got %+v", e)
	}
	// The signal of the server comes before its answer to another call.
	show(t, c, notify.Notification{Title: "c"})
	if len(events) > 0 {
		t.Errorf("told again: %+v", <-events)
	}
}

// TestMany: of more than are kept the oldest are told that they end, and cannot
// be closed any more.
func TestMany(t *testing.T) {
	b := session.StartBus(t)
	b.StartNotifications("body")
	c := newClient(t)
	first, events := show(t, c, notify.Notification{Title: "first"})
	for range notify.MaxKept {
		show(t, c, notify.Notification{Title: "more"})
	}
	if e := next(t, events); e != (notify.Event{ID: first, Closed: true, Reason: notify.Undefined}) {
		t.Errorf("got %+v", e)
	}
	if err := c.Close(t.Context(), first); !errors.Is(err, notify.ErrNotShown) {
		t.Errorf("closing it then: %v", err)
	}
}
