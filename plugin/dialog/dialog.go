// Package dialog asks the user: for files and folders, and by messages with
// buttons, for pages by @tauri-apps/plugin-dialog:
//
//	app.AddPlugin(dialog.New(dialog.Options{}).Plugin())
//
// What a user chooses in a dialog of a page, pages may then read and write by the
// commands that capabilities grant them, see [files.Grants]. Go code shows the
// same dialogs by [mullion.App.OpenFile], [mullion.App.SaveFile],
// [mullion.App.Message] and [mullion.App.Confirm], whose files are not granted
// to anybody.
package dialog

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
)

// alerts makes dialogs of window.alert and window.confirm.
//
//go:embed alerts.js
var alerts string

const (
	// maxText is the longest message, and maxLabel the longest title, label, name
	// or extension, in bytes.
	maxText  = 64 << 10
	maxLabel = 1024
	// maxPath is the longest path in bytes, that of Linux.
	maxPath = 4096
	// maxFilters is how many filters a dialog has, and how many extensions a
	// filter.
	maxFilters = 128
	// maxOpen is how many dialogs of a page are open at a time.
	maxOpen = 4
)

// Options are those of the plugin. The zero value is useful.
type Options struct {
	// KeepAlerts leaves window.alert and window.confirm as the engine has them:
	// they stop the page until there is an answer. Otherwise they are those of
	// the published plugin in pages that may show messages: alert returns at
	// once, and confirm returns a promise.
	KeepAlerts bool
}

// Dialogs is the plugin.
type Dialogs struct {
	options Options

	mu   sync.Mutex
	app  *mullion.App     // guarded by mu; nil until it was started
	door plugin.App       // guarded by mu
	open map[ipc.Page]int // guarded by mu
}

// New makes the plugin. Give its Plugin to App.AddPlugin.
func New(o Options) *Dialogs { return &Dialogs{options: o, open: map[ipc.Page]int{}} }

