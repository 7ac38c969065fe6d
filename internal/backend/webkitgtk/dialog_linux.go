package webkitgtk

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// dialogs is a main loop with dialogs. Fields without a remark belong to it.
type dialogs struct {
	mu     sync.Mutex
	posted []func() // guarded by mu
	wake   func()   // guarded by mu: nil while there is no main loop

	t    *toolkit
	cb   *callbacks
	loop uintptr // GMainLoop

	settings *settings
}

var (
	_ backend.BusJoiner = (*dialogs)(nil)
	_ backend.Dialogs   = (*dialogs)(nil)
	_ backend.Preferrer = (*dialogs)(nil)
)

func newDialogs() backend.Dialogs { return &dialogs{} }

// Run implements backend.Dialogs. It can be called once in a process.
func (g *dialogs) Run(o backend.Options, ready func()) error {
	var err error
	if g.t, err = openToolkit(); err != nil {
		return err
	}
	g.cb = newCallbacks(o.Log)
	g.t.gSetPrgname.with(o.AppID)
	g.t.gSetApplicationName.with(cmp.Or(o.AppName, o.AppID))
	if !isTrue(g.t.gtkInitCheck.call(0, 0)) {
		return displayError()
	}
	g.t.gdkSetProgramClass.with(o.AppID)
	g.settings = newSettings(&g.t.settings, g.onWayland(), func(object uintptr, signal string, called func()) {
		g.connect(object, signal, func(args) uintptr { called(); return 0 })
	})
	g.loop = g.t.gMainLoopNew.call(0, 0)
	drain := g.cb.add(callback{f: func(args) uintptr { g.drain(); return 0 }})
	g.mu.Lock()
	g.wake = func() { g.t.gIdleAddFull.call(priorityDefault, g.cb.signature[0], drain, 0) }
	g.posted = append([]func(){ready}, g.posted...)
	g.wake()
	g.mu.Unlock()
	g.t.gMainLoopRun.call(g.loop)
	return nil
}

// onWayland reports whether the display is a Wayland compositor's.
func (g *dialogs) onWayland() bool {
	return goString(g.t.gTypeNameFromInstance.call(g.t.gdkDisplayGetDefault.call())) == "GdkWaylandDisplay"
}

// Prefer implements backend.Preferrer.
func (g *dialogs) Prefer(p wire.Preferences) { g.settings.prefer(p) }

// Post implements backend.Dialogs.
func (g *dialogs) Post(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.posted = append(g.posted, f)
	if g.wake != nil && len(g.posted) == 1 {
		g.wake()
	}
}

func (g *dialogs) drain() {
	g.mu.Lock()
	todo := g.posted
	g.posted = nil
	g.mu.Unlock()
	for _, f := range todo {
		func() {
			defer g.cb.rescue("a posted function")
			f()
		}()
	}
}

// Quit implements backend.Dialogs.
func (g *dialogs) Quit() { g.Post(func() { g.t.gMainLoopQuit.call(g.loop) }) }

// GtkResponseType.
const (
	responseAccept = -3
	responseCancel = -6
)

// id is a response as an argument of C.
func id(response int) int64 { return int64(response) }

// shown is a dialog that waits for the user.
type shown struct {
	g      *dialogs
	kind   wire.DialogKind
	last   int     // index of the last button of a message
	dialog uintptr // GtkDialog, 0 when it is over
	// question is a GtkDialog that asks whether to save over a file, or 0.
	question uintptr
	answer   func(wire.DialogResult)
}

// Show implements backend.Dialogs.
func (g *dialogs) Show(d wire.Dialog, answer func(wire.DialogResult)) (dismiss func(), err error) {
	s := &shown{g: g, kind: d.Kind, last: len(d.Buttons) - 1, answer: answer}
	switch d.Kind {
	case wire.DialogOpen, wire.DialogSave:
		s.dialog = g.newChooser(&d)
	case wire.DialogMessage:
		s.dialog = g.newMessage(&d, g.labels(&d))
	default:
		return nil, fmt.Errorf("webkitgtk: dialog of kind %q", d.Kind)
	}
	g.onResponse(s.dialog, s.respond)
	g.setParent(s.dialog, &d)
	g.t.gtkWindowPresent.call(s.dialog)
	return func() { s.respond(responseCancel) }, nil
}

func (g *dialogs) onResponse(dialog uintptr, f func(response int32)) {
	g.connect(dialog, "response", func(a args) uintptr { f(int32(a[1])); return 0 })
}

func (g *dialogs) connect(object uintptr, signal string, f func(args) uintptr) {
	g.cb.connectSignal(&g.t.signals, object, signal, callback{f: f}, 0)
}

