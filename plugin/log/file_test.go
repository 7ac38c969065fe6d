package log

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/plugin"
)

// folderOf is a plugin that notes the folder for logs of the app of a test.
func folderOf(dir *string) plugin.Plugin {
	return plugin.Plugin{Name: "folder", Start: func(_ context.Context, app plugin.App) error {
		*dir, _ = app.Directory("APPLOG")
		return nil
	}}
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func put(t *testing.T, f *file, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := f.put(line{text: text}); err != nil {
			t.Error(err)
		}
	}
}

func TestRotation(t *testing.T) {
	long := strings.Repeat("x", 60)
	for _, test := range []struct {
		keep  Rotation
		files int
	}{{KeepOne, 1}, {KeepAll, 6}, {KeepSome(2), 3}, {KeepSome(1), 2}, {KeepSome(0), 1}} {
		f := &file{dir: filepath.Join(t.TempDir(), "logs"), name: "app", max: 100, keep: test.keep}
		if err := f.start(false); err != nil {
			t.Fatal(err)
		}
		others := []string{"app_other.log", "app_2020-01-01_00-00-00.log.gz", "apple.log"}
		for _, name := range others {
			if err := os.WriteFile(filepath.Join(f.dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		put(t, f, long+"1", long+"2", long+"3", long+"4", long+"5", long+"6")
		f.end()
		got := names(t, f.dir)
		for _, name := range others {
			if !slices.Contains(got, name) {
				t.Errorf("%d: %s is gone", test.keep, name)
			}
		}
		if n := len(got) - len(others); n != test.files {
			t.Errorf("%d: %d files: %q", test.keep, n, got)
		}
		if text := read(t, f.path()); text != long+"6\n" {
			t.Errorf("%d: the last one has %q", test.keep, text)
		}
		if test.keep == KeepSome(2) {
			all := ""
			for _, name := range got {
				all += read(t, filepath.Join(f.dir, name))
			}
			if strings.Contains(all, "3\n") || !strings.Contains(all, "4\n") || !strings.Contains(all, "5\n") {
				t.Errorf("those that were kept are not the newest: %q", all)
			}
		}
	}
}

func TestStartOfFile(t *testing.T) {
	dir := t.TempDir()
	begin := func(fresh bool, keep Rotation) {
		t.Helper()
		f := &file{dir: dir, name: "app", max: 100, keep: keep}
		if err := f.start(fresh); err != nil {
			t.Fatal(err)
		}
		put(t, f, "a record")
		f.end()
	}
	begin(false, KeepAll)
	begin(false, KeepAll)
	if got := read(t, filepath.Join(dir, "app.log")); got != "a record\na record\n" {
		t.Errorf("got %q", got)
	}
	begin(true, KeepAll)
	if got := names(t, dir); len(got) != 2 {
		t.Errorf("got %q", got)
	}
	begin(true, KeepOne)
	if got := read(t, filepath.Join(dir, "app.log")); got != "a record\n" {
		t.Errorf("got %q", got)
	}
}

// TestMoved: others may remove and rename the file while it is open.
func TestMoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	f := &file{dir: dir, name: "app", max: 1000}
	if err := f.start(false); err != nil {
		t.Fatal(err)
	}
	defer f.end()
	put(t, f, "one")
	if err := os.Remove(f.path()); err != nil {
		t.Fatal(err)
	}
	put(t, f, "two")
	if err := os.Rename(f.path(), f.path()+".1"); err != nil {
		t.Fatal(err)
	}
	put(t, f, "three")
	if got := read(t, f.path()+".1") + read(t, f.path()); got != "two\nthree\n" {
		t.Errorf("got %q", got)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	put(t, f, "four")
	if got := read(t, f.path()); got != "four\n" {
		t.Errorf("got %q", got)
	}
}

// TestCannotBeOpened: records that are lost are counted in the file.
func TestCannotBeOpened(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	f := &file{dir: dir, name: "app", max: 1000}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f.start(false) == nil {
		t.Error("a folder that is a file was taken")
	}
	for range 3 {
		if f.put(line{text: "lost"}) == nil {
			t.Error("a record was written nowhere")
		}
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	put(t, f, "there")
	if got := read(t, f.path()); !strings.Contains(got, "3 records are missing here") || !strings.HasSuffix(got, "\nthere\n") {
		t.Errorf("got %q", got)
	}
	f.end()
	if err := os.Remove(f.path()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(f.path(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := f.put(line{text: "x"}); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("got %v", err)
	}
}
