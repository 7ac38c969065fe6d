package webview2

import (
	"cmp"
	"errors"
	"fmt"
	"mime"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/win32"
	"github.com/mullion-dev/mullion/internal/wire"
)

// dialogs shows those of the system, each on a thread of its own: they run a loop of messages until
// the user has answered.
type dialogs struct {
	options backend.Options
	posted  chan func()
	quit    chan struct{}
	quits   sync.Once
}

var _ backend.Dialogs = (*dialogs)(nil)

// NewDialogs returns what shows native dialogs.
func NewDialogs() backend.Dialogs {
	return &dialogs{posted: make(chan func()), quit: make(chan struct{})}
}

// Run implements backend.Dialogs.
func (d *dialogs) Run(o backend.Options, ready func()) error {
	d.options = o
	if procSetDpiAwareness.Find() == nil {
		procSetDpiAwareness.Call(perMonitorAware) // it fails where the manifest has said so
	}
	ready()
	for {
		select {
		case f := <-d.posted:
			f()
		case <-d.quit:
			return nil
		}
	}
}

// Post implements backend.Dialogs. What is posted after Quit is not run.
func (d *dialogs) Post(f func()) {
	select {
	case d.posted <- f:
	case <-d.quit:
	}
}

// Quit implements backend.Dialogs.
func (d *dialogs) Quit() { d.quits.Do(func() { close(d.quit) }) }

// Show implements backend.Dialogs.
func (d *dialogs) Show(w wire.Dialog, answer func(wire.DialogResult)) (dismiss func(), err error) {
	show := fileDialog
	if w.Kind == wire.DialogMessage {
		show = messageDialog
	}
	thread, ended, dismissed := make(chan uint32, 1), make(chan struct{}), make(chan struct{})
	go func() {
		// The thread ends with the goroutine: dialogs leave settings behind.
		runtime.LockOSThread()
		thread <- windows.GetCurrentThreadId()
		r, err := show(&w, dismissed)
		if err != nil {
			r = wire.DialogResult{Error: err.Error()}
		}
		close(ended)
		d.Post(func() { answer(r) })
	}()
	var once sync.Once
	id := <-thread
	return func() {
		once.Do(func() {
			close(dismissed)
			go closeWindows(id, ended)
		})
	}, nil
}

