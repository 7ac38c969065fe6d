package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestFresh: the table says what the installed description says.
func TestFresh(t *testing.T) {
	want, err := generate(description)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("xcb-proto is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("../..", output))
	if err != nil {
		t.Fatal(err)
	}
	version, err := installed(description)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(got, []byte(generatedFrom+version+";")) {
		t.Skip("another xcb-proto is installed")
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the description says: go run ./scripts/x11table", output)
	}
}
