package desk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestLargeText pastes a text of 10 MB of another program into a page, and copies
// it out again.
func TestLargeText(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	page := app.Main()
	page.Must(`
		const area = document.body.appendChild(document.createElement('textarea'));
		window.pasted = new Promise((resolve) => area.addEventListener('paste', (e) => {
			resolve(e.clipboardData.getData('text/plain'));
			e.preventDefault(); // to lay it out would take long
		}));
		area.value = 'something to copy';
		area.focus();
		area.select();`, nil)
	text := strings.Repeat("a line of 32 bytes, this one is\n", 10<<20/32)
	screen := e2e.Screen(t)
	w, err := screen.Wait("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := screen.Activate(w.ID); err != nil {
		t.Fatal(err)
	}
	if err := screen.Paste(text); err != nil {
		t.Fatal(err)
	}
	var got int
	page.Must(`window.text = await window.pasted; return window.text.length`, &got)
	if got != len(text) {
		t.Fatalf("%d characters were pasted, want %d", got, len(text))
	}
	page.Must(`document.addEventListener('copy', (e) => {
		e.preventDefault();
		e.clipboardData.setData('text/plain', window.text);
		window.copied = true;
	})`, nil)
	if err := screen.Press("ctrl+c"); err != nil {
		t.Fatal(err)
	}
	page.Must(`while (!window.copied) await new Promise((r) => setTimeout(r, 10))`, nil)
	var out string
	if err := e2e.WaitFor(e2e.Timeout, func() (err error) {
		if out, err = screen.Copied(); err == nil && out != text {
			err = fmt.Errorf("%d bytes were copied, want %d", len(out), len(text))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
