package desktop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoFolder is wrapped where something is in the place of a folder.
var ErrNoFolder = errors.New("not a folder; a link to one is none")

// MakeOwn makes the folder below base, for the user alone, and those that lead
// to it. Base is where the user or the system wants it, and may be a link.
// Below it no link is followed: whoever could make one there would say where
// the framework keeps its files.
func MakeOwn(base, below string) (dir string, err error) {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", err
	}
	at, err := os.OpenRoot(base)
	if err != nil {
		return "", err
	}
	for name := range strings.SplitSeq(filepath.ToSlash(below), "/") {
		next, err := makeIn(at, name)
		at.Close()
		if err != nil {
			return "", fmt.Errorf("folder %s in %s: %w", below, base, err)
		}
		at = next
	}
	return filepath.Join(base, below), at.Close()
}

// makeIn makes and opens one folder in another.
func makeIn(at *os.Root, name string) (*os.Root, error) {
	if err := at.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	seen, err := at.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !seen.IsDir() {
		return nil, fmt.Errorf("%s: %w", name, ErrNoFolder)
	}
	next, err := at.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if err := takeOver(next, seen); err != nil {
		next.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return next, nil
}

// takeOver takes from others the rights to a folder that was opened, if it is
// the one that was seen.
func takeOver(r *os.Root, seen fs.FileInfo) error {
	f, err := r.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	is, err := f.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(is, seen) {
		return ErrNoFolder
	}
	if is.Mode().Perm() == 0o700 {
		return nil
	}
	return f.Chmod(0o700)
}
