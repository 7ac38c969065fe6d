package webkitgtk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestPrint writes a page as a PDF, and learns where that is not possible.
func TestPrint(t *testing.T) {
	x := newTab(t, "<title>Printed</title><h1>Heading</h1><p>Text of the page.")
	x.open().loaded()
	print := func(path string) error {
		done := make(chan error, 1)
		do(func() { x.webview.Print(path, func(err error) { done <- err }) })
		return <-done
	}
	path := filepath.Join(t.TempDir(), "page.pdf")
	if err := print(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(b, []byte("%PDF-")) || len(b) < 1000 {
		t.Errorf("%d bytes: %.20q %v", len(b), b, err)
	}
	if err := print(filepath.Join(t.TempDir(), "missing", "page.pdf")); err == nil {
		t.Error("printed into a folder that does not exist")
	}
	x.close()
	if err := print(path); !errors.Is(err, errClosed) {
		t.Errorf("of a webview that is closed: %v", err)
	}
}
