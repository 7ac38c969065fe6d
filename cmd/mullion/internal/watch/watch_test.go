package watch_test

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/watch"
	"github.com/mullion-dev/mullion/internal/await"
)

type scene struct {
	t   *testing.T
	dir string
	w   *watch.Watcher
}

func newScene(t *testing.T) scene {
	t.Helper()
	w, err := watch.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return scene{t, t.TempDir(), w}
}

func (s scene) write(name string) {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// want waits until a file was told, and returns all that were.
func (s scene) want(name string) (all []string) {
	s.t.Helper()
	hang := await.Hang(s.t.Context(), await.Limit)
	for {
		select {
		case names := <-s.w.Changes():
			all = append(all, names...)
			if slices.Contains(names, filepath.Join(s.dir, name)) {
				return all
			}
		case err := <-s.w.Errors():
			s.t.Fatal(err)
		case <-hang:
			s.t.Fatalf("%s is not told, but %q", name, all)
		}
	}
}

func TestTree(t *testing.T) {
	s := newScene(t)
	s.write("sub/old.go")
	s.write("node_modules/x/old.js")
	if err := s.w.Tree(s.dir, func(dir string) bool { return filepath.Base(dir) == "node_modules" }); err != nil {
		t.Fatal(err)
	}
	s.write("sub/old.go")
	s.want("sub/old.go")
	// A folder that comes with files in it, and one in a folder that is ignored.
	s.write("new/deep/file.go")
	s.want("new/deep/file.go")
	s.write("new/deep/other.go")
	s.want("new/deep/other.go")
	s.write("node_modules/x/new.js")
	s.write("node_modules/y/new.js")
	s.write("new/node_modules/y/new.js")
	if err := os.Rename(filepath.Join(s.dir, "sub", "old.go"), filepath.Join(s.dir, "sub", "renamed.go")); err != nil {
		t.Fatal(err)
	}
	all := s.want("sub/renamed.go")
	for _, name := range all {
		if slices.Contains([]string{"new.js"}, filepath.Base(name)) {
			t.Errorf("told of %s", name)
		}
	}
	// A folder that goes and comes again.
	if err := os.RemoveAll(filepath.Join(s.dir, "new")); err != nil {
		t.Fatal(err)
	}
	s.want("new/deep/file.go")
	s.write("new/deep/file.go")
	s.want("new/deep/file.go")
	s.write("new/deep/third.go")
	s.want("new/deep/third.go")
}

// TestReplaced: of a file that is written beside another one and takes its name
// only that one is told.
func TestReplaced(t *testing.T) {
	s := newScene(t)
	s.write("file")
	if err := s.w.Tree(s.dir, nil); err != nil {
		t.Fatal(err)
	}
	var all []string
	for range 10 { // a machine that is slow may tell the two apart
		s.write("sed4fTz2Q")
		if err := os.Rename(filepath.Join(s.dir, "sed4fTz2Q"), filepath.Join(s.dir, "file")); err != nil {
			t.Fatal(err)
		}
		all = s.want("file")
		s.write("last")
		if all = append(all, s.want("last")...); !slices.Contains(all, filepath.Join(s.dir, "sed4fTz2Q")) {
			return
		}
	}
	t.Errorf("told of %q", all)
}

func TestDir(t *testing.T) {
	s := newScene(t)
	if err := s.w.Dir(filepath.Join(s.dir, "none")); err != nil {
		t.Errorf("a folder that is not there: got %v", err)
	}
	if err := s.w.Dir(s.dir); err != nil {
		t.Fatal(err)
	}
	s.write("sub/unwatched")
	s.write("file")
	for _, name := range s.want("file") {
		if filepath.Base(name) == "unwatched" {
			t.Error("told of a folder that is not watched")
		}
	}
}

func TestLimits(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, syscall.EMFILE} {
		if got := watch.Explain(err); term.HintOf(got) == "" {
			t.Errorf("%v: got %v without a hint", err, got)
		}
	}
}

// TestOverflow: after changes that nobody was told of, all files may have
// changed, and new folders are watched.
func TestOverflow(t *testing.T) {
	s := newScene(t)
	s.write("src/a")
	s.write("left/b")
	if err := s.w.Tree(s.dir, func(dir string) bool { return filepath.Base(dir) == "left" }); err != nil {
		t.Fatal(err)
	}
	s.w.Overflow()
	if all := s.want("src/a"); slices.Contains(all, filepath.Join(s.dir, "left", "b")) {
		t.Errorf("what is left out was told: %q", all)
	}
	s.write("src/new/c")
	s.want("src/new/c")
}

// TestTreeOfFile: a file can be watched as a folder can, and both again.
func TestTreeOfFile(t *testing.T) {
	s := newScene(t)
	s.write("one/file")
	for range 3 {
		for _, name := range []string{"one/file", "later"} {
			if err := s.w.Tree(filepath.Join(s.dir, name), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := s.w.Trees(); got != 1 {
		t.Errorf("got %d trees, want that of the folder", got)
	}
	s.write("one/file")
	s.want("one/file")
	s.write("later/a")
	if err := s.w.Tree(filepath.Join(s.dir, "later"), nil); err != nil {
		t.Fatal(err)
	}
	s.write("later/b/c")
	s.want("later/b/c")
}
