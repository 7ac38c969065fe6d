package hostile_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
	malice "github.com/mullion-dev/mullion/internal/hostile"
)

// pageDialog is what an app lets a page say about a dialog.
type pageDialog struct {
	Title       string   `json:"title,omitzero"`
	Message     string   `json:"message,omitzero"`
	Buttons     []string `json:"buttons,omitzero"`
	Kind        string   `json:"kind,omitzero"`
	DefaultPath string   `json:"defaultPath,omitzero"`
	Filter      string   `json:"filter,omitzero"`
	Extensions  []string `json:"extensions,omitzero"`
}

// TestHostileDialogs has an app show whatever a page wants in its dialogs.
// What is wrong is a clear error; all that opens is closed by the user, and
// the process that shows it lives through all of that.
func TestHostileDialogs(t *testing.T) {
	filters := func(d pageDialog) []mullion.FileFilter {
		if d.Filter == "" && d.Extensions == nil {
			return nil
		}
		return []mullion.FileFilter{{Name: d.Filter, Extensions: d.Extensions}}
	}
	commands := []string{"message", "confirm", "open_file", "save_file"}
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-message", "allow-confirm", "allow-open-file", "allow-save-file", "allow-arguments"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "message", func(ctx context.Context, d pageDialog) (string, error) {
				return a.Message(ctx, mullion.MessageDialog{Title: d.Title, Message: d.Message, Buttons: d.Buttons, Kind: mullion.MessageKind(d.Kind)})
			})
			mullion.Handle(a, "confirm", func(ctx context.Context, d pageDialog) (bool, error) {
				return a.Confirm(ctx, mullion.MessageDialog{Title: d.Title, Message: d.Message, Buttons: d.Buttons, Kind: mullion.MessageKind(d.Kind)})
			})
			mullion.Handle(a, "open_file", func(ctx context.Context, d pageDialog) ([]string, error) {
				return a.OpenFile(ctx, mullion.FileDialog{Title: d.Title, DefaultPath: d.DefaultPath, Filters: filters(d), Multiple: true})
			})
			mullion.Handle(a, "save_file", func(ctx context.Context, d pageDialog) (string, error) {
				return a.SaveFile(ctx, mullion.FileDialog{Title: d.Title, DefaultPath: d.DefaultPath, Filters: filters(d)})
			})
			mullion.Handle(a, "arguments", func(context.Context, struct{}) (texts []string, err error) {
				for _, c := range malice.Calls(reflect.TypeFor[pageDialog]()) {
					texts = append(texts, c.Arguments)
				}
				return texts, nil
			})
		},
	})
	page := app.Main()
	page.Must(`return 1`, nil)
	stay := visible(t)
	ctx, cancel := context.WithCancel(t.Context())
	closing := make(chan struct{})
	go func() {
		defer close(closing)
		for tick := time.NewTicker(20 * time.Millisecond); ctx.Err() == nil; <-tick.C {
			closeWindows(stay)
		}
	}()
	defer func() { cancel(); <-closing }()
	for n, name := range commands {
		t.Run(name, func(t *testing.T) {
			script := `
				const name = NAME, errors = [];
				const texts = (await invoke('arguments')).filter((_, i) => i % 8 === TURN);
				for (const text of texts) {
					const late = new Promise((_, no) => setTimeout(() => no('never settled: ' + text.slice(0, 200)), 120_000));
					try {
						await Promise.race([window.__TAURI_INTERNALS__.invoke(name, JSON.parse(text)), late]);
					} catch (e) {
						errors.push(typeof e === 'string' ? e : 'no text: ' + e);
					}
				}
				return [...new Set(errors)]`
			turn, _ := json.Marshal(n)
			quoted, _ := json.Marshal(name)
			var errs []string
			wait, cancel := await.Context(t.Context(), 5*time.Minute)
			defer cancel()
			if err := page.RunContext(wait, strings.NewReplacer("NAME", string(quoted), "TURN", string(turn)).Replace(script), &errs); err != nil {
				t.Fatal(err)
			}
			if len(errs) == 0 || strings.HasSuffix(name, "_file") && !slices.Contains(errs, "cancelled") {
				t.Error("nothing was refused, and nothing closed")
			}
			for _, e := range errs {
				if s := malice.Internal(e); s != "" || len(e) > 1100 || strings.HasPrefix(e, "never settled") || strings.HasPrefix(e, "no text") || strings.Contains(e, "has ended") {
					t.Errorf("an error that tells of %q: %.300s", s, e)
				}
			}
		})
	}
	if app.Log.Contains("panic") {
		t.Error("a panic in the log")
	}
	for _, f := range app.Faults() {
		t.Errorf("fault: %+v", f)
	}
}

// visible are the numbers of the windows on the screen.
func visible(t *testing.T) (ids []uint32) {
	t.Helper()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		ids = onScreen()
		if len(ids) == 0 {
			return errors.New("no window is visible")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

func onScreen() (ids []uint32) {
	s, err := e2e.Connect()
	if err != nil {
		return nil
	}
	all, _ := s.Windows() // asked again
	for _, w := range all {
		if w.Visible && w.Class != "" {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// closeWindows has the user close every other window.
func closeWindows(stay []uint32) {
	s, err := e2e.Connect()
	if err != nil {
		return
	}
	for _, id := range onScreen() {
		if !slices.Contains(stay, id) && s.Activate(id) == nil {
			_ = s.Press("Escape") // it may have gone
		}
	}
}
