package mulliontest

import (
	_ "embed"
	"errors"

	"github.com/mullion-dev/mullion/config"
)

//go:embed check.js
var checkScript string

// CheckAccessibility fails the test for each thing that keeps people from using
// the page as it is shown now, in light and in dark colors: controls and pictures
// without a name, a page without a language or a title; what only a mouse can use,
// and a focus that jumps up the page; and text with less contrast than WCAG 2.2 wants
// at level AA, 4.5 to 1, or 3 to 1 where it is large. What is before a picture or a
// gradient is not judged, nor are placeholders, nor what only people can judge, such
// as whether a name is a good one. The window has the theme of the system afterwards.
func (w *Window) CheckAccessibility() {
	t := w.d.r.t
	t.Helper()
	for _, theme := range []config.Theme{config.ThemeLight, config.ThemeDark} {
		w.setTheme(theme)
		w.d.r.until(w.what("colors of"), func() error {
			var is bool
			if err := w.eval(`return matchMedia('(prefers-color-scheme: `+string(theme)+`)').matches`, &is); err != nil || is {
				return err
			}
			return errors.New("they are not " + string(theme))
		})
		for _, p := range w.problems() {
			t.Errorf("%s, %s: %s", w.what("check of"), theme, p)
		}
	}
	w.setTheme("")
}

// problems are those of the page in the colors that it has.
func (w *Window) problems() (list []string) {
	w.d.r.t.Helper()
	if err := w.eval(checkScript, &list); err != nil {
		w.d.r.t.Fatalf("%s: %v", w.what("check of"), err)
	}
	return list
}

func (w *Window) setTheme(theme config.Theme) {
	w.d.r.t.Helper()
	ctx, cancel := w.d.r.context()
	defer cancel()
	if err := w.view.Window().SetTheme(ctx, theme); err != nil {
		w.d.r.t.Fatalf("%s: %v", w.what("theme of"), err)
	}
}
