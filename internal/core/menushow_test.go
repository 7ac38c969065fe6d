package core_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// must makes a call and reads its result.
func must[T any](g *page, format string, args ...any) (r T) {
	g.pair.t.Helper()
	call := fmt.Sprintf(format, args...)
	got := g.call(call)
	if text, ok := strings.CutPrefix(got, "o"); !ok {
		g.pair.t.Fatalf("%s: %s", call, got)
	} else if err := json.Unmarshal([]byte(text), &r); err != nil {
		g.pair.t.Fatalf("%s: %s: %v", call, got, err)
	}
	return r
}

// newItem makes an item of the menu and returns its resource and its ID.
func (g *page) newItem(kind, options string, channel int) (uint32, string) {
	g.pair.t.Helper()
	h := must[[2]any](g, `["plugin:menu|new",{"kind":%q,"options":%s,"handler":"__CHANNEL__:%d"}]`, kind, options, channel)
	return uint32(h[0].(float64)), h[1].(string)
}

// fakeWindow is the page's window in its engine.
func (g *page) fakeWindow() *fake.Window {
	g.pair.t.Helper()
	for _, name := range g.pair.hosts() {
		e := g.pair.engine(name)
		for _, id := range e.Windows() {
			if w, err := e.WaitWindow(g.pair.t.Context(), id); err == nil && w.State().Label == g.window.Label() {
				return w
			}
		}
	}
	g.pair.t.Fatal("no window")
	return nil
}

