package webkitgtk

import "strings"

// notice is what a window shows above its webviews: a GtkBox with two labels in
// the overlay. It takes no clicks. Pages cannot see it, nor get above it.
type notice struct {
	box, title, text uintptr // 0: there is none
}

// noticeStyle does not follow the theme: it must be seen on any page.
const noticeStyle = `
.mullion-notice { background-color: #5a1620; color: #ffffff; padding: 10px 14px; border-bottom: 2px solid #e8505b; }
.mullion-notice .title { font-weight: bold; }
.mullion-notice .text { font-family: monospace; font-size: 90%; }
`

const (
	// noticeLines and noticeWidth are how much of a text is shown.
	noticeLines = 16
	noticeWidth = 240
)

// Notice implements backend.Noticer.
func (w *window) Notice(title, text string) {
	if w.closed {
		return
	}
	c := w.e.c
	if title == "" {
		if w.notice.box != 0 {
			c.gtkWidgetDestroy.call(w.notice.box)
			w.notice = notice{}
			c.gtkWidgetQueueDraw.call(w.overlay)
		}
		return
	}
	if w.notice.box == 0 {
		w.makeNotice()
	}
	c.gtkLabelSetText.with(w.notice.title, noticed(title, 2))
	text = noticed(text, noticeLines)
	c.gtkLabelSetText.with(w.notice.text, text)
	c.gtkWidgetShowAll.call(w.notice.box)
	if text == "" {
		c.gtkWidgetHide.call(w.notice.text)
	}
	w.raiseNotice()
}

func (w *window) makeNotice() {
	c := w.e.c
	const vertical, fill, start, wordChar = 1, 0, 1, 2 // of GtkOrientation, GtkAlign twice, PangoWrapMode
	const priority = 800                               // GTK_STYLE_PROVIDER_PRIORITY_USER
	style := c.gtkCssProviderNew.call()
	defer c.gObjectUnref.call(style)
	c.gtkCssProviderLoadFromData.with(style, noticeStyle, len(noticeStyle), nil)
	dress := func(widget uintptr, class string) {
		context := c.gtkWidgetGetStyleContext.call(widget)
		c.gtkStyleContextAddProvider.call(context, style, priority)
		c.gtkStyleContextAddClass.with(context, class)
	}
	w.notice.box = c.gtkBoxNew.call(vertical, 4)
	dress(w.notice.box, "mullion-notice")
	c.gtkWidgetSetHalign.call(w.notice.box, fill)
	c.gtkWidgetSetValign.call(w.notice.box, start)
	label := func(class string) uintptr {
		l := c.gtkLabelNew.call(0)
		dress(l, class)
		c.gtkWidgetSetHalign.call(l, start)
		c.gtkLabelSetLineWrap.call(l, 1)
		c.gtkLabelSetLineWrapMode.call(l, wordChar)
		c.gtkContainerAdd.call(w.notice.box, l)
		return l
	}
	w.notice.title, w.notice.text = label("title"), label("text")
	c.gtkOverlayAddOverlay.call(w.overlay, w.notice.box)
	c.gtkOverlaySetOverlayPassThrough.call(w.overlay, w.notice.box, 1)
}

// raiseNotice puts the notice above all webviews.
func (w *window) raiseNotice() {
	if w.notice.box != 0 {
		w.e.c.gtkOverlayReorderOverlay.with(w.overlay, w.notice.box, -1)
	}
}

// noticed cuts a text to what a window has room for.
func noticed(text string, most int) string {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")), "\n")
	if len(lines) > most {
		lines = append(lines[:most], "…")
	}
	for i, l := range lines {
		l = strings.TrimRight(strings.ReplaceAll(l, "\t", "    "), "\r ")
		if r := []rune(l); len(r) > noticeWidth {
			l = string(r[:noticeWidth]) + "…"
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}
