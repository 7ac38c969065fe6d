package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// maxFile bounds the files that people write. What is longer is something else.
const maxFile = 16 << 20

// errOther is what there is instead of such a file.
var errOther = fmt.Errorf("this is no file of at most %d MiB that could be read", maxFile>>20)

// Files returns the files of a folder that people write, to be read. What never
// ends, such as a pipe, is refused.
func Files(dir string) fs.FS { return files{os.DirFS(dir)} }

type files struct{ fs.FS }

// Open implements fs.FS.
func (f files) Open(name string) (fs.File, error) {
	info, err := fs.Stat(f.FS, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f.FS.Open(name) // its error is as good
	case err != nil:
		return nil, err
	case info.IsDir(), info.Mode().IsRegular() && info.Size() <= maxFile:
		return f.FS.Open(name)
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: errOther}
}