// closeWindows closes what windows a thread has, until it has ended: another may just be coming.
func closeWindows(thread uint32, ended <-chan struct{}) {
	for {
		for w := nextWindow(0); w != 0; w = nextWindow(w) {
			if owner, _ := windows.GetWindowThreadProcessId(windows.HWND(w), nil); owner == thread {
				win32.PostMessage.Call(w, messageClose, 0, 0)
			}
		}
		select {
		case <-ended:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// The options of IFileDialog that are used, of shobjidl_core.h.
const (
	fileOverwrite  = 0x2
	fileNoChange   = 0x8
	filePickFolder = 0x20
	fileSystemOnly = 0x40
	fileMultiple   = 0x200
	filePathExists = 0x800
	fileMustExist  = 0x1000
	fileNoRecent   = 0x2000000
)

// cancelled is HRESULT_FROM_WIN32(ERROR_CANCELLED).
const cancelled result = 0x800704C7

// fileDialog asks for files, a folder, or a name to save as. The extension of the first filter is
// added to names without one.
func fileDialog(d *wire.Dialog, dismissed <-chan struct{}) (r wire.DialogResult, err error) {
	a, leave, err := enterApartment(nil)
	if err != nil {
		return r, err
	}
	defer leave()
	class, face := "FileOpenDialog", "IFileOpenDialog"
	if d.Kind == wire.DialogSave {
		class, face = "FileSaveDialog", "IFileSaveDialog"
	}
	o, err := a.create(class, face)
	if err != nil {
		return r, err
	}
	defer o.release()

	var errs []error
	do := func(m method, args ...any) { errs = append(errs, o.call(m, args...)) }
	flags := uint32(fileNoChange | fileSystemOnly | filePathExists | fileNoRecent)
	switch {
	case d.Kind == wire.DialogSave:
		flags |= fileOverwrite
	case d.Directory:
		flags |= filePickFolder
	default:
		flags |= fileMustExist
	}
	if d.Multiple {
		flags |= fileMultiple
	}
	do(dialogOptions, flags)
	if d.Title != "" {
		do(dialogTitle, textWithoutNUL(d.Title))
	}
	if d.Name != "" {
		do(dialogName, textWithoutNUL(d.Name))
	}
	if len(d.Filters) > 0 && !d.Directory {
		list := newFilters(d.Filters)
		do(dialogTypes, uint32(len(d.Filters)), list.address())
		list.keep()
		if e := d.Filters[0].Extensions; d.Kind == wire.DialogSave && len(e) > 0 && e[0] != "*" {
			do(dialogExtension, textWithoutNUL(e[0]))
		}
	}
	if folder := string(d.Folder); folder != "" {
		if item, err := a.shellItem(folder); err == nil { // one that has gone is the system's usual one
			do(dialogFolder, item)
			item.release()
		}
	}
	if err := errors.Join(errs...); err != nil {
		return r, err
	}
	select {
	case <-dismissed:
		return r, nil
	default:
	}
	err = o.call(dialogShow, uintptr(d.Parent))
	var f *failed
	if errors.As(err, &f) && f.result == cancelled {
		return r, nil
	}
	if err == nil {
		r.Paths, err = chosen(o, d)
	}
	return r, err
}

// chosen are the paths that a dialog was answered with.
func chosen(o object, d *wire.Dialog) (paths [][]byte, err error) {
	add := func(item object) error {
		defer item.release()
		const fileSystemPath = 0x80058000 // SIGDN_FILESYSPATH
		out := new(uintptr)
		if err := item.call(itemName, uint32(fileSystemPath), out); err != nil {
			return err
		}
		paths = append(paths, []byte(takeText(*out)))
		return nil
	}
	if d.Kind == wire.DialogSave {
		item, err := o.object(dialogResult)
		if err != nil {
			return nil, err
		}
		return paths, add(item)
	}
	list, err := o.object(dialogResults)
	if err != nil {
		return nil, err
	}
	defer list.release()
	n := list.number(itemCount)
	if n > wire.MaxDialogPaths {
		return nil, fmt.Errorf("%d files were chosen, and at most %d can be", n, wire.MaxDialogPaths)
	}
	for i := range uint32(n) {
		item, err := list.object(itemAt, i)
		if err == nil {
			err = add(item)
		}
		if err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// pattern is what IFileDialog takes for a filter, such as "*.png;*.jpg".
func pattern(f wire.DialogFilter) string {
	var list []string
	for _, e := range f.Extensions {
		list = append(list, "*."+e)
		if e == "*" {
			return "*.*"
		}
	}
	for _, t := range f.MediaTypes {
		extensions, err := mime.ExtensionsByType(t)
		if err != nil || len(extensions) == 0 { // as for image/*
			return "*.*"
		}
		for _, e := range extensions {
			list = append(list, "*"+e)
		}
	}
	slices.Sort(list)
	return cmp.Or(strings.Join(slices.Compact(list), ";"), "*.*")
}

func textWithoutNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// The buttons that Windows has words for, by what package wire calls them: the flag of
// TASKDIALOGCONFIG, and what comes back.
var standardButtons = map[string]struct{ flag, id uint32 }{
	"Ok": {1, 1}, "Yes": {2, 6}, "No": {4, 7}, "Cancel": {8, 2},
}

// messageDialog shows a message with buttons.
func messageDialog(d *wire.Dialog, dismissed <-chan struct{}) (r wire.DialogResult, err error) {
	if len(d.Buttons) == 0 {
		return r, errors.New("a message without buttons")
	}
	leave, err := useCommonControls()
	if err != nil {
		return r, err
	}
	defer leave()
	select {
	case <-dismissed:
		return wire.DialogResult{Button: len(d.Buttons) - 1}, nil
	default:
	}
	const first = 100
	t := taskDialog{parent: uintptr(d.Parent), title: d.Title, text: d.Text, level: d.Level}
	ids := map[uint32]int{2: len(d.Buttons) - 1} // IDCANCEL: it was closed
	for i, label := range d.Buttons {
		id := uint32(first + i)
		b, known := standardButtons[label]
		if known && len(d.Standard) == len(d.Buttons) {
			t.standard |= b.flag
			id = b.id
		} else {
			t.buttons = append(t.buttons, taskButton{id, label})
		}
		ids[id] = i
		if i == 0 {
			t.first = id
		}
	}
	if d.Picture != nil {
		if t.icon = newIcon(d.Picture); t.icon != 0 {
			defer win32.DestroyIcon.Call(t.icon)
		}
	}
	id, err := t.show()
	if err != nil {
		return r, err
	}
	i, known := ids[id]
	if !known {
		return r, fmt.Errorf("the dialog was answered with %d, which is no button of it", id)
	}
	return wire.DialogResult{Button: i}, nil
}

// manifest asks for the controls of version 6, without which there is no TaskDialog. Programs that
// were made by "mullion build" have one of their own.
const manifest = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
<dependency><dependentAssembly>
<assemblyIdentity type="win32" name="Microsoft.Windows.Common-Controls" version="6.0.0.0" processorArchitecture="*" publicKeyToken="6595b64144ccf1df" language="*"/>
</dependentAssembly></dependency>
</assembly>
`

// useCommonControls has this thread see the controls of version 6 until leave is called.
func useCommonControls() (leave func(), err error) {
	f, err := os.CreateTemp("", "mullion-*.manifest")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(manifest)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return activate(f.Name())
}
