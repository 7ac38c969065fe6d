package tray_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/await"
	builtin "github.com/mullion-dev/mullion/internal/builtin/tray"
	"github.com/mullion-dev/mullion/internal/desktop/trayicons"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/hostile"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// house is an app with the plugin, on a desktop with a tray.
type house struct {
	t       *testing.T
	plugin  plugin.Plugin
	desktop *session.Tray
	icons   *trayicons.Icons
	menus   menu.Store
	log     bytes.Buffer
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, desktop: session.StartBus(t).StartTray()}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	h.icons = trayicons.New(t.Context(), trayicons.App{ID: "org.example.icons", Log: log, Owner: inorder.NewOwner(log), Menus: &h.menus})
	t.Cleanup(h.icons.RemoveAll)
	h.plugin = builtin.New(builtin.App{Icons: h.icons, Menus: &h.menus})
	if err := h.plugin.Start(t.Context(), running{log: log}); err != nil {
		t.Fatal(err)
	}
	return h
}

type running struct {
	plugin.App
	log *slog.Logger
}

func (r running) Log() *slog.Logger { return r.log }

// page is a page. What its resources need to be closed waits until flush, as it
// may in an app that has much to do.
type page struct {
	ipc.Page
	h *house

	mu      sync.Mutex
	room    int            // guarded by mu; for resources
	values  map[uint32]any // guarded by mu
	closers map[uint32]func()
	late    []func() // guarded by mu
	heard   []string // guarded by mu
	gone    []uint32 // guarded by mu; channels that were closed
}

func (h *house) page() *page {
	return &page{h: h, room: 1000, values: map[uint32]any{}, closers: map[uint32]func(){}}
}

func (p *page) Context() context.Context { return p.h.t.Context() }
func (p *page) Caller() ipc.Caller       { return ipc.Caller{Window: "main", Webview: "main"} }

func (p *page) AddResource(value any, closed func()) (uint32, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.room == 0 {
		return 0, errors.New("no room")
	}
	p.room--
	id := uint32(1000 - p.room)
	p.values[id], p.closers[id] = value, closed
	return id, nil
}

func (p *page) AddSharedResource(value any, closed func()) (uint32, error) {
	return p.AddResource(value, closed)
}

func (p *page) Resource(rid uint32) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if v, ok := p.values[rid]; ok {
		return v, nil
	}
	return nil, fmt.Errorf("The resource id %d is invalid.", rid)
}

// close closes a resource, as the page does.
func (p *page) close(rid uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.closers[rid]; f != nil {
		p.late = append(p.late, f)
	}
	delete(p.values, rid)
	delete(p.closers, rid)
}

// leave ends the page.
func (p *page) leave() {
	p.mu.Lock()
	var all []uint32
	for rid := range p.values {
		all = append(all, rid)
	}
	p.mu.Unlock()
	for _, rid := range all {
		p.close(rid)
	}
}

// flush does what closing has left to do.
func (p *page) flush() {
	p.mu.Lock()
	late := p.late
	p.late = nil
	p.mu.Unlock()
	for _, f := range late {
		f()
	}
}

// Image knows one image, whose number is 1.
func (p *page) Image(_ context.Context, v jsontext.Value) (*image.NRGBA, error) {
	switch {
	case len(v) == 0 || v.Kind() == 'n':
		return nil, nil
	case string(v) == "1":
		return image.NewNRGBA(image.Rect(0, 0, 4, 2)), nil
	}
	return nil, errors.New("no such image")
}

// OpenChannel implements ipc.ChannelOpener.
func (p *page) OpenChannel(id uint32) (ipc.Channel, error) { return channel{p: p, id: id}, nil }

type channel struct {
	ipc.Channel
	p  *page
	id uint32
}

func (c channel) Send(_ context.Context, v jsontext.Value) error {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.heard = append(c.p.heard, string(v))
	return nil
}

func (c channel) Close() error {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.gone = append(c.p.gone, c.id)
	return nil
}

// call returns what a command answers, as JSON.
func (p *page) call(command, args string) (string, error) {
	m := &ipc.Message{Kind: ipc.Command, Name: command, Args: []byte(args), Channels: p, Page: p}
	r, err := p.h.plugin.Commands[command].Handler(ipc.WithMessage(p.h.t.Context(), m), m)
	return string(r.JSON), err
}

func (p *page) must(command, format string, args ...any) string {
	p.h.t.Helper()
	text, err := p.call(command, fmt.Sprintf(format, args...))
	if err != nil {
		p.h.t.Fatalf("%s: %v", command, err)
	}
	return text
}

// make makes an icon and returns its number and its id.
func (p *page) make(options string, channel int) (rid uint32, id string) {
	p.h.t.Helper()
	var h [2]any
	if err := json.Unmarshal([]byte(p.must("new", `{"options":%s,"handler":"__CHANNEL__:%d"}`, options, channel)), &h); err != nil {
		p.h.t.Fatal(err)
	}
	return uint32(h[0].(float64)), h[1].(string)
}

// soon waits until a page was told or has forgotten something.
func (p *page) soon(what string, ok func() bool) {
	p.h.t.Helper()
	if err := await.Until(time.Minute, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !ok() {
			return fmt.Errorf("%s: heard %q, closed channels: %v", what, p.heard, p.gone)
		}
		return nil
	}); err != nil {
		p.h.t.Error(err)
	}
}