// shown is the menu bar as text: texts with their marks, submenus in brackets.
func shown(items []wire.MenuItem) string {
	var all []string
	for _, i := range items {
		text := string(i.Kind) + ":" + i.Text
		if i.Checked {
			text += "*"
		}
		if !i.Enabled && i.Kind != wire.MenuSeparator {
			text += "-"
		}
		if i.Accelerator != nil {
			text += "@" + i.Accelerator.Key
		}
		if i.Items != nil {
			text += "[" + shown(i.Items) + "]"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// hears reads what is delivered to the page until all of that was in it.
func (g *page) hears(want ...string) {
	g.pair.t.Helper()
	ctx, cancel := await.Context(g.pair.t.Context(), limit)
	defer cancel()
	got := ""
	for slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(got, w) }) {
		data, err := g.view.NextDelivery(ctx)
		if err != nil {
			g.pair.t.Fatalf("waited in vain for %q; there was %s: %v", want, got, err)
		}
		got += data
	}
}

func TestMenus(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["*"], "permissions": ["core:default"]}`, core.Options{}, nil)
	main, other := p.open("main", "app://localhost/"), p.open("other", "app://localhost/")
	root, _ := main.newItem("Menu", `{"items":[{"text":"&File","items":[{"id":"open","text":"Open","accelerator":"CmdOrCtrl+O"},{"item":"Separator"},{"text":"On","checked":true},{"item":"Services"},{"item":"Quit"}]}]}`, 1)
	if got := must[*[2]any](main, `["plugin:menu|set_as_app_menu",{"rid":%d}]`, root); got != nil {
		t.Errorf("a menu before: %v", got)
	}
	want := "submenu:&File[normal:Open@O separator: check:On* normal:&Quit]"
	for _, g := range []*page{main, other} {
		if got := shown(g.fakeWindow().State().Menu); got != want {
			t.Errorf("%s shows %s", g.window.Label(), got)
		}
	}
	if got := shown(p.open("third", "app://localhost/").fakeWindow().State().Menu); got != want {
		t.Errorf("a later window shows %s", got)
	}

	// A window with a menu of its own.
	own, _ := other.newItem("Menu", `{"items":[{"text":"own","enabled":false}]}`, 1)
	must[*[2]any](other, `["plugin:menu|set_as_window_menu",{"rid":%d,"window":"other"}]`, own)
	if got := shown(other.fakeWindow().State().Menu); got != "normal:own-" {
		t.Errorf("other shows %s", got)
	}

	// Changes, in order.
	item, id := main.newItem("MenuItem", `{"id":"x","text":"X"}`, 2)
	if id != "x" {
		t.Errorf("id %q", id)
	}
	for _, step := range []struct{ call, want string }{
		{`["plugin:menu|append",{"rid":%[1]d,"kind":"Menu","items":[[%[2]d,"MenuItem"]]}]`, want + " normal:X"},
		{`["plugin:menu|prepend",{"rid":%[1]d,"kind":"Menu","items":[{"text":"a"},{"text":"b"}]}]`, "normal:b normal:a " + want + " normal:X"},
		{`["plugin:menu|remove_at",{"rid":%[1]d,"kind":"Menu","position":0}]`, "normal:a " + want + " normal:X"},
		{`["plugin:menu|set_text",{"rid":%[2]d,"kind":"MenuItem","text":"Y"}]`, "normal:a " + want + " normal:Y"},
		{`["plugin:menu|set_enabled",{"rid":%[2]d,"kind":"MenuItem","enabled":false}]`, "normal:a " + want + " normal:Y-"},
		{`["plugin:menu|set_accelerator",{"rid":%[2]d,"kind":"MenuItem","accelerator":"Alt+F4"}]`, "normal:a " + want + " normal:Y-@F4"},
		{`["plugin:menu|set_accelerator",{"rid":%[2]d,"kind":"MenuItem","accelerator":null}]`, "normal:a " + want + " normal:Y-"},
		{`["plugin:menu|insert",{"rid":%[1]d,"kind":"Menu","items":[{"item":"Copy"}],"position":1}]`, "normal:a Copy:&Copy " + want + " normal:Y-"},
		{`["plugin:menu|remove",{"rid":%[1]d,"kind":"Menu","item":[%[2]d,"MenuItem"]}]`, "normal:a Copy:&Copy " + want},
	} {
		call := strings.NewReplacer("%[1]d", fmt.Sprint(root), "%[2]d", fmt.Sprint(item)).Replace(step.call)
		if got := main.call(call); !strings.HasPrefix(got, "o") {
			t.Errorf("%s: %s", call, got)
		}
		if got := shown(main.fakeWindow().State().Menu); got != step.want {
			t.Errorf("%s: shows %s, want %s", call, got, step.want)
		}
	}
	items := must[[][3]any](main, `["plugin:menu|items",{"rid":%d,"kind":"Menu"}]`, root)
	if len(items) != 3 || items[2][2] != "Submenu" {
		t.Errorf("items %v", items)
	}
	sub := uint32(items[2][0].(float64))
	if got := must[*[3]any](main, `["plugin:menu|get",{"rid":%d,"kind":"Submenu","id":"open"}]`, sub); got == nil || got[1] != "open" {
		t.Errorf("get: %v", got)
	}
	if got := must[*[3]any](main, `["plugin:menu|get",{"rid":%d,"kind":"Menu","id":"open"}]`, root); got != nil {
		t.Errorf("get looked into a submenu: %v", got)
	}

	// The page that made a menu is left; the menu stays.
	before := shown(main.fakeWindow().State().Menu)
	main.hello(core.AppOrigin)
	if got := main.call(fmt.Sprintf(`["plugin:menu|items",{"rid":%d,"kind":"Menu"}]`, root)); !strings.Contains(got, "is invalid") {
		t.Errorf("a later page uses what is not its own: %s", got)
	}
	// And so it does when the host is lost.
	old := p.engine("app")
	old.Quit()
	eventually(t, "another host", func() bool { return p.engine("app") != old })
	again := p.page(main.window)
	if got := shown(again.fakeWindow().State().Menu); got != before {
		t.Errorf("a new host shows %s, want %s", got, before)
	}
	previous := must[*[2]any](again, `["plugin:menu|set_as_app_menu",{"rid":%d}]`, func() uint32 { r, _ := again.newItem("Menu", `{}`, 1); return r }())
	if previous == nil {
		t.Fatal("no menu before")
	}
	if got := must[[]any](again, `["plugin:menu|items",{"rid":%d,"kind":"Menu"}]`, uint32(previous[0].(float64))); len(got) != 3 {
		t.Errorf("the menu before has %v", got)
	}
}

func TestMenuChoices(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["*"], "permissions": ["core:default"]}`, core.Options{}, nil)
	main, other := p.open("main", "app://localhost/"), p.open("other", "app://localhost/")
	root, _ := main.newItem("Menu", `{"items":[{"text":"a","id":"a","handler":"__CHANNEL__:7"},{"text":"c","id":"c","checked":false,"handler":"__CHANNEL__:7"},{"item":"Minimize"},{"item":"CloseWindow"}]}`, 1)
	must[*[2]any](main, `["plugin:menu|set_as_window_menu",{"rid":%d}]`, root)
	w := main.fakeWindow()
	menu := w.State().Menu
	number := func(n int) uint32 { return menu[n].Number }
	choose := func(w *fake.Window, n uint32) {
		t.Helper()
		if err := w.ChooseMenuItem(n); err != nil {
			t.Fatal(err)
		}
	}
	choose(other.fakeWindow(), number(1)) // a host that lies: it is not of that window
	choose(w, 4711)
	choose(w, number(0))
	choose(w, number(1))
	main.hears(`"a"`, `"c"`)
	eventually(t, "the item to be checked", func() bool { return w.State().Menu[1].Checked })
	choose(w, number(2))
	eventually(t, "the window to be minimised", func() bool { return w.State().Minimized })
	choose(w, number(3))
	select {
	case <-main.window.Gone():
	case <-await.Hang(context.Background(), limit):
		t.Error("the window does not close")
	}
}

