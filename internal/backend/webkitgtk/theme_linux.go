package webkitgtk

import "strings"

// The settings that make a theme dark.
const (
	preferDark = "gtk-application-prefer-dark-theme"
	themeName  = "gtk-theme-name"
)

// applyTheme is for all windows of the process: GTK knows no other way.
func (e *engine) applyTheme(theme string) {
	settings := e.c.gtkSettingsGetDefault.call()
	if theme == "" {
		e.c.gtkSettingsResetProperty.with(settings, preferDark)
		return
	}
	e.c.gObjectSet.with(settings, preferDark, theme == "dark", nil)
}

// watchTheme has all windows observed anew when the theme changes.
func (e *engine) watchTheme() {
	settings := e.c.gtkSettingsGetDefault.call()
	for _, name := range []string{preferDark, themeName} {
		e.connect(settings, "notify::"+name, 2, func(args) uintptr {
			for _, w := range e.windows {
				w.changed()
			}
			return 0
		})
	}
}

// theme is "dark" or "light". Dark variants of themes end in "-dark" by
// convention; nothing else tells.
func (e *engine) theme() string {
	settings := e.c.gtkSettingsGetDefault.call()
	dark, name := new(int32), new(uintptr)
	e.c.gObjectGet.with(settings, preferDark, dark, themeName, name, nil)
	if *name != 0 {
		defer e.c.gFree.call(*name)
	}
	n := strings.ToLower(goString(*name))
	if *dark != 0 || strings.HasSuffix(n, "-dark") || strings.HasSuffix(n, ":dark") {
		return "dark"
	}
	return "light"
}
