package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// controls is a page that a screen reader can work with.
const controls = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Controls</title>
<h1>Order</h1>
<label for="name">Name</label> <input id="name" value="Ada">
<label for="amount">Amount</label> <input id="amount" type="range" min="0" max="10" value="3">
<label><input id="gift" type="checkbox"> A gift</label>
<button id="send">Send</button>
<p id="status" role="status">Nothing sent</p>
<a href="#more">More</a>
<script type="module" src="/runner.js"></script>`

// program finds an app, by the title of one of its windows, in the tree of a
// screen reader.
func program(t *testing.T, r *session.Reader, window string, has func(*session.Accessible) bool) *session.Accessible {
	t.Helper()
	p, err := r.Await(func(p *session.Accessible) bool {
		return p.Find("frame", window) != nil && has(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// hasControl waits for one control of a page.
func hasControl(role, name string) func(*session.Accessible) bool {
	return func(p *session.Accessible) bool { return p.Find(role, name) != nil }
}

// TestAccessibility has a screen reader find, read and operate the controls of a
// page of a confined host, to which nothing was granted.
func TestAccessibility(t *testing.T) {
	r := session.StartBus(t).StartAccessibility().Read()
	app := e2e.Start(t, e2e.Options{Files: map[string]string{"controls.html": controls}, Config: `{"app": {"windows": [{"label": "main", "title": "Shop", "url": "controls.html"}]}}`})
	page := app.Main()
	p := program(t, r, "Shop", hasControl("push button", "Send"))
	for _, want := range []struct{ role, name string }{
		{"document web", "Controls"}, {"heading", "Order"}, {"entry", "Name"}, {"slider", "Amount"}, {"check box", "A gift"}, {"push button", "Send"}, {"link", "More"},
	} {
		if p.Find(want.role, want.name) == nil {
			t.Errorf("no %s %q in the tree:\n%s", want.role, want.name, p)
		}
	}
	if t.Failed() {
		return
	}
	if all := app.Confinement(); len(all) != 1 || all[0].Level != mullion.ConfinementFull {
		t.Errorf("confinement: %+v", all)
	}

	button, name, amount := p.Find("push button", "Send"), p.Find("entry", "Name"), p.Find("slider", "Amount")
	page.Must(`document.getElementById('send').onclick = () => { document.getElementById('status').textContent = 'Sent' }`, nil)
	if err := button.Press(); err != nil {
		t.Error(err)
	}
	page.Must(`for (;;) { if (document.getElementById('status').textContent === 'Sent') return; await new Promise((r) => setTimeout(r, 10)) }`, nil)
	if text, err := name.Text(); err != nil || text != "Ada" {
		t.Errorf("the text of the entry is %q, %v", text, err)
	}
	if v, err := amount.Value(); err != nil || v != 3 {
		t.Errorf("the value of the slider is %v, %v", v, err)
	}
	if err := amount.SetValue(7); err != nil {
		t.Error(err)
	}
	page.Must(`for (;;) { if (document.getElementById('amount').value === '7') return; await new Promise((r) => setTimeout(r, 10)) }`, nil)

	events, err := r.Hear("Object")
	if err != nil {
		t.Fatal(err)
	}
	// The registry tells the engine that somebody listens, and nobody is told when
	// it knows: what happens before is not heard.
	page.Must(`const box = document.getElementById('gift'); globalThis.checking = setInterval(() => { box.checked = !box.checked }, 50)`, nil)
	box := p.Find("check box", "A gift")
	next(t, events, "a box is checked", func(e session.Event) bool {
		return e.Kind == "Object.StateChanged.checked" && e.Detail == 1 && e.Of(box)
	})
	page.Must(`clearInterval(globalThis.checking)`, nil)
	if err := name.Focus(); err != nil {
		t.Error(err)
	}
	next(t, events, "the focus moves", func(e session.Event) bool {
		return e.Kind == "Object.StateChanged.focused" && e.Detail == 1 && e.Of(name)
	})
	page.Must(`document.getElementById('name').setRangeText('!', 0, 0)`, nil)
	next(t, events, "a text changes", func(e session.Event) bool { return strings.HasPrefix(e.Kind, "Object.TextChanged.insert") })

	if app.Log.Contains("refused to the host") {
		t.Error("what the toolkit and the engine ask for is refused")
	}
}

// next waits for an event.
func next(t *testing.T, events <-chan session.Event, what string, is func(session.Event) bool) {
	t.Helper()
	hang := e2e.Hang(t)
	var heard []string
	for {
		select {
		case e := <-events:
			if is(e) {
				return
			}
			heard = append(heard, fmt.Sprintf("%+v", e))
		case <-hang:
			t.Fatalf("%s, and nobody hears of it; heard were:\n%s", what, strings.Join(heard, "\n"))
		}
	}
}

// TestAccessibilityDenied: a window that is denied it is not there for a screen
// reader, and one with a host of its own beside it is.
func TestAccessibilityDenied(t *testing.T) {
	r := session.StartBus(t).StartAccessibility().Read()
	app := e2e.Start(t, e2e.Options{Permissions: []any{"sandbox:deny-accessibility"}})
	app.Main().Must("return 1", nil)
	programs, err := r.Programs()
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(programs, func(p *session.Accessible) bool { return p.Name == "dev.mullion.e2e" }) {
		t.Errorf("it is there: %v", programs)
	}
}

// TestAccessibleParts: what the framework itself shows has roles and names too.
func TestAccessibleParts(t *testing.T) {
	r := session.StartBus(t).StartAccessibility().Read()
	app := e2e.Start(t, e2e.Options{Config: `{"app": {"windows": [{"label": "main", "title": "Parts", "url": "page.html"}]}}`})
	chosen := make(chan string, 10)
	menu := mullion.Menu{{Text: "&File", Items: mullion.Menu{
		{Text: "&Print", Do: func(context.Context, mullion.MenuEvent) { chosen <- "print" }},
		{Text: "&Wrap", Check: true, Checked: true},
	}}}
	if err := app.SetMenu(t.Context(), menu); err != nil {
		t.Fatal(err)
	}
	app.Main().Must("return 1", nil)
	p := program(t, r, "Parts", hasControl("menu item", "Print"))
	if p.Find("menu bar", "") == nil || p.Find("menu", "File") == nil || p.Find("check menu item", "Wrap") == nil {
		t.Errorf("the menu bar is not whole:\n%s", p)
	} else if !p.Find("check menu item", "Wrap").Is("checked") {
		t.Errorf("the item is not checked: %v", p.Find("check menu item", "Wrap").States)
	}
	if err := p.Find("menu item", "Print").Press(); err != nil {
		t.Error(err)
	}
	select {
	case <-chosen:
	case <-e2e.Hang(t):
		t.Error("nothing comes of pressing an item")
	}

	answer := make(chan bool, 1)
	go func() {
		yes, err := app.Confirm(e2e.Context(t), mullion.MessageDialog{Title: "Question", Message: "Shall it be sent?"})
		if err != nil {
			t.Error(err)
		}
		answer <- yes
	}()
	var dialog *session.Accessible
	if _, err := r.Await(func(p *session.Accessible) bool {
		for _, o := range p.All() {
			if (o.Role == "alert" || o.Role == "dialog") && o.Find("label", "Shall it be sent?") != nil {
				dialog = o
			}
		}
		return dialog != nil
	}); err != nil {
		t.Fatal(err)
	}
	yes := dialog.Find("push button", "OK")
	if yes == nil || dialog.Find("push button", "Cancel") == nil {
		t.Fatalf("the buttons are not there:\n%s", dialog)
	}
	if err := yes.Press(); err != nil {
		t.Error(err)
	}
	select {
	case got := <-answer:
		if !got {
			t.Error("the answer is no")
		}
	case <-e2e.Hang(t):
		t.Error("nothing comes of pressing a button of the dialog")
	}
}

// TestTranslated: what the framework itself says is in the words of the toolkit,
// in the language of the user; what the app says stays as it is. Dialogs have the
// user's own settings.
func TestTranslated(t *testing.T) {
	t.Setenv("LC_ALL", "C.UTF-8")
	t.Setenv("LANGUAGE", "de")
	config, folder := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		config + "/glib-2.0/settings/keyfile": "[org/gtk/settings/file-chooser]\nshow-hidden=true\n",
		folder + "/.hidden":                   "",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("GSETTINGS_BACKEND", "keyfile")
	r := session.StartBus(t).StartAccessibility().Read()
	app := e2e.Start(t, e2e.Options{Config: `{"app": {"windows": [{"label": "main", "title": "Texts", "url": "page.html"}]}}`})
	menu := mullion.Menu{{Text: "Cut", Items: mullion.Menu{
		{Predefined: mullion.CopyItem}, {Predefined: mullion.SelectAllItem}, {Predefined: mullion.PasteItem, Text: "&Paste"}, {Predefined: mullion.QuitItem},
	}}}
	if err := app.SetMenu(t.Context(), menu); err != nil {
		t.Fatal(err)
	}
	app.Main().Must("return 1", nil)
	p := program(t, r, "Texts", hasControl("menu item", "Kopieren"))
	for _, name := range []string{"Alles markieren", "Paste", "Beenden"} {
		if p.Find("menu item", name) == nil && p.Find("menu item", "A"+name) == nil {
			t.Errorf("there is no item %q:\n%s", name, p)
		}
	}
	if p.Find("menu", "Cut") == nil {
		t.Error("the app's own text is another one")
	}

	// shows waits for a dialog with these buttons, and closes it.
	shows := func(show func(context.Context) error, has func(*session.Accessible) bool, buttons ...string) {
		t.Helper()
		ctx, cancel := context.WithCancel(e2e.Context(t))
		ended := make(chan error, 1)
		go func() { ended <- show(ctx) }()
		if _, err := r.Await(func(p *session.Accessible) bool {
			for _, b := range buttons {
				if p.Find("push button", b) == nil {
					return false
				}
			}
			return has(p)
		}); err != nil {
			t.Errorf("no dialog with the buttons %q: %v", buttons, err)
		}
		cancel()
		<-ended
	}
	label := func(text string) func(*session.Accessible) bool {
		return func(p *session.Accessible) bool { return p.Find("label", text) != nil }
	}
	shows(func(ctx context.Context) error {
		_, err := app.Confirm(ctx, mullion.MessageDialog{Message: "Shall it be?"})
		return err
	}, label("Shall it be?"), "OK", "Abbrechen")
	shows(func(ctx context.Context) error {
		_, err := app.Confirm(ctx, mullion.MessageDialog{Message: "And now?", Buttons: []string{"Yes", "Ok", "Cancel"}, Standard: []string{"Yes"}})
		return err
	}, label("And now?"), "Ja", "Ok", "Cancel")
	shows(func(ctx context.Context) error {
		_, err := app.OpenFile(ctx, mullion.FileDialog{DefaultPath: folder})
		return err
	}, func(p *session.Accessible) bool {
		return p.Find("file chooser", "Öffnen") != nil && p.Find("table cell", ".hidden") != nil
	}, "Öffnen", "Abbrechen")
}

// TestAccessibleDialogLate: a dialog is there for a screen reader though its process
// was started before the bus was, for another dialog.
func TestAccessibleDialogLate(t *testing.T) {
	bus := session.StartBus(t)
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must("return 1", nil)
	ask := func(text string) (end func()) {
		ctx, cancel := context.WithCancel(e2e.Context(t))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = app.Confirm(ctx, mullion.MessageDialog{Title: text, Message: text})
		}()
		if _, err := display.Open(t).Wait(text); err != nil {
			t.Fatal(err)
		}
		return func() { cancel(); <-ended }
	}
	ask("Before")()
	r := bus.StartAccessibility().Read()
	defer ask("After")()
	if _, err := r.Await(func(p *session.Accessible) bool { return p.Find("label", "After") != nil }); err != nil {
		t.Error(err)
	}
}

// TestMirrored: where the user's language runs from right to left so do menu
// bars and dialogs.
func TestMirrored(t *testing.T) {
	t.Setenv("LC_ALL", "C.UTF-8")
	r := session.StartBus(t).StartAccessibility().Read()
	for language, mirrored := range map[string]bool{"de": false, "ar": true} {
		t.Run(language, func(t *testing.T) {
			t.Setenv("LANGUAGE", language)
			app := e2e.Start(t, e2e.Options{Config: `{"app": {"windows": [{"label": "main", "title": "Texts", "url": "page.html"}]}}`})
			if err := app.SetMenu(t.Context(), mullion.Menu{{Text: "First", Items: mullion.Menu{{Text: "Item"}}}, {Text: "Second", Items: mullion.Menu{{Text: "Item"}}}}); err != nil {
				t.Fatal(err)
			}
			app.Main().Must("return 1", nil)
			ctx, cancel := context.WithCancel(e2e.Context(t))
			ended := make(chan error, 1)
			go func() {
				_, err := app.Confirm(ctx, mullion.MessageDialog{Message: "Shall it be?", Buttons: []string{"Send", "Keep"}})
				ended <- err
			}()
			// order waits until one object is left of another, as they should be.
			order := func(role, first, second string) {
				t.Helper()
				var at [2]image.Rectangle
				if _, err := r.Await(func(p *session.Accessible) bool {
					for i, name := range []string{first, second} {
						o := p.Find(role, name)
						if o == nil {
							return false
						}
						at[i], _ = o.Extents()
					}
					return !at[0].Empty() && !at[1].Empty() && (at[0].Min.X > at[1].Min.X) == mirrored
				}); err != nil {
					t.Errorf("%s %s and %s are at %v: %v", role, first, second, at, err)
				}
			}
			order("menu", "First", "Second")
			order("push button", "Keep", "Send") // the one that is meant stands last
			cancel()
			<-ended
			if err := app.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAccessibleError: so has the page that stands for one that is not there.
func TestAccessibleError(t *testing.T) {
	r := session.StartBus(t).StartAccessibility().Read()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody answers there
	e2e.Start(t, e2e.Options{Dev: true, Config: fmt.Sprintf(`{"build": {"devUrl": "http://%s"}, "app": {"windows": [{"label": "main", "title": "Broken"}]}}`, l.Addr())})
	p := program(t, r, "Broken", hasControl("push button", "Try again"))
	if !slices.ContainsFunc(p.All(), func(o *session.Accessible) bool { return o.Role == "heading" && o.Name != "" }) {
		t.Errorf("no heading:\n%s", p)
	}
}

// TestAccessibilityLate: a bus that starts after the app is found by its hosts: there
// are the pages that were open before, as that of a window with a host of its own, and
// those that come later.
func TestAccessibilityLate(t *testing.T) {
	bus := session.StartBus(t)
	app := e2e.Start(t, e2e.Options{})
	const button = `document.body.innerHTML = '<button>Press</button>'; document.querySelector('button').onclick = () => { document.title = 'pressed' }`
	pages := map[string]*e2e.Page{"main": app.Main(), "alone": app.Open("alone", func(o *mullion.WindowOptions) { o.Title, o.Isolate = "alone", true })}
	for _, page := range pages {
		page.Must(button, nil)
	}
	hosts := app.Processes()
	r := bus.StartAccessibility().Read()
	press := func(title string, page *e2e.Page) {
		t.Helper()
		p := program(t, r, title, hasControl("push button", "Press"))
		if err := p.Find("frame", title).Find("push button", "Press").Press(); err != nil {
			t.Error(err)
		}
		page.Must(`while (document.title !== 'pressed') await new Promise((r) => setTimeout(r, 10))`, nil)
	}
	for title, page := range pages {
		press(title, page)
	}
	late := app.Open("late", func(o *mullion.WindowOptions) { o.Title = "late" })
	late.Must(button, nil)
	press("late", late)
	if now := app.Processes(); !maps.Equal(now, hosts) {
		t.Errorf("the hosts were %v and are %v", hosts, now)
	}
	if app.Log.Contains("refused to the host") {
		t.Error("what the toolkit and the engine ask for is refused")
	}
}

// TestAccessibilityDisplays: of two displays, each with a bus and a reader, an app is
// there for the reader of the one that it is on.
func TestAccessibilityDisplays(t *testing.T) {
	t.Setenv("DISPLAY", os.Getenv("DISPLAY")) // which those that are started change
	var displays []string
	var readers []*session.Reader
	for range 2 {
		x, err := display.StartAny()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(x.Stop)
		bus := session.StartBus(t).StartAccessibility()
		set := exec.Command("xprop", "-display", x.Name(), "-root", "-f", "AT_SPI_BUS", "8s", "-set", "AT_SPI_BUS", bus.Address())
		if out, err := set.CombinedOutput(); err != nil {
			t.Fatalf("xprop: %v\n%s", err, out)
		}
		displays, readers = append(displays, x.Name()), append(readers, bus.Read())
	}
	session.StartBus(t) // on which there is no accessibility
	for i, name := range displays {
		t.Setenv("DISPLAY", name)
		title := fmt.Sprintf("on %d", i)
		app := e2e.Start(t, e2e.Options{Config: fmt.Sprintf(`{"app": {"windows": [{"label": "main", "title": %q, "url": "page.html"}]}}`, title)})
		app.Main().Must(`document.body.innerHTML = '<button>Here</button>'`, nil)
		program(t, readers[i], title, hasControl("push button", "Here"))
		all, err := readers[1-i].Programs()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if p.Find("frame", title) != nil {
				t.Errorf("the other reader has it, too:\n%s", p)
			}
		}
	}
}

// TestAccessibilityQuiet: while no reader has asked for events, a page that
// changes sends none.
func TestAccessibilityQuiet(t *testing.T) {
	a := session.StartBus(t).StartAccessibility()
	app := e2e.Start(t, e2e.Options{})
	page := app.Main()
	const change = `
		const p = document.createElement('p'); document.body.append(p);
		for (let i = 0; i < 100; i++) { p.textContent = 'text ' + i; document.title = 'title ' + i; await new Promise((r) => setTimeout(r, 10)) }`
	page.Must(change, nil)
	sent := a.Watch()
	page.Must(change, nil)
	if got := sent(); len(got) > 0 {
		t.Errorf("%d messages, such as %s", len(got), got[0])
	}
	if _, err := a.Read().Hear("Object"); err != nil {
		t.Fatal(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		page.Must(change, nil)
		if len(sent()) == 0 {
			return errors.New("with a reader there are none either: the test sees nothing")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// BenchmarkAccessibility starts an app beside a screen reader that waits, and
// denied to be seen by it.
func BenchmarkAccessibility(b *testing.B) {
	r := session.StartBus(b).StartAccessibility().Read()
	if _, err := r.Programs(); err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct {
		name        string
		permissions []any
	}{{"seen", nil}, {"denied", []any{"sandbox:deny-accessibility"}}} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				app := e2e.Start(b, e2e.Options{Permissions: way.permissions})
				app.Main().Must("return 1", nil)
				b.StopTimer()
				if err := app.Stop(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkAccessibilityEvents has a page change something all the time: while a
// reader listens, and while none does. It reports the events that come to the
// reader each second, and the processor time of the guard for each change, which
// filters what goes to the display as well.
func BenchmarkAccessibilityEvents(b *testing.B) {
	const changes = 2000
	for _, way := range []struct {
		name    string
		listens bool
	}{{"heard", true}, {"unheard", false}} {
		b.Run(way.name, func(b *testing.B) {
			a := session.StartBus(b).StartAccessibility()
			app := e2e.Start(b, e2e.Options{})
			page := app.Main()
			page.Must(`document.body.innerHTML = '<label><input id="box" type="checkbox"> Box</label>'`, nil)
			r := a.Read()
			if _, err := r.Await(hasControl("check box", "Box")); err != nil {
				b.Fatal(err)
			}
			var events <-chan session.Event
			if way.listens {
				var err error
				if events, err = r.Hear("Object:StateChanged"); err != nil {
					b.Fatal(err)
				}
			}
			heard, before := 0, guardTime(b)
			for b.Loop() {
				page.Must(fmt.Sprintf(`const box = document.getElementById('box'); for (let i = 0; i < %d; i++) { box.checked = !box.checked; if (i %% 20 == 0) await new Promise((r) => setTimeout(r)) }`, changes), nil)
				for ended := false; way.listens && !ended; {
					select {
					case <-events:
						heard++
					case <-time.After(100 * time.Millisecond):
						ended = true
					}
				}
			}
			b.ReportMetric(float64(heard)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64((guardTime(b)-before).Microseconds())/float64(b.N*changes), "guard-µs/change")
		})
	}
}

// guardTime is the processor time that the guards of this process have used.
func guardTime(b *testing.B) (sum time.Duration) {
	b.Helper()
	for _, d := range e2e.Descendants(os.Getpid()) {
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", d.PID))
		if !strings.Contains(string(environ), "MULLION_ROLE=display\x00") && !strings.Contains(string(environ), "MULLION_ROLE=bus\x00") {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.PID))
		if err != nil {
			b.Fatal(err)
		}
		// The fields after the name, from the third on; see proc(5).
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		const tick = 10 * time.Millisecond // what Linux shows to programs
		for _, field := range fields[11:13] {
			n, err := strconv.Atoi(field)
			if err != nil {
				b.Fatal(err)
			}
			sum += time.Duration(n) * tick
		}
	}
	return sum
}
