package conformance

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/mullion-dev/mullion"
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
			return none{}, h.scale.Set(a.Scale)
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
			off := h.On(a.Event, func(context.Context, mullion.Event) { once.Do(func() { close(done) }) })
			defer off()
			return none{}, e2e.Drag{From: a.From, Over: a.Over, X: a.X, Y: a.Y, Back: a.Back}.Until(done)
		}),
		// click is for one window, key for what has the keyboard.
		"click": handler(func(ctx context.Context, a struct {
			Label string `json:"label"`
			X     int    `json:"x"`
			Y     int    `json:"y"`
		}) (none, error) {
			return none{}, xdotool(ctx, "search", "--onlyvisible", "--name", "^"+a.Label+"$",
				"mousemove", "--window", "%1", fmt.Sprint(a.X), fmt.Sprint(a.Y), "click", "1")
		}),
		"mouse": handler(func(ctx context.Context, a struct {
			X int `json:"x"`
			Y int `json:"y"`
		}) (none, error) {
			return none{}, xdotool(ctx, "mousemove", fmt.Sprint(a.X), fmt.Sprint(a.Y))
		}),
		// shown waits until the screen shows a window, which then has the keyboard.
		"shown": handler(func(ctx context.Context, a struct {
			Title string `json:"title"`
		}) (none, error) {
			return none{}, xdotool(ctx, "search", "--sync", "--onlyvisible", "--name", a.Title, "windowactivate", "--sync")
		}),
		"key": handler(func(ctx context.Context, a struct {
			Keys []string `json:"keys"`
		}) (none, error) {
			return none{}, xdotool(ctx, append([]string{"key", "--delay", "50"}, a.Keys...)...)
		}),
	}
}

func xdotool(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "xdotool", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("xdotool: %w: %s", err, out)
	}
	return nil
}
