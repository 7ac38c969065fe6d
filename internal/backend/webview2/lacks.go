package webview2

import (
	"errors"
	"fmt"
)

// A lack is a part of package backend, or of what wire describes, that this engine does not do:
// as docs/systems.md lists it.
type lack struct{ what, reason string }

// lacks are all of them. What is asked for in vain is an error that wraps errors.ErrUnsupported, or
// a line in the log where nobody waits for an answer.
var lacks = []lack{
	{"file dialogs without new folders", "Windows has no such choice"},
	{"media types in file dialogs", "those that stand for many, as image/*, show all files: Windows knows extensions only"},
	{"words of the system in menus", "Windows has none for other programs: texts are the app's, or English"},
	{"transparent windows", "not yet: WebView2 can, with windows that are composed by DirectComposition"},
	{"all workspaces", "Windows has no documented call for it"},
	{"zoom on arm64", "Go cannot pass a double by value there"},
	{"file choosers of frames of other sites", "WebView2 has no event for choosers, and what takes its place covers the page and frames of its site: other frames get the engine's own dialog, which reads files with the rights of the host"},
	{"pickers of scripts, as showOpenFilePicker", "refused: they have no file input to give files to"},
	{"dropped texts and links", "those of other programs do not come to pages that hear of files: the engine takes both or none"},
	{"the history after a crash", "a page comes back with its scroll position; WebView2 has no way to give a new webview a history"},
	{"the first frame", "the engine tells when a page is loaded, not when it is drawn: that counts instead"},
	{"memory limits of pages", "for all processes of a host together only, by its job object"},
	{"closing developer tools", "WebView2 opens them, and has no call to close them"},
}

// unsupported is the error for a line of the table.
func unsupported(what string) error {
	for _, l := range lacks {
		if l.what == what {
			return fmt.Errorf("webview2: %s (%s): %w", what, l.reason, errors.ErrUnsupported)
		}
	}
	panic("webview2: no line in lacks for " + what)
}
