package desk_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// fromMenu opens a menu by a key with alt, and has the user press another one
// when it is open. It is closed at last.
func fromMenu(t *testing.T, menu, item string) {
	t.Helper()
	e2e.TypeKeys(t, menu)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if open, err := e2e.Screen(t).Menus(); err != nil || open == 0 {
			return fmt.Errorf("no menu opens: %w", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	e2e.TypeKeys(t, item)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if open, err := e2e.Screen(t).Menus(); err != nil || open > 0 {
			return fmt.Errorf("the menu does not close: %w", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// is waits until a window is as wanted.
func is(t *testing.T, w *mullion.Window, what string, wanted func(mullion.Geometry) bool) {
	t.Helper()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if g := w.Geometry(); !wanted(g) {
			return fmt.Errorf("window %q is not %s: %+v", w.Label(), what, g)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestPredefinedItems has the user choose items of the app's menu, which Go
// has made. Those that pages make are tested in conformance.
func TestPredefinedItems(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	main := app.Main()
	main.Must(`return 1`, nil)
	app.Open("second", nil).Must(`return 1`, nil)
	var items mullion.Menu
	kinds := []mullion.PredefinedItem{
		mullion.SelectAllItem, mullion.CopyItem, mullion.PasteItem, mullion.CutItem, mullion.UndoItem, mullion.RedoItem,
		mullion.MaximizeItem, mullion.FullscreenItem, mullion.CloseWindowItem,
	}
	for i, kind := range kinds {
		items = append(items, mullion.MenuItem{Predefined: kind, Text: fmt.Sprint("&", i+1)})
	}
	items = append(items, mullion.MenuItem{Predefined: mullion.Separator}, mullion.MenuItem{Predefined: mullion.QuitItem, Text: "&Quit"})
	if err := app.SetMenu(t.Context(), mullion.Menu{{Text: "&Menu", Items: items}}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []mullion.PredefinedItem{mullion.HideItem, mullion.HideOthersItem, mullion.ShowAllItem, mullion.ServicesItem} {
		w := e2e.Window(t, app, "second")
		if err := w.SetMenu(t.Context(), mullion.Menu{{Text: "&Menu", Items: mullion.Menu{{Predefined: kind}}}}); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", kind, err)
		}
		if err := w.SetMenu(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	focus := func(label string) *mullion.Window {
		t.Helper()
		w := e2e.Window(t, app, label)
		if err := w.Focus(t.Context()); err != nil {
			t.Fatal(err)
		}
		is(t, w, "focused", func(g mullion.Geometry) bool { return g.Focused })
		return w
	}
	choose := func(kind mullion.PredefinedItem) {
		t.Helper()
		for i := range kinds {
			if kinds[i] == kind {
				fromMenu(t, "alt+m", fmt.Sprint(i+1))
			}
		}
	}
	w := focus("main")
	main.Must(`const f = document.body.appendChild(document.createElement('textarea')); f.value = 'ab'; f.focus(); f.setSelectionRange(2, 2)`, nil)
	for _, step := range []struct {
		kind mullion.PredefinedItem
		want string // the text, and what is selected of it
	}{
		{mullion.SelectAllItem, "ab 0 2"}, {mullion.CopyItem, "ab 0 2"}, {mullion.CutItem, " 0 0"}, {mullion.UndoItem, "ab 0 2"},
		{mullion.RedoItem, " 0 0"}, {mullion.PasteItem, "ab 2 2"}, {mullion.PasteItem, "abab 4 4"},
	} {
		choose(step.kind)
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			var got string
			main.Must(`const f = document.querySelector('textarea'); return [f.value, f.selectionStart, f.selectionEnd].join(' ')`, &got)
			if got != step.want {
				return fmt.Errorf("got %q, want %q", got, step.want)
			}
			return nil
		}); err != nil {
			t.Fatalf("%s: %v", step.kind, err)
		}
	}
	choose(mullion.MaximizeItem)
	is(t, w, "maximized", func(g mullion.Geometry) bool { return g.Maximized })
	choose(mullion.MaximizeItem)
	is(t, w, "as before", func(g mullion.Geometry) bool { return !g.Maximized })
	choose(mullion.FullscreenItem)
	is(t, w, "fullscreen", func(g mullion.Geometry) bool { return g.Fullscreen })
	choose(mullion.FullscreenItem)
	is(t, w, "as before", func(g mullion.Geometry) bool { return !g.Fullscreen })
	second := focus("second")
	choose(mullion.CloseWindowItem)
	<-second.Done()
	focus("main")
	fromMenu(t, "alt+m", "q")
	<-app.Done()
}
