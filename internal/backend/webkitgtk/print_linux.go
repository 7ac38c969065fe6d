package webkitgtk

import "errors"

// Print implements backend.Webview: GTK's printer that writes files does it,
// without a dialog.
func (v *webview) Print(path string, done func(error)) {
	if v.closed {
		done(errClosed)
		return
	}
	e, c := v.e, v.e.c
	settings := c.gtkPrintSettingsNew.call()
	// The name of that printer is translated, and it has no other.
	printer := goString(c.gDgettext.with("gtk30", "Print to File"))
	for key, value := range map[string]string{"printer": printer, "output-uri": fileURL(path), "output-file-format": "pdf"} {
		c.gtkPrintSettingsSet.with(settings, key, value)
	}
	print := c.webkitPrintOperationNew.call(v.view)
	c.webkitPrintOperationSetPrintSettings.call(print, settings)
	c.gObjectUnref.call(settings)
	var failure error
	e.connect(print, "failed", func(a args) uintptr {
		_, _, message := readError(a[1])
		failure = errors.New("webkitgtk: " + message)
		return 0
	})
	// It comes after a failure too.
	e.connect(print, "finished", func(args) uintptr {
		e.Post(func() { c.gObjectUnref.call(print) })
		done(failure)
		return 0
	})
	c.webkitPrintOperationPrint.call(print)
}
