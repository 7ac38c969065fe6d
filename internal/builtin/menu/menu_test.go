package menu_test

import (
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
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/await"
	builtin "github.com/mullion-dev/mullion/internal/builtin/menu"
	"github.com/mullion-dev/mullion/internal/hostile"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/menu"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// house is an app with one page in the window "main", which shows no menus and
// notes what it was to show. It implements builtin.App.
type house struct {
	ipc.Page
	t      *testing.T
	plugin plugin.Plugin
	store  menu.Store
	owner  *inorder.Owner
	app    *menu.Item // set_as_app_menu

	popups []string // "x,y" of each
	window *menu.Item

	// room is how many more resources the page may have.
	room   int
	values map[uint32]any
	closed map[uint32]func()

	mu    sync.Mutex
	gone  []uint32 // guarded by mu; channels that were closed
	heard []string // guarded by mu; what was sent to channels
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, owner: inorder.NewOwner(slog.New(slog.DiscardHandler)), room: 1000, values: map[uint32]any{}, closed: map[uint32]func(){}}
	h.plugin = builtin.New(h)
	if err := h.plugin.Start(t.Context(), running{}); err != nil {
		t.Fatal(err)
	}
	return h
}

// running is the app to the plugin as to those of others.
type running struct{ plugin.App }

func (running) Log() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (h *house) MenuStore() *menu.Store { return &h.store }
func (h *house) Owner() *inorder.Owner  { return h.owner }

func (h *house) SetAppMenu(_ context.Context, root *menu.Item) (*menu.Item, error) {
	h.store.Hold(root)
	before := h.app
	h.app = root
	return before, nil
}

func (h *house) Window(_ context.Context, label string) (builtin.Window, error) {
	if label != "" && label != "main" {
		return nil, builtin.ErrNoWindow
	}
	return window{h}, nil
}

// window is the window of a house.
type window struct{ h *house }

func (w window) Scale() float64 { return 2 }

func (w window) SetMenu(_ context.Context, root *menu.Item) (*menu.Item, error) {
	w.h.store.Hold(root)
	before := w.h.window
	w.h.window = root
	return before, nil
}

func (w window) Popup(_ context.Context, _ *menu.Item, x, y *float64) error {
	at := "pointer"
	if x != nil {
		at = fmt.Sprint(*x, ",", *y)
	}
	w.h.popups = append(w.h.popups, at)
	return nil
}

// The page.

func (h *house) AddSharedResource(value any, closed func()) (uint32, error) {
	if h.room == 0 {
		return 0, errors.New("no room")
	}
	h.room--
	id := uint32(len(h.values) + 1)
	h.values[id], h.closed[id] = value, closed
	return id, nil
}

func (h *house) Resource(rid uint32) (any, error) {
	if v, ok := h.values[rid]; ok {
		return v, nil
	}
	return nil, fmt.Errorf("The resource id %d is invalid.", rid)
}

// Image knows one image, whose number is 1: it is too large for a menu.
func (h *house) Image(_ context.Context, v jsontext.Value) (*image.NRGBA, error) {
	switch {
	case len(v) == 0 || v.Kind() == 'n':
		return nil, nil
	case string(v) == "1":
		return image.NewNRGBA(image.Rect(0, 0, 256, 128)), nil
	}
	return nil, errors.New("no such image")
}

// leave ends the page.
func (h *house) leave() {
	for id, f := range h.closed {
		f()
		delete(h.closed, id)
	}
}

// OpenChannel implements ipc.ChannelOpener.
func (h *house) OpenChannel(id uint32) (ipc.Channel, error) { return channel{h: h, id: id}, nil }

type channel struct {
	ipc.Channel
	h  *house
	id uint32
}

func (c channel) Send(_ context.Context, v jsontext.Value) error {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.heard = append(c.h.heard, fmt.Sprintf("%d:%s", c.id, v))
	return nil
}

func (c channel) Close() error {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.gone = append(c.h.gone, c.id)
	return nil
}

// call returns what a command answers, as JSON.
func (h *house) call(command, args string) (string, error) {
	m := &ipc.Message{Kind: ipc.Command, Name: command, Args: []byte(args), Channels: h, Page: h}
	r, err := h.plugin.Commands[command].Handler(ipc.WithMessage(context.Background(), m), m)
	return string(r.JSON), err
}

// must makes a call and reads its result.
func must[T any](h *house, command, format string, args ...any) (r T) {
	h.t.Helper()
	text, err := h.call(command, fmt.Sprintf(format, args...))
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &r)
	}
	if err != nil {
		h.t.Fatalf("%s: %v", command, err)
	}
	return r
}

func (h *house) make(kind, options string) uint32 {
	h.t.Helper()
	return uint32(must[[2]any](h, "new", `{"kind":%q,"options":%s,"handler":"__CHANNEL__:1"}`, kind, options)[0].(float64))
}

