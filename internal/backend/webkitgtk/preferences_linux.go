package webkitgtk

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/wire"
)

// settings makes GtkSettings follow the preferences of the user, in a host and in
// the process for dialogs. GTK 3 has them from XSETTINGS on X11, from GSettings
// under Wayland, and from settings.ini. Hosts have no GSettings, whose defaults
// GTK would take there; and without a program that manages XSETTINGS, X11 knows
// nothing of the desktop. What is set here counts over all of these, so it is not
// set where X11 has an answer of its own.
//
// It is owned by the main loop.
type settings struct {
	f       *settingsFuncs
	wayland bool
	object  uintptr // GtkSettings

	preferences wire.Preferences
	theme       string          // "dark" or "light" by the app's wish; empty: by the user's
	own         map[string]bool // settings that files or X resources have said, on X11
	set         map[string]bool // settings that were set here
	changing    bool            // by apply
	accent      uintptr         // GtkCssProvider, or 0
	color       string          // that it has
}

// settingsFuncs are the functions for it.
type settingsFuncs struct {
	gObjectClassFindProperty            cfunc
	gObjectGet                          cfunc
	gObjectGetProperty                  cfunc
	gObjectSet                          cfunc
	gFree                               cfunc
	gParamSpecGetDefaultValue           cfunc
	gParamValuesCmp                     cfunc
	gValueInit                          cfunc
	gValueUnset                         cfunc
	gdkScreenGetDefault                 cfunc
	gdkScreenGetSetting                 cfunc
	gtkCssProviderLoadFromData          cfunc
	gtkCssProviderNew                   cfunc
	gtkSettingsGetDefault               cfunc
	gtkSettingsResetProperty            cfunc
	gtkStyleContextAddProviderForScreen cfunc

	gdkX11GetDefaultScreen   cfunc `need:"optional"`
	gdkX11GetDefaultXdisplay cfunc `need:"optional"`
	internAtom               cfunc `symbol:"XInternAtom" need:"optional"`
	selectionOwner           cfunc `symbol:"XGetSelectionOwner" need:"optional"`
	resource                 cfunc `symbol:"XGetDefault" need:"optional"`
}

// setting is one of GtkSettings, and what it is to be: a string, an int32 or a
// bool; nil leaves it to the toolkit.
type setting struct {
	name  string
	value any
}

// The settings that are named more than once: the first two make a theme dark.
const (
	themeName  = "gtk-theme-name"
	preferDark = "gtk-application-prefer-dark-theme"
	textSize   = "gtk-xft-dpi"
	fontName   = "gtk-font-name"
)

// highContrastDark is the dark theme of high contrast that GTK has.
const highContrastDark = "HighContrastInverse"

// newSettings is called once the toolkit has a display. connect connects to a
// signal of an object.
func newSettings(f *settingsFuncs, wayland bool, connect func(object uintptr, signal string, called func())) *settings {
	s := &settings{f: f, wayland: wayland, object: f.gtkSettingsGetDefault.call(), own: map[string]bool{}, set: map[string]bool{}}
	if wayland {
		return s
	}
	for _, x := range s.wanted() {
		s.own[x.name] = !strings.HasPrefix(x.name, xft) && !s.onScreen(x.name) && !s.isDefault(x.name)
	}
	// A program that manages XSETTINGS may come later. GTK tells that of what
	// was not set here, which is some of what every such program has; its going
	// shows at the next change of anything.
	connect(s.object, "notify", func() {
		if !s.changing {
			s.apply()
		}
	})
	s.apply()
	return s
}

// prefer follows the user.
func (s *settings) prefer(p wire.Preferences) {
	s.preferences = p
	s.apply()
}

// choose follows the app, or the user again if theme is empty.
func (s *settings) choose(theme string) {
	s.theme = theme
	s.apply()
}

// dpi is what a text of normal size is drawn with, in GTK's 1024ths of a dot per
// inch.
const dpi = 96 * 1024

