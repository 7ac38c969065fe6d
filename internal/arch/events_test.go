package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEventNames keeps the names of the framework's events in one file: what
// stands there is what remote pages must not emit.
func TestEventNames(t *testing.T) {
	literal := regexp.MustCompile("[\"`]tauri://")
	var files []string
	for _, pattern := range []string{"../../*.go", "../core/*.go", "../builtin/*/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	names := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(file) == "event_names.go" {
			names++
			continue
		}
		if at := literal.FindIndex(text); at != nil {
			t.Errorf("%s:%d: the name of an event of the framework: it belongs into internal/core/event_names.go", file, 1+strings.Count(string(text[:at[0]]), "\n"))
		}
	}
	if names != 1 {
		t.Errorf("%d files with names of events, want 1", names)
	}
}
