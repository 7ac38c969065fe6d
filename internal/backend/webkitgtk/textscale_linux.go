package webkitgtk

import (
	"fmt"
	"os"
	"strconv"
)

// usualDPI is the resolution that texts of normal size are drawn for.
const usualDPI = 96

// takeTextScale takes how much the user wants texts enlarged out of what WebKit
// sees, before WebKit looks. It would zoom pages by it, as this package does; but
// it also makes fonts of the user interface larger, those of "font: menu" and of
// controls without a font of their own, which the zoom enlarges once more (2.50.6).
func (e *engine) takeTextScale() {
	e.followTextScale()
	// GTK sets the resolution of the screen before this is called, and GDK that of
	// XSETTINGS before any of them is told. WebKit hears of each later.
	e.connect(e.settings.object, "notify", func(args) uintptr {
		e.followTextScale()
		return 0
	})
}

// followTextScale has widgets and pages go by the size that the settings have, and
// sets the usual resolution.
func (e *engine) followTextScale() {
	const application = 600 // GTK_STYLE_PROVIDER_PRIORITY_APPLICATION
	c := e.c
	screen := c.settings.gdkScreenGetDefault.call()
	if c.gdkScreenGetResolution(screen) != usualDPI {
		c.gdkScreenSetResolution(screen, usualDPI)
	}
	dpi := float64(e.settings.value(textSize, int32(0)).(int32)) / 1024
	if dpi <= 0 {
		dpi = usualDPI
	}
	if scale, err := strconv.ParseFloat(os.Getenv("GDK_DPI_SCALE"), 64); err == nil && scale > 0 {
		dpi *= scale
	}
	if dpi/usualDPI == e.textScale {
		return
	}
	e.textScale = dpi / usualDPI
	if e.textStyle == 0 {
		e.textStyle = c.settings.gtkCssProviderNew.call()
		c.settings.gtkStyleContextAddProviderForScreen.call(screen, e.textStyle, application)
	}
	css := fmt.Sprintf("* { -gtk-dpi: %g; }", dpi)
	c.settings.gtkCssProviderLoadFromData.with(e.textStyle, css, len(css), nil)
	for _, w := range e.windows {
		for _, v := range w.webviews {
			if !v.closed {
				v.applyZoom()
			}
		}
	}
}

// applyZoom zooms a page by what the app and the user want, and enlarges it as
// texts are.
func (v *webview) applyZoom() {
	zoom := v.state.Zoom
	if zoom <= 0 {
		zoom = 1
	}
	v.e.c.webkitWebViewSetZoomLevel(v.view, zoom*v.e.textScale)
}
