package desk_test

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// Where GNOME, and all desktops, have the preferences.
const (
	gnome         = "org.gnome.desktop.interface"
	accessibility = "org.gnome.desktop.a11y.interface"
	appearance    = "org.freedesktop.appearance"
)

type accentColor struct{ R, G, B float64 }

// looks is what a page sees of the preferences. Width is that of a window of 600
// pixels: a text scale of 2 leaves it half of them, for all is enlarged. Family and
// Size, in CSS pixels, are those of "font: menu"; SystemUI is the font of system-ui.
type looks struct {
	Dark, Contrast, LessMotion bool
	Width                      int
	Family, Size               string
	SystemUI                   string
}

const readLooks = `
	const is = (what) => matchMedia('(' + what + ')').matches;
	const p = document.createElement('p');
	p.style.font = 'menu';
	document.body.append(p);
	const {fontFamily: Family, fontSize: Size} = getComputedStyle(p);
	p.style.display = 'inline-block';
	const widths = (font) => {
		p.style.font = 'bold 16px ' + font;
		return ['WWWWWWWW', 'iiiiiiii', 'gggggggg'].map((text) => {
			p.textContent = text;
			return p.getBoundingClientRect().width;
		}).join();
	};
	const system = widths('system-ui');
	const SystemUI = ['DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono'].find((font) => widths(JSON.stringify(font)) === system);
	p.remove();
	return {
		Dark: is('prefers-color-scheme: dark'), Contrast: is('prefers-contrast: more'), LessMotion: is('prefers-reduced-motion: reduce'),
		Width: innerWidth, Family, Size, SystemUI,
	}`

// sees waits until a page sees that.
func sees(t *testing.T, page *e2e.Page, when string, want looks) {
	t.Helper()
	seesAfter(t, page, when, func() {}, want)
}

// seesAfter does it by doing something again and again.
func seesAfter(t *testing.T, page *e2e.Page, when string, do func(), want looks) {
	t.Helper()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		do()
		var got looks
		page.Must(readLooks, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("(-want +got)\n%s", diff)
		}
		return nil
	}); err != nil {
		t.Fatalf("%s: %v", when, err)
	}
}

// TestPreferencesWayland: what the user prefers reaches the page of a host that is
// confined fully, before it is shown and at each change.
func TestPreferencesWayland(t *testing.T) {
	desktop := session.StartBus(t).StartSettings(session.Values{
		gnome:         {"font-name": "DejaVu Serif 15", "text-scaling-factor": 1.5, "enable-animations": false, "gtk-theme": "../../etc", "cursor-size": int32(-5)},
		accessibility: {"high-contrast": true},
		appearance:    {"color-scheme": uint32(1)},
	})
	startWeston(t)
	app := e2e.Start(t, e2e.Options{})
	page := app.Main()
	// What WebKit makes of the font it has once, when the page begins.
	const family, size, ui = `"DejaVu Serif"`, "20px", "DejaVu Serif"
	sees(t, page, "at the start", looks{Dark: true, Contrast: true, LessMotion: true, Width: 400, Family: family, Size: size, SystemUI: ui})
	desktop.Set(gnome, "text-scaling-factor", 2.0)
	desktop.Set(gnome, "enable-animations", true)
	desktop.Set(accessibility, "high-contrast", false)
	desktop.Set(appearance, "color-scheme", uint32(2))
	sees(t, page, "after changes", looks{Width: 300, Family: family, Size: size, SystemUI: ui})
	desktop.Set(gnome, "text-scaling-factor", "huge")
	desktop.Set(gnome, "gtk-theme", "Adwaita-dark")
	sees(t, page, "with a dark theme, and nothing said of text", looks{Dark: true, Width: 600, Family: family, Size: size, SystemUI: ui})

	// The app's wish counts over the user's, as long as it has one.
	wish := func(theme config.Theme) {
		if err := app.SetTheme(t.Context(), theme); err != nil {
			t.Error(err)
		}
	}
	wish(config.ThemeLight)
	sees(t, page, "when the app wants it light", looks{Width: 600, Family: family, Size: size, SystemUI: ui})
	desktop.Set(appearance, "color-scheme", uint32(1))
	desktop.Set(gnome, "enable-animations", false)
	sees(t, page, "and the user wants it dark", looks{LessMotion: true, Width: 600, Family: family, Size: size, SystemUI: ui})
	wish("")
	sees(t, page, "when the app wants nothing", looks{Dark: true, LessMotion: true, Width: 600, Family: family, Size: size, SystemUI: ui})
	desktop.Set(gnome, "font-name", "DejaVu Sans Mono 12")
	sees(t, page, "with another font", looks{Dark: true, LessMotion: true, Width: 600, Family: family, Size: size, SystemUI: "DejaVu Sans Mono"})
	desktop.Set(gnome, "font-name", "None Such 12")
	sees(t, page, "with a font that is not there", looks{Dark: true, LessMotion: true, Width: 600, Family: family, Size: size, SystemUI: "DejaVu Sans"})
	desktop.Set(gnome, "font-name", "DejaVu Serif 15")
	old := app.Processes()["app"]
	if err := e2e.TryKill(old); err != nil {
		t.Fatal(err)
	}
	e2e.Restarted(t, app, old)
	sees(t, page, "in another host", looks{Dark: true, LessMotion: true, Width: 600, Family: family, Size: size, SystemUI: ui})
	if all := app.Confinement(); len(all) != 1 || all[0].Level != mullion.ConfinementFull {
		t.Errorf("confinement: %+v", all)
	}
}

