package mulliontest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/dialogs"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Dialog is a dialog that waits for its user: the test. Answer it once.
type Dialog struct {
	// Kind is "open", "save" or "message".
	Kind string
	// Title is that of the dialog, Text is a message.
	Title, Text string
	// Buttons are those of a message, the first for what the return key does,
	// the last for what closing the dialog means.
	Buttons []string
	// Folder and Name are where a dialog for files begins, and what it proposes
	// to save as.
	Folder, Name string
	// Multiple and Directory say what may be chosen.
	Multiple, Directory bool

	r *running
	d *fake.Dialog
}

// dialogSource shows dialogs to the test.
type dialogSource struct {
	shown chan *fake.Dialog
}

func newDialogs() *dialogSource { return &dialogSource{shown: make(chan *fake.Dialog, 1000)} }

// launch is the process for dialogs.
func (s *dialogSource) launch(context.Context) (core.Child, error) {
	d := fake.NewDialogs()
	d.Shown = s.shown
	conn, end := wire.Pipe()
	return inProcess(conn, func() { d.Quit(); end.Close() }, func() { _ = dialogs.Run(end, d) }), nil
}

func (r *running) nextDialog() *Dialog {
	r.t.Helper()
	if r.dialogs == nil {
		r.t.Fatal("with Options.NativeDialogs dialogs are windows on the display")
	}
	var d *fake.Dialog
	r.until("dialog", func() error {
		select {
		case d = <-r.dialogs.shown:
			return nil
		default:
			return errors.New("the app shows none")
		}
	})
	return &Dialog{
		Kind: string(d.Kind), Title: d.Title, Text: d.Text, Buttons: d.Buttons, Folder: string(d.Folder), Name: d.Name,
		Multiple: d.Multiple, Directory: d.Directory, r: r, d: d,
	}
}

// Choose chooses files or folders by their absolute paths, and closes the
// dialog.
func (d *Dialog) Choose(paths ...string) {
	d.r.t.Helper()
	if d.Kind == string(wire.DialogMessage) {
		d.r.t.Fatalf("the dialog is a message, %q: press one of %q", d.Text, d.Buttons)
	}
	if len(paths) == 0 || len(paths) > 1 && !d.Multiple {
		d.r.t.Fatalf("the dialog %q does not take %d paths", d.Title, len(paths))
	}
	var result wire.DialogResult
	for _, p := range paths {
		if !filepath.IsAbs(p) {
			d.r.t.Fatalf("the path %q is not absolute", p)
		}
		result.Paths = append(result.Paths, []byte(p))
	}
	d.d.Answer(result)
}

// Press presses the button with that label.
func (d *Dialog) Press(button string) {
	d.r.t.Helper()
	i := slices.Index(d.Buttons, button)
	if i < 0 {
		d.r.t.Fatalf("the dialog %q has no button %q; it has %q", d.Text, button, d.Buttons)
	}
	d.d.Answer(wire.DialogResult{Button: i})
}

// Cancel closes the dialog without an answer.
func (d *Dialog) Cancel() {
	d.d.Answer(wire.DialogResult{Button: max(0, len(d.Buttons)-1)})
}

// String describes the dialog.
func (d *Dialog) String() string { return fmt.Sprintf("%s dialog %q %q", d.Kind, d.Title, d.Text) }
