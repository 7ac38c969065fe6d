package notification_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/builtin/notification"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/hostile"
	"github.com/mullion-dev/mullion/mulliontest"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// remote is the origin of pages that may show notifications besides those of the
// app.
const remote = "https://other.example"

// desktop is an app without windows, on a bus with a real notification server.
type desktop struct {
	t *testing.T
	*mulliontest.App
	server *session.Notifications
}

func start(t *testing.T) *desktop {
	t.Helper()
	app := mulliontest.Start(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{StayOpen: true, Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.notifies", "productName": "Notifies", "build": {"frontendDist": "ui"}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><title>notifies</title>`)},
			"ui/next.html":      {Data: []byte(`<!doctype html><title>notifies</title>`)},
			"capabilities/all.json": {Data: []byte(`{"identifier": "all", "windows": ["*"], "local": true, "remote": {"urls": ["` + remote + `"]},
				"permissions": ["core:default", "notification:default"]}`)},
		}})
		if err != nil {
			return err
		}
		return app.Run(ctx)
	}, nil)
	d := &desktop{t, app, session.StartBus(t).StartNotifications("body", "actions", "inline-reply")}
	d.open("main")
	return d
}

// open opens a window, and returns its page.
func (d *desktop) open(label string) page {
	d.t.Helper()
	if _, err := d.OpenWindow(d.t.Context(), mullion.WindowOptions{Label: label}); err != nil {
		d.t.Fatal(err)
	}
	return d.page(label)
}

func (d *desktop) page(label string) page { return page{d.t, d.Page(label)} }

// leave has a window show another page.
func (d *desktop) leave(label, address string) page {
	d.t.Helper()
	w, err := d.Window(label)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := w.Navigate(d.t.Context(), address); err != nil {
		d.t.Fatal(err)
	}
	d.until("the next page", func() bool { return strings.Contains(w.URL(), address) })
	return d.page(label)
}

// shown waits for a notification with that title.
func (d *desktop) shown(title string) session.Notification {
	d.t.Helper()
	n, err := d.server.Find(d.t.Context(), func(n session.Notification) bool { return n.Title == title })
	if err != nil {
		d.t.Fatalf("%s: %v", title, err)
	}
	return n
}

// onScreen returns the titles of what the user sees.
func (d *desktop) onScreen() (titles []string) {
	for _, n := range d.server.All() {
		if n.Open {
			titles = append(titles, n.Title)
		}
	}
	slices.Sort(titles)
	return titles
}

func (d *desktop) until(what string, is func() bool) {
	d.t.Helper()
	if err := await.Until(await.Limit, func() error {
		if !is() {
			return fmt.Errorf("%s: not yet", what)
		}
		return nil
	}); err != nil {
		d.t.Fatal(err)
	}
}

// page is one that calls the plugin.
type page struct {
	t *testing.T
	*mulliontest.Page
}

type object = map[string]any

func (p page) try(command string, args, result any) error {
	return p.Call("plugin:notification|"+command, args, result)
}

func (p page) must(command string, args, result any) {
	p.t.Helper()
	if err := p.try(command, args, result); err != nil {
		p.t.Fatal(err)
	}
}

func (p page) refused(want, command string, args any) {
	p.t.Helper()
	if err := p.try(command, args, nil); err == nil || !strings.Contains(err.Error(), want) {
		p.t.Errorf("%s %.200v: got %v, want %q", command, args, err, want)
	}
}

func (p page) show(options object) { p.t.Helper(); p.must("notify", object{"options": options}, nil) }

// active returns the titles of what the page knows to be shown.
func (p page) active() []string {
	p.t.Helper()
	var list []struct {
		Title string `json:"title"`
	}
	p.must("get_active", nil, &list)
	titles := []string{}
	for _, n := range list {
		titles = append(titles, n.Title)
	}
	return titles
}

func (p page) listen(event string) *mulliontest.Channel {
	p.t.Helper()
	ch := p.Channel()
	p.must("register_listener", object{"event": event, "handler": ch}, nil)
	return ch
}

// heard is what listeners are told of.
type heard struct {
	Action       string  `json:"actionId"`
	Input        *string `json:"inputValue"`
	Notification struct {
		Title string `json:"title"`
	} `json:"notification"`
}

