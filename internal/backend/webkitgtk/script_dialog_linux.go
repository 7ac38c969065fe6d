package webkitgtk

import "github.com/mullion-dev/mullion/internal/wire"

// scriptDialog is the class of the widget that WebKit puts into a view to show
// what alert, confirm, prompt and a handler of beforeunload ask the user. The
// page stands still until the user has answered, and nothing else tells when
// that is.
const scriptDialog = "WebKitScriptDialogImpl"

// watchScriptDialogs reports while the page waits for the user.
func (v *webview) watchScriptDialogs() {
	e := v.e
	e.connect(v.view, "script-dialog", func(a args) uintptr {
		if v.closed { // whoever has closed it was asked before, by the app
			const confirm, leave = 1, 3 // WebKitScriptDialogType
			if kind := int32(e.c.webkitScriptDialogGetDialogType.call(a[1])); kind == confirm || kind == leave {
				e.c.webkitScriptDialogConfirmSetConfirmed.with(a[1], kind == leave)
			}
			return 1
		}
		e.Post(v.findScriptDialog) // WebKit shows it when this returns
		return 0
	})
}

// findScriptDialog looks for the dialog that has just been shown. One that the
// user was quicker to answer is not there any more.
func (v *webview) findScriptDialog() {
	if v.closed {
		return
	}
	e, c := v.e, v.e.c
	look := e.cb.add(callback{f: func(a args) uintptr {
		if dialog := a[0]; dialog != v.asking && goString(c.gTypeNameFromInstance.call(dialog)) == scriptDialog {
			v.asking = dialog
			v.report(wire.PageAsks, v.url, "")
			e.connect(dialog, "destroy", func(args) uintptr {
				if v.asking == dialog {
					v.asking = 0
					v.report(wire.PageAsked, v.url, "")
				}
				return 0
			})
		}
		return 0
	}})
	c.gtkContainerForall.call(v.view, e.cb.signature[1], look)
	e.cb.drop(look)
}
