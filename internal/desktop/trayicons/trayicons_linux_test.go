package trayicons_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/desktop/tray"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
)

// house is an app with icons.
type house struct {
	*trayicons.Icons
	menus menu.Store
	owner *inorder.Owner
	end   func() // of the app
	quit  chan struct{}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log := slog.New(slog.DiscardHandler)
	h := &house{end: cancel, quit: make(chan struct{}, 1), owner: inorder.NewOwner(log)}
	h.Icons = trayicons.New(ctx, trayicons.App{ID: "org.example.icons", Log: log, Owner: h.owner, Menus: &h.menus, Quit: func() { h.quit <- struct{}{} }})
	t.Cleanup(func() {
		cancel()
		h.RemoveAll()
	})
	return h
}

func (h *house) item(t *testing.T, e menu.Entry, chosen func(string)) *menu.Item {
	t.Helper()
	e.Enabled = true
	i, err := h.menus.New(e, chosen)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func receive[T any](t *testing.T, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-await.Hang(t.Context(), time.Minute):
		t.Fatal("nothing came")
	}
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestMenu: the tray shows the menu of an icon as it is, also after changes, and
// what is chosen there is done. The icon holds the menu, and no longer than that.
func TestMenu(t *testing.T) {
	desktop := session.StartBus(t).StartTray()
	h := newHouse(t)
	chosen := make(chan string, 1)
	root := h.item(t, menu.Entry{Kind: menu.Menu}, nil)
	open := h.item(t, menu.Entry{Kind: menu.Normal, ID: "open", Text: "Open"}, func(id string) { chosen <- id })
	quit := h.item(t, menu.Entry{Kind: menu.Predefined, Item: menu.Quit}, nil)
	must(t, h.menus.Insert(root, -1, open))
	icon, err := h.New(t.Context(), "", tray.State{Title: "icon"}, root, nil)
	must(t, err)
	if icon.ID() != "tray-1" {
		t.Errorf("id %q", icon.ID())
	}
	h.menus.Release(root)
	item := find(t, desktop, "Open")
	if item.Text("IconName") != "org.example.icons" {
		t.Errorf("it has the picture %q", item.Text("IconName"))
	}
	must(t, desktop.Choose(item, "Open"))
	if got := receive(t, chosen); got != "open" {
		t.Errorf("%q was chosen", got)
	}
	must(t, h.menus.Insert(root, -1, quit))
	must(t, h.menus.Change(open, func(e *menu.Entry) { e.Text = "Show" }))
	h.menus.Release(open)
	h.menus.Release(quit)
	item = find(t, desktop, "Show", "_Quit")
	must(t, desktop.Choose(item, "_Quit"))
	receive(t, h.quit)
	gone := make(chan struct{}, 2)
	icon.OnGone(func() { gone <- struct{}{} })
	icon.Remove()
	icon.Remove()
	receive(t, gone)
	icon.OnGone(func() { gone <- struct{}{} })
	receive(t, gone)
	must(t, desktop.WaitEmpty(t.Context()))
	if n := h.menus.Live(); n != 0 {
		t.Errorf("%d items live", n)
	}
	again := h.item(t, menu.Entry{Kind: menu.Menu}, nil)
	if err := icon.SetMenu(t.Context(), again); !errors.Is(err, trayicons.ErrNoIcon) {
		t.Errorf("a menu for what was removed: %v", err)
	}
	h.menus.Release(again)
	if n := h.menus.Live(); n != 0 {
		t.Errorf("%d items live", n)
	}
}

// find waits for an icon whose menu has these items.
func find(t *testing.T, desktop *session.Tray, labels ...string) session.TrayItem {
	t.Helper()
	i, err := desktop.Find(t.Context(), func(i session.TrayItem) bool {
		var got []string
		for _, m := range i.Menu {
			got = append(got, m.Label)
		}
		return strings.Join(got, " ") == strings.Join(labels, " ")
	})
	must(t, err)
	return i
}

// TestIDs: an id belongs to one icon, until that is removed; there is a limit, and
// what failed takes none of it.
func TestIDs(t *testing.T) {
	session.StartBus(t).StartTray()
	h := newHouse(t)
	for _, s := range []tray.State{{Title: strings.Repeat("x", 2000)}, {Tooltip: "\x00"}, {Title: "\xff"}} {
		if _, err := h.New(t.Context(), "bad", s, nil, nil); err == nil {
			t.Errorf("%.100s was taken", fmt.Sprint(s))
		}
	}
	tooMany := h.item(t, menu.Entry{Kind: menu.Menu}, nil)
	sub := h.item(t, menu.Entry{Kind: menu.Submenu, Text: "x"}, nil)
	for range menu.MaxShown {
		i := h.item(t, menu.Entry{Kind: menu.Normal, Text: "x"}, nil)
		must(t, h.menus.Insert(sub, -1, i))
	}
	must(t, h.menus.Insert(tooMany, -1, sub))
	if _, err := h.New(t.Context(), "bad", tray.State{}, tooMany, nil); !errors.Is(err, menu.ErrTooMany) {
		t.Errorf("a menu of too many items: %v", err)
	}
	var first *trayicons.Icon
	for n := range 32 {
		icon, err := h.New(t.Context(), fmt.Sprint(n), tray.State{}, nil, nil)
		must(t, err)
		if n == 0 {
			first = icon
		}
	}
	if _, err := h.New(t.Context(), "", tray.State{}, nil, nil); err == nil {
		t.Error("there is no limit")
	}
	first.Remove()
	if _, err := h.Icon("0"); !errors.Is(err, trayicons.ErrNoIcon) {
		t.Errorf("found though it was removed: %v", err)
	}
	if _, err := h.New(t.Context(), "1", tray.State{}, nil, nil); err == nil {
		t.Error("two icons have one id")
	}
	icon, err := h.New(t.Context(), "0", tray.State{}, nil, nil)
	must(t, err)
	if found, err := h.Icon("0"); err != nil || found != icon {
		t.Errorf("found %v, %v", found, err)
	}
	if err := icon.Update(t.Context(), func(s *tray.State) { s.Tooltip = strings.Repeat("x", 2000) }); err == nil {
		t.Error("a long tooltip was taken")
	}
	h.end()
	h.RemoveAll()
	if _, err := h.Icon("0"); !errors.Is(err, trayicons.ErrNoIcon) {
		t.Errorf("an icon outlives the app: %v", err)
	}
	if _, err := h.New(t.Context(), "", tray.State{}, nil, nil); !errors.Is(err, trayicons.ErrEnded) {
		t.Errorf("a new icon of an app that has ended: %v", err)
	}
}

// TestNoBus: without a session bus there is no icon, and its id is free.
func TestNoBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	h := newHouse(t)
	for range 40 {
		if _, err := h.New(t.Context(), "x", tray.State{}, nil, nil); err == nil || strings.Contains(err.Error(), "already") {
			t.Fatalf("got %v", err)
		}
	}
}
