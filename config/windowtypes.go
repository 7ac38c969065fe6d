package config

import (
	"strconv"

	"github.com/mullion-dev/mullion/internal/document"
)

// Theme is the colour scheme of a window.
type Theme string

// The themes; empty is that of the system.
const (
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

func (Theme) values() []string { return []string{"light", "dark"} }
func (Theme) foldCase()        {}

// TitleBarStyle is how the title bar and the page share the window on macOS.
type TitleBarStyle string

// The styles of the title bar.
const (
	TitleBarVisible     TitleBarStyle = "visible"     // above the page
	TitleBarTransparent TitleBarStyle = "transparent" // in the colour of the window
	TitleBarOverlay     TitleBarStyle = "overlay"     // over the page
)

func (TitleBarStyle) values() []string { return []string{"visible", "transparent", "overlay"} }
func (TitleBarStyle) foldCase()        {}

// BackgroundThrottling is what happens to a page that is not visible.
type BackgroundThrottling string

// The policies; empty is the engine's default.
const (
	ThrottlingDisabled BackgroundThrottling = "disabled"
	ThrottlingSuspend  BackgroundThrottling = "suspend"
	ThrottlingThrottle BackgroundThrottling = "throttle"
)

func (BackgroundThrottling) values() []string { return []string{"disabled", "suspend", "throttle"} }

// ScrollBarStyle is the look of scroll bars on Windows.
type ScrollBarStyle string

// The styles of scroll bars.
const (
	ScrollBarDefault       ScrollBarStyle = "default"
	ScrollBarFluentOverlay ScrollBarStyle = "fluentOverlay"
)

func (ScrollBarStyle) values() []string { return []string{"default", "fluentOverlay"} }

// Point is a place in logical pixels.
type Point struct {
	X float64 `conf:"x,required"`
	Y float64 `conf:"y,required"`
}

// PreventOverflow shrinks a new window to the work area of its monitor. The
// configuration has true, false or an object with the margins.
type PreventOverflow struct {
	// Enabled is false only if the configuration says so.
	Enabled bool
	// Width and Height are margins in logical pixels.
	Width  float64 `conf:"width,required,size"`
	Height float64 `conf:"height,required,size"`
}

func (p *PreventOverflow) setDefaults()  { p.Enabled = true }
func (p *PreventOverflow) shape() string { return "a boolean or an object" }

func (p *PreventOverflow) decodeShort(_ *decoder, n *document.Node, _ string) bool {
	p.Enabled = n.Bool
	return n.Kind == document.Bool
}

// WindowEffects are materials behind a transparent window.
type WindowEffects struct {
	// Effects are tried in order; the first that the system has counts.
	Effects []Effect `conf:"effects,required"`
	// State is when a macOS material looks active; empty means with the
	// window.
	State EffectState `conf:"state,null"`
	// Radius of the corners in logical pixels; nil means none. macOS only.
	Radius *float64 `conf:"radius,size"`
	// Color tints the effects "blur" and "acrylic"; nil means none. No effect:
	// Windows 11 has its own.
	Color *Color `conf:"color"`
	// Interactive lets the "liquidGlass" effects react to the pointer. macOS
	// only.
	Interactive bool `conf:"interactive"`
}

// Effect is a material of macOS or Windows, under Tauri's name for it.
type Effect string

// The effects that Windows 11 has. "blur" was a material of Windows 7, and the
// others are those of macOS.
const (
	EffectMica        Effect = "mica" // dark or light with the window
	EffectMicaDark    Effect = "micaDark"
	EffectMicaLight   Effect = "micaLight"
	EffectTabbed      Effect = "tabbed" // more of the desktop's colors than mica
	EffectTabbedDark  Effect = "tabbedDark"
	EffectTabbedLight Effect = "tabbedLight"
	EffectAcrylic     Effect = "acrylic" // what is behind the window, blurred
)

func (Effect) values() []string {
	return []string{
		// macOS
		"appearanceBased", "light", "dark", "mediumLight", "ultraDark", "titlebar", "selection", "menu", "popover",
		"sidebar", "headerView", "sheet", "windowBackground", "hudWindow", "fullScreenUI", "tooltip",
		"contentBackground", "underWindowBackground", "underPageBackground", "liquidGlassRegular", "liquidGlassClear",
		// Windows
		"mica", "micaDark", "micaLight", "tabbed", "tabbedDark", "tabbedLight", "blur", "acrylic",
	}
}

// EffectState is when a macOS material looks active.
type EffectState string

// The states; empty is [EffectFollowsWindow].
const (
	EffectFollowsWindow EffectState = "followsWindowActiveState"
	EffectActive        EffectState = "active"
	EffectInactive      EffectState = "inactive"
)

func (EffectState) values() []string {
	return []string{"followsWindowActiveState", "active", "inactive"}
}

// DataStoreIdentifier selects the storage of a webview on macOS.
type DataStoreIdentifier [16]byte

func (id *DataStoreIdentifier) decode(d *decoder, n *document.Node, path string) {
	if n.Kind != document.Array || len(n.Items) != len(id) {
		d.Report(n, path, "want an array of 16 bytes")
		return
	}
	for i, item := range n.Items {
		id[i] = d.byte(item, document.JoinIndex(path, i))
	}
}

// Color is a colour with its opacity; 255 is opaque. The configuration has
// "#rgb", "#rgba", "#rrggbb" or "#rrggbbaa", an array of three or four bytes,
// or an object {red, green, blue, alpha}; without alpha it is opaque.
type Color struct {
	Red, Green, Blue, Alpha uint8
}

func (c *Color) decode(d *decoder, n *document.Node, path string) {
	c.Alpha = 255
	channels := []*uint8{&c.Red, &c.Green, &c.Blue, &c.Alpha}
	switch {
	case n.Kind == document.String && c.parseHex(n.Text):
	case n.Kind == document.Array && (len(n.Items) == 3 || len(n.Items) == 4):
		for i, item := range n.Items {
			*channels[i] = d.byte(item, document.JoinIndex(path, i))
		}
	case n.Kind == document.Object:
		names := []string{"red", "green", "blue", "alpha"}
		d.unknownKeys(n, path, names...)
		for i, name := range names {
			if v := n.Get(name); v != nil {
				*channels[i] = d.byte(v, document.JoinKey(path, name))
			} else if name != "alpha" {
				d.Report(n, document.JoinKey(path, name), "required, but missing")
			}
		}
	default:
		d.Report(n, path, "bad colour: want \"#rrggbb\" or \"#rrggbbaa\", an array of 3 or 4 bytes, or {red, green, blue, alpha}")
	}
}

// parseHex sets the colour from #rgb, #rgba, #rrggbb or #rrggbbaa.
func (c *Color) parseHex(text string) bool {
	if len(text) == 4 || len(text) == 5 { // each digit stands for two
		doubled := []byte{'#'}
		for _, digit := range []byte(text[1:]) {
			doubled = append(doubled, digit, digit)
		}
		text = text[:1] + string(doubled[1:])
	}
	if len(text) == 7 {
		text += "ff"
	}
	if len(text) != 9 || text[0] != '#' {
		return false
	}
	v, err := strconv.ParseUint(text[1:], 16, 32)
	if err != nil {
		return false
	}
	c.Red, c.Green, c.Blue, c.Alpha = uint8(v>>24), uint8(v>>16), uint8(v>>8), uint8(v)
	return true
}

// byte reads a whole number from 0 to 255.
func (d *decoder) byte(n *document.Node, path string) uint8 {
	v, err := strconv.ParseUint(n.Text, 10, 8)
	if n.Kind != document.Number || err != nil {
		d.Report(n, path, "want a whole number from 0 to 255")
	}
	return uint8(v)
}
