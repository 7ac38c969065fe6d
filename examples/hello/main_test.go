package main

import (
	"errors"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/mulliontest"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// TestGreet calls the command as the page does, without a window.
func TestGreet(t *testing.T) {
	page := mulliontest.Start(t, run, nil).Page("main")
	var text string
	if err := page.Call("greet", greetArgs{Name: "gopher"}, &text); err != nil || text != "Hello, gopher, from the Core." {
		t.Errorf("got %q, %v", text, err)
	}
	if err := page.Call("plugin:notification|notify", nil, nil); !errors.Is(err, capability.ErrDenied) {
		t.Errorf("the window may show notifications: %v", err)
	}
}

// TestReader looks at the page as a screen reader does.
func TestReader(t *testing.T) {
	w := mulliontest.Open(t, run, &mulliontest.Options{Accessibility: true}).Window("main")
	tree := w.Accessibility()
	tree.Find("heading", "Whom shall the Core greet?").Wait()
	tree.Find("entry", "Your name").WaitState("focused")
	tree.Find("push button", "Greet").Press()
	w.Find("output").WaitText("Hello, gopher, from the Core.")
}

// TestWindow does what a user does.
func TestWindow(t *testing.T) {
	w := mulliontest.Open(t, run, nil).Window("main")
	w.FindRole("textbox", "Your name").Fill("Ada")
	w.FindText("Greet").Click()
	w.Find("output").WaitText("Hello, Ada, from the Core.")
	w.CheckAccessibility()
}
