package webview2

import (
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

// A lack is a part of package backend, or of what wire describes, that this engine does not do:
// as docs/systems.md lists it.
type lack struct {
	what, reason string
	command      string // of pages, that asks for it; "" where a part of a state does
}

// lacks are all of them. What is asked for in vain is an error that wraps errors.ErrUnsupported, or
// a line in the log where nobody waits for an answer.
var lacks = []lack{
	{what: "file dialogs without new folders", reason: "Windows has no such choice"},
	{what: "media types in file dialogs", reason: "those that stand for many, as image/*, show all files: Windows knows extensions only"},
	{what: "words of the system in menus", reason: "Windows has none for other programs: texts are the app's, or English"},
	{"all workspaces", "Windows has no documented call for it", "set_visible_on_all_workspaces"},
	{what: "zoom on arm64", reason: "Go cannot pass a double by value there"},
	{what: "file choosers of frames of other sites", reason: "WebView2 has no event for choosers, and what takes its place covers the page and frames of its site: other frames get the engine's own dialog, which reads files with the rights of the host"},
	{what: "pickers of scripts, as showOpenFilePicker", reason: "refused: they have no file input to give files to"},
	{what: "dropped texts and links", reason: "those of other programs do not come to pages that hear of files: the engine takes both or none"},
	{what: "the history after a crash", reason: "a page comes back with its scroll position; WebView2 has no way to give a new webview a history"},
	{what: "the first frame", reason: "the engine tells when a page is loaded, not when it is drawn: that counts instead"},
	{"badge labels", "only the Dock of macOS has labels", "set_badge_label"},
	{"title bar styles", "only macOS has them", "set_title_bar_style"},
	{what: "memory limits of pages", reason: "for all processes of a host together only, by its job object"},
	{what: "closing developer tools", reason: "WebView2 opens them, and has no call to close them"},
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

// commandLacks are the lines that are commands of pages, as the host tells the Core.
func commandLacks() (list []wire.Lack) {
	for _, l := range lacks {
		if l.command != "" {
			list = append(list, wire.Lack{Command: l.command, Reason: l.reason})
		}
	}
	return list
}