// menu gives the page a menu with an item.
func (p *page) menu(kind menu.Kind) uint32 {
	p.h.t.Helper()
	root, err := p.h.menus.New(menu.Entry{Kind: kind, Text: "x", Enabled: true}, nil)
	if err != nil {
		p.h.t.Fatal(err)
	}
	if kind == menu.Menu {
		item, err := p.h.menus.New(menu.Entry{Kind: menu.Normal, Text: "Item", Enabled: true}, nil)
		if err != nil {
			p.h.t.Fatal(err)
		}
		if err := p.h.menus.Insert(root, -1, item); err != nil {
			p.h.t.Fatal(err)
		}
		p.h.menus.Release(item)
	}
	rid, err := p.AddSharedResource(root, func() { p.h.menus.Release(root) })
	if err != nil {
		p.h.t.Fatal(err)
	}
	return rid
}

// TestHostile calls every command with what a hostile page would.
func TestHostile(t *testing.T) {
	h := newHouse(t)
	p := h.page()
	for name, c := range h.plugin.Commands {
		for _, call := range hostile.Calls(c.Arguments) {
			if _, err := p.call(name, call.Arguments); err == nil && call.AtFault != "" {
				t.Errorf("%s %.100s: want an error", name, call.Arguments)
			}
		}
	}
	p.leave()
	p.flush()
	if err := h.desktop.WaitEmpty(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestIcon: a page makes an icon and changes it, and is told of clicks until it
// is removed.
func TestIcon(t *testing.T) {
	h := newHouse(t)
	p := h.page()
	bar := p.menu(menu.Menu)
	rid, id := p.make(fmt.Sprintf(`{"title":"one","tooltip":"tip","icon":1,"menu":[%d,"Menu"],"showMenuOnLeftClick":false,"tempDirPath":"/x","iconAsTemplate":true}`, bar), 7)
	for _, option := range []string{"tempDirPath", "iconAsTemplate"} {
		if !strings.Contains(h.log.String(), "option="+option) {
			t.Errorf("the log does not tell of %s:\n%s", option, h.log.String())
		}
	}
	find := func(title string, items int) session.TrayItem {
		t.Helper()
		i, err := h.desktop.Find(t.Context(), func(i session.TrayItem) bool { return i.Text("XAyatanaLabel") == title && len(i.Menu) == items })
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	if err := h.desktop.Click(find("one", 1), "Activate", 3, 4, ""); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`{"type":"Click","id":%q,"position":{"x":3,"y":4},"rect":{"position":{"Physical":{"x":3,"y":4}},"size":{"Physical":{"width":0,"height":0}}},"button":"Left","buttonState":"Up"}`, id)
	p.soon("a click", func() bool { return slices.Equal(p.heard, []string{want}) })
	p.must("set_title", `{"rid":%d,"title":"two"}`, rid)
	p.must("set_menu", `{"rid":%d,"menu":null}`, rid)
	find("two", 0)
	var own uint32
	if err := json.Unmarshal([]byte(p.must("get_by_id", `{"id":%q}`, id)), &own); err != nil {
		t.Fatal(err)
	}
	p.must("set_title", `{"rid":%d,"title":"three"}`, own)
	p.close(own) // which is a handle of its own
	p.flush()
	find("three", 0)
	p.must("remove_by_id", `{"id":%q}`, id)
	p.soon("the channel", func() bool { return slices.Equal(p.gone, []uint32{7}) })
	if got := p.must("get_by_id", `{"id":%q}`, id); got != "null" {
		t.Errorf("found though it was removed: %s", got)
	}
	if err := h.desktop.WaitEmpty(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRefused: what is wrong is an error, the page forgets its callback, and no
// icon and no menu is left.
func TestRefused(t *testing.T) {
	h := newHouse(t)
	p := h.page()
	item := p.menu(menu.Normal)
	for n, options := range []string{
		`{"title":"` + strings.Repeat("x", 2000) + `"}`, `{"icon":2}`, `{"menu":[4711,"Menu"]}`, fmt.Sprintf(`{"menu":[%d,"MenuItem"]}`, item),
	} {
		if _, err := p.call("new", fmt.Sprintf(`{"options":%s,"handler":"__CHANNEL__:%d"}`, options, n)); err == nil {
			t.Errorf("%.100s was taken", options)
		}
	}
	if !slices.Equal(p.gone, []uint32{0, 1, 2, 3}) {
		t.Errorf("closed channels: %v", p.gone)
	}
	bar := p.menu(menu.Menu)
	p.room = 0
	if _, err := p.call("new", fmt.Sprintf(`{"options":{"menu":[%d,"Menu"]},"handler":"__CHANNEL__:4"}`, bar)); err == nil {
		t.Error("a page without room got an icon")
	}
	p.leave()
	p.flush()
	if err := h.desktop.WaitEmpty(t.Context()); err != nil {
		t.Error(err)
	}
	if n := h.menus.Live(); n != 0 {
		t.Errorf("%d items live", n)
	}
}

// TestAgain: what a page has closed, and what a page that was left had, is free
// for the next at once: ids, and all icons that there may be.
func TestAgain(t *testing.T) {
	h := newHouse(t)
	first, second := h.page(), h.page()
	rid, _ := first.make(`{"id":"main"}`, 1)
	first.close(rid)
	first.make(`{"id":"main"}`, 2)
	for range 31 {
		first.make(`{}`, 3)
	}
	if _, err := second.call("new", `{"options":{"id":"main"},"handler":"__CHANNEL__:4"}`); err == nil {
		t.Error("two pages have icons of one id")
	}
	first.leave()
	if got := second.must("get_by_id", `{"id":"main"}`); got != "null" {
		t.Errorf("the icon of a page that was left is there: %s", got)
	}
	second.make(`{"id":"main"}`, 4)
	for range 31 {
		second.make(`{}`, 5)
	}
	first.flush()
	if _, err := h.icons.Icon("main"); err != nil {
		t.Errorf("the first page has taken the icon of the second along: %v", err)
	}
	first.soon("the channels", func() bool { return len(first.gone) == 33 })
}
