package transfer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, dir string) *Area {
	t.Helper()
	a := New(dir)
	if err := a.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// tree lists what is below a folder, with the content of files.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		got[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPut(t *testing.T) {
	home := t.TempDir()
	a := open(t, t.TempDir())
	when := time.Date(2020, 2, 3, 4, 5, 6, 0, time.UTC)
	names := []string{"plain.txt", "a/same", "b/same", " odd\nname\t%", strings.Repeat("n", 255), "empty"}
	var paths, want []string
	for _, n := range names {
		p := write(t, filepath.Join(home, n), "text of "+n)
		if n == "empty" {
			write(t, p, "")
		}
		if err := os.Chtimes(p, when, when); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	for _, link := range []bool{false, true} {
		d, err := a.Put(t.Context(), "window:x/y", paths, PutOptions{Link: link})
		if err != nil {
			t.Fatal(err)
		}
		want = want[:0]
		var got []string
		for i, p := range d.Paths {
			text, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			original, _ := os.ReadFile(paths[i])
			if filepath.Base(p) != filepath.Base(paths[i]) || string(text) != string(original) {
				t.Errorf("%q holds %q", p, text)
			}
			info, _ := os.Stat(p)
			if !info.ModTime().Equal(when) {
				t.Errorf("%q is of %v", p, info.ModTime())
			}
			was, _ := os.Stat(paths[i])
			if linked := runtime.GOOS == "linux" && link; os.SameFile(info, was) != linked {
				t.Errorf("%q: the same file: %v, want %v", p, !linked, linked)
			}
			got, want = append(got, filepath.Dir(p)), append(want, filepath.Dir(p))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		inbox, err := a.Inbox("window:x/y")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
		if left := tree(t, inbox); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
	}
	if got := tree(t, home); len(got) != len(names) {
		t.Errorf("of the user's own files are left: %v", got)
	}
}

func TestPutRefuses(t *testing.T) {
	dir := t.TempDir()
	good := write(t, filepath.Join(dir, "good"), "good")
	pipe := filepath.Join(dir, "pipe")
	makePipe(t, pipe)
	unreadable := write(t, filepath.Join(dir, "unreadable"), "x")
	if err := os.Chmod(unreadable, 0); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the page was left"))
	a := open(t, t.TempDir())
	for name, test := range map[string]struct {
		ctx  context.Context
		path string
		want string
	}{
		"pipe":       {t.Context(), pipe, "not an ordinary file"},
		"folder":     {t.Context(), dir, "not an ordinary file"},
		"device":     {t.Context(), "/dev/null", "not an ordinary file"},
		"gone":       {t.Context(), filepath.Join(dir, "gone"), "no such file"},
		"unreadable": {t.Context(), unreadable, "permission denied"},
		"cancelled":  {cancelled, good, "the page was left"},
	} {
		if name == "unreadable" && os.Geteuid() == 0 {
			continue // root reads all
		}
		_, err := a.Put(test.ctx, "app", []string{good, test.path}, PutOptions{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	inbox, _ := a.Inbox("app")
	if left := tree(t, inbox); len(left) != 0 {
		t.Errorf("left of what was refused: %v", left)
	}
}

func TestRuns(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	in, err := first.Inbox("app")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(in, "x"), "x")
	// What a run that was killed has left: a folder, and a lock that nobody
	// holds.
	write(t, filepath.Join(dir, "killed", "app", "in", "x"), "x")
	write(t, filepath.Join(dir, "killed"+lockSuffix), "")

	second := open(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "killed")); !os.IsNotExist(err) {
		t.Errorf("what a run that was killed has left is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(in, "x")); err != nil {
		t.Errorf("a run that goes on has lost a file: %v", err)
	}
	other, err := second.Inbox("app")
	if err != nil || other == in {
		t.Errorf("two runs share %s, %v", other, err)
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Error(err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if _, err := second.Inbox("app"); !errors.Is(err, ErrNotOpen) {
		t.Errorf("after the end: %v", err)
	}
}

func TestFolderName(t *testing.T) {
	seen := map[string]string{}
	for _, host := range []string{"app", "window:app", "window:a/b", "window:a_b", "../..", "", strings.Repeat("x", 5000)} {
		n := folderName(host)
		if other, ok := seen[n]; ok || strings.ContainsAny(n, "/.:") || len(n) > 100 {
			t.Errorf("%.20q: %q, as %q", host, n, other)
		}
		seen[n] = host
	}
}
