package mulliontest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/mulliontest"
)

// t and run stand for the test and for the function that the main of the app
// gives to mullion.Main.
var (
	t   *testing.T
	run func(context.Context) error
)

// A command is called as the page in the window "main" would call it.
func ExampleStart() {
	_ = func() {
		app := mulliontest.Start(t, run, nil)
		var text string
		if err := app.Page("main").Call("greet", map[string]string{"name": "gopher"}, &text); err != nil {
			t.Fatal(err)
		}
		if text != "Hello, gopher" {
			t.Errorf("got %q", text)
		}
	}
}

// A form is used as a user does.
func ExampleOpen() {
	_ = func() {
		w := mulliontest.Open(t, run, nil).Window("main")
		w.FindRole("textbox", "Your name").Fill("gopher")
		w.FindText("Greet").Click()
		w.Find("output").WaitText("Hello, gopher")
	}
}

// A window may not do what no capability grants it.
func ExamplePage_Call() {
	_ = func() {
		page := mulliontest.Start(t, run, nil).Page("preview")
		if err := page.Call("delete_note", map[string]int{"id": 1}, nil); !errors.Is(err, capability.ErrDenied) {
			t.Errorf("the preview may delete notes: %v", err)
		}
	}
}

// A command tells of its progress by a channel.
func ExamplePage_Channel() {
	_ = func() {
		page := mulliontest.Start(t, run, nil).Page("main")
		progress := page.Channel()
		if err := page.Call("import_folder", map[string]any{"path": "testdata", "onProgress": progress}, nil); err != nil {
			t.Fatal(err)
		}
		var percent int
		for progress.Next(&percent) {
			fmt.Println(percent)
		}
	}
}

// An icon in the tray is what the desktop shows of it.
func ExampleDesktop_Tray() {
	_ = func() {
		d := mulliontest.Open(t, run, nil)
		if icon := d.Tray(); icon.Tooltip != "3 unread messages" {
			t.Errorf("the tooltip is %q", icon.Tooltip)
		}
		d.Tray().Choose("Mark all as read")
	}
}
