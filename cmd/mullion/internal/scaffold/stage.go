package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// stage is a folder in which a project is put together. Nothing of it is seen
// at its place before commit, and nothing stays of it after discard.
type stage struct {
	dir    string // where files are written
	target string
	inside bool // target exists: dir is in it, and its entries are moved up
}

// newStage makes the folder beside the target, or in it if it exists.
func newStage(target string) (*stage, error) {
	s := &stage{target: target}
	parent := filepath.Dir(target)
	info, err := os.Stat(target)
	switch {
	case err == nil && !info.IsDir():
		return nil, fmt.Errorf("%s exists and is not a folder", target)
	case err == nil:
		s.inside, parent = true, target
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if s.dir, err = os.MkdirTemp(parent, ".mullion-init-"); err != nil {
		return nil, notWritable(parent, err)
	}
	return s, nil
}

// notWritable says what to do about a folder that cannot be written to.
func notWritable(dir string, err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return term.Help(fmt.Errorf("no permission to write to %s", dir), "choose another folder, or change its permissions")
	case errors.Is(err, fs.ErrNotExist):
		return term.Help(fmt.Errorf("the folder %s does not exist", dir), "make it first: mkdir -p %s", dir)
	}
	return err
}

// write writes a file; name has slashes.
func (s *stage) write(name string, data []byte) error {
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

// commit brings the project to its place: all of it, or nothing.
func (s *stage) commit() error {
	if !s.inside {
		if err := os.Chmod(s.dir, 0o755); err != nil {
			return err
		}
		if _, err := os.Lstat(s.target); err == nil {
			return fmt.Errorf("%s has come to exist meanwhile", s.target)
		}
		return os.Rename(s.dir, s.target)
	}
	names, err := s.files()
	if err != nil {
		return err
	}
	var made []string // files and folders, in the order in which they were made
	undo := func(err error) error {
		for _, name := range slices.Backward(made) {
			err = errors.Join(err, os.Remove(name))
		}
		return err
	}
	for _, name := range names {
		to := filepath.Join(s.target, name)
		folders, err := makeFolders(filepath.Dir(to))
		made = append(made, folders...)
		if err == nil {
			// Unlike a rename, a link replaces nothing.
			if err = os.Link(filepath.Join(s.dir, name), to); errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
				err = copyNew(filepath.Join(s.dir, name), to)
			}
		}
		if err != nil {
			return undo(err)
		}
		made = append(made, to)
	}
	return os.RemoveAll(s.dir)
}

// files are the files of the stage, relative to it.
func (s *stage) files() (names []string, err error) {
	err = filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(s.dir, name)
		names = append(names, rel)
		return err
	})
	return names, err
}

// makeFolders makes a folder and those above it, and returns those that were
// not there.
func makeFolders(dir string) (made []string, err error) {
	if _, err := os.Stat(dir); err == nil {
		return nil, nil
	}
	if made, err = makeFolders(filepath.Dir(dir)); err != nil {
		return made, err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return made, err
	}
	return append(made, dir), nil
}

func copyNew(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// discard removes what was not committed.
func (s *stage) discard() { os.RemoveAll(s.dir) }
