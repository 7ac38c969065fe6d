package conformance

import (
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/globalshortcut"
)

// globalShortcutSuite presses keys as the user does, when the page has registered
// them.
func globalShortcutSuite(*testing.T, *published) pluginSuite {
	shortcuts := globalshortcut.New()
	// presses presses keys once a shortcut is registered.
	presses := func(shortcut string, keys ...string) func(t *testing.T, _ *e2e.App) {
		return func(t *testing.T, _ *e2e.App) {
			screen := display.Open(t)
			if err := await.Until(await.Limit, func() error {
				there, err := shortcuts.Registered(shortcut)
				if err == nil && !there {
					err = fmt.Errorf("%s is not registered yet", shortcut)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
			if err := screen.Press(keys...); err != nil {
				t.Error(err)
			}
		}
	}
	// The function hear returns a handler, and until() waits for as many events.
	const hear = `const events = []
		let wake, wanted
		const handler = (e) => { events.push(e); if (events.length === wanted) wake() }
		const until = (n) => new Promise((resolve) => { wanted = n; wake = resolve; if (events.length >= n) resolve() })
		`
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{
				"global-shortcut:allow-register", "global-shortcut:allow-unregister", "global-shortcut:allow-unregister-all", "global-shortcut:allow-is-registered",
			},
			Setup: func(app *mullion.App) { app.AddPlugin(shortcuts.Plugin()) },
		},
		tests: []pluginTest{
			{
				exports: []string{"register", "unregister"},
				body: hear + `await p.register('CommandOrControl+Shift+C', handler)
					await until(2)
					await p.unregister('CommandOrControl+Shift+C')
					return events`,
				outside: presses("Ctrl+Shift+C", "ctrl+shift+c"),
				want:    `[{"shortcut":"shift+control+KeyC","id":34078741,"state":"Pressed"},{"shortcut":"shift+control+KeyC","id":34078741,"state":"Released"}]`,
			},
			{
				exports: []string{"register", "unregister", "isRegistered"},
				body: hear + `await p.register(['Control+Alt+K', 'Alt+A', 'F8'], handler)
					await until(4)
					await p.unregister(['Alt+A', 'F8'])
					return [events.map((e) => e.shortcut + ' ' + e.state), await p.isRegistered('Ctrl+Alt+K'), await p.isRegistered('Alt+A')]`,
				outside: presses("F8", "alt+a", "ctrl+alt+k"),
				want:    `[["alt+KeyA Pressed","alt+KeyA Released","control+alt+KeyK Pressed","control+alt+KeyK Released"],true,false]`,
			},
			{
				exports: []string{"unregisterAll", "isRegistered"},
				body: `await p.register('F9', () => {})
					await p.unregisterAll()
					return [await p.isRegistered('F9'), await p.isRegistered('Ctrl+Alt+K')]`,
				want: `[false,false]`,
			},
			{
				exports: []string{"register", "isRegistered"},
				body: `await p.register('F9', () => {})
					const tries = await Promise.allSettled([p.register('F9', () => {}), p.register('Ctrl+Nothing', () => {}), p.register(['F10', 'F9', 'F11'], () => {}), p.isRegistered('Ctrl')])
					return [tries.map((x) => x.status), await p.isRegistered('F10'), await p.isRegistered('F11')]`,
				want: `[["rejected","rejected","rejected","rejected"],true,false]`,
			},
		},
	}
}
