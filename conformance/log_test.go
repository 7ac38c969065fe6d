package conformance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/log"
)

// logSuite looks into the file that what pages log is written to.
func logSuite(t *testing.T, _ *published) pluginSuite {
	dir := t.TempDir()
	logs := log.New(log.Options{Targets: []log.Target{
		{Kind: log.Folder, Path: dir, Name: "pages"}, {Kind: log.Webview},
		{Kind: log.Folder, Path: dir, Name: "places", Format: func(e log.Entry) string { return e.Message + " " + e.File + " " + e.Window }},
	}})
	written := func(file string, want ...string) func(*testing.T, *e2e.App) {
		return func(t *testing.T, _ *e2e.App) {
			for _, w := range want {
				form := regexp.MustCompile(`(?m)` + w + `$`)
				if err := await.Until(time.Minute, func() error {
					data, err := os.ReadFile(filepath.Join(dir, file))
					if err != nil {
						return err
					}
					if !form.Match(data) {
						return errors.New(w + " is not in " + string(data))
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			}
		}
	}
	const begin = `^\[\d{4}-\d\d-\d\d\]\[\d\d:\d\d:\d\d\]\[webview::[^\]]+\]`
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{"core:default", "log:default", "allow-log-in-go"},
			Setup: func(app *mullion.App) {
				app.AddPlugin(logs.Plugin())
				mullion.Handle(app, "log_in_go", func(_ context.Context, a struct {
					Text string `json:"text"`
				}) (struct{}, error) {
					logs.Logger().Warn(a.Text, "source", "go")
					return struct{}{}, nil
				})
			},
		},
		tests: []pluginTest{
			{
				exports: []string{"trace", "debug", "info", "warn", "error", "LogLevel"},
				body: `for (const name of ['Trace', 'Debug', 'Info', 'Warn', 'Error']) await p[name.toLowerCase()]('this is ' + p.LogLevel[name])
					return [1, 5].map((n) => p.LogLevel[n])`,
				outside: written("pages.log", begin+`\[TRACE\] this is 1`, begin+`\[DEBUG\] this is 2`, begin+`\[INFO\] this is 3`, begin+`\[WARN\] this is 4`, begin+`\[ERROR\] this is 5`),
				want:    `["Trace","Error"]`,
			},
			{
				exports: []string{"attachLogger"},
				body: `const heard = []
					let wake
					const two = new Promise((done) => wake = done)
					const detach = await p.attachLogger((r) => { heard.push(r); if (heard.length === 2) wake() })
					await p.info('one\nline')
					await invoke('log_in_go', {text: '\x1b[31mfrom Go'})
					await two
					detach()
					await p.info('unheard')
					return heard.map((r) => [r.level, r.message.replace(/^.*\] /, '')])`,
				outside: written("pages.log", begin+`\[INFO\] unheard`),
				want:    `[[3,"one\\nline"],[4,"\\x1b[31mfrom Go"]]`,
			},
			{
				exports: []string{"attachConsole"},
				body: `const names = {trace: 'log', debug: 'debug', info: 'info', warn: 'warn', error: 'error'}
					const seen = [], before = {...console}
					let wake
					const all = new Promise((done) => wake = done)
					for (const name of Object.values(names)) console[name] = (text) => {
						if (String(text).includes('to the console')) { seen.push(name); if (seen.length === 5) wake() }
					}
					const detach = await p.attachConsole()
					for (const name of Object.keys(names)) await p[name]('to the console')
					await all
					detach()
					Object.assign(console, before)
					return seen`,
				want: `["log","debug","info","warn","error"]`,
			},
			{
				exports: []string{"LogOptions.file", "LogOptions.line", "LogOptions.keyValues"},
				body:    `await p.info('with options', {file: 'notes.ts', line: 7, keyValues: {size: '12', name: 'a b', none: undefined}})`,
				outside: func(t *testing.T, app *e2e.App) {
					written("pages.log", begin+`\[INFO\] with options name="a b" size=12`)(t, app)
					written("places.log", `^with options notes.ts main`)(t, app)
				},
				want: `null`,
			},
		},
		notes: map[string]string{
			"attachLogger": "hears what goes to a target of kind log.Webview, which is none of the default ones",
		},
	}
}
