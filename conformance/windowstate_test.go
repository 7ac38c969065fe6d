package conformance

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/windowstate"
)

// windowStateSuite looks into the file, and at windows.
func windowStateSuite(t *testing.T, _ *published) pluginSuite {
	states := windowstate.New(windowstate.Options{Deny: []string{"main"}})
	inFile := func(t *testing.T) (windows map[string]map[string]any) {
		t.Helper()
		text, err := os.ReadFile(states.Path())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &windows); err != nil {
			t.Fatal(err)
		}
		return windows
	}
	dir := t.TempDir()
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{"window-state:default", "allow-open-other", "allow-resize-other", "allow-size-of-other", "allow-in-file"}, DataDir: dir,
			Setup: func(app *mullion.App) {
				app.AddPlugin(states.Plugin())
				mullion.Handle(app, "open_other", func(ctx context.Context, _ struct{}) (struct{}, error) {
					_, err := app.OpenWindow(ctx, mullion.WindowOptions{Label: "other", Width: 300, Height: 200})
					return struct{}{}, err
				})
				type size struct {
					Width  float64 `json:"width"`
					Height float64 `json:"height"`
				}
				mullion.Handle(app, "resize_other", func(ctx context.Context, s size) (struct{}, error) {
					w, err := app.Window("other")
					if err != nil {
						return struct{}{}, err
					}
					return struct{}{}, w.SetSize(ctx, s.Width, s.Height)
				})
				mullion.Handle(app, "size_of_other", func(context.Context, struct{}) ([]int, error) {
					w, err := app.Window("other")
					if err != nil {
						return nil, err
					}
					g := w.Geometry()
					return []int{g.Width, g.Height}, nil
				})
				mullion.Handle(app, "in_file", func(context.Context, struct{}) (any, error) {
					return inFile(t)["other"]["width"], nil
				})
			},
		},
		tests: []pluginTest{
			{
				exports: []string{"filename", "StateFlags"},
				body:    `return [await p.filename(), p.StateFlags.SIZE, p.StateFlags.POSITION, p.StateFlags.FULLSCREEN, p.StateFlags.ALL]`,
				want:    `[".window-state.json",1,2,32,63]`,
				outside: func(t *testing.T, app *e2e.App) {
					if want := filepath.Join(dir, "config", ".window-state.json"); states.Path() != want {
						t.Errorf("the file is %s, want %s", states.Path(), want)
					}
				},
			},
			{
				exports: []string{"saveWindowState", "restoreState"},
				body: `await invoke('open_other')
				const reach = async (width, height) => {
					for (;;) {
						const got = await invoke('size_of_other')
						if (got[0] === width && got[1] === height) return
						await new Promise((resolve) => setTimeout(resolve, 10))
					}
				}
				await reach(300, 200)
				await p.saveWindowState(p.StateFlags.ALL)
				await invoke('resize_other', {width: 333, height: 222})
				await reach(333, 222)
				const before = await invoke('in_file')
				await p.restoreState('other', p.StateFlags.SIZE)
				await reach(300, 200)
				await invoke('resize_other', {width: 345, height: 234})
				await reach(345, 234)
				await p.saveWindowState()
				const after = await invoke('in_file')
				await invoke('resize_other', {width: 333, height: 222})
				await reach(333, 222)
				await p.restoreState('other')
				await reach(345, 234)
				const wrong = await Promise.allSettled([p.restoreState('none'), p.saveWindowState(64)])
				return [before, after, wrong.map((x) => x.reason)]`,
				want: `[300,345,["Couldn't find window with label: none","Invalid state flags bits: 64"]]`,
			},
			{
				exports: []string{"restoreStateCurrent"},
				body:    `await p.restoreStateCurrent(p.StateFlags.SIZE); await p.restoreStateCurrent(); return window.innerWidth`,
				want:    `600`, // of which nothing is remembered
			},
		},
	}
}