// wanted is what the settings are to be, before anybody else is asked. The names
// are always the same.
func (s *settings) wanted() []setting {
	p := &s.preferences
	dark := s.theme == "dark" || s.theme == "" && p.ColorScheme == "dark"
	theme := p.Theme
	switch {
	case p.HighContrast && dark:
		theme = highContrastDark
	case p.HighContrast:
		theme = "HighContrast"
	}
	var size, antialias, hinting any
	if p.TextScale > 0 {
		size = int32(math.Round(p.TextScale * dpi))
	}
	if p.Antialiasing != "" {
		antialias = truth(p.Antialiasing != "none")
	}
	if p.Hinting != "" {
		hinting = truth(p.Hinting != "none")
	}
	order := p.SubpixelOrder
	if p.Antialiasing != "rgba" && p.Antialiasing != "" {
		order = "none"
	}
	var prefersDark any
	if s.theme != "" || p.ColorScheme != "" {
		prefersDark = dark
	}
	return []setting{
		{themeName, text(theme)},
		{preferDark, prefersDark},
		{"gtk-icon-theme-name", text(p.IconTheme)},
		{fontName, text(p.Font)},
		{textSize, size},
		{"gtk-xft-antialias", antialias},
		{"gtk-xft-hinting", hinting},
		{"gtk-xft-hintstyle", text(prefixed("hint", p.Hinting))},
		{"gtk-xft-rgba", text(order)},
		{"gtk-cursor-theme-name", text(p.CursorTheme)},
		{"gtk-cursor-theme-size", size32(p.CursorSize)},
		{"gtk-cursor-blink", boolean(p.CursorBlink)},
		{"gtk-cursor-blink-time", size32(p.CursorBlinkTime)},
		{"gtk-enable-animations", boolean(p.Animations)},
		{"gtk-overlay-scrolling", boolean(p.OverlayScrolling)},
	}
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func size32(n int) any {
	if n == 0 {
		return nil
	}
	return int32(n)
}

func boolean(b *bool) any {
	if b == nil {
		return nil
	}
	return *b
}

// truth is a gboolean in a setting that is an int.
func truth(b bool) any { return int32(gboolean(b)) }

// apply sets what is wanted, and takes back what is not any more.
func (s *settings) apply() {
	s.changing = true
	defer func() { s.changing = false }()
	for _, x := range s.wanted() {
		byApp := s.theme != "" && x.name == preferDark
		if x.name == preferDark && s.theme == "" && s.text(themeName) == highContrastDark {
			x.value = true // pages do not know it by the name (WebKitGTK 2.50.6)
		}
		switch {
		case byApp || s.wayland:
		case s.onScreen(x.name):
			s.release(x.name)
			continue
		case s.own[x.name]:
			x.value = nil
		}
		s.put(x)
	}
	if name := s.text(themeName); s.theme == "light" && isDark(name) {
		s.put(setting{themeName, name[:len(name)-len("-dark")]}) // one that is not there is as GTK's own
	}
	s.showAccent()
}

// put sets one setting if need be. Setting what is there already makes GTK draw
// everything anew.
func (s *settings) put(x setting) {
	switch {
	case x.value == nil:
		s.release(x.name)
	case x.value != nil && (!s.set[x.name] || s.value(x.name, x.value) != x.value):
		s.set[x.name] = true
		value := x.value
		if n, ok := value.(int32); ok {
			value = int(n)
		}
		s.f.gObjectSet.with(s.object, x.name, value, nil)
	}
}

// value is what a setting is now, of the type of like.
func (s *settings) value(name string, like any) any {
	n := new(int32)
	switch like.(type) {
	case string:
		return s.text(name)
	case bool:
		s.f.gObjectGet.with(s.object, name, n, nil)
		return *n != 0
	}
	s.f.gObjectGet.with(s.object, name, n, nil)
	return *n
}

// text is what a setting that is a text is now.
func (s *settings) text(name string) string {
	p := new(uintptr)
	s.f.gObjectGet.with(s.object, name, p, nil)
	if *p == 0 {
		return ""
	}
	defer s.f.gFree.call(*p)
	return goString(*p)
}

// isDark tells by the name of a theme whether it is dark, which is a convention;
// nothing else tells.
func isDark(theme string) bool {
	theme = strings.ToLower(theme)
	return strings.HasSuffix(theme, "-dark") || strings.HasSuffix(theme, ":dark")
}

// Types of GValue (gtype.h).
const (
	typeBoolean = 5 << 2
	typeInt     = 6 << 2
	typeString  = 16 << 2
)

// valueSize is that of a GValue.
const valueSize = 24

// typeOf is the type of a setting.
func typeOf(name string) uintptr {
	switch {
	case slices.Contains([]string{preferDark, "gtk-cursor-blink", "gtk-enable-animations", "gtk-overlay-scrolling"}, name):
		return typeBoolean
	case slices.Contains([]string{themeName, "gtk-icon-theme-name", fontName, "gtk-xft-hintstyle", "gtk-xft-rgba", "gtk-cursor-theme-name"}, name):
		return typeString
	}
	return typeInt
}

// release leaves a setting to the toolkit again, which looks at the screen for it.
func (s *settings) release(name string) {
	if !s.set[name] {
		return
	}
	delete(s.set, name)
	s.f.gtkSettingsResetProperty.with(s.object, name)
}

// onScreen reports whether X11 has a setting: from a program that manages
// XSETTINGS, or as an X resource. Of those about fonts GDK has values of its own
// where nobody says one; it cannot be asked for the difference.
func (s *settings) onScreen(name string) bool {
	if resource, ok := strings.CutPrefix(name, xft); ok && !s.managed() && !s.resource(resource) {
		return false
	}
	v := make([]byte, valueSize)
	s.f.gValueInit.with(v, typeOf(name))
	defer s.f.gValueUnset.with(v)
	return isTrue(s.f.gdkScreenGetSetting.with(s.f.gdkScreenGetDefault.call(), name, v))
}

// xft begins the settings about fonts.
const xft = "gtk-xft-"

// managed reports whether a program manages XSETTINGS: it owns a selection.
func (s *settings) managed() bool {
	display := s.xDisplay()
	if display == 0 || s.f.internAtom == 0 || s.f.selectionOwner == 0 || s.f.gdkX11GetDefaultScreen == 0 {
		return false
	}
	const onlyIfExists = 1
	atom := s.f.internAtom.with(display, fmt.Sprintf("_XSETTINGS_S%d", int32(s.f.gdkX11GetDefaultScreen.call())), onlyIfExists)
	return atom != 0 && s.f.selectionOwner.call(display, atom) != 0
}

// resource reports whether there is an X resource Xft.NAME.
func (s *settings) resource(name string) bool {
	display := s.xDisplay()
	return display != 0 && s.f.resource != 0 && s.f.resource.with(display, "Xft", name) != 0
}

func (s *settings) xDisplay() uintptr {
	if s.f.gdkX11GetDefaultXdisplay == 0 {
		return 0
	}
	return s.f.gdkX11GetDefaultXdisplay.call()
}

// isDefault reports whether a setting is what GTK has where nothing says it.
func (s *settings) isDefault(name string) bool {
	spec := s.f.gObjectClassFindProperty.with(classOf(s.object), name)
	if spec == 0 {
		return true // a version of GTK that does not know it
	}
	v := make([]byte, valueSize)
	s.f.gValueInit.with(v, typeOf(name))
	defer s.f.gValueUnset.with(v)
	s.f.gObjectGetProperty.with(s.object, name, v)
	return int32(s.f.gParamValuesCmp.with(spec, v, s.f.gParamSpecGetDefaultValue.call(spec))) == 0
}

// showAccent has widgets and pages use the accent color: WebKit looks it up by
// these names, of which the second is that of GTK 3. The user's own gtk.css
// counts more. engine.Prefer tells WebKit of the color.
func (s *settings) showAccent() {
	const application = 600 // GTK_STYLE_PROVIDER_PRIORITY_APPLICATION
	color := s.preferences.Accent
	if s.preferences.HighContrast {
		color = ""
	}
	if color == s.color {
		return
	}
	s.color = color
	if s.accent == 0 {
		s.accent = s.f.gtkCssProviderNew.call()
		s.f.gtkStyleContextAddProviderForScreen.call(s.f.gdkScreenGetDefault.call(), s.accent, application)
	}
	css := " "
	if color != "" {
		css = "@define-color accent_bg_color " + color + ";\n@define-color theme_selected_bg_color " + color + ";\n"
	}
	s.f.gtkCssProviderLoadFromData.with(s.accent, css, len(css), nil)
}
