package scaffold

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStageInside(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("src/App.tsx", "theirs")
	s, err := newStage(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.go", "new/deep/b.json", "src/c.ts", "z.go"} {
		if err := s.write(name, []byte("ours")); err != nil {
			t.Fatal(err)
		}
	}
	// Somebody is faster with the last one: all that was done is undone.
	write("z.go", "theirs")
	if err := s.commit(); err == nil {
		t.Fatal("a file was replaced")
	}
	s.discard()
	if got := tree(t, dir); got != "src src/App.tsx=theirs z.go=theirs" {
		t.Errorf("after a failure there is %s", got)
	}

	if err := os.Remove(filepath.Join(dir, "z.go")); err != nil {
		t.Fatal(err)
	}
	if s, err = newStage(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.write("new/deep/b.json", []byte("ours")); err != nil {
		t.Fatal(err)
	}
	if err := s.commit(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got != "new new/deep new/deep/b.json=ours src src/App.tsx=theirs" {
		t.Errorf("there is %s", got)
	}
}

func tree(t *testing.T, dir string) (list string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if list != "" {
			list += " "
		}
		list += filepath.ToSlash(rel)
		if !d.IsDir() {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			list += "=" + string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
