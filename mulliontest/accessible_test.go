package mulliontest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/mulliontest"
)

// TestAccessibility does as a screen reader what TestForm does as a user.
func TestAccessibility(t *testing.T) {
	d := mulliontest.Open(t, formApp(t.TempDir(), nil), &mulliontest.Options{Accessibility: true})
	w := d.Window("main")
	tree := w.Accessibility()
	tree.Find("push button", "Late").Press() // it is not there at once
	w.Find("output").WaitText("late")
	page := tree.Find("document web", "")
	page.Find("heading", "The form").Wait()
	box := page.Find("check box", "I agree")
	if states := box.States(); slices.Contains(states, "checked") || !slices.Contains(states, "focusable") {
		t.Errorf("the box is %q", states)
	}
	box.Press()
	box.WaitState("checked")
	w.Find("#agree").WaitValue("true")
	text := page.Find("entry", "Text")
	text.Focus()
	text.WaitState("focused")
	w.Find("#text").Fill("one two")
	if got := text.Text(); got != "one two" {
		t.Errorf("the text is %q", got)
	}
	if got := page.Find("push button", "").Name(); got != "Late" {
		t.Errorf("the first button is %q", got)
	}
	w.Eval(`const i = document.createElement('input'); i.type = 'range'; i.ariaLabel = 'Size'; i.value = 40; document.body.append(i)`, nil)
	size := page.Find("slider", "Size")
	if v := size.Value(); v != 40 {
		t.Errorf("the value is %v", v)
	}
	size.SetValue(60)
	w.Find("input[type=range]").WaitValue("60")
	if s := tree.String(); !strings.HasPrefix(s, "frame \"Form\"\n") || !strings.Contains(s, "push button \"In the shade\"\n") {
		t.Errorf("the tree is\n%s", s)
	}
}
