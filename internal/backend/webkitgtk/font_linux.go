package webkitgtk

import (
	"fmt"
	"strings"
)

// watchFont makes the font of the user interface that of system-ui in all pages.
// WebKitGTK 2.50.6 asks fontconfig for a font of that very name, which then has the
// font of all that is without serifs.
func (e *engine) watchFont() {
	e.font = e.family()
	e.connect(e.settings.object, "notify::"+fontName, func(args) uintptr {
		family := e.family()
		if family == e.font {
			return 0
		}
		e.font = family
		for _, w := range e.windows {
			for _, v := range w.webviews {
				if !v.closed {
					v.applyFont()
				}
			}
		}
		return 0
	})
}

// applyFont gives the documents of a webview the font of system-ui; those that
// are shown have it at once.
func (v *webview) applyFont() {
	const allFrames, levelUser = 0, 0 // of WebKitUserContentInjectedFrames, WebKitUserStyleLevel
	c := v.e.c
	c.webkitUserContentManagerRemoveAllStyleSheets.call(v.content)
	if v.e.font == "" {
		return
	}
	sheet := c.webkitUserStyleSheetNew.with(systemFont(v.e.font), allFrames, levelUser, nil, nil)
	c.webkitUserContentManagerAddStyleSheet.call(v.content, sheet)
	c.webkitUserStyleSheetUnref.call(sheet)
}

// systemFont is a style sheet that makes a family that of system-ui. A face for
// all weights has each weight that the family has; a second one keeps italics from
// being made of what is upright.
func systemFont(family string) string {
	var css strings.Builder
	for _, style := range []string{"normal", "italic"} {
		fmt.Fprintf(&css, "@font-face{font-family:\"system-ui\";src:local(%s);font-weight:1 1000;font-style:%s}\n", quoteCSS(family), style)
	}
	return css.String()
}

// quoteCSS makes a string of CSS: what is neither a letter nor a digit is escaped
// by its number (CSS Syntax, 4.3.7).
func quoteCSS(s string) string {
	var css strings.Builder
	css.WriteByte('"')
	for _, r := range s {
		if r < 0x80 && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') {
			fmt.Fprintf(&css, "\\%x ", r)
		} else {
			css.WriteRune(r)
		}
	}
	css.WriteByte('"')
	return css.String()
}

// family is that of the user interface's font, or empty where no such font is
// installed: the engine knows best what replaces it.
func (e *engine) family() string {
	c := e.c
	wanted := c.pangoFontDescriptionFromString.with(e.settings.text(fontName))
	defer c.pangoFontDescriptionFree.call(wanted)
	context := c.gdkPangoContextGet.call()
	defer c.gObjectUnref.call(context)
	font := c.pangoContextLoadFont.call(context, wanted)
	if font == 0 {
		return ""
	}
	defer c.gObjectUnref.call(font)
	found := c.pangoFontDescribe.call(font)
	defer c.pangoFontDescriptionFree.call(found)
	family := goString(c.pangoFontDescriptionGetFamily.call(found))
	for name := range strings.SplitSeq(goString(c.pangoFontDescriptionGetFamily.call(wanted)), ",") {
		if strings.EqualFold(strings.TrimSpace(name), family) {
			return family
		}
	}
	return ""
}