// TestPreferencesX11: the same where nobody manages XSETTINGS. A portal that hangs
// keeps nobody waiting, and what XSETTINGS says counts over it.
func TestPreferencesX11(t *testing.T) {
	desktop := session.StartBus(t).StartSettings(session.Values{
		gnome:         {"text-scaling-factor": 2.0, "enable-animations": false, "font-name": "DejaVu Serif 15"},
		accessibility: {"high-contrast": true},
		appearance:    {"color-scheme": uint32(1)},
	})
	desktop.Hang()
	app := e2e.Start(t, e2e.Options{})
	page := app.Main()
	const family, size = "Sans", "13px"
	const serif, mono = "DejaVu Serif", "DejaVu Sans Mono"
	sees(t, page, "while the portal hangs", looks{Width: 600, Family: family, Size: size, SystemUI: "DejaVu Sans"})
	desktop.Answer()
	sees(t, page, "when it answers", looks{Dark: true, Contrast: true, LessMotion: true, Width: 300, Family: family, Size: size, SystemUI: serif})
	desktop.Set(accessibility, "high-contrast", false)
	desktop.Set(appearance, "accent-color", accentColor{1, 0, 0.5})
	sees(t, page, "after a change", looks{Dark: true, LessMotion: true, Width: 300, Family: family, Size: size, SystemUI: serif})

	// The engine asks for the font once for each page.
	second := app.Open("second", func(o *mullion.WindowOptions) { o.Title, o.Width, o.Height = "second", 600, 400 })
	sees(t, second, "in another window", looks{Dark: true, LessMotion: true, Width: 300, Family: `"DejaVu Serif"`, Size: "20px", SystemUI: serif})
	second.Must(`document.body.innerHTML = '<input type=checkbox checked style="position: fixed; inset: 0; width: 100%; height: 100%; margin: 0">'`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error { return hasColor(t, "second", [3]uint8{255, 0, 128}) }); err != nil {
		t.Errorf("the accent color: %v", err)
	}

	desktop.Set(appearance, "accent-color", accentColor{0, 0.5, 0})
	if err := e2e.WaitFor(e2e.Timeout, func() error { return hasColor(t, "second", [3]uint8{0, 128, 0}) }); err != nil {
		t.Errorf("the accent color of an open page: %v", err)
	}

	x := e2e.NewDesktopSettings(t)
	if err := x.Set("Gtk/EnableAnimations 1\nNet/ThemeName \"Adwaita\"\nXft/DPI 147456\n"); err != nil {
		t.Fatal(err)
	}
	sees(t, page, "with XSETTINGS", looks{Dark: true, Width: 400, Family: family, Size: size, SystemUI: serif})
	desktop.Set(gnome, "text-scaling-factor", 1.0)
	desktop.Set(gnome, "gtk-theme", "HighContrast")
	desktop.Set(appearance, "color-scheme", uint32(2)) // of which XSETTINGS know nothing
	sees(t, page, "with XSETTINGS, after changes", looks{Width: 400, Family: family, Size: size, SystemUI: serif})
	if err := x.Set("Net/ThemeName \"HighContrastInverse\"\nXft/DPI 147456\n"); err != nil {
		t.Fatal(err)
	}
	sees(t, page, "with a dark theme of high contrast in XSETTINGS", looks{Dark: true, Contrast: true, LessMotion: true, Width: 400, Family: family, Size: size, SystemUI: serif})
	// A manager has several settings, of which some are not of the portal.
	fonts := func(name string, scale int) {
		if err := x.Set(fmt.Sprintf("Gtk/FontName %q\nXft/DPI %d\nNet/DoubleClickTime 300\n", name, scale*96*1024)); err != nil {
			t.Fatal(err)
		}
	}
	fonts("DejaVu Sans Mono 12", 2)
	sees(t, page, "with a font in XSETTINGS", looks{LessMotion: true, Contrast: true, Width: 300, Family: family, Size: size, SystemUI: mono})
	third := app.Open("third", func(o *mullion.WindowOptions) { o.Title, o.Width, o.Height = "third", 600, 400 })
	sees(t, third, "in a window after that", looks{LessMotion: true, Contrast: true, Width: 300, Family: `"DejaVu Sans Mono"`, Size: "16px", SystemUI: mono})
	fonts("DejaVu Sans 12", 1)
	sees(t, page, "with another font there", looks{LessMotion: true, Contrast: true, Width: 600, Family: family, Size: size, SystemUI: "DejaVu Sans"})
	x.Stop()
	cursor := int32(24) // of the mouse: any change will do
	seesAfter(t, page, "without them again", func() { cursor++; desktop.Set(gnome, "cursor-size", cursor) },
		looks{Contrast: true, LessMotion: true, Width: 600, Family: family, Size: size, SystemUI: serif})
	if all := app.Confinement(); len(all) != 1 || all[0].Level != mullion.ConfinementFull {
		t.Errorf("confinement: %+v", all)
	}
}