// respond does what the user wants of the dialog.
func (s *shown) respond(response int32) {
	var r wire.DialogResult
	switch {
	case s.dialog == 0:
		return
	case s.kind == wire.DialogMessage:
		if r.Button = int(response); r.Button < 0 || r.Button > s.last {
			r.Button = s.last // closed, or Escape
		}
	case response == responseAccept:
		r = s.g.chosen(s.dialog)
	}
	if s.kind == wire.DialogSave && len(r.Paths) > 0 {
		if _, err := os.Lstat(string(r.Paths[0])); err == nil {
			s.ask(r)
			return
		}
	}
	s.finish(r)
}

// ask asks whether to save over a file. GTK would do so in a main loop of its
// own, which does not survive that the dialog is dismissed meanwhile.
func (s *shown) ask(r wire.DialogResult) {
	t := s.g.t
	if s.question != 0 {
		return
	}
	name := strings.ToValidUTF8(filepath.Base(string(r.Paths[0])), "\uFFFD")
	text := s.g.translate("A file named “%s” already exists.  Do you want to replace it?")
	replace := s.g.translate("_Replace")
	s.question = s.g.newMessage(&wire.Dialog{
		Title: plain(replace),
		Text:  strings.Replace(text, "%s", name, 1),
		Level: "warning",
	}, []string{replace, s.g.translate("_Cancel")})
	t.gtkWindowSetTransientFor.call(s.question, s.dialog)
	t.gtkWindowSetModal.call(s.question, 1)
	s.g.onResponse(s.question, func(response int32) {
		if response == 0 {
			s.finish(r)
		} else {
			s.closeQuestion()
		}
	})
	t.gtkWindowPresent.call(s.question)
}

func (s *shown) closeQuestion() {
	if s.question != 0 {
		s.g.t.gtkWidgetDestroy.call(s.question)
		s.question = 0
	}
}

func (s *shown) finish(r wire.DialogResult) {
	s.closeQuestion()
	s.g.t.gtkWidgetDestroy.call(s.dialog)
	s.dialog = 0
	s.answer(r)
}

// translate returns what GTK says in the language of the user.
func (g *dialogs) translate(text string) string { return translate(&g.t.texts, text) }

// standardLabels are GTK's words for wire.Dialog.Standard.
var standardLabels = map[string]string{"Ok": "_OK", "Cancel": "_Cancel", "Yes": "_Yes", "No": "_No"}

// labels are those of the buttons of a message, as GTK reads them.
func (g *dialogs) labels(d *wire.Dialog) (labels []string) {
	for _, b := range d.Buttons {
		if word := standardLabels[b]; word != "" && slices.Contains(d.Standard, b) {
			labels = append(labels, g.translate(stock+word))
		} else {
			labels = append(labels, strings.ReplaceAll(b, "_", "__")) // or it would be taken for the mark of a key
		}
	}
	return labels
}

// setParent makes the dialog belong to a window of another process: on X11 by
// its number, under Wayland by what the compositor calls it, if that has
// xdg-foreign. A window that is gone meanwhile is no window.
func (g *dialogs) setParent(dialog uintptr, d *wire.Dialog) {
	t, xid := g.t, d.Parent
	display := t.gdkDisplayGetDefault.call()
	if d.ParentHandle != "" && t.gdkWaylandWindowSetTransientForExported != 0 && goString(t.gTypeNameFromInstance.call(display)) == "GdkWaylandDisplay" {
		t.gtkWindowSetModal.call(dialog, 1)
		t.gtkWidgetRealize.call(dialog)
		t.gdkWaylandWindowSetTransientForExported.with(t.gtkWidgetGetWindow.call(dialog), d.ParentHandle)
		return
	}
	if xid == 0 || t.gdkX11WindowForeignNewForDisplay == 0 || goString(t.gTypeNameFromInstance.call(display)) != "GdkX11Display" {
		return
	}
	parent := t.gdkX11WindowForeignNewForDisplay.call(display, uintptr(xid))
	if parent == 0 {
		return
	}
	t.gtkWindowSetModal.call(dialog, 1)
	t.gtkWindowSetSkipTaskbarHint.call(dialog, 1)
	t.gtkWidgetRealize.call(dialog)
	t.gdkWindowSetTransientFor.call(t.gtkWidgetGetWindow.call(dialog), parent)
	t.gObjectUnref.call(parent)
}

