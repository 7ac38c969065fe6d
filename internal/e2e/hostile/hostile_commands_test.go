package hostile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/builtin"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	malice "github.com/mullion-dev/mullion/internal/hostile"
)

// leaving are the commands after which the page that called them may be gone.
var leaving = []string{
	"plugin:window|close", "plugin:window|destroy", "plugin:webview|webview_close",
	"plugin:webview|reparent", "plugin:webview|clear_all_browsing_data",
}

// quitting are those after which there is no app. They are called only with
// arguments that cannot be right, and have to refuse them all; the fake engine
// has tests of the others.
var quitting = []string{"plugin:app|exit"}

// TestHostileCommands calls every command that there is from a page of a real
// window, with arguments that are missing, too many, of a wrong type, huge, or
// aimed at others.
func TestHostileCommands(t *testing.T) {
	session.StartBus(t)
	commands := builtin.Commands()
	permissions := []any{"allow-echo", "allow-hostile-calls"}
	for _, c := range commands {
		permissions = append(permissions, c.Permission)
	}
	type namesCommand struct {
		Name string `json:"name"`
	}
	app := e2e.Start(t, e2e.Options{Permissions: permissions, DownloadDir: t.TempDir(), Setup: func(a *mullion.App) {
		mullion.Handle(a, "echo", e2e.Echo)
		mullion.Handle(a, "hostile_calls", func(_ context.Context, a namesCommand) ([]string, error) {
			i := slices.IndexFunc(commands, func(c core.Command) bool { return c.Name == a.Name })
			var texts []string
			for n, c := range malice.Calls(commands[i].Arguments) {
				// The fake engine gets them all.
				if slices.Contains(quitting, a.Name) && c.AtFault == "" {
					continue
				}
				if n < 30 || n%20 == 0 {
					texts = append(texts, c.Arguments)
				}
			}
			return texts, nil
		})
	}})
	app.Open("other", nil)
	opened, last := 0, ""
	var page *e2e.Page
	for _, c := range commands {
		t.Run(strings.TrimPrefix(c.Name, "plugin:"), func(t *testing.T) {
			// One page calls them all, as long as there is one.
			label := last
			if _, err := app.Window(label); err != nil {
				opened++
				label = fmt.Sprint("victim", opened)
				page, last = app.Open(label, nil), label
			}
			if slices.Contains(leaving, c.Name) {
				defer func() {
					if w, err := app.Window(label); err == nil {
						w.Close()
					}
					last = ""
				}()
			}
			ctx, cancel := await.Context(t.Context(), e2e.Timeout)
			defer cancel()
			go func() {
				_ = e2e.WaitFor(e2e.Timeout, func() error {
					if _, err := app.Window(label); err == nil && ctx.Err() == nil {
						return errors.New("it is there")
					}
					return nil
				})
				cancel()
			}()
			var errs []string
			err := page.RunContext(ctx, fmt.Sprintf(`
				const name = %q, errors = [];
				for (const text of await invoke('hostile_calls', {name})) {
					const late = new Promise((_, no) => setTimeout(() => no('never settled: ' + text.slice(0, 200)), 120_000));
					try {
						await Promise.race([window.__TAURI_INTERNALS__.invoke(name, JSON.parse(text)), late]);
						if (%t) throw new Error('taken: ' + text.slice(0, 200));
					} catch (e) {
						errors.push(typeof e === 'string' ? e : 'no text: ' + e);
					}
				}
				if (await invoke('echo', {text: 'x'}) !== 'x') throw new Error('a plain call afterwards');
				return [...new Set(errors)]`, c.Name, slices.Contains(quitting, c.Name)), &errs)
			if err != nil {
				if _, gone := app.Window(label); !slices.Contains(leaving, c.Name) {
					t.Errorf("the page: %v; its window: %v", err, gone)
				}
				return
			}
			for _, e := range errs {
				if s := malice.Internal(e); s != "" || len(e) > 1100 || strings.HasPrefix(e, "n") && strings.Contains(e, "never settled") || strings.HasPrefix(e, "no text") {
					t.Errorf("an error that tells of %q: %.300s", s, e)
				}
			}
		})
	}
	var got string
	app.Main().Must(`return await invoke('echo', {text: 'still there'})`, &got)
	if got != "still there" {
		t.Errorf("the first page: %q", got)
	}
	if app.Log.Contains("panic") {
		t.Error("a panic in the log")
	}
	for _, f := range app.Faults() {
		t.Errorf("fault: %+v", f)
	}
}
