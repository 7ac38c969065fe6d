package desk_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestPrintByItself lets a page print without asking for it. The dialog of the
// engine would be one of the host, and come without any permission.
func TestPrintByItself(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`window.print(); await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))`, nil)
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if !app.Log.Contains("a page wants to print") {
			return errors.New("the log does not tell of the wish to print")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if got := e2e.WindowTitles(t); strings.Contains(got, "Print") {
		t.Errorf("windows on the screen: %s", got)
	}
}

// TestPrint: a page that may, and the app, have a page written as a PDF, where
// the app says.
func TestPrint(t *testing.T) {
	dir := t.TempDir()
	events := make(chan mullion.DownloadEvent, 16)
	app := e2e.Start(t, e2e.Options{
		DownloadDir: dir, Permissions: []any{"core:webview:allow-print"},
		Setup: func(a *mullion.App) { a.OnDownload(func(e mullion.DownloadEvent) { events <- e }) },
	})
	app.Main().Must(`document.title = 'A page: to print'; document.body.append('Text of the page.')`, nil)
	v, err := app.Webview("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		if title := v.Page().Title; title != "A page: to print" {
			return fmt.Errorf("the title is %q", title)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	app.Main().Must(`await invoke('plugin:webview|print', {})`, nil)
	if err := v.Print(t.Context()); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files: %q %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) || len(b) < 1000 {
			t.Errorf("%s: %d bytes: %.20q %v", name, len(b), b, err)
		}
		if base := filepath.Base(name); !strings.HasPrefix(base, "A page") || !strings.HasSuffix(base, ".pdf") {
			t.Errorf("it is called %q", base)
		}
	}
	var told []mullion.DownloadEvent
	for range 4 {
		told = append(told, e2e.Take(t, events))
	}
	if told[1].State != mullion.DownloadFinished || told[3].Path != files[0] && told[3].Path != files[1] {
		t.Errorf("told %+v", told)
	}
	// The folder is gone: no file, and an error.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := v.Print(t.Context()); err == nil {
		t.Error("printed into what is no folder")
	}
}

// TestPrintAsks: without a folder of the app the user says where, or cancels.
func TestPrintAsks(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	v, err := app.Webview("main")
	if err != nil {
		t.Fatal(err)
	}
	ctx := e2e.Context(t)
	done := make(chan error, 1)
	go func() { done <- v.Print(ctx) }()
	e2e.Dialog(t, "Save", nil)
	e2e.PressIn(t, "Save", "Escape")
	if err := <-done; !errors.Is(err, mullion.ErrCancelled) {
		t.Errorf("cancelled: %v", err)
	}
}
