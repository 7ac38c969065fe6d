package mulliontest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
)

// query is what page.js looks for.
type query struct {
	By    string `json:"by"`
	Value string `json:"value"`
	Name  string `json:"name,omitzero"`
	Nth   *int   `json:"nth,omitzero"`
}

// Element is an element of a page, told by how it is found. Each method looks
// for it anew and waits until it is there.
type Element struct {
	w    *Window
	q    query
	what string
}

// Nth returns the element with that number among those that match, in the order
// of the document; 0 is the first.
func (e *Element) Nth(n int) *Element {
	nth := *e
	nth.q.Nth = &n
	nth.what = fmt.Sprintf("%s number %d", e.what, n)
	return &nth
}

// Count returns how many elements match now, the visible ones if any is.
func (e *Element) Count() int {
	e.w.d.r.t.Helper()
	var n int
	if err := e.w.eval(`return find(`+quote(e.q)+`).length`, &n); err != nil {
		e.fatal(err)
	}
	return n
}

// Text returns the text of the element as it is seen, with white space as one
// space.
func (e *Element) Text() (text string) {
	e.w.d.r.t.Helper()
	e.ask(`return { value: tidy(e.innerText ?? e.textContent) }`, &text)
	return text
}

// Value returns the value of a form control, and whether a checkbox or radio
// button is checked as "true" or "false".
func (e *Element) Value() (value string) {
	e.w.d.r.t.Helper()
	e.ask(valueScript, &value)
	return value
}

const valueScript = `
	if (!('value' in e)) return { why: describe(e) + ' has no value' };
	return { value: ['checkbox', 'radio'].includes(e.type) ? String(e.checked) : String(e.value) }`

// Attr returns an attribute, and whether the element has it.
func (e *Element) Attr(name string) (value string, ok bool) {
	e.w.d.r.t.Helper()
	var got *string
	e.ask(`return { value: e.getAttribute(`+quote(name)+`) }`, &got)
	if got == nil {
		return "", false
	}
	return *got, true
}

// Eval runs a script with the element as `element`, as the body of an async
// function, and decodes what it returns into v, unless that is nil.
func (e *Element) Eval(script string, v any) {
	e.w.d.r.t.Helper()
	e.ask(`return { value: (await (async (element) => {`+"\n"+script+"\n"+`})(e)) ?? null }`, v)
}

// Wait waits until the element is there and visible.
func (e *Element) Wait() {
	e.w.d.r.t.Helper()
	e.ask(`return visible(e) ? {} : { why: describe(e) + ' is there, but not visible' }`, nil)
}

// WaitGone waits until no such element is visible.
func (e *Element) WaitGone() {
	e.w.d.r.t.Helper()
	e.w.d.r.until(e.name(), func() error {
		var why string
		err := e.w.eval(`const [e] = one(`+quote(e.q)+`); const many = find(`+quote(e.q)+`).filter(visible); return many.length ? many.slice(0, 5).map(describe).join(', ') : ''`, &why)
		if err == nil && why != "" {
			err = fmt.Errorf("still there: %s", why)
		}
		return err
	})
}

// WaitText waits until the text of the element contains this one. White space
// counts as one space.
func (e *Element) WaitText(text string) {
	e.w.d.r.t.Helper()
	want := quote(strings.Join(strings.Fields(text), " "))
	e.ask(`const text = tidy(e.innerText ?? e.textContent); return text.includes(`+want+`) ? {} : { why: 'its text is ' + JSON.stringify(text) + ', without ' + JSON.stringify(`+want+`) }`, nil)
}

// WaitValue waits until the value of the element, as Value tells it, is this
// one.
func (e *Element) WaitValue(value string) {
	e.w.d.r.t.Helper()
	want := quote(value)
	e.ask(`const got = (() => {`+valueScript+`})(); return got.why || got.value === `+want+` ? got : { why: 'its value is ' + JSON.stringify(got.value) + ', not ' + JSON.stringify(`+want+`) }`, nil)
}

// ask runs a script with the element as e until it does not say why not.
func (e *Element) ask(script string, v any) {
	e.w.d.r.t.Helper()
	var thrown error
	err := e.w.d.r.try(func() error {
		err := e.askOnce(script, v)
		if s := (*mullion.ScriptError)(nil); errors.As(err, &s) {
			thrown = err
			return nil
		}
		return err
	})
	if err := errors.Join(thrown, err); err != nil {
		e.fatal(err)
	}
}

func (e *Element) askOnce(script string, v any) error {
	var got struct {
		Why   string         `json:"why"`
		Value jsontext.Value `json:"value"`
	}
	err := e.w.eval(`const [e, why] = one(`+quote(e.q)+`); if (!e) return { why };`+"\n"+script, &got)
	switch {
	case err != nil:
		return err
	case got.Why != "":
		return errors.New(got.Why)
	case v == nil:
		return nil
	}
	if err := json.Unmarshal(got.Value, v); err != nil {
		return fmt.Errorf("the script returned %s: %w", got.Value, err)
	}
	return nil
}

func (e *Element) name() string { return fmt.Sprintf("%s in window %q", e.what, e.w.label) }

func (e *Element) fatal(err error) {
	e.w.d.r.t.Helper()
	e.w.d.r.t.Fatalf("%s: %v", e.name(), err)
}
