package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestEvalSymlinks: what looks up each folder once says what filepath.EvalSymlinks
// says, in whatever order it is asked.
func TestEvalSymlinks(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "a/b/c"), 0o700),
		os.WriteFile(filepath.Join(dir, "a/file"), nil, 0o600),
		os.Symlink("a", filepath.Join(dir, "link")),
		os.Symlink("b/c", filepath.Join(dir, "a/deep")),
		os.Symlink(filepath.Join(dir, "link/b"), filepath.Join(dir, "a/b/c/back")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.Symlink("loop", filepath.Join(dir, "loop")),
		os.Symlink("file", filepath.Join(dir, "a/filelink")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	paths := []string{"/", "", ".", dir + "/", dir + "/a/../a", dir + "//a"}
	for _, name := range []string{
		"", "a", "a/b", "a/b/c", "link", "link/b", "link/b/c", "link/deep", "a/deep/back/c", "link/b/c/back/c/back", "missing", "missing/x", "a/missing/x",
		"dangling", "dangling/x", "loop", "loop/x", "a/file", "a/file/x", "a/filelink", "a/filelink/x", "link/filelink",
	} {
		paths = append(paths, filepath.Join(dir, name))
	}
	kind := func(err error) error {
		for _, k := range []error{fs.ErrNotExist, syscall.ENOTDIR} {
			if errors.Is(err, k) {
				return k
			}
		}
		if err != nil {
			return errors.New("another")
		}
		return nil
	}
	eval := evalSymlinks()
	for range 2 {
		for i := range paths {
			path := paths[len(paths)-1-i]
			want, wantErr := filepath.EvalSymlinks(path)
			got, err := eval(path)
			if got != want || (err == nil) != (wantErr == nil) || err != nil && kind(err).Error() != kind(wantErr).Error() {
				t.Errorf("%q: %q, %v; want %q, %v", path, got, err, want, wantErr)
			}
		}
	}
}
