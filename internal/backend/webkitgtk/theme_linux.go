package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// Prefer implements backend.Preferrer.
func (e *engine) Prefer(p wire.Preferences) { e.settings.prefer(p) }

// watchTheme has all windows observed anew when the theme changes.
func (e *engine) watchTheme() {
	for _, name := range []string{preferDark, themeName} {
		e.connect(e.settings.object, "notify::"+name, 2, func(args) uintptr {
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
	if e.settings.value(preferDark, true) == true || isDark(name) || name == "HighContrastInverse" {
		return "dark"
	}
	return "light"
}