// Plugin describes it to the app.
func (d *Dialogs) Plugin() plugin.Plugin {
	message := []string{"message"}
	p := plugin.Plugin{
		Name: "dialog",
		Commands: plugin.Commands{
			"open": plugin.Typed(d.openFiles), "save": plugin.Typed(d.saveFile), "message": plugin.Typed(d.message),
		},
		Permissions: []capability.Permission{
			{Identifier: "allow-ask", Description: "The same as allow-message, which it was once part of.", Allow: message},
			{Identifier: "allow-confirm", Description: "The same as allow-message, which it was once part of.", Allow: message},
			{Identifier: "deny-ask", Description: "The same as deny-message.", Deny: message},
			{Identifier: "deny-confirm", Description: "The same as deny-message.", Deny: message},
		},
		Default: []string{"allow-message", "allow-save", "allow-open"},
		Start: func(_ context.Context, app plugin.App) error {
			a, ok := mullion.AppOf(app)
			if !ok {
				return errors.New("it needs an app of package mullion")
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.app, d.door = a, app
			return nil
		},
	}
	if !d.options.KeepAlerts {
		p.Script = func(context.Context, plugin.Webview) (string, error) { return alerts, nil }
	}
	return p
}

// asker is a page that has a dialog open.
type asker struct {
	app    *mullion.App
	door   plugin.App
	window *mullion.Window
	done   func()
}

// begin notes that a page has a dialog open. The caller calls done.
func (d *Dialogs) begin(ctx context.Context) (asker, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return asker{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.app == nil {
		return asker{}, errors.New("dialog: the app does not run yet")
	}
	if d.open[p] >= maxOpen {
		return asker{}, fmt.Errorf("%d dialogs of this page are open; wait until the user has answered", maxOpen)
	}
	view, err := d.app.Webview(p.Caller().Webview) // which may be in another window by now
	if err != nil {
		return asker{}, err
	}
	d.open[p]++
	return asker{d.app, d.door, view.Window(), func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.open[p]--; d.open[p] == 0 {
			delete(d.open, p)
		}
	}}, nil
}

// optionsArgs have what a page calls options. Keys that are unknown are left
// alone, as by the published plugin.
type optionsArgs struct {
	Options jsontext.Value `json:"options"`
}

type fileOptions struct {
	Title   *string `json:"title"`
	Filters []struct {
		Name       string   `json:"name"`
		Extensions []string `json:"extensions"`
	} `json:"filters"`
	DefaultPath          *string `json:"defaultPath"`
	CanCreateDirectories *bool   `json:"canCreateDirectories"`

	// These are for opening.
	Multiple       *bool   `json:"multiple"`
	Directory      *bool   `json:"directory"`
	Recursive      *bool   `json:"recursive"`
	PickerMode     *string `json:"pickerMode"`
	FileAccessMode *string `json:"fileAccessMode"`
}

func isSet(b *bool) bool { return b != nil && *b }

// parse reads options, and returns the dialog that they describe.
func (a optionsArgs) parse() (o fileOptions, d mullion.FileDialog, err error) {
	if a.Options.Kind() != '{' {
		return o, d, errors.New("options: want an object")
	}
	if err := json.Unmarshal(a.Options, &o); err != nil {
		return o, d, fmt.Errorf("options: %w", ipc.ExplainJSON(err))
	}
	if o.Title != nil {
		d.Title = *o.Title
	}
	if err := checkText("title", d.Title, maxLabel); err != nil {
		return o, d, err
	}
	if len(o.Filters) > maxFilters {
		return o, d, fmt.Errorf("%d filters; the limit is %d", len(o.Filters), maxFilters)
	}
	for _, f := range o.Filters {
		if len(f.Extensions) > maxFilters {
			return o, d, fmt.Errorf("filter %q: %d extensions; the limit is %d", f.Name, len(f.Extensions), maxFilters)
		}
		if err := checkText("filter", f.Name, maxLabel); err != nil {
			return o, d, err
		}
		var extensions []string
		for _, e := range f.Extensions {
			if err := checkText("extension", e, maxLabel); err != nil {
				return o, d, err
			}
			if e = strings.TrimPrefix(e, "."); e != "" {
				extensions = append(extensions, e)
			}
		}
		if len(extensions) > 0 {
			d.Filters = append(d.Filters, mullion.FileFilter{Name: cmp.Or(f.Name, strings.Join(extensions, ", ")), Extensions: extensions})
		}
	}
	d.NoCreateDirectories = o.CanCreateDirectories != nil && !*o.CanCreateDirectories
	if o.DefaultPath != nil {
		d.DefaultPath, err = defaultPath(*o.DefaultPath)
	}
	return o, d, err
}

// defaultPath is absolute, or the name of a file alone.
func defaultPath(path string) (string, error) {
	if err := checkText("defaultPath", path, maxPath); err != nil || path == "" {
		return "", err
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	if base := filepath.Base(path); base == path && base != "." && base != ".." {
		return base, nil
	}
	return filepath.Abs(path)
}

func checkText(what, text string, limit int) error {
	switch {
	case len(text) > limit:
		return fmt.Errorf("%s: %d bytes; the limit is %d", what, len(text), limit)
	case strings.Contains(text, "\x00") || !utf8.ValidString(text):
		return fmt.Errorf("%s: it has a NUL, or is not UTF-8", what)
	}
	return nil
}

// openFiles returns a path, paths, or nil if the user has chosen none.
func (d *Dialogs) openFiles(ctx context.Context, a optionsArgs) (any, error) {
	o, dialog, err := a.parse()
	if err != nil {
		return nil, err
	}
	dialog.Multiple, dialog.Directory = isSet(o.Multiple), isSet(o.Directory)
	page, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer page.done()
	dialog.Window = page.window
	for option, set := range map[string]bool{"pickerMode": o.PickerMode != nil, "fileAccessMode": o.FileAccessMode != nil} {
		if set {
			page.door.Log().Info("mullion: an option has no effect on this system", "window", page.window.Label(), "option", option,
				"reason", "only mobile platforms have such a choice")
		}
	}
	paths, err := page.app.OpenFile(ctx, dialog)
	if errors.Is(err, mullion.ErrCancelled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err() // the page is gone: nobody has chosen anything
	}
	grants := files.GrantsOf(page.door)
	if dialog.Directory {
		for _, p := range paths {
			err = errors.Join(err, grants.AllowDirectory(p, isSet(o.Recursive)))
		}
	} else {
		err = grants.AllowFile(paths...)
	}
	if err != nil {
		return nil, err
	}
	if dialog.Multiple {
		return paths, nil
	}
	return paths[0], nil
}

// saveFile returns a path, or nil if the user has chosen none.
func (d *Dialogs) saveFile(ctx context.Context, a optionsArgs) (any, error) {
	_, dialog, err := a.parse()
	if err != nil {
		return nil, err
	}
	page, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer page.done()
	dialog.Window = page.window
	path, err := page.app.SaveFile(ctx, dialog)
	if errors.Is(err, mullion.ErrCancelled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return path, files.GrantsOf(page.door).AllowFile(path)
}

type messageArgs struct {
	Message string         `json:"message"`
	Title   *string        `json:"title"`
	Kind    *string        `json:"kind"`
	Buttons jsontext.Value `json:"buttons,omitzero"`
}

// message returns which button was pressed: Ok, Cancel, Yes or No, or its own
// label. Closing the dialog is the last one.
func (d *Dialogs) message(ctx context.Context, a messageArgs) (string, error) {
	m := mullion.MessageDialog{Message: a.Message}
	if err := checkText("message", a.Message, maxText); err != nil {
		return "", err
	}
	if a.Title != nil {
		m.Title = *a.Title
	}
	if err := checkText("title", m.Title, maxLabel); err != nil {
		return "", err
	}
	if a.Kind != nil {
		if k := mullion.MessageKind(strings.ToLower(*a.Kind)); k == mullion.MessageWarning || k == mullion.MessageError {
			m.Kind = k
		}
	}
	results, err := parseButtons(a.Buttons)
	if err != nil {
		return "", err
	}
	usual := usualLabels[len(results)]
	standard := a.Buttons.Kind() != '{' // a set with a name, not labels of the page
	for i, r := range results {
		if err := checkText("button", r, maxLabel); err != nil {
			return "", err
		}
		m.Buttons = append(m.Buttons, cmp.Or(r, usual[i]))
		if r == "" || standard {
			m.Standard = append(m.Standard, m.Buttons[i])
		}
	}
	page, err := d.begin(ctx)
	if err != nil {
		return "", err
	}
	defer page.done()
	m.Window = page.window
	pressed, err := page.app.Message(ctx, m)
	switch {
	case errors.Is(err, mullion.ErrCancelled):
		return results[len(results)-1], nil
	case err != nil:
		return "", err
	}
	return results[slices.Index(m.Buttons, pressed)], nil
}

// usualLabels stand in for labels that are empty, by how many buttons there are.
var usualLabels = map[int][]string{1: {"Ok"}, 2: {"Ok", "Cancel"}, 3: {"Yes", "No", "Cancel"}}

// sets are the buttons that have a name.
var sets = map[string][]string{"Ok": {"Ok"}, "OkCancel": {"Ok", "Cancel"}, "YesNo": {"Yes", "No"}, "YesNoCancel": {"Yes", "No", "Cancel"}}

// parseButtons reads the name of a set, or labels: {"OkCustom": LABEL},
// {"OkCancelCustom": [OK, CANCEL]}, {"YesNoCancelCustom": [YES, NO, CANCEL]}.
func parseButtons(text jsontext.Value) ([]string, error) {
	const want = `buttons: want "Ok", "OkCancel", "YesNo", "YesNoCancel", or an object with labels`
	switch text.Kind() {
	case 0, 'n':
		return sets["Ok"], nil
	case '"':
		var name string
		if err := ipc.Unmarshal(text, &name); err != nil {
			return nil, err
		}
		if s := sets[name]; s != nil {
			return s, nil
		}
		return nil, fmt.Errorf("%s, not %.40q", want, name)
	case '{':
		var custom struct {
			Ok          *string  `json:"OkCustom"`
			OkCancel    []string `json:"OkCancelCustom"`
			YesNoCancel []string `json:"YesNoCancelCustom"`
		}
		if err := ipc.Unmarshal(text, &custom); err != nil {
			return nil, fmt.Errorf("buttons: %w", ipc.ExplainJSON(err))
		}
		switch {
		case custom.Ok != nil && custom.OkCancel == nil && custom.YesNoCancel == nil:
			return []string{*custom.Ok}, nil
		case custom.Ok == nil && len(custom.OkCancel) == 2 && custom.YesNoCancel == nil:
			return custom.OkCancel, nil
		case custom.Ok == nil && custom.OkCancel == nil && len(custom.YesNoCancel) == 3:
			return custom.YesNoCancel, nil
		}
	}
	return nil, errors.New(want)
}