// closes waits until channels are closed.
func (h *house) closes(want ...uint32) {
	h.t.Helper()
	if err := await.Until(time.Minute, func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if got := slices.Sorted(slices.Values(h.gone)); !slices.Equal(got, want) {
			return fmt.Errorf("closed channels: %v, want %v", got, want)
		}
		return nil
	}); err != nil {
		h.t.Error(err)
	}
}

// TestHostile calls every command with what a hostile page would, and looks
// whether anything is left when the page ends.
func TestHostile(t *testing.T) {
	h := newHouse(t)
	for name, c := range h.plugin.Commands {
		for _, call := range hostile.Calls(c.Arguments) {
			if _, err := h.call(name, call.Arguments); err == nil && call.AtFault != "" {
				t.Errorf("%s %.100s: want an error", name, call.Arguments)
			}
		}
	}
	h.leave()
	for _, shown := range []*menu.Item{h.app, h.window} {
		if shown != nil {
			h.store.Release(shown)
		}
	}
	if n := h.store.Live(); n != 0 {
		t.Errorf("%d items are left", n)
	}
}

// TestRefused: what is wrong with a menu is an error, and nothing is left of it.
func TestRefused(t *testing.T) {
	h := newHouse(t)
	root, check := h.make("Menu", `null`), h.make("Check", `{"text":"x"}`)
	h.values[99] = "something else"
	nested := strings.Repeat(`{"text":"x","items":[`, 40) + strings.Repeat(`]}`, 40)
	for _, test := range []struct{ command, args string }{
		{"new", `{"kind":"Nothing","options":{"text":"x"},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"MenuItem","options":{},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"MenuItem","options":{"text":"x","accelerator":"Hyper+X"},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"Predefined","options":{"item":"Nothing"},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"Predefined","options":{"item":{"About":{"nme":"x"}}},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"Predefined","options":{"item":{"About":{"name":"` + strings.Repeat("x", 20_000) + `"}}},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"Menu","options":{"items":[{"text":"good"},{"items":[]}]},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"Menu","options":{"items":[` + nested + `]},"handler":"__CHANNEL__:1"}`},
		{"new", `{"kind":"Menu","options":{"items":[` + strings.Repeat(`{"text":"x"},`, menu.MaxShown) + `{"text":"x"}]},"handler":"__CHANNEL__:1"}`},
		{"append", fmt.Sprintf(`{"rid":%d,"kind":"Menu","items":[{"text":"good"},[4711,"MenuItem"]]}`, root)},
		{"append", fmt.Sprintf(`{"rid":%d,"kind":"Menu","items":[[%[1]d,"Menu"]]}`, root)},
		{"append", fmt.Sprintf(`{"rid":%d,"kind":"Menu","items":[[99,"Menu"]]}`, root)},
		{"append", fmt.Sprintf(`{"rid":%d,"kind":"Check","items":[]}`, check)},
		{"insert", fmt.Sprintf(`{"rid":%d,"kind":"Menu","items":[],"position":-1}`, root)},
		{"set_text", fmt.Sprintf(`{"rid":%d,"kind":"Menu","text":"x"}`, root)},
		{"set_text", fmt.Sprintf(`{"rid":%d,"kind":"Check","text":%q}`, check, strings.Repeat("x", menu.MaxText+1))},
		{"is_checked", fmt.Sprintf(`{"rid":%d}`, root)},
		{"set_as_app_menu", fmt.Sprintf(`{"rid":%d}`, check)},
		{"set_as_window_menu", fmt.Sprintf(`{"rid":%d,"window":"nobody"}`, root)},
		{"set_as_help_menu_for_nsapp", fmt.Sprintf(`{"rid":%d}`, root)},
		{"popup", fmt.Sprintf(`{"rid":%d,"kind":"Menu","at":{"Logical":{"x":1e300,"y":0}}}`, root)},
		{"popup", fmt.Sprintf(`{"rid":%d,"kind":"Menu","at":{}}`, root)},
	} {
		if got, err := h.call(test.command, test.args); err == nil {
			t.Errorf("%s %.100s: %s", test.command, test.args, got)
		}
	}
	if got := h.store.Live(); got != 2 {
		t.Errorf("%d items live, want the menu and the check", got)
	}
	if must[bool](h, "is_checked", `{"rid":%d}`, check) {
		t.Error("it is checked")
	}
	must[any](h, "set_checked", `{"rid":%d,"checked":true}`, check)
	if !must[bool](h, "is_checked", `{"rid":%d}`, check) {
		t.Error("it is not checked")
	}
	h.leave()
	if n := h.store.Live(); n != 0 || len(h.popups) > 0 || h.app != nil || h.window != nil {
		t.Errorf("%d items live; shown: %v, %v, %v", n, h.popups, h.app, h.window)
	}
}

