package mulliontest

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/display"
)

// counted is what has arrived in a page of mouse and keyboard.
type counted struct {
	ID    float64 `json:"id"` // of the page
	Moves int     `json:"moves"`
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Downs int     `json:"downs"`
	Keys  int     `json:"keys"`
	// Missed are clicks that found another element than the one they were for.
	Missed int `json:"missed"`
}

// placed is where an element can be reached with the mouse.
type placed struct {
	Why      string  `json:"why"`
	X        float64 `json:"x"` // of the page's visible part, in its own pixels
	Y        float64 `json:"y"`
	Width    float64 `json:"width"` // of the page's visible part
	Height   float64 `json:"height"`
	Counters counted `json:"counters"`
}

// Click clicks the element with the mouse: it brings the window to the front,
// scrolls the element into view, waits until it stands still and nothing covers
// it, moves the mouse to its middle and presses the left button.
func (e *Element) Click() { e.w.d.r.t.Helper(); e.click(display.Left, 1) }

// DoubleClick clicks the element twice.
func (e *Element) DoubleClick() { e.w.d.r.t.Helper(); e.click(display.Left, 2) }

// RightClick clicks the element with the right button.
func (e *Element) RightClick() { e.w.d.r.t.Helper(); e.click(display.Right, 1) }

// Hover moves the mouse over the element.
func (e *Element) Hover() {
	e.w.d.r.t.Helper()
	defer e.w.forgetTarget()
	e.w.d.r.until(e.name(), func() error { _, err := e.point(false); return err })
}

// forgetTarget lets clicks through again that are for no element.
func (w *Window) forgetTarget() {
	_ = w.eval(`counters().target = null`, nil) // unless the page or the window has gone
}

func (e *Element) click(button byte, times int) {
	e.w.d.r.t.Helper()
	defer e.w.forgetTarget()
	e.w.d.r.until(e.name(), func() error {
		before, err := e.point(false)
		if err != nil {
			return err
		}
		for range times {
			if err := e.w.d.screen.Click(button); err != nil {
				return err
			}
		}
		missed := false
		err = e.w.arrives(before, "the click", func(c counted) bool {
			missed = c.Missed > before.Missed
			return c.Downs >= before.Downs+times
		})
		if err == nil && missed {
			return errors.New("it moved away under the mouse")
		}
		return err
	})
}

// arrives waits until the page has got what the user did. A page that was left
// for it has.
func (w *Window) arrives(before counted, what string, is func(counted) bool) error {
	return await.Until(5*time.Second, func() error {
		if w.d.r.ended() {
			return nil
		}
		if seen, err := w.d.screen.Look(w.id); err != nil || !seen.Visible {
			return nil
		}
		var now counted
		if err := w.eval(`return { ...counters() }`, &now); err != nil || now.ID != before.ID || is(now) {
			return nil
		}
		return fmt.Errorf("%s did not reach the page", what)
	})
}

// point moves the mouse over the element, and returns what had arrived by then.
// One that is disabled is not pointed at, unless anyway is set.
func (e *Element) point(anyway bool) (counted, error) {
	w, screen := e.w, e.w.d.screen
	var p placed
	look := func() error {
		if err := w.eval(fmt.Sprintf(`return await place(%s, %t)`, quote(e.q), anyway), &p); err != nil {
			return err
		}
		if p.Why != "" {
			return errors.New(p.Why)
		}
		return nil
	}
	if err := look(); err != nil {
		return counted{}, err
	}
	if focused, err := screen.Focused(); err != nil || focused != w.id {
		if err := screen.Activate(w.id); err != nil {
			return counted{}, err
		}
	}
	x, y, scale, err := w.guess(p)
	if err != nil {
		return counted{}, err
	}
	// Where the page is in the window, below a menu bar and zoomed, is learned
	// from what the page says where the mouse is.
	var seen counted
	for range 5 {
		if err := errors.Join(screen.MoveTo(round(x)+1, round(y)), screen.MoveTo(round(x), round(y))); err != nil {
			return counted{}, err
		}
		near := func() bool {
			return seen.Moves > p.Counters.Moves && math.Abs(seen.X-p.X) <= 1.5/scale+1 && math.Abs(seen.Y-p.Y) <= 1.5/scale+1
		}
		err := await.Until(300*time.Millisecond, func() error {
			if err := w.eval(`return { ...counters() }`, &seen); err != nil || seen.ID != p.Counters.ID {
				return nil
			}
			if !near() {
				return errors.New("the mouse did not reach the page")
			}
			return nil
		})
		switch {
		case seen.ID != p.Counters.ID:
			return seen, errors.New("the page was left meanwhile")
		case err == nil:
			return seen, look() // it may have moved, or been covered, since
		case seen.Moves == p.Counters.Moves:
			return seen, fmt.Errorf("%w: another window may be in front of it", err)
		}
		x += (p.X - seen.X) * scale
		y += (p.Y - seen.Y) * scale
		p.Counters.Moves = seen.Moves
	}
	return seen, fmt.Errorf("the mouse is at %g, %g in the page, not at %g, %g", seen.X, seen.Y, p.X, p.Y)
}