// TestToolkitFiles: the toolkit's own settings are read where the desktop puts them,
// in the shape in which KDE writes them: a theme of colors that another file has,
// style sheets that gtk.css imports, pictures for these, and modules of which none
// need be installed. Nothing of the user's beside them is shown.
func TestToolkitFiles(t *testing.T) {
	config, defaults, data := t.TempDir(), t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		config + "/gtk-3.0/gtk.css":                "@import 'colors.css';\n@import 'window_decorations.css';\n",
		config + "/gtk-3.0/colors.css":             "@define-color accent_plain #00ff80;\n",
		config + "/gtk-3.0/window_decorations.css": "headerbar button.close { background-image: -gtk-scaled(url(\"assets/close.svg\"), url(\"assets/close@2.svg\")); }\n",
		config + "/gtk-3.0/assets/close.svg":       "<svg xmlns='http://www.w3.org/2000/svg' width='16' height='16'/>",
		config + "/gtk-3.0/settings.ini": "[Settings]\ngtk-font-name=DejaVu Sans Mono,  12\ngtk-theme-name=Plain\n" +
			"gtk-modules=colorreload-gtk-module:window-decorations-gtk-module\ngtk-decoration-layout=icon:minimize,maximize,close\ngtk-xft-dpi=98304\n",
		config + "/gtk-3.0/bookmarks":          "file:///secret",
		config + "/kdeglobals":                 "secret",
		defaults + "/gtk-3.0/settings.ini":     "[Settings]\ngtk-enable-animations=false\n",
		data + "/themes/Plain/gtk-3.0/gtk.css": "@import url(\"resource:///org/gtk/libgtk/theme/Adwaita/gtk-contained.css\");\n@define-color accent_bg_color @accent_plain;\n",
		data + "/private":                      "secret",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("XDG_DATA_DIRS", data+":/usr/local/share:/usr/share")
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("XDG_CONFIG_DIRS", defaults)
	t.Setenv("GTK_OVERLAY_SCROLLING", "0")
	app := e2e.Start(t, e2e.Options{})
	page := app.Main()
	sees(t, page, "with files", looks{LessMotion: true, Width: 600, Family: `"DejaVu Sans Mono"`, Size: "16px", SystemUI: "DejaVu Sans Mono"})
	var bar int
	page.Must(`
		document.body.innerHTML = '<div style="overflow: scroll; width: 100px; height: 100px"></div>'
		const div = document.querySelector('div');
		return div.offsetWidth - div.clientWidth`, &bar)
	if bar == 0 {
		t.Error("scroll bars take no room")
	}
	page.Must(`document.body.innerHTML = '<input type=checkbox checked style="position: fixed; inset: 0; width: 100%; height: 100%; margin: 0">'`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error { return hasColor(t, "main", [3]uint8{0, 255, 128}) }); err != nil {
		t.Errorf("the accent color of the theme, which gtk.css imports: %v", err)
	}
	root := fmt.Sprintf("/proc/%d/root", app.Processes()["app"])
	for name, want := range map[string]bool{
		config + "/gtk-3.0/colors.css": true, config + "/gtk-3.0/assets/close.svg": true, data + "/themes/Plain/gtk-3.0/gtk.css": true,
		config + "/gtk-3.0/bookmarks": false, config + "/kdeglobals": false, data + "/private": false,
	} {
		if _, err := os.Stat(root + name); (err == nil) != want {
			t.Errorf("%s in the host: %v", name, err)
		}
	}
	if app.Log.Contains("Gtk-") {
		t.Error("GTK complains")
	}
	if all := app.Confinement(); len(all) != 1 || all[0].Level != mullion.ConfinementFull {
		t.Errorf("confinement: %+v", all)
	}
}

// hasColor looks for a color in a window, at a fifth from its right and bottom.
func hasColor(t *testing.T, title string, want [3]uint8) error {
	t.Helper()
	s := e2e.Screen(t)
	w, err := s.Find(title)
	if err != nil {
		return err
	}
	picture, err := s.PictureOf(w.ID)
	if err != nil {
		return err
	}
	b := picture.Bounds()
	at := image.Pt(b.Min.X+b.Dx()*4/5, b.Min.Y+b.Dy()*4/5)
	c := picture.RGBAAt(at.X, at.Y)
	if got := [3]uint8{c.R, c.G, c.B}; got != want {
		return fmt.Errorf("at %v there is %v, not %v", at, got, want)
	}
	return nil
}
