package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// folder is where the Core puts what one child is shown of the session: its
// cookie of the display, the socket of its guard. It is made when something is
// put there, and goes with the child. The process that made it holds a lock on
// it, so what a killed one has left is found and removed by the next.
type folder struct {
	parents []string // where it may be, the best first
	path    string   // "" before it is made
	lock    *os.File
}

// folderPrefix begins the names of these folders.
const folderPrefix = "mullion-session-"

// maxSocketPath bounds the path of a socket (sun_path in unix(7)).
const maxSocketPath = 107

// sessionFolder is the folder of a child that is about to be started.
func sessionFolder(getenv func(string) string) *folder {
	f := &folder{}
	// Only the user can get there, and it goes at the end of the session.
	if dir := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) && len(dir)+len(folderPrefix)+30 < maxSocketPath {
		f.parents = append(f.parents, dir)
	}
	f.parents = append(f.parents, os.TempDir())
	return f
}

// file returns the path for a file in the folder.
func (f *folder) file(name string) (string, error) {
	if f.path == "" {
		if err := f.make(); err != nil {
			return "", fmt.Errorf("a folder for the child's session: %w", err)
		}
	}
	return filepath.Join(f.path, name), nil
}

func (f *folder) make() (err error) {
	for _, parent := range f.parents {
		sweepFolders(parent)
		// Another process may take a new folder for a left one before it is
		// locked.
		for range 3 {
			var path string
			if path, err = os.MkdirTemp(parent, folderPrefix); err != nil {
				if at := new(fs.PathError); errors.As(err, &at) {
					err = fmt.Errorf("make a folder in %s: %w", parent, at.Err) // the same each time
				}
				break
			}
			var lock *os.File
			if lock, err = lockFolder(path, unix.LOCK_EX); err == nil {
				f.path, f.lock = path, lock
				return nil
			}
		}
	}
	return err
}

// lockFolder locks a folder for as long as the file is open.
func lockFolder(path string, how int) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	if err := unix.Flock(fd, how); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	var locked, named unix.Stat_t
	if err := unix.Fstat(fd, &locked); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if err := unix.Lstat(path, &named); err != nil || named.Ino != locked.Ino || named.Dev != locked.Dev {
		f.Close()
		return nil, &os.PathError{Op: "lock", Path: path, Err: unix.ESTALE}
	}
	return f, nil
}

// sweepFolders removes what killed processes of this user have left.
func sweepFolders(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, folderPrefix+"*"))
	for _, path := range left {
		var st unix.Stat_t
		if unix.Lstat(path, &st) != nil || st.Uid != uint32(os.Getuid()) {
			continue
		}
		if lock, err := lockFolder(path, unix.LOCK_EX|unix.LOCK_NB); err == nil {
			os.RemoveAll(path)
			lock.Close()
		}
	}
}

// remove removes the folder, if it was made.
func (f *folder) remove() {
	if f.path != "" {
		os.RemoveAll(f.path)
		f.lock.Close()
		f.path = ""
	}
}
