package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// rootDir is a folder by an os.Root, which has no way out of it. It follows
// links within; so what was opened is compared with what was there, which was
// no link.
type rootDir struct {
	root *os.Root
	path string // for rename
}

func openRoot(path string) (dir, error) {
	r, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &rootDir{r, path}, nil
}

func (d *rootDir) close() { d.root.Close() }

func (d *rootDir) where() (string, error) {
	now, err := os.Lstat(d.path)
	if err != nil {
		return "", errMoved
	}
	if opened, err := d.root.Stat("."); err != nil || !os.SameFile(now, opened) {
		return "", errMoved
	}
	return d.path, nil
}

func (d *rootDir) sub(name string) (dir, error) {
	info, err := d.root.Lstat(name)
	if err != nil || !info.IsDir() {
		return nil, errMoved
	}
	r, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	opened, err := r.Stat(".")
	if err != nil || !os.SameFile(info, opened) {
		r.Close()
		return nil, errMoved
	}
	return &rootDir{r, filepath.Join(d.path, name)}, nil
}

func (d *rootDir) open(name string, flag int, perm fs.FileMode, path string) (*os.File, error) {
	if flag&os.O_CREATE != 0 {
		return d.root.OpenFile(name, flag, perm.Perm())
	}
	info, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0:
		return nil, errMoved
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, errSpecial
	}
	f, err := d.root.OpenFile(name, flag&^os.O_TRUNC, 0)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err != nil || !os.SameFile(info, opened) {
		f.Close()
		return nil, errMoved
	}
	if flag&os.O_TRUNC != 0 {
		if err := f.Truncate(0); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

func (d *rootDir) handleOf(name, path string) (*os.File, error) {
	return d.open(name, os.O_RDONLY, 0, path)
}

func (d *rootDir) lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }

func (d *rootDir) mkdir(name string, perm fs.FileMode) error { return d.root.Mkdir(name, perm.Perm()) }

func (d *rootDir) remove(name string, folder bool) error {
	info, err := d.root.Lstat(name)
	if err != nil {
		return err
	}
	if info.IsDir() != folder {
		return errMoved
	}
	return d.root.Remove(name)
}

// rename needs one os.Root for both names, so it walks to the folder that both
// are below, and names the folders from there once more.
func (d *rootDir) rename(name string, to dir, newName string) error {
	from, target := filepath.Join(d.path, name), filepath.Join(to.(*rootDir).path, newName)
	common := d.path
	for !strings.HasPrefix(target, strings.TrimSuffix(common, string(filepath.Separator))+string(filepath.Separator)) {
		up := filepath.Dir(common)
		if up == common {
			return errors.New("it is on another drive; copy it and remove the old one")
		}
		common = up
	}
	shared, err := walkDir(common, openRoot)
	if err != nil {
		return err
	}
	defer shared.close()
	from, err = filepath.Rel(common, from)
	if err != nil {
		return err
	}
	target, err = filepath.Rel(common, target)
	if err != nil {
		return err
	}
	return shared.(*rootDir).root.Rename(from, target)
}

func (d *rootDir) replaceable(string, fs.FileInfo) bool { return true }

func (d *rootDir) unnamed(fs.FileMode, string) (*os.File, error) { return nil, errors.ErrUnsupported }
func (d *rootDir) link(*os.File, string) error                   { return errors.ErrUnsupported }

// sync does nothing: there is no call for it that all systems have.
func (d *rootDir) sync() error { return nil }
