package entry

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var hostile = []string{
	"plain", "a b", `quote " backslash \ tick ' back ` + "`", "$HOME $(touch x)", "%u %% 50%", ";&|<>#*?~", "new\nline", "tab\t", "", " leading", `\\`, "--option=x", "日本", `\n`,
}

// TestExec: the library that most desktops start programs by passes on what
// was written.
func TestExec(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	program := filepath.Join(dir, `a "program" $x \`)
	if err := os.WriteFile(program, []byte("#!/bin/sh\nfor a; do printf '%s\\0' \"$a\"; done > "+out+".new; mv "+out+".new "+out+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	value, err := Exec(program, hostile, "")
	if err != nil {
		t.Fatal(err)
	}
	name, err := Value(" a name \\ of\nlines")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "x.desktop")
	if err := os.WriteFile(file, fmt.Appendf(nil, "[Desktop Entry]\nType=Application\nName=%s\nExec=%s\n", name, value), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("gio", "launch", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, text, value)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		got, err := os.ReadFile(out)
		if err == nil {
			if diff := cmp.Diff(strings.Join(hostile, "\x00")+"\x00", string(got)); diff != "" {
				t.Error(diff)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestExecRefused(t *testing.T) {
	for _, test := range [][]string{{"program"}, {""}, {"/a=b"}, {"/a%b"}, {"/a\x00b"}, {"/a", "\xff"}, {"/\xff"}, {"/a", "\x00"}} {
		if got, err := Exec(test[0], test[1:], "%u"); err == nil {
			t.Errorf("%q: %s", test, got)
		}
	}
	if got, err := Exec("/a", []string{"b"}, "%u"); err != nil || got != `"/a" "b" %u` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"A name": "A name", "../../etc": "_._.._etc", ".hidden": "_hidden", "..": "_.", "a/b": "a_b", "a\nb\x00": "a_b_", "\xff": "_", "": "", strings.Repeat("x", 4096): "",
	} {
		got, err := FileName(name)
		if (want == "") != (err != nil) || got != want {
			t.Errorf("%.20q: %q, %v", name, got, err)
		}
		if strings.ContainsAny(got, "/\x00") || strings.HasPrefix(got, ".") {
			t.Errorf("%q", got)
		}
	}
}

func TestProgram(t *testing.T) {
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	image := filepath.Join(t.TempDir(), "x.AppImage")
	if err := os.WriteFile(image, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ image, mount, want string }{
		{"", "", own}, {image, filepath.Dir(own), image}, {image, "/elsewhere", own}, {image, "", own}, {"x.AppImage", filepath.Dir(own), own},
		{filepath.Dir(image), filepath.Dir(own), own}, {"/nowhere", filepath.Dir(own), own},
	} {
		t.Setenv("APPIMAGE", test.image)
		t.Setenv("APPDIR", test.mount)
		if got, err := Program(); err != nil || got != test.want {
			t.Errorf("%+v: %s, %v", test, got, err)
		}
	}
}

func TestFile(t *testing.T) {
	const text = "# comment\n[Other]\nx=1\n\n[Group]\nkey = a;b;\n# more\n\n[Last]\nkey=last"
	f := Parse(text)
	if got := string(f.Text()); got != text {
		t.Errorf("unchanged: %q", got)
	}
	if got := f.List("Group", "key"); !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
	f.SetList("Group", "key", []string{"c"})
	f.Set("Group", "new", "2")
	f.Set("Last", "also", "3")
	f.Set("Added", "k", "v")
	f.SetList("Other", "x", nil)
	f.Delete("Nowhere", "x")
	const want = "# comment\n[Other]\n\n[Group]\nkey=c;\n# more\nnew=2\n\n[Last]\nkey=last\nalso=3\n\n[Added]\nk=v\n"
	if diff := cmp.Diff(want, string(f.Text())); diff != "" {
		t.Error(diff)
	}
	empty := Parse("")
	empty.Set("A", "k", "v")
	if got := string(empty.Text()); got != "[A]\nk=v\n" {
		t.Errorf("%q", got)
	}
}

// TestWrite: a file that cannot be replaced stays as it is, and nothing is left.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "file")
	if err := Write(path, []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("two")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "two" {
		t.Errorf("behind the link is %q, %v", got, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone, %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	folder := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(folder, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(folder, []byte("x")); err == nil {
		t.Error("a folder was replaced")
	}
	if err := Write(filepath.Join(path, "below a file"), []byte("x")); err == nil {
		t.Error("no error below a file")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", ".entry*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
	if _, err := Read(folder); err == nil {
		t.Error("a folder was read")
	}
	if f, err := Read(filepath.Join(dir, "nowhere")); err != nil || len(f.Text()) > 0 {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("a huge file: %v", err)
	}
}
