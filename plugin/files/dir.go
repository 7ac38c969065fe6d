package files

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// dir is a folder that is open. Its methods take names of what is in it, without
// separators, and follow no link in their place: where a link is, they return
// errMoved.
type dir interface {
	// sub opens a folder in it.
	sub(name string) (dir, error)
	// open opens a regular file or a folder. A new one is made with os.O_CREATE
	// and os.O_EXCL together, or not at all. path becomes the name of the file.
	open(name string, flag int, perm fs.FileMode, path string) (*os.File, error)
	// handleOf opens a file or a folder for itself, see [Scope.Handle].
	handleOf(name, path string) (*os.File, error)
	lstat(name string) (fs.FileInfo, error)
	mkdir(name string, perm fs.FileMode) error
	// remove removes a file or a link, or with folder set an empty folder.
	remove(name string, folder bool) error
	// rename moves what is called name to another folder.
	rename(name string, to dir, newName string) error
	// replaceable reports whether nothing is lost if another file takes the
	// place of that one, once it has the same mode.
	replaceable(name string, info fs.FileInfo) bool
	// unnamed makes a file in it that has no name, where the system has such, and
	// link gives it one.
	unnamed(perm fs.FileMode, path string) (*os.File, error)
	link(f *os.File, name string) error
	sync() error
	// where is the path of the folder now.
	where() (string, error)
	close()
}

var (
	// errMoved is that something else is there now than what was judged.
	errMoved = errors.New("it changes while it is looked at; try again")
	// errSpecial is for devices, pipes and sockets.
	errSpecial = errors.New("neither a file nor a folder")
)

// openFlags are those that OpenFile takes.
const openFlags = os.O_RDONLY | os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREATE | os.O_EXCL | os.O_TRUNC | os.O_SYNC

// walkDir opens a folder by a path that has no links: root opens where it
// begins, and each component is opened in the one before.
func walkDir(path string, root func(path string) (dir, error)) (dir, error) {
	volume := filepath.VolumeName(path) + string(filepath.Separator)
	d, err := root(volume)
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(strings.TrimPrefix(path, volume), string(filepath.Separator)) {
		if name == "" {
			continue
		}
		next, err := d.sub(name)
		d.close()
		if err != nil {
			return nil, err
		}
		d = next
	}
	return d, nil
}
