package mulliontest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"image"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
)

//go:embed page.js
var pageScript string

// Window is a window on the screen, with the page in it.
type Window struct {
	d     *Desktop
	label string
	id    uint32 // of the X11 window
	view  *mullion.Webview
}

// Label returns the label of the window.
func (w *Window) Label() string { return w.label }

// Find returns the element that a CSS selector names, in shadow trees that are
// open too. It is looked for when something is done with it, and waited for
// then: it need not be there yet, and may be replaced. Where several match, the
// visible ones count; if more than one is left, [Element.Nth] says which.
func (w *Window) Find(selector string) *Element {
	return &Element{w: w, q: query{By: "css", Value: selector}, what: fmt.Sprintf("element %q", selector)}
}

// FindText returns the innermost visible element with that text, such as a
// button by its label. White space counts as one space; case matters.
func (w *Window) FindText(text string) *Element {
	return &Element{w: w, q: query{By: "text", Value: strings.Join(strings.Fields(text), " ")}, what: fmt.Sprintf("element with the text %q", text)}
}

// FindRole returns the element with a role and a name of WAI-ARIA, as screen
// readers see it: FindRole("textbox", "Your name"). Roles are explicit, by the
// attribute role, or those that HTML elements have by themselves. The name
// comes from aria-labelledby, aria-label, a label element, the text, alt,
// placeholder or title; empty means any.
func (w *Window) FindRole(role, name string) *Element {
	return &Element{w: w, q: query{By: "role", Value: role, Name: strings.Join(strings.Fields(name), " ")}, what: fmt.Sprintf("%s %q", role, name)}
}

// Text returns the text of the page as it is seen, with white space as one
// space.
func (w *Window) Text() string {
	w.d.r.t.Helper()
	var text string
	w.Eval(`return (document.body?.innerText ?? '').replace(/\s+/g, ' ').trim()`, &text)
	return text
}

// WaitText waits until the page shows the text somewhere. White space counts as
// one space.
func (w *Window) WaitText(text string) {
	w.d.r.t.Helper()
	want := strings.Join(strings.Fields(text), " ")
	w.d.r.until(w.what("page"), func() error {
		var got string
		if err := w.eval(`return tidy(document.body?.innerText).includes(`+quote(want)+`) ? '' : location.href + ' shows ' + JSON.stringify(pageText())`, &got); err != nil {
			return err
		}
		if got != "" {
			return fmt.Errorf("%q is not to be seen: %s", want, got)
		}
		return nil
	})
}

// Eval runs a script in the page, as the body of an async function, and decodes
// what it returns into v, unless that is nil: see [mullion.Webview.Eval]. If the
// script throws, the test fails; [Window.Try] returns the error instead.
func (w *Window) Eval(script string, v any) {
	w.d.r.t.Helper()
	if err := w.Try(script, v); err != nil {
		w.d.r.t.Fatalf("%s: %v", w.what("script in"), err)
	}
}

// Try is Eval with an error, a [*mullion.ScriptError] for what the script has
// thrown.
func (w *Window) Try(script string, v any) error {
	ctx, cancel := w.d.r.context()
	defer cancel()
	return w.run(ctx, script, v)
}

// Call calls a command as a script of the page does by invoke, and decodes the
// answer into result, unless that is nil. The arguments are what becomes a JSON
// object, or nil. An error is a [*CallError] when the promise is rejected. For
// raw bytes and channels use Eval.
func (w *Window) Call(command string, args, result any) error {
	if args == nil {
		args = struct{}{}
	}
	text, err := json.Marshal([]any{command, args})
	if err != nil {
		return fmt.Errorf("the arguments of %s: %w", command, err)
	}
	var got struct {
		Value jsontext.Value `json:"value"`
		Error jsontext.Value `json:"error"`
	}
	if err := w.Try(`const [command, args] = `+string(text)+`;
		try { return { value: (await window.__TAURI_INTERNALS__.invoke(command, args)) ?? null }; }
		catch (e) { return { error: e instanceof Error ? e.message : e ?? null }; }`, &got); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if got.Error != nil {
		return &CallError{Command: command, Value: got.Error}
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(got.Value, result); err != nil {
		return fmt.Errorf("%s returned %s: %w", command, got.Value, err)
	}
	return nil
}

// Press brings the window to the front and presses keys, one after the other:
// "a", "Return", "ctrl+shift+s". Keys are characters of ASCII, and BackSpace,
// Tab, Return, Escape, Delete, Menu, Home, Left, Up, Right, Down, Prior, Next,
// End, F1 to F12, space, plus, minus, comma, period, slash and equal, with shift,
// ctrl, alt and super.
func (w *Window) Press(keys ...string) {
	w.d.r.t.Helper()
	if err := errors.Join(w.d.screen.Activate(w.id), w.d.screen.Press(keys...)); err != nil {
		w.d.r.t.Fatalf("%s: %v", w.what("press keys in"), err)
	}
}

// Close clicks the button of the window's frame that closes it, and returns at
// once: the app may keep the window.
func (w *Window) Close() {
	w.d.r.t.Helper()
	if err := w.d.screen.CloseWindow(w.id); err != nil {
		w.d.r.t.Fatalf("%s: %v", w.what("close"), err)
	}
}

// WaitClosed waits until the window is not on the screen any more.
func (w *Window) WaitClosed() {
	w.d.r.t.Helper()
	w.d.r.until(w.what(""), func() error {
		if seen, err := w.d.screen.Look(w.id); err == nil && seen.Visible {
			return errors.New("it is still there")
		}
		return nil
	})
}

// Screenshot returns a picture of the window, without its frame.
func (w *Window) Screenshot() image.Image {
	w.d.r.t.Helper()
	err := w.d.screen.Activate(w.id)
	if err == nil {
		err = w.eval(`await frames(2)`, nil)
	}
	p, err2 := w.d.screen.PictureOf(w.id)
	if err := errors.Join(err, err2); err != nil {
		w.d.r.t.Fatalf("%s: %v", w.what("picture of"), err)
	}
	return p
}

func (w *Window) what(what string) string {
	return strings.TrimSpace(fmt.Sprintf("%s window %q", what, w.label))
}

// eval runs a script beside page.js.
func (w *Window) eval(script string, v any) error {
	return w.evalWithin(w.d.r.options.timeout(), script, v)
}

func (w *Window) evalWithin(limit time.Duration, script string, v any) error {
	ctx, cancel := await.Context(context.WithoutCancel(w.d.r.t.Context()), limit)
	defer cancel()
	return w.run(ctx, pageScript+script, v)
}

func (w *Window) run(ctx context.Context, script string, v any) error {
	got, err := w.view.Eval(ctx, script)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = fmt.Errorf("%w (%w)", err, cause)
		}
		return err
	}
	if v == nil {
		return nil
	}
	if err := json.Unmarshal(got, v); err != nil {
		return fmt.Errorf("the script returned %s: %w", got, err)
	}
	return nil
}

// quote makes a text a literal of JavaScript.
func quote(v any) string {
	b, err := json.Marshal(v, jsontext.EscapeForJS(true))
	if err != nil {
		panic(err) // strings and queries can be marshalled
	}
	return string(b)
}
