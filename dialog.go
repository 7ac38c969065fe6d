package mullion

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// ErrCancelled is returned by dialogs that the user has closed without an
// answer, and by dialogs that ended before there was one: their window was
// closed, or their process died, as the log then says.
var ErrCancelled = core.ErrCancelled

// FileDialog describes a dialog for files. The zero value is useful.
// Where options of Tauri's dialog plugin mean the same, they have the same
// names.
type FileDialog struct {
	// Title of the dialog; empty means the system's default.
	Title string
	// Filters are the choices of which files are shown; the first is selected.
	// None: all files.
	Filters []FileFilter
	// DefaultPath is the folder to begin in, or the path of a file: then the
	// dialog begins in its folder, and [App.SaveFile] proposes its name. It
	// must be absolute and need not exist, or be the name of a file alone: then
	// the dialog begins where the system wants.
	DefaultPath string
	// Multiple lets the user choose several. Not for [App.SaveFile].
	Multiple bool
	// Directory lets the user choose folders instead of files. Not for
	// [App.SaveFile].
	Directory bool
	// NoCreateDirectories removes the button that makes a folder. Desktop portals
	// have no such choice.
	NoCreateDirectories bool
	// Window is what the dialog belongs to: it stays above it and closes with
	// it. Nil: none. Under Wayland it takes a compositor with the version of
	// xdg-foreign that GTK has, such as sway; elsewhere dialogs stand alone.
	Window *Window
}

// FileFilter is a choice of files to show.
type FileFilter struct {
	// Name is what the user sees, such as "Pictures".
	Name string
	// Extensions have no dot before them and match in upper and lower case:
	// "png", "tar.gz". "*" stands for every file.
	Extensions []string
}

// OpenFile lets the user choose files or folders that exist, and returns their
// absolute paths, at least one. The error is [ErrCancelled] when the user has
// chosen none, and wraps [errors.ErrUnsupported] on systems without dialogs,
// which are all but Linux for now.
//
// On Linux the desktop portal shows the dialog where there is one
// (org.freedesktop.portal.FileChooser), unless the environment says
// GTK_USE_PORTAL=0; else GTK does, in a process of its own. Nothing waits for it
// but the caller. It closes when ctx ends.
func (a *App) OpenFile(ctx context.Context, d FileDialog) ([]string, error) {
	w, err := a.fileDialog(wire.DialogOpen, d)
	if err != nil {
		return nil, err
	}
	return a.askForFiles(ctx, d.Window, w)
}

// SaveFile lets the user choose where to save something, and returns the
// absolute path. If the file exists, the user has agreed to replace it.
// SaveFile itself writes nothing. Errors are those of [App.OpenFile].
func (a *App) SaveFile(ctx context.Context, d FileDialog) (string, error) {
	if d.Multiple || d.Directory {
		return "", errors.New("mullion: SaveFile: Multiple and Directory are for OpenFile")
	}
	w, err := a.fileDialog(wire.DialogSave, d)
	if err != nil {
		return "", err
	}
	paths, err := a.askForFiles(ctx, d.Window, w)
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

func (a *App) fileDialog(kind wire.DialogKind, d FileDialog) (wire.Dialog, error) {
	w := wire.Dialog{Kind: kind, Title: d.Title, Multiple: d.Multiple, Directory: d.Directory, NoCreate: d.NoCreateDirectories}
	for _, f := range d.Filters {
		if f.Name == "" || len(f.Extensions) == 0 {
			return w, fmt.Errorf("mullion: dialog: filter %q needs a name and extensions", f.Name)
		}
		w.Filters = append(w.Filters, wire.DialogFilter{Name: f.Name, Extensions: slices.Clone(f.Extensions)})
	}
	if d.DefaultPath == "" {
		return w, nil
	}
	if base := filepath.Base(d.DefaultPath); base == d.DefaultPath && base != "." && base != ".." && !filepath.IsAbs(base) {
		w.Name = strings.ToValidUTF8(base, "\uFFFD")
		return w, nil
	}
	if !filepath.IsAbs(d.DefaultPath) {
		return w, fmt.Errorf("mullion: dialog: DefaultPath %q is not absolute", d.DefaultPath)
	}
	if info, err := os.Stat(d.DefaultPath); err == nil && info.IsDir() {
		w.Folder = []byte(d.DefaultPath)
		return w, nil
	}
	w.Folder = []byte(filepath.Dir(d.DefaultPath))
	w.Name = strings.ToValidUTF8(filepath.Base(d.DefaultPath), "\uFFFD")
	return w, nil
}

func (a *App) askForFiles(ctx context.Context, window *Window, d wire.Dialog) ([]string, error) {
	r, err := a.ask(ctx, window, d)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(r.Paths))
	for i, p := range r.Paths {
		paths[i] = string(p)
	}
	return paths, nil
}

