package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// Prefer implements backend.Preferrer.
func (e *engine) Prefer(p wire.Preferences) {
	before := e.settings.color
	e.settings.prefer(p)
	if e.settings.color == before {
		return
	}
	// WebKitGTK 2.50.6 looks for the accent color when the style of its widget has
	// changed, and a color with a name that the widget does not use is no change.
	for _, w := range e.windows {
		for _, v := range w.webviews {
			if !v.closed {
				e.c.gSignalEmitByName.with(v.view, "style-updated")
				v.repaint()
			}
		}
	}
}

// watchTheme has all windows observed anew when the theme changes.
func (e *engine) watchTheme() {
	for _, name := range []string{preferDark, themeName} {
		e.connect(e.settings.object, "notify::"+name, func(args) uintptr {
			for _, w := range e.windows {
				w.changed()
			}
			return 0
		})
	}
}

// theme is "dark" or "light".
func (e *engine) theme() string {
	name := e.settings.text(themeName)
	if e.settings.value(preferDark, true) == true || isDark(name) || name == highContrastDark {
		return "dark"
	}
	return "light"
}
