package conformance

import (
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/positioner"
)

// positionerSuite looks at where the window is on its screen.
func positionerSuite(_ *testing.T, _ *published) pluginSuite {
	const place = `const w = window.__TAURI_INTERNALS__.metadata.currentWindow.label
		const reach = async (good) => {
			for (;;) {
				const [at, size, monitor] = await Promise.all([invoke('plugin:window|outer_position', {label: w}),
					invoke('plugin:window|outer_size', {label: w}), invoke('plugin:window|current_monitor')])
				const area = monitor.workArea
				const left = at.x - area.position.x, top = at.y - area.position.y
				const right = area.size.width - size.width - left, bottom = area.size.height - size.height - top
				if (good(left, top, right, bottom, at)) return true
				await new Promise((resolve) => setTimeout(resolve, 10))
			}
		}
		`
	p := positioner.New()
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{"positioner:default", "core:window:default"},
			Setup:       func(app *mullion.App) { app.AddPlugin(p.Plugin()) },
		},
		tests: []pluginTest{
			{
				exports: []string{"moveWindow", "Position"},
				body: place + `const got = []
				for (const [name, good] of [
					['BottomRight', (l, t, r, b) => r === 0 && b === 0], ['TopLeft', (l, t) => l === 0 && t === 0],
					['Center', (l, t, r, b) => Math.abs(l - r) < 2 && Math.abs(t - b) < 2], ['TopRight', (l, t, r) => r === 0 && t === 0],
					['BottomLeft', (l, t, r, b) => l === 0 && b === 0], ['TopCenter', (l, t, r) => Math.abs(l - r) < 2 && t === 0],
					['BottomCenter', (l, t, r, b) => Math.abs(l - r) < 2 && b === 0], ['LeftCenter', (l, t, r, b) => l === 0 && Math.abs(t - b) < 2],
					['RightCenter', (l, t, r, b) => r === 0 && Math.abs(t - b) < 2],
				]) {
					await p.moveWindow(p.Position[name])
					got.push(await reach(good))
				}
				return [got.every(Boolean), p.Position.TrayBottomCenter, await p.moveWindow(p.Position.TrayLeft).catch(String)]`,
				want: `[true,14,"Tray position not set"]`,
			},
			{
				exports: []string{"handleIconState", "moveWindowConstrained"},
				body: place + `const rect = {position: {x: 200, y: 100}, size: {width: 20, height: 10}}
				await p.handleIconState({type: 'Click', rect})
				await p.moveWindow(p.Position.TrayBottomRight)
				const free = await reach((l, t, r, b, at) => at.x === 220 && at.y === 100)
				await p.moveWindowConstrained(p.Position.TrayLeft)
				const kept = await reach((l, t, r, b, at) => t >= 0 && at.x === 200)
				await p.moveWindowConstrained(p.Position.Center)
				return [free, kept, await reach((l, t, r, b) => Math.abs(l - r) < 2 && Math.abs(t - b) < 2)]`,
				want: `[true,true,true]`,
			},
		},
	}
}