func (a *App) ask(ctx context.Context, window *Window, d wire.Dialog) (wire.DialogResult, error) {
	var w *core.Window
	if window != nil {
		w = window.w
	}
	r, err := a.core.Ask(ctx, w, d)
	if err != nil && !errors.Is(err, ErrCancelled) {
		err = fmt.Errorf("mullion: %w", err)
	}
	return r, err
}

// MessageKind is the picture beside a message.
type MessageKind string

// The kinds of messages. The zero value is MessageInfo.
const (
	MessageInfo    MessageKind = "info"
	MessageWarning MessageKind = "warning"
	MessageError   MessageKind = "error"
)

// MessageDialog is a text with buttons.
type MessageDialog struct {
	// Title of the dialog; empty means the app's name.
	Title   string
	Message string
	Kind    MessageKind
	// Buttons are the labels of one to four buttons: first the one that the
	// return key presses, last the one that closing the dialog means. None:
	// "Ok" for [App.Message], "Ok" and "Cancel" for [App.Confirm], in the language
	// of the user.
	Buttons []string
	// Standard are those of Buttons that are shown in the words that the system has
	// for them in the language of the user: "Ok", "Cancel", "Yes" and "No". All
	// others are shown as they are. What [App.Message] returns is the label in
	// Buttons.
	Standard []string
	// Window is what the dialog belongs to, as in [FileDialog].
	Window *Window
}

// maxButtons bounds the buttons of a message.
const maxButtons = 4

// Message shows a message and returns the label of the button that the user
// has pressed.
func (a *App) Message(ctx context.Context, d MessageDialog) (button string, err error) {
	if len(d.Buttons) == 0 {
		d.Buttons = []string{"Ok"}
		d.Standard = d.Buttons
	}
	if len(d.Buttons) > maxButtons || slices.Contains(d.Buttons, "") {
		return "", fmt.Errorf("mullion: dialog: %q are not one to %d labels", d.Buttons, maxButtons)
	}
	if !slices.Contains([]MessageKind{"", MessageInfo, MessageWarning, MessageError}, d.Kind) {
		return "", fmt.Errorf("mullion: dialog: there is no kind %q of messages", d.Kind)
	}
	w := wire.Dialog{Kind: wire.DialogMessage, Title: d.Title, Text: d.Message, Level: string(d.Kind), Buttons: d.Buttons, Standard: d.Standard}
	if w.Title == "" {
		w.Title = a.Name()
	}
	if w.Level == "" {
		w.Level = string(MessageInfo)
	}
	r, err := a.ask(ctx, d.Window, w)
	if err != nil {
		return "", err
	}
	return d.Buttons[r.Button], nil
}

// Confirm asks a question and reports whether the user has pressed the first
// button.
func (a *App) Confirm(ctx context.Context, d MessageDialog) (bool, error) {
	if len(d.Buttons) == 0 {
		d.Buttons = []string{"Ok", "Cancel"}
		d.Standard = d.Buttons
	}
	button, err := a.Message(ctx, d)
	return err == nil && button == d.Buttons[0], err
}
