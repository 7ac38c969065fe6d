package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestMakeOwn(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a right of their own there")
	}
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	for _, d := range []string{secret, filepath.Join(dir, "data/engine")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"base": "data", "data/planted": secret, "data/engine/inner": "../engine", "data/engine/gone": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "data/file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(dir, "base") // a link of the user
	for _, below := range []string{"engine/app", "engine/app", "states"} {
		got, err := MakeOwn(base, below)
		if err != nil || got != filepath.Join(base, below) {
			t.Fatalf("%s: %s, %v", below, got, err)
		}
		if info, err := os.Lstat(got); err != nil || info.Mode() != os.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", below, info, err)
		}
	}
	if info, err := os.Lstat(filepath.Join(base, "engine")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("a folder that others could read: %v, %v", info, err)
	}
	for _, below := range []string{"planted", "planted/app", "engine/inner", "engine/inner/x", "engine/gone", "file", "../out"} {
		if got, err := MakeOwn(base, below); err == nil {
			t.Errorf("%s: made %s", below, got)
		} else if below != "../out" && !errors.Is(err, ErrNoFolder) {
			t.Errorf("%s: %v", below, err)
		}
	}
	if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("what a link leads to was changed: %v, %v", info, err)
	}
	if list, err := os.ReadDir(secret); err != nil || len(list) > 0 {
		t.Errorf("something was made there: %v, %v", list, err)
	}
}