func round(f float64) int { return int(math.Round(f)) }

// guess is where on the screen a place in a page should be, and how many pixels
// of the screen one of the page takes.
func (w *Window) guess(p placed) (x, y, scale float64, err error) {
	seen, err := w.d.screen.Look(w.id)
	if err != nil {
		return 0, 0, 0, err
	}
	v, err := w.d.r.core.Webview(w.label)
	if err != nil {
		return 0, 0, 0, err
	}
	bounds := v.Bounds()
	width, height := v.Window().Observed().Width, v.Window().Observed().Height
	device := float64(seen.Width) / max(float64(width), 1) // pixels of the screen to those of the desktop
	scale = bounds.Width * device / max(p.Width, 1)
	// What is above the pages is a menu bar: they fill the rest.
	top := float64(seen.Height) - float64(height)*device
	if w.label == v.Window().Label() && bounds.Height == float64(height) {
		top = float64(seen.Height) - p.Height*scale
	}
	return float64(seen.X) + bounds.X*device + p.X*scale, float64(seen.Y) + top + bounds.Y*device + p.Y*scale, scale, nil
}

// Type gives the element the keyboard, by a click unless it has it, and types
// the text behind what is there, letter by letter. A line feed is the return
// key. What the keyboard has no key for is put on one for the moment.
func (e *Element) Type(text string) {
	e.w.d.r.t.Helper()
	e.focus()
	e.w.typeText(e, text)
}

// Fill replaces the value of the element by the text: it gives it the keyboard,
// selects all and types.
func (e *Element) Fill(text string) {
	e.w.d.r.t.Helper()
	e.focus()
	e.w.Press("ctrl+a")
	if text == "" {
		e.w.Press("Delete")
		return
	}
	e.w.typeText(e, text)
}

// Press gives the element the keyboard, by a click unless it has it, and presses
// keys as [Window.Press] does.
func (e *Element) Press(keys ...string) {
	e.w.d.r.t.Helper()
	e.focus()
	e.w.Press(keys...)
}

const focusScript = `
	let focused = document.activeElement;
	while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
	if (!document.hasFocus()) return { why: 'the page does not have the keyboard' };
	return holds(e, focused) ? {} : { why: describe(e) + ' does not take the keyboard: ' + (focused ? describe(focused) : 'nothing') + ' has it' }`

// focus gives the element the keyboard.
func (e *Element) focus() {
	e.w.d.r.t.Helper()
	if e.askOnce(focusScript, nil) == nil {
		return
	}
	e.Click()
	e.ask(focusScript, nil)
}

func (w *Window) typeText(e *Element, text string) {
	w.d.r.t.Helper()
	var before counted
	err := w.eval(`return { ...counters() }`, &before)
	if err == nil {
		err = w.d.screen.Activate(w.id)
	}
	if err == nil {
		err = w.d.screen.TypeAny(text)
	}
	if err == nil {
		n := len([]rune(text))
		err = w.arrives(before, "all that was typed", func(c counted) bool { return c.Keys >= before.Keys+n })
	}
	if err != nil {
		e.fatal(fmt.Errorf("type %q: %w", text, err))
	}
}

// Drop drags files, by their paths, over the element and drops them there, as a
// file manager does. The page needs the permission web:allow-file-drop for
// them; otherwise the drop is refused, which is an error here.
func (e *Element) Drop(files ...string) {
	e.w.d.r.t.Helper()
	var addresses []string
	for _, f := range files {
		path, err := filepath.Abs(f)
		if err != nil {
			e.fatal(err)
		}
		addresses = append(addresses, fileURL(path))
	}
	defer e.w.forgetTarget()
	e.w.d.r.until(e.name(), func() error {
		if _, err := e.point(true); err != nil {
			return err
		}
		err := e.w.d.screen.Drop(e.w.id, strings.Join(addresses, "\r\n")+"\r\n")
		if errors.Is(err, display.ErrDropRefused) {
			err = fmt.Errorf("%w: does a capability grant web:allow-file-drop for %q?", err, files)
		}
		return err
	})
}
