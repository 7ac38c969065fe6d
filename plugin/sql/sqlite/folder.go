package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/mullion-dev/mullion/plugin"
)

// folder is how SQLite reaches files: those in one folder, and no others,
// whatever a database, a query or a link says. It looks at what was opened.
type folder struct {
	name string // by which SQLite knows it
	dir  string // without links
	root *os.Root
	os   vfs.VFSFilename
	own  []place // of others in the folder
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
	f := &folder{name: fmt.Sprintf("mullion-%d", folders.Add(1)), dir: dir, root: root, os: system}
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
	slashed := fold(filepath.ToSlash(name))
	for _, p := range f.own {
		if p.has(slashed) {
			return "", fmt.Errorf("database %.200q: what is there belongs to the framework; choose another name", s)
		}
	}
	for _, end := range []string{"-journal", "-wal", "-shm"} {
		if strings.HasSuffix(slashed, end) {
			return "", fmt.Errorf("database %.200q: files of SQLite beside a database end in %s; choose another name", s, end)
		}
	}
	if runtime.GOOS == "windows" {
		for part := range strings.SplitSeq(slashed, "/") {
			if strings.ContainsRune(part, ':') || strings.TrimRight(part, ". ") != part {
				return "", fmt.Errorf("database %.200q: a name has no colon, and does not end in a dot or a space", s)
			}
		}
	}
	return name, nil
}

// spelled fails where a file is there, but its folder lists it by another name, as
// where the system ignores case: by one name it has one scope and its migrations.
func (f *folder) spelled(name string) error {
	for ; name != "."; name = filepath.Dir(name) {
		if _, err := f.root.Lstat(name); err != nil {
			continue
		}
		dir, err := f.root.Open(filepath.Dir(name))
		if err != nil {
			return err
		}
		list, err := dir.Readdirnames(-1)
		dir.Close()
		if err != nil {
			return err
		}
		if !slices.Contains(list, filepath.Base(name)) {
			return fmt.Errorf("database %.200q: it is there by another spelling; use that", name)
		}
	}
	return nil
}

// place is where files of the framework are.
type place struct {
	path string // in the folder, folded, with slashes
	open bool   // what begins with path is in it, too
}

func (p place) has(name string) bool {
	return name == p.path || strings.HasPrefix(name, p.path+"/") || p.open && strings.HasPrefix(name, p.path)
}

// fold makes one of what systems that ignore case take for the same.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// ownFiles are the files of the framework and of other plugins in the app's
// folders, which may be the same as that of the databases, or in it.
var ownFiles = []struct {
	directories []string
	names       []string // with a * at the end of those that are beginnings
}{
	{[]string{"APPDATA", "APPLOCALDATA"}, []string{"engine", "states", "rendering*", "instance*"}},
	{[]string{"APPCONFIG", "APPDATA", "APPLOCALDATA", "APPCACHE"}, []string{".persisted-scope.json*", ".window-state.json*"}},
	{[]string{"APPCACHE"}, []string{"engine", "cookies.json*"}},
	{[]string{"APPLOG"}, []string{""}},
}

// ownPlaces are those of ownFiles that are in the folder of databases, whose path
// is told as it is, and without links.
func ownPlaces(app plugin.App, dir, real string) (list []place) {
	for _, own := range ownFiles {
		for _, variable := range own.directories {
			other, ok := app.Directory(variable)
			if !ok {
				continue
			}
			otherReal, err := filepath.EvalSymlinks(other)
			if err != nil { // it is not there yet
				otherReal = other
			}
			for _, pair := range [][2]string{{dir, other}, {real, otherReal}} {
				rel, err := filepath.Rel(pair[0], pair[1])
				if err != nil || !filepath.IsLocal(rel) {
					continue
				}
				for _, name := range own.names {
					name, open := strings.CutSuffix(name, "*")
					if p := fold(path.Join(filepath.ToSlash(rel), name)); p != "." {
						list = append(list, place{p, open})
					}
				}
			}
		}
	}
	return list
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
