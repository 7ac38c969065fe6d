package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stage makes room and has the host write text there.
func stage(t *testing.T, a *Area, text string) *Staged {
	t.Helper()
	s, err := a.Stage("app")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Remove)
	write(t, s.Path(), text)
	return s
}

func TestTake(t *testing.T) {
	a := open(t, t.TempDir())
	dir := t.TempDir()
	for _, test := range []struct {
		text, name string
		replace    bool
		want       string
	}{
		{"1", "a.txt", false, "a.txt"},
		{"2", "a.txt", false, "a (1).txt"},
		{"3", "a.txt", false, "a (2).txt"},
		{"4", "a.txt", true, "a.txt"},
		{"5", "new", true, "new"},
	} {
		got, err := stage(t, a, test.text).Take(t.Context(), dir, test.name, test.replace)
		if err != nil || got != filepath.Join(dir, test.want) {
			t.Errorf("%s: got %s, %v", test.text, got, err)
		}
	}
	if d := cmp.Diff(map[string]string{"a.txt": "4", "a (1).txt": "2", "a (2).txt": "3", "new": "5"}, tree(t, dir)); d != "" {
		t.Error(d)
	}
}

// TestTakeWhatAHostMade puts things in the place of the file that a host gone
// bad might like to see moved.
func TestTakeWhatAHostMade(t *testing.T) {
	a := open(t, t.TempDir())
	home, dir := t.TempDir(), t.TempDir()
	secret := write(t, filepath.Join(home, "secret"), "secret")
	for name, make := range map[string]func(*Staged) error{
		"symbolic link": func(s *Staged) error { return os.Symlink(secret, s.Path()) },
		"folder":        func(s *Staged) error { return os.Mkdir(s.Path(), 0o700) },
		"nothing":       func(*Staged) error { return nil },
		"pipe":          func(s *Staged) error { makePipe(t, s.Path()); return nil },
		"another folder": func(s *Staged) error {
			write(t, filepath.Join(home, stagedName), "secret")
			return errors.Join(os.Rename(s.dir, s.dir+"2"), os.Symlink(home, s.dir))
		},
	} {
		s := stage(t, a, "x")
		if err := errors.Join(os.Remove(s.Path()), make(s)); err != nil {
			t.Fatal(name, err)
		}
		if got, err := s.Take(t.Context(), dir, "taken", false); err == nil {
			t.Errorf("%s: got %s", name, got)
		}
		s.Remove()
	}
	if left := tree(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if d := cmp.Diff(map[string]string{"secret": "secret", stagedName: "secret"}, tree(t, home)); d != "" {
		t.Error(d)
	}
}

func TestTakePermissions(t *testing.T) {
	a := open(t, t.TempDir())
	dir := t.TempDir()
	fresh := write(t, filepath.Join(dir, "fresh"), "")
	want, err := os.Stat(fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, linked := range []bool{false, true} {
		s := stage(t, a, "x")
		if err := os.Chmod(s.Path(), 0o777|os.ModeSetuid); err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(t.TempDir(), "other")
		if linked { // a second name, by which the host could go on writing
			if err := os.Link(s.Path(), other); err != nil {
				t.Fatal(err)
			}
		}
		path, err := s.Take(t.Context(), dir, "taken", false)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.Mode() != want.Mode() {
			t.Errorf("got mode %v, want %v", got.Mode(), want.Mode())
		}
		if old, err := os.Stat(other); err == nil && os.SameFile(old, got) {
			t.Error("the host has a name for what the user was given")
		}
	}
}

// TestTakeIsACopy: whatever a host keeps of a staged file, it can neither change
// what the user has nor read what the user makes of it.
func TestTakeIsACopy(t *testing.T) {
	a := open(t, t.TempDir())
	dir := t.TempDir()
	s := stage(t, a, "x")
	kept, err := os.OpenFile(s.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	path, err := s.Take(t.Context(), dir, "taken", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.WriteAt([]byte("changed"), 0); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "x" {
		t.Errorf("the user has %q, %v", b, err)
	}
	write(t, path, "private")
	b := make([]byte, 16)
	if n, err := kept.ReadAt(b, 0); err != io.EOF || string(b[:n]) != "changed" {
		t.Errorf("the host reads %q, %v", b[:n], err)
	}
}

func TestTakeCancelled(t *testing.T) {
	a := open(t, t.TempDir())
	dir := t.TempDir()
	s := stage(t, a, "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Take(ctx, dir, "taken", false); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := tree(t, dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestSafeName(t *testing.T) {
	long := strings.Repeat("é", 200)
	for in, want := range map[string]string{
		"a.txt": "a.txt", "../../x": "x", `..\..\x`: "x", "/etc/passwd": "passwd", "..": "download", ".": "download", "": "download",
		".bashrc": "bashrc", "a\nb\x00c": "a_b_c", "con": "_con", "NUL.txt": "_NUL.txt", "COM1.tar.gz": "_COM1.tar.gz", "console": "console",
		"gpj.\u202egnp.exe": "gpj.gnp.exe", "a\u2028b": "ab", `a:b*c?d"e<f>g|h`: "a_b_c_d_e_f_g_h", "x. . ": "x", "  y": "y", "\xff": "_",
		long: strings.Repeat("é", 100), long + ".pdf": strings.Repeat("é", 98) + ".pdf", "a.b.c": "a.b.c",
	} {
		if got := SafeName(in); got != want {
			t.Errorf("%.30q: got %q, want %q", in, got, want)
		}
	}
}