// TestChannels: the page is told of choices, and forgets its callback when
// there is no use for it any more.
func TestChannels(t *testing.T) {
	h := newHouse(t)
	for n, options := range []string{`{}`, `7`, `{"text":1}`, `{"text":"x","accelerator":"Hyper+X"}`} {
		if _, err := h.call("new", fmt.Sprintf(`{"kind":"MenuItem","options":%s,"handler":"__CHANNEL__:%d"}`, options, n+1)); err == nil {
			t.Errorf("%s was taken", options)
		}
	}
	h.closes(1, 2, 3, 4)
	root := h.values[uint32(must[[2]any](h, "new", `{"kind":"Menu","options":{"items":[{"id":"a","text":"A","handler":"__CHANNEL__:6"}]},"handler":"__CHANNEL__:5"}`)[0].(float64))].(*menu.Item)
	shown, err := h.store.Snapshot(root)
	if err != nil {
		t.Fatal(err)
	}
	h.store.Activate(h.store.Find(root, shown.Items[0].Number))
	if err := await.Until(time.Minute, func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if diff := cmp.Diff([]string{`6:"a"`}, h.heard); diff != "" {
			return errors.New(diff)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	h.leave()
	h.closes(1, 2, 3, 4, 5, 6)
}

// TestNoRoom: a page that may have no more resources gets no items, and none
// stays with nobody who has it.
func TestNoRoom(t *testing.T) {
	h := newHouse(t)
	root := h.make("Menu", `{"items":[{"text":"a"},{"text":"b"},{"text":"c"}]}`)
	live := h.store.Live()
	for _, test := range []struct {
		command, args string
		room          int
	}{
		{"new", `{"kind":"MenuItem","options":{"text":"x"},"handler":"__CHANNEL__:1"}`, 0},
		{"create_default", `{}`, 0},
		{"items", fmt.Sprintf(`{"rid":%d,"kind":"Menu"}`, root), 2},
		{"get", fmt.Sprintf(`{"rid":%d,"kind":"Menu","id":"item-2"}`, root), 0},
	} {
		h.room = test.room
		if _, err := h.call(test.command, test.args); err == nil {
			t.Errorf("%s: there was room", test.command)
		}
		if n := h.store.Live(); n != live {
			t.Errorf("%s: %d items live, want %d", test.command, n, live)
		}
	}
	h.leave()
	if n := h.store.Live(); n != 0 {
		t.Errorf("%d items are left", n)
	}
}

// TestPictures: they are kept no larger than they are shown.
func TestPictures(t *testing.T) {
	h := newHouse(t)
	size := func(id uint32, of func(menu.Entry) *menu.Picture) string {
		t.Helper()
		p := of(h.store.Entry(h.values[id].(*menu.Item)))
		if p == nil {
			return "none"
		}
		return fmt.Sprint(p.Width, "×", p.Height, " ", len(p.RGBA))
	}
	beside := func(e menu.Entry) *menu.Picture { return e.Picture }
	item := h.make("Icon", `{"text":"x","icon":1}`)
	if got := size(item, beside); got != "32×16 2048" {
		t.Error(got)
	}
	must[any](h, "set_icon", `{"rid":%d,"kind":"Icon","icon":"Folder"}`, item) // only macOS has it
	if got := size(item, beside); got != "none" {
		t.Error(got)
	}
	if _, err := h.call("set_icon", fmt.Sprintf(`{"rid":%d,"kind":"Icon","icon":2}`, item)); err == nil {
		t.Error("an image that does not exist was taken")
	}
	about := h.make("Predefined", `{"item":{"About":{"name":"x","icon":1}}}`)
	if got := size(about, func(e menu.Entry) *menu.Picture { return e.About.Picture }); got != "64×32 8192" {
		t.Error(got)
	}
}

// TestShown: what is shown stays when the page goes, and the menu before comes
// back to it. Places are in the pixels of the window.
func TestShown(t *testing.T) {
	h := newHouse(t)
	first, second := h.make("Menu", `{"id":"first"}`), h.make("Menu", `{"id":"second"}`)
	for _, command := range []string{"set_as_app_menu", "set_as_window_menu"} {
		if got := must[*[2]any](h, command, `{"rid":%d}`, first); got != nil {
			t.Errorf("%s: %v before", command, got)
		}
		if got := must[*[2]any](h, command, `{"rid":%d}`, second); got == nil || got[1] != "first" {
			t.Errorf("%s: %v before", command, got)
		}
	}
	for _, at := range []string{`null`, `{"Logical":{"x":3,"y":4}}`, `{"Physical":{"x":3,"y":4}}`} {
		must[any](h, "popup", `{"rid":%d,"kind":"Menu","at":%s}`, first, at)
	}
	must[any](h, "popup", `{"rid":%d,"kind":"Menu","window":"nobody"}`, first) // the contract wants no error
	if diff := cmp.Diff([]string{"pointer", "3,4", "1.5,2"}, h.popups); diff != "" {
		t.Error(diff)
	}
	h.leave()
	if n := h.store.Live(); n != 1 {
		t.Errorf("%d items live, want the one that is shown", n)
	}
}