// newChooser makes a dialog for files.
func (g *dialogs) newChooser(d *wire.Dialog) uintptr {
	t := g.t
	const open, save, folders = 0, 1, 2 // GtkFileChooserAction
	action, accept := open, g.translate("_Open")
	title := plain(accept)
	switch {
	case d.Kind == wire.DialogSave:
		action, accept = save, g.translate("_Save")
		title = plain(accept)
	case d.Directory:
		action, title = folders, "Choose a folder"
		if selects := g.translate("_Select"); selects != "_Select" {
			title = plain(selects) // the nearest that GTK has words for
		}
	}
	dialog := t.gtkFileChooserDialogNew.with(cmp.Or(d.Title, title), nil, action,
		g.translate("_Cancel"), id(responseCancel), accept, id(responseAccept), nil)
	t.gtkDialogSetDefaultResponse.with(dialog, id(responseAccept))
	t.gtkFileChooserSetSelectMultiple.with(dialog, d.Multiple && action != save)
	t.gtkFileChooserSetCreateFolders.with(dialog, !d.NoCreate)
	folder := string(d.Folder)
	if home, err := os.UserHomeDir(); folder == "" && err == nil {
		folder = home // GTK would show what was used of late, or where the app was started
	}
	t.gtkFileChooserSetCurrentFolder.with(dialog, folder)
	if action == save && d.Name != "" {
		t.gtkFileChooserSetCurrentName.with(dialog, d.Name)
	}
	if action != folders {
		for _, f := range d.Filters {
			t.gtkFileChooserAddFilter.call(dialog, g.newFilter(f))
		}
	}
	return dialog
}

func (g *dialogs) newFilter(f wire.DialogFilter) uintptr {
	t := g.t
	filter := t.gtkFileFilterNew.call()
	t.gtkFileFilterSetName.with(filter, f.Name)
	for _, ext := range f.Extensions {
		t.gtkFileFilterAddPattern.with(filter, extensionPattern(ext))
	}
	for _, mediaType := range f.MediaTypes {
		t.gtkFileFilterAddMimeType.with(filter, mediaType)
	}
	return filter
}

// extensionPattern is the glob for an extension in either case. What means
// something in a glob and is no letter stands for itself.
func extensionPattern(ext string) string {
	if ext == "*" {
		return "*"
	}
	var b strings.Builder
	b.WriteString("*.")
	for _, r := range strings.TrimPrefix(ext, ".") {
		lower, upper := unicode.ToLower(r), unicode.ToUpper(r)
		switch {
		case lower != upper:
			b.WriteString("[" + string(lower) + string(upper) + "]")
		case strings.ContainsRune(`*?[\`, r):
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// chosen reads what was chosen.
func (g *dialogs) chosen(dialog uintptr) (r wire.DialogResult) {
	t := g.t
	list := t.gtkFileChooserGetFilenames.call(dialog)
	n := int(uint32(t.gSlistLength.call(list)))
	for i := range n {
		name := t.gSlistNthData.call(list, uintptr(i))
		r.Paths = append(r.Paths, []byte(goString(name)))
		t.gFree.call(name)
	}
	t.gSlistFree.call(list)
	if n > wire.MaxDialogPaths {
		return wire.DialogResult{Error: fmt.Sprintf("%d files were chosen; more than %d at a time is not possible", n, wire.MaxDialogPaths)}
	}
	return r
}

// newMessage makes a dialog of a text, which can be copied, and buttons with
// these labels of GTK, the first one at the right as GTK has it, or at the left
// where the language runs the other way.
func (g *dialogs) newMessage(d *wire.Dialog, labels []string) uintptr {
	kinds := map[string]int{"info": 0, "warning": 1, "error": 3} // GtkMessageType
	const noButtons = 0
	dialog := g.t.gtkMessageDialogNew.with(nil, 0, kinds[d.Level], noButtons, "%s", d.Text)
	g.t.gtkWindowSetTitle.with(dialog, d.Title)
	label := g.cb.add(callback{f: func(a args) uintptr { g.t.gtkLabelSetSelectable.with(a[0], true); return 0 }})
	g.t.gtkContainerForeach.call(g.t.gtkMessageDialogGetMessageArea.call(dialog), g.cb.signature[1], label)
	g.cb.drop(label)
	if picture := g.pixbuf(d.Picture); picture != 0 {
		image := g.t.gtkImageNewFromPixbuf.call(picture)
		g.t.gObjectUnref.call(picture)
		g.t.gtkWidgetShow.call(image)
		g.t.gtkMessageDialogSetImage.call(dialog, image)
	}
	for i, label := range slices.Backward(labels) {
		g.t.gtkDialogAddButton.with(dialog, label, i)
	}
	g.t.gtkDialogSetDefaultResponse.call(dialog, 0)
	return dialog
}