func (p page) hears(ch *mulliontest.Channel, action, title string) {
	p.t.Helper()
	var h heard
	if !ch.Next(&h) || h.Action != action || h.Notification.Title != title {
		p.t.Errorf("heard %+v, want %q of %q", h, action, title)
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

func (d *desktop) click(title, action string) {
	d.t.Helper()
	if err := d.server.Click(d.shown(title).ID, action, ""); err != nil {
		d.t.Fatal(err)
	}
}

// TestPages: what a webview has shown is known to its next page, and to the pages
// of no other webview, also to none of the same label.
func TestPages(t *testing.T) {
	d := start(t)
	main, other := d.page("main"), d.open("other")
	main.show(object{"id": 1, "title": "one"})
	other.show(object{"id": 1, "title": "elsewhere"})
	same(t, "main", main.active(), []string{"one"})
	other.must("remove_active", object{"notifications": []object{{"id": 2}}}, nil)
	same(t, "on the screen", d.onScreen(), []string{"elsewhere", "one"})

	main = d.leave("main", "next.html")
	same(t, "the next page", main.active(), []string{"one"})
	here, there := main.listen("actionPerformed"), other.listen("actionPerformed")
	d.click("one", "default")
	main.hears(here, "tap", "one")
	d.click("elsewhere", "default")
	other.hears(there, "tap", "elsewhere") // and not that of the other window

	w, err := d.Window("other")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	other = d.open("other")
	same(t, "another window of that label", other.active(), []string{})
	there = other.listen("actionPerformed")
	other.show(object{"title": "new"})
	d.click("elsewhere", "default")
	d.click("new", "default")
	other.hears(there, "tap", "new")
	same(t, "on the screen", d.onScreen(), []string{"elsewhere", "new", "one"})
}

// TestOrigins: a page knows nothing of what those of another origin have shown in
// its webview, and changes nothing of it.
func TestOrigins(t *testing.T) {
	d := start(t)
	main := d.page("main")
	main.must("register_action_types", object{"types": []object{{"id": "mail", "actions": []object{{"id": "read", "title": "Read"}}}}}, nil)
	main.show(object{"id": 1, "tag": "a", "title": "own", "actionTypeId": "mail"})

	main = d.leave("main", remote+"/")
	same(t, "the other page", main.active(), []string{})
	main.refused(`"mail" is not registered`, "notify", object{"options": object{"title": "x", "actionTypeId": "mail"}})
	main.must("remove_active", object{}, nil)
	main.must("remove_active", object{"notifications": []object{{"id": 1}}}, nil)
	heard := main.listen("actionPerformed")
	main.show(object{"id": 1, "tag": "a", "title": "of others"})
	same(t, "on the screen", d.onScreen(), []string{"of others", "own"})
	d.click("own", "action:read")
	d.click("own", "default")
	d.click("of others", "default")
	main.hears(heard, "tap", "of others")
	for i := range 64 { // as many as there can be: those of the app give way
		main.must("register_action_types", object{"types": []object{{"id": fmt.Sprint(i), "actions": []object{}}}}, nil)
	}

	main = d.leave("main", "next.html")
	same(t, "back", main.active(), []string{"own"})
	main.must("register_action_types", object{"types": []object{{"id": "mail", "actions": []object{{"id": "read", "title": "Read"}}}}}, nil)
	main.must("remove_active", object{}, nil)
	d.until("its own to be removed", func() bool { return slices.Equal(d.onScreen(), []string{"of others"}) })
}

// TestLeft: a page that is left before the desktop has answered has shown what it
// has shown.
func TestLeft(t *testing.T) {
	d := start(t)
	main := d.page("main")
	release := d.server.Hold()
	answered := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		answered <- main.CallContext(ctx, "plugin:notification|notify", object{"options": object{"id": 7, "title": "late"}}, nil)
	}()
	d.shown("late")
	main = d.leave("main", "next.html")
	same(t, "before the answer", main.active(), []string{})
	release()
	d.until("the notification to be known", func() bool { return slices.Equal(main.active(), []string{"late"}) })
	main.show(object{"id": 7, "title": "instead"})
	same(t, "on the screen", d.onScreen(), []string{"instead"})
	cancel()
	<-answered
}

// call is one that waits for the desktop.
type call struct {
	handler *mulliontest.Channel
	done    chan error
}

func (p page) begin(options object) call {
	c := call{p.Channel(), make(chan error, 1)}
	go func() {
		c.done <- p.CallContext(p.t.Context(), "plugin:notification|notify", object{"options": options, "handler": c.handler}, nil)
	}()
	return c
}

// TestSamePlace: notifications of one tag take each other's place, also those that
// are on their way together.
func TestSamePlace(t *testing.T) {
	d := start(t)
	main := d.page("main")
	release := d.server.Hold()
	one := main.begin(object{"title": "one", "tag": "chat"})
	d.shown("one")
	var more []call
	for i := range 5 {
		more = append(more, main.begin(object{"title": fmt.Sprint("more ", i), "tag": "chat"}))
	}
	other := main.begin(object{"title": "other", "tag": "another"})
	d.shown("other") // waits for none of them
	release()
	for _, c := range append(more, one, other) {
		if err := <-c.done; err != nil {
			t.Error(err)
		}
	}
	last := main.active()
	slices.Sort(last)
	if len(last) != 2 || !strings.HasPrefix(last[0], "more") || last[1] != "other" {
		t.Errorf("active: %q", last)
	}
	same(t, "on the screen", d.onScreen(), last)
	var told string
	if one.handler.Next(&told); told != "replaced" || one.handler.Next(nil) {
		t.Errorf("the first was told %q, or more", told)
	}
}

// TestFlood: what a page can have is bounded, and what is refused leaves nothing
// behind.
func TestFlood(t *testing.T) {
	d := start(t)
	main := d.page("main")
	release := d.server.Hold()
	var calls []call
	for i := range 40 {
		calls = append(calls, main.begin(object{"id": i, "title": "sent"}))
	}
	refused := 0
	d.until("8 to be refused", func() bool {
		calls = slices.DeleteFunc(calls, func(c call) bool {
			select {
			case err := <-c.done:
				refused++
				if err == nil || !strings.Contains(err.Error(), "32 notifications are on their way") || c.handler.Next(nil) {
					t.Errorf("got %v, and an open channel", err)
				}
				return true
			default:
				return false
			}
		})
		return refused >= 8
	})
	release()
	for _, c := range calls {
		if err := <-c.done; err != nil {
			t.Error(err)
		}
	}
	if n := len(main.active()); refused != 8 || n != 32 {
		t.Errorf("%d were refused, %d are active", refused, n)
	}
	for i := range 40 {
		main.show(object{"id": 100 + i, "title": "shown", "icon": "../" + strings.Repeat("x", 60_000), "group": "a"})
	}
	d.until("the oldest to go", func() bool { return len(d.onScreen()) == 64 })
	if n := len(main.active()); n != 64 {
		t.Errorf("%d are active", n)
	}
	for i := range 64 {
		main.must("register_action_types", object{"types": []object{{"id": fmt.Sprint(i), "actions": []object{}}}}, nil)
		main.listen("notification")
	}
	main.must("register_action_types", object{"types": []object{{"id": "7", "actions": []object{}}}}, nil)
	main.refused("64 action types", "register_action_types", object{"types": []object{{"id": "64", "actions": []object{}}}})
	main.refused("64 listeners", "register_listener", object{"event": "notification", "handler": main.Channel()})
	main.refused("no event", "register_listener", object{"event": "other", "handler": main.Channel()})
	main.refused("the limit is 65536", "notify", object{"options": object{"title": strings.Repeat("x", 70_000)}})
	main.refused("the limit is 65536", "register_action_types", object{"types": []object{{"id": strings.Repeat("x", 70_000), "actions": []object{}}}})
	main.refused("not just clicked", "focus", object{"id": 1})
	log := d.Log()
	if n := strings.Count(log, "option=group"); n != 1 {
		t.Errorf("the log says %d times that an option has no effect", n)
	}
	if n := strings.Count(log, "shown without its icon"); n == 0 || len(log) > 100_000 {
		t.Errorf("%d records about icons; the log has %d bytes", n, len(log))
	}
}

// TestHostile calls every command with what a hostile page would, where a desktop
// takes what comes of it.
func TestHostile(t *testing.T) {
	d := start(t)
	main := d.page("main")
	for name, c := range notification.New(nil).Commands {
		for _, call := range hostile.Calls(c.Arguments) {
			err := main.try(name, jsontext.Value(call.Arguments), nil)
			switch {
			case err == nil && call.AtFault != "":
				t.Errorf("%s %.200s: %s cannot be right, and was taken", name, call.Arguments, call.AtFault)
			case err != nil && (len(err.Error()) > 1000 || hostile.Internal(err.Error()) != "" || !strings.Contains(err.Error(), call.AtFault)):
				t.Errorf("%s %.200s: %.1100v", name, call.Arguments, err)
			}
		}
	}
	main.must("remove_active", object{}, nil)
	main.show(object{"title": "as ever"})
	same(t, "active", main.active(), []string{"as ever"})
	d.until("the others to go", func() bool { return slices.Equal(d.onScreen(), []string{"as ever"}) })
	if strings.Contains(d.Log(), "panic") {
		t.Error("a panic is in the log")
	}
}