func TestMenuPopup(t *testing.T) {
	p := newPair(t, `{"identifier": "all", "windows": ["*"], "permissions": ["core:default"]}`, core.Options{}, nil)
	main := p.open("main", "app://localhost/")
	root, _ := main.newItem("Menu", `{"items":[{"text":"a","id":"a","handler":"__CHANNEL__:9"}]}`, 1)
	must[any](main, `["plugin:menu|popup",{"rid":%d,"kind":"Menu","window":null,"at":{"Physical":{"x":10,"y":20}}}]`, root)
	must[any](main, `["plugin:menu|popup",{"rid":%d,"kind":"Menu","window":"nobody","at":null}]`, root)
	w := main.fakeWindow()
	actions := w.Actions()
	var popup wire.Popup
	if len(actions) != 1 || actions[0].Name != wire.ActionPopup || json.Unmarshal(actions[0].Args, &popup) != nil || *popup.X != 10 || *popup.Y != 20 {
		t.Fatalf("actions %v", actions)
	}
	if err := w.ChooseMenuItem(popup.Items[0].Number); err != nil {
		t.Fatal(err)
	}
	main.hears(`"a"`)
	main.window.Destroy()
	eventually(t, "all items to be gone", func() bool { return p.MenuStore().Live() == 0 })
}

// TestAbout: all that a page gives for the item is in the dialog, and what the
// app is called where the page gives nothing.
func TestAbout(t *testing.T) {
	p := newFilePair(t, `"core:default"`, nil)
	main := p.open("main", "app://localhost/")
	choose := func(item string) wire.Dialog {
		t.Helper()
		root, _ := main.newItem("Menu", `{"items":[{"item":`+item+`}]}`, 1)
		must[*[2]any](main, `["plugin:menu|set_as_window_menu",{"rid":%d}]`, root)
		w := main.fakeWindow()
		if err := w.ChooseMenuItem(w.State().Menu[0].Number); err != nil {
			t.Fatal(err)
		}
		d := p.dialog()
		d.Answer(wire.DialogResult{})
		return d.Dialog
	}
	if d := choose(`{"About":null}`); d.Title != "test" || d.Text != "test 1.0.0" || d.Kind != wire.DialogMessage {
		t.Errorf("without anything: %+v", d)
	}
	d := choose(`{"About":{"name":"Name","version":"3.4","shortVersion":"short","authors":["A. One","B. Two"],"comments":"Comments",
		"copyright":"(c)","license":"License","website":"https://example.org","websiteLabel":"Site","credits":"Credits"}}`)
	if want := "Name 3.4 (short)\n\nComments\n\nA. One, B. Two\n\n(c)\n\nLicense\n\nSite https://example.org\n\nCredits"; d.Title != "Name" || d.Text != want {
		t.Errorf("got %+v, want the text %q", d, want)
	}
}
