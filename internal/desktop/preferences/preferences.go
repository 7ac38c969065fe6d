// Package preferences reads how the user wants programs to look and behave, from
// the desktop portal, and follows changes. Begin with Watch.
package preferences

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/godbus/dbus/v5"
)

// Preferences are those of the user. Zero values and nil say that the desktop
// has none, or does not tell.
type Preferences struct {
	// ColorScheme is "dark" or "light".
	ColorScheme  string
	HighContrast bool
	// Animations is false for a user who wants less motion.
	Animations *bool
	// TextScale multiplies the size of text: 0.5 to 3.
	TextScale float64
	// Theme and IconTheme are names of themes of GTK.
	Theme, IconTheme string
	// Font is that of the user interface, such as "Cantarell 11", in points.
	Font string
	// Antialiasing is "none", "grayscale" or "rgba"; Hinting is "none", "slight",
	// "medium" or "full"; SubpixelOrder is "rgb", "bgr", "vrgb" or "vbgr".
	Antialiasing, Hinting, SubpixelOrder string
	// CursorTheme and CursorSize, in logical pixels, are about the mouse.
	CursorTheme string
	CursorSize  int
	// CursorBlink is about text cursors; CursorBlinkTime is in milliseconds.
	CursorBlink     *bool
	CursorBlinkTime int
	// OverlayScrolling has scroll bars only while they are used.
	OverlayScrolling *bool
	// Accent is a color as #rrggbb.
	Accent string
}

// The namespaces that are read. The keys of GNOME's are those of its schemas
// (gsettings-desktop-schemas); the third is described in
// https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html
const (
	interfaceSpace     = "org.gnome.desktop.interface"
	accessibilitySpace = "org.gnome.desktop.a11y.interface"
	appearanceSpace    = "org.freedesktop.appearance"
)

var namespaces = []string{interfaceSpace, accessibilitySpace, appearanceSpace}

// values are what a portal says, by namespace and key. Nothing of it is believed
// before it was looked at.
type values map[string]map[string]dbus.Variant

// preferences reads the values. What is not of the right type, or out of range,
// counts as not said.
func (v values) preferences() Preferences {
	desk, look := v[interfaceSpace], v[appearanceSpace]
	p := Preferences{
		ColorScheme:      map[uint32]string{1: "dark", 2: "light"}[number[uint32](look["color-scheme"])],
		Animations:       boolean(desk["enable-animations"]),
		TextScale:        scale(desk["text-scaling-factor"]),
		Theme:            themeName(desk["gtk-theme"]),
		IconTheme:        themeName(desk["icon-theme"]),
		Font:             font(desk["font-name"]),
		Antialiasing:     oneOf(desk["font-antialiasing"], "none", "grayscale", "rgba"),
		Hinting:          oneOf(desk["font-hinting"], "none", "slight", "medium", "full"),
		SubpixelOrder:    oneOf(desk["font-rgba-order"], "rgb", "bgr", "vrgb", "vbgr"),
		CursorTheme:      themeName(desk["cursor-theme"]),
		CursorSize:       within(number[int32](desk["cursor-size"]), 8, 256),
		CursorBlink:      boolean(desk["cursor-blink"]),
		CursorBlinkTime:  within(number[int32](desk["cursor-blink-time"]), 100, 2500),
		OverlayScrolling: boolean(desk["overlay-scrolling"]),
		Accent:           accent(look["accent-color"]),
	}
	if p.ColorScheme == "" {
		// Portals before the namespace of freedesktop.org was agreed upon.
		p.ColorScheme = map[string]string{"prefer-dark": "dark", "prefer-light": "light"}[text(desk["color-scheme"])]
	}
	high := boolean(v[accessibilitySpace]["high-contrast"])
	p.HighContrast = high != nil && *high || number[uint32](look["contrast"]) == 1
	if number[uint32](look["reduced-motion"]) == 1 {
		p.Animations = new(bool)
	}
	return p
}

// number is 0 for what is no such number.
func number[T int32 | uint32](v dbus.Variant) T {
	n, _ := v.Value().(T)
	return n
}

func within(n int32, least, most int) int {
	if int(n) < least || int(n) > most {
		return 0
	}
	return int(n)
}

func boolean(v dbus.Variant) *bool {
	if b, ok := v.Value().(bool); ok {
		return &b
	}
	return nil
}

// scale has the limits of GNOME's schema.
func scale(v dbus.Variant) float64 {
	if f, _ := v.Value().(float64); f >= 0.5 && f <= 3 {
		return f
	}
	return 0
}

// maxText is the longest name of a theme or font, in bytes.
const maxText = 128

// text is "" for what is no short text of printable characters.
func text(v dbus.Variant) string {
	s, _ := v.Value().(string)
	if len(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	return s
}

func oneOf(v dbus.Variant, known ...string) string {
	s := text(v)
	for _, k := range known {
		if s == k {
			return s
		}
	}
	return ""
}

// themeName is the name of a folder in one with themes, and leads nowhere else.
func themeName(v dbus.Variant) string {
	s := text(v)
	if strings.ContainsAny(s, `/\`) || strings.HasPrefix(s, ".") {
		return ""
	}
	return s
}

// maxPoints is the largest size of a font.
const maxPoints = 72

// decimal is how sizes of fonts are written. Pango also reads others, such as
// hexadecimal ones.
var decimal = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3})?$`)

// usualPoints is the size of a font that has none, as GTK has it. WebKit would show
// such a font, and so "font: menu" of a page, with no size at all.
const usualPoints = "10"

// font is a description that Pango reads: a family, a style and a size. Any word
// that could be a size has to be a sensible one.
func font(v dbus.Variant) string {
	s, sized, named := text(v), false, false
	description, variations, _ := strings.Cut(s, "@") // such as @wght=200, behind the size
	for _, word := range strings.FieldsFunc(description, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
		word = strings.TrimSuffix(word, "px")
		if strings.ContainsAny(word[:min(1, len(word))], "0123456789.+-") && (!decimal.MatchString(word) || !sensible(word)) {
			return ""
		}
		sized = decimal.MatchString(word)
		named = named || strings.ContainsFunc(word, unicode.IsLetter)
	}
	switch s = strings.TrimSpace(s); {
	case !named, !sized && variations != "", strings.ContainsFunc(variations, unicode.IsSpace): // what is behind them is a size again
		return ""
	case !sized:
		return s + " " + usualPoints
	}
	return s
}

func sensible(size string) bool {
	whole, _, _ := strings.Cut(size, ".")
	n := 0
	for _, c := range whole {
		n = 10*n + int(c-'0')
	}
	return n >= 1 && n <= maxPoints
}

// accent reads three numbers from 0 to 1. Others say that there is none.
func accent(v dbus.Variant) string {
	parts, _ := v.Value().([]any)
	if len(parts) != 3 {
		return ""
	}
	const digits = "0123456789abcdef"
	color := []byte{'#'}
	for _, part := range parts {
		f, ok := part.(float64)
		if !ok || !(f >= 0 && f <= 1) {
			return ""
		}
		b := byte(math.Round(f * 255))
		color = append(color, digits[b>>4], digits[b&15])
	}
	return string(color)
}
