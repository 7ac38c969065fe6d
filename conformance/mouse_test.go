package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// userPermissions let pages have what users drop onto them, and pictures of
// the user, from one folder.
func (h *house) userPermissions() []any {
	allow := []any{map[string]any{"path": filepath.ToSlash(filepath.Dir(h.inside())) + "/**"}}
	return []any{
		map[string]any{"identifier": "web:allow-file-drop", "allow": allow},
		map[string]any{"identifier": "core:image:allow-from-path", "allow": allow},
	}
}

// mouseCommands are what the tests have the user do. Windows are named by
// their titles.
func (h *house) mouseCommands() map[string]ipc.Handler {
	return map[string]ipc.Handler{
		"scale": handler(func(_ context.Context, a struct {
			Scale int `json:"scale"`
		}) (none, error) {
			return none{}, h.scale.SetScale(a.Scale)
		}),
		// drag drags until the app hears of the event.
		"drag": handler(func(_ context.Context, a struct {
			From  string `json:"from"`
			Over  string `json:"over"`
			X     int    `json:"x"`
			Y     int    `json:"y"`
			Back  bool   `json:"back"`
			Event string `json:"event"`
		}) (none, error) {
			var once sync.Once
			done := make(chan struct{})
			off := h.On(a.Event, func(_ context.Context, e mullion.Event) {
				// What was dragged back before is dropped onto the window that it came from,
				// and the app may hear of that only now.
				var at struct {
					Position *struct{ X, Y int }
				}
				if err := json.Unmarshal(e.Payload, &at); err == nil && at.Position != nil && a.Event == "tauri://drag-drop" &&
					(at.Position.X != a.X || at.Position.Y != a.Y) {
					return
				}
				once.Do(func() { close(done) })
			})
			defer off()
			return none{}, e2e.Drag{From: a.From, Over: a.Over, X: a.X, Y: a.Y, Back: a.Back}.Until(done)
		}),
		// click is for one window, key for what has the keyboard.
		"click": handler(func(_ context.Context, a struct {
			Label string `json:"label"`
			X     int    `json:"x"`
			Y     int    `json:"y"`
		}) (none, error) {
			w, err := h.screen.Wait(a.Label)
			if err == nil {
				err = errors.Join(h.screen.MoveIn(w.ID, a.X, a.Y), h.screen.Click(display.Left))
			}
			return none{}, err
		}),
		"mouse": handler(func(_ context.Context, a struct {
			X int `json:"x"`
			Y int `json:"y"`
		}) (none, error) {
			return none{}, h.screen.MoveTo(a.X, a.Y)
		}),
		// shown waits until the screen shows a window, which then has the keyboard.
		"shown": handler(func(_ context.Context, a struct {
			Title string `json:"title"`
		}) (none, error) {
			w, err := h.screen.Wait(a.Title)
			if err == nil {
				err = h.screen.Activate(w.ID)
			}
			return none{}, err
		}),
		// menu_open waits until a menu is open.
		"menu_open": handler(func(context.Context, none) (none, error) {
			return none{}, h.menus(func(open int) bool { return open > 0 })
		}),
		// key presses keys. Those after one that opens a menu wait for that,
		// or the window would have them, and the menu closes at last.
		"key": handler(func(_ context.Context, a struct {
			Keys []string `json:"keys"`
		}) (none, error) {
			ofMenu := len(a.Keys) > 1 && strings.HasPrefix(a.Keys[0], "alt+")
			for i, key := range a.Keys {
				if ofMenu && i == 1 {
					if err := h.menus(func(open int) bool { return open > 0 }); err != nil {
						return none{}, err
					}
				}
				if err := h.screen.Press(key); err != nil {
					return none{}, err
				}
			}
			if ofMenu {
				last := time.Now()
				if err := h.menus(func(open int) bool {
					// A menu has been seen to miss the letter of an item, in a window that
					// had just come back from the taskbar: the user presses it again.
					if open > 0 && len(a.Keys) == 2 && time.Since(last) > 2*time.Second {
						last = time.Now()
						_ = h.screen.Press(a.Keys[1])
					}
					return open == 0
				}); err != nil {
					return none{}, fmt.Errorf("the keys %s: %w", strings.Join(a.Keys, " "), err)
				}
			}
			return none{}, nil
		}),
	}
}

// menus waits until as many menus are open as a test wants.
func (h *house) menus(want func(open int) bool) error {
	return e2e.WaitFor(e2e.Timeout, func() error {
		open, err := h.screen.Menus()
		if err == nil && !want(open) {
			err = fmt.Errorf("%d menus are open", open)
		}
		return err
	})
}
