package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFolder(t *testing.T) {
	parent := t.TempDir()
	getenv := func(string) string { return parent }
	f := sessionFolder(getenv)
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("it is made before anything is put there: %v", left)
	}
	name, err := f.file("x")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := f.file("y"); err != nil || filepath.Dir(again) != filepath.Dir(name) {
		t.Errorf("a second file is in %s, %v", again, err)
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	// One that a killed process has left goes, that of a living one stays, and so
	// does what is only called so.
	left := filepath.Join(parent, folderPrefix+"left")
	if err := os.MkdirAll(filepath.Join(left, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	target := t.TempDir()
	link := filepath.Join(parent, folderPrefix+"link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	second := sessionFolder(getenv)
	if _, err := second.file("x"); err != nil {
		t.Fatal(err)
	}
	defer second.remove()
	if _, err := os.Lstat(left); err == nil {
		t.Error("what a killed process has left is there")
	}
	for _, stays := range []string{filepath.Dir(name), link, target} {
		if _, err := os.Lstat(stays); err != nil {
			t.Error(err)
		}
	}
	f.remove()
	if _, err := os.Lstat(filepath.Dir(name)); err == nil {
		t.Error("it is there after the end of its child")
	}
	f.remove() // again, and nothing happens
}

// TestFolderWithoutSession: a folder of the session may be missing, or have a
// path that is too long for a socket.
func TestFolderWithoutSession(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, dir := range []string{"", "relative", "/nonexistent", "/tmp/" + strings.Repeat("x", 100)} {
		f := sessionFolder(func(string) string { return dir })
		name, err := f.file("x")
		if err != nil || filepath.Dir(filepath.Dir(name)) != temp {
			t.Errorf("%q: %s, %v", dir, name, err)
		}
		f.remove()
	}
}

// TestGuardSocket: a socket in the folder is for the user alone in itself, too.
func TestGuardSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	l, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %s", info.Mode())
	}
}

// TestFolderRefused: why a folder cannot be made is the same text each time, so that
// it is the same outage to those who count them.
func TestFolderRefused(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "none")
	_, first := (&folder{parents: []string{parent}}).file("x")
	_, second := (&folder{parents: []string{parent}}).file("x")
	if !errors.Is(first, os.ErrNotExist) || first.Error() != second.Error() || !strings.Contains(first.Error(), parent) {
		t.Errorf("%v; %v", first, second)
	}
}
