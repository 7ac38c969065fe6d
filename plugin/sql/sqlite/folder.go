package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/vfs"
)

// folder is how SQLite reaches files: those in one folder, and no others,
// whatever a database, a query or a link says. It looks at what was opened.
type folder struct {
	name string // by which SQLite knows it
	dir  string // without links
	root *os.Root
	os   vfs.VFSFilename
}

// folders counts them, for their names: SQLite has one table of all.
var folders atomic.Int64

func openFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	system, ok := vfs.Find("os").(vfs.VFSFilename)
	if !ok {
		root.Close()
		return nil, errors.New("sqlite: the files of the system cannot be opened by name")
	}
	f := &folder{fmt.Sprintf("mullion-%d", folders.Add(1)), dir, root, system}
	vfs.Register(f.name, f)
	return f, nil
}

func (f *folder) close() {
	if f != nil {
		vfs.Unregister(f.name)
		f.root.Close()
	}
}

// fileName is the name of a database in the folder, by what a URL says. A path
// from the root is one in the folder, too, if it leads there.
func (f *folder) fileName(s string) (string, error) {
	name := filepath.FromSlash(s)
	switch {
	case strings.ContainsAny(s, "?#%"):
		return "", fmt.Errorf("database %.200q: a name has none of ?, # and %%: options are not supported", s)
	case strings.HasPrefix(s, "//"), strings.HasPrefix(s, "file:"), strings.HasPrefix(s, ":"):
		return "", fmt.Errorf("database %.200q: want a name such as sqlite:notes.db, or sqlite::memory:", s)
	case strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\ufffd' }):
		return "", fmt.Errorf("database %.200q: a name has no control characters, and is UTF-8", s)
	}
	if filepath.IsAbs(name) {
		rel, err := filepath.Rel(f.dir, filepath.Clean(name))
		if err != nil {
			return "", f.outside(s)
		}
		name = rel
	}
	for part := range strings.SplitSeq(filepath.ToSlash(name), "/") {
		if part == ".." {
			return "", f.outside(s)
		}
	}
	if name = filepath.Clean(name); name == "." || !filepath.IsLocal(name) {
		return "", f.outside(s)
	}
	return name, nil
}

func (f *folder) outside(s string) error {
	return fmt.Errorf("database %.200q: databases are in the app's folder for its configuration, %s", s, f.dir)
}

// inside is the name in the folder of a path from SQLite.
func (f *folder) inside(path string) (string, error) {
	rel, err := filepath.Rel(f.dir, path)
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		return "", fmt.Errorf("%s is not in %s", path, f.dir)
	}
	return rel, nil
}

// FullPathname implements [vfs.VFS]. Links are judged by what was opened.
func (f *folder) FullPathname(path string) (string, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.dir, path)
	}
	path = filepath.Clean(path)
	_, err := f.inside(path)
	return path, err
}

// Open implements [vfs.VFS], for files without a name, which are temporary.
func (f *folder) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if name != "" {
		return nil, 0, fmt.Errorf("%s: opened without its parameters", name)
	}
	return f.os.OpenFilename(nil, flags)
}

// OpenFilename implements [vfs.VFSFilename].
func (f *folder) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if name.String() == "" {
		return f.os.OpenFilename(nil, flags)
	}
	rel, err := f.inside(name.String())
	if err != nil {
		return nil, 0, err
	}
	if flags&vfs.OPEN_CREATE != 0 {
		// Made below the folder's descriptor, so that nothing is ever made elsewhere.
		if err := create(f.root, rel); err != nil {
			return nil, 0, err
		}
		flags &^= vfs.OPEN_CREATE | vfs.OPEN_EXCLUSIVE
	}
	file, got, err := f.os.OpenFilename(name, flags)
	if err != nil {
		return nil, 0, err
	}
	if err := f.check(file, rel); err != nil {
		file.Close()
		return nil, 0, err
	}
	return file, got, nil
}

// check fails where a file that was opened is not the one of that name in the
// folder, as when links were swapped.
func (f *folder) check(file vfs.File, rel string) error {
	open, ok := file.(interface{ Stat() (os.FileInfo, error) })
	if !ok {
		return errors.New("sqlite: a file does not tell what it is")
	}
	got, err := open.Stat()
	if err != nil {
		return err
	}
	want, err := f.root.Lstat(rel)
	if err != nil {
		return err
	}
	if !got.Mode().IsRegular() || !os.SameFile(got, want) {
		return fmt.Errorf("%s is not a file in %s", rel, f.dir)
	}
	return nil
}

// Delete implements [vfs.VFS].
func (f *folder) Delete(path string, syncDir bool) error {
	if _, err := f.inside(path); err != nil {
		return err
	}
	return f.os.Delete(path, syncDir)
}

// Access implements [vfs.VFS].
func (f *folder) Access(path string, flags vfs.AccessFlag) (bool, error) {
	if _, err := f.inside(path); err != nil {
		return false, err
	}
	return f.os.Access(path, flags)
}
