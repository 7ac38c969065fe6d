package launch

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWritten: what workers could write is known in the next run.
func TestWritten(t *testing.T) {
	w := &Written{Log: slog.New(slog.DiscardHandler), Path: filepath.Join(t.TempDir(), "written.json")}
	w.Add([]string{"/b/c", "/a"})
	w.Add([]string{"/a/below", "/a-beside", "/b"})
	w.Add(nil)
	next := &Written{Log: w.Log, Path: w.Path}
	want := []string{"/a-beside", "/a", "/b"}
	for _, w := range []*Written{w, next} {
		if d := cmp.Diff(want, w.List()); d != "" {
			t.Error(d)
		}
	}
}

// TestWrittenIsBounded: of many folders the list keeps the one that they are in.
func TestWrittenIsBounded(t *testing.T) {
	w := &Written{Log: slog.New(slog.DiscardHandler), Path: filepath.Join(t.TempDir(), "written.json")}
	dir, other := t.TempDir(), t.TempDir()
	w.Add([]string{other})
	for i := range 3 * mostWritten {
		w.Add([]string{filepath.Join(dir, "gone", fmt.Sprint(i))})
	}
	if n := len(w.List()); n > mostWritten {
		t.Errorf("%d paths", n)
	}
	var made []string
	for i := range mostWritten {
		made = append(made, filepath.Join(dir, fmt.Sprint(i)))
		if err := os.Mkdir(made[i], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.Add(made)
	list := w.List()
	if !slices.Contains(list, dir) || !slices.Contains(list, other) || len(list) > mostWritten {
		t.Errorf("got %q", list)
	}
}
