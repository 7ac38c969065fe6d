package tray_test

import (
	"errors"
	"image"
	"image/color"
	"log/slog"
	"slices"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/desktop/bus"
	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
)

func newIcon(t *testing.T, s tray.State) (*tray.Icon, <-chan tray.Event) {
	t.Helper()
	return newIconOf(t, testTray(), s)
}

func newIconOf(t *testing.T, tr *tray.Tray, s tray.State) (*tray.Icon, <-chan tray.Event) {
	t.Helper()
	events := make(chan tray.Event, 16)
	i, err := tr.New(t.Context(), "app-test", s, func(e tray.Event) { events <- e })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Remove)
	return i, events
}

// testTray makes icons of one app.
func testTray() *tray.Tray {
	return &tray.Tray{Owner: inorder.NewOwner(slog.New(slog.DiscardHandler))}
}

func next(t *testing.T, events <-chan tray.Event, want tray.Event) {
	t.Helper()
	ctx, cancel := await.Context(t.Context(), await.Limit)
	defer cancel()
	select {
	case got := <-events:
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	case <-ctx.Done():
		t.Fatalf("no event, want %+v", want)
	}
}

func find(t *testing.T, d *session.Tray, wanted func(session.TrayItem) bool) session.TrayItem {
	t.Helper()
	i, err := d.Find(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func titled(title string) func(session.TrayItem) bool {
	return func(i session.TrayItem) bool { return i.Text("Title") == title }
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestIcon(t *testing.T) {
	d := session.StartBus(t).StartTray()
	picture := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	picture.Set(0, 0, color.NRGBA{10, 20, 30, 255})
	i, events := newIcon(t, tray.State{Title: "one", Tooltip: "a <b>", Icon: picture})
	got := find(t, d, titled("one"))
	if got.Text("Id") != "app-test" || got.Text("Status") != "Active" || got.Text("Menu") != "/NO_DBUSMENU" || got.Text("XAyatanaLabel") != "one" {
		t.Errorf("got %+v", got.Properties)
	}
	pixmaps, _ := got.Properties["IconPixmap"].Value().([][]any)
	if len(pixmaps) != 1 || pixmaps[0][0] != int32(2) || !slices.Equal(pixmaps[0][2].([]byte), []byte{255, 10, 20, 30, 0, 0, 0, 0}) {
		t.Errorf("pixmaps %v", pixmaps)
	}
	tip, _ := got.Properties["ToolTip"].Value().([]any)
	if len(tip) != 4 || tip[2] != "a &lt;b&gt;" {
		t.Errorf("tooltip %v", tip)
	}
	must(t, d.Click(got, "Activate", 3, 4, "token"))
	next(t, events, tray.Event{Button: tray.Left, X: 3, Y: 4, Token: "token"})
	must(t, d.Click(got, "SecondaryActivate", 0, 0, ""))
	next(t, events, tray.Event{Button: tray.Middle})
	must(t, d.Click(got, "ContextMenu", 0, 0, ""))
	next(t, events, tray.Event{Button: tray.Right})
	must(t, d.Scroll(got, -120, "horizontal"))
	next(t, events, tray.Event{Delta: -120, Horizontal: true})

	must(t, i.Set(t.Context(), tray.State{Title: "two", IconName: "mail-unread", Hidden: true}))
	got = find(t, d, titled("two"))
	if got.Text("Status") != "Passive" || got.Text("IconName") != "mail-unread" {
		t.Errorf("got %+v", got.Properties)
	}
	find(t, d, func(i session.TrayItem) bool {
		for _, s := range []string{"NewTitle", "NewIcon", "NewToolTip", "NewStatus", "XAyatanaNewLabel"} {
			if i.Signals[s] != 1 {
				return false
			}
		}
		return true
	})
	i.Remove()
	must(t, d.WaitEmpty(t.Context()))
	if err := i.Set(t.Context(), tray.State{}); !errors.Is(err, tray.ErrRemoved) {
		t.Errorf("set after it was removed: %v", err)
	}
}

func TestMenu(t *testing.T) {
	d := session.StartBus(t).StartTray()
	i, events := newIcon(t, tray.State{Title: "menu"})
	entry := func(n uint32, k menu.Kind, text string, items ...menu.Entry) menu.Entry {
		return menu.Entry{Number: n, Kind: k, Text: text, Enabled: true, Items: items}
	}
	check := entry(4, menu.Check, "a_b")
	check.Checked = true
	off := entry(5, menu.Normal, "Off")
	off.Enabled = false
	off.Accelerator = menu.Accelerator{Control: true, Key: "S"}
	separator := menu.Entry{Number: 6, Kind: menu.Predefined, Item: menu.Separator, Enabled: true}
	root := entry(1, menu.Menu, "", entry(2, menu.Normal, "&Open && close"), entry(3, menu.Submenu, "More", check, off), separator)
	must(t, i.SetMenu(t.Context(), &root))
	got := find(t, d, func(i session.TrayItem) bool { return i.Signals["NewMenu"] == 1 && len(i.Menu) == 3 })
	if got.Text("Menu") != "/MenuBar" || got.Properties["ItemIsMenu"].Value() != true {
		t.Errorf("got %+v", got.Properties)
	}
	if got.Menu[0].Label != "_Open & close" || got.Menu[1].Properties["children-display"].Value() != "submenu" || got.Menu[2].Properties["type"].Value() != "separator" {
		t.Errorf("menu %+v", got.Menu)
	}
	more := got.Menu[1].Items
	if len(more) != 2 || more[0].Label != "a__b" || more[0].Properties["toggle-state"].Value() != int32(1) || more[1].Properties["enabled"].Value() != false {
		t.Errorf("submenu %+v", more)
	}
	if keys, _ := more[1].Properties["shortcut"].Value().([][]string); len(keys) != 1 || !slices.Equal(keys[0], []string{"Control", "S"}) {
		t.Errorf("shortcut %v", keys)
	}
	must(t, d.Choose(got, "a__b"))
	next(t, events, tray.Event{Item: 4})

	// A property alone is told as such, and so is another layout.
	before := got.Signals["LayoutUpdated"]
	root.Items[0].Text = "New"
	must(t, i.SetMenu(t.Context(), &root))
	got = find(t, d, func(i session.TrayItem) bool {
		return i.Signals["ItemsPropertiesUpdated"] == 1 && i.Menu[0].Label == "New"
	})
	if got.Signals["LayoutUpdated"] != before {
		t.Error("the layout counts as another one")
	}
	root.Items = root.Items[:1]
	must(t, i.SetMenu(t.Context(), &root))
	find(t, d, func(i session.TrayItem) bool { return i.Signals["LayoutUpdated"] == before+1 && len(i.Menu) == 1 })
	must(t, i.SetMenu(t.Context(), nil))
	find(t, d, func(i session.TrayItem) bool { return i.Text("Menu") == "/NO_DBUSMENU" })
}

func TestWatcherComesLate(t *testing.T) {
	b := session.StartBus(t)
	i, events := newIcon(t, tray.State{Title: "late"})
	if i.Shown() {
		t.Error("shown without a tray")
	}
	for range 2 { // and again, when the desktop's panel is started again
		d := b.StartTray()
		got := find(t, d, titled("late"))
		must(t, d.Click(got, "Activate", 0, 0, ""))
		next(t, events, tray.Event{Button: tray.Left})
		d.Stop()
	}
}

func TestBusGoes(t *testing.T) {
	b := session.StartBus(t)
	b.StartTray()
	i, _ := newIcon(t, tray.State{Title: "a"})
	b.Stop()
	b.Start()
	d := b.StartTray()
	must(t, i.Set(t.Context(), tray.State{Title: "b"}))
	find(t, d, titled("b"))
}

// TestBusComesBack: icons are on the next bus, though nothing about them changes.
func TestBusComesBack(t *testing.T) {
	b := session.StartBus(t)
	b.StartTray()
	app := testTray()
	i, events := newIconOf(t, app, tray.State{Title: "a"})
	newIconOf(t, app, tray.State{Title: "b"})
	for range 2 {
		b.Stop()
		b.Start()
		d := b.StartTray()
		find(t, d, titled("b"))
		got := find(t, d, titled("a"))
		must(t, d.Click(got, "Activate", 0, 0, ""))
		next(t, events, tray.Event{Button: tray.Left})
		if !i.Shown() {
			t.Error("it is not shown")
		}
	}
}

func TestNoBus(t *testing.T) {
	for _, address := range []string{"disabled:", "unix:path=/dev/null", "unix:path=/nowhere/bus"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		tr := tray.Tray{Owner: inorder.NewOwner(slog.New(slog.DiscardHandler))}
		if _, err := tr.New(t.Context(), "a", tray.State{}, nil); !errors.Is(err, bus.ErrNoBus) {
			t.Errorf("%s: got %v", address, err)
		}
	}
}
