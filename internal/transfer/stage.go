package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Staged is room for one file that a host writes.
type Staged struct {
	dir  string
	once sync.Once
	// root is the folder itself: the host may put something else in the place
	// of its name.
	root *os.Root
}

// stagedName is the name of the file in its folder. What it is to be called
// in the end is no affair of the host.
const stagedName = "file"

// Stage makes room in the outbox of a host.
func (a *Area) Stage(host string) (*Staged, error) {
	outbox, err := a.Outbox(host)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(outbox, random())
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("transfer: %w", err)
	}
	opened, err := root.Stat(".")
	if named, err2 := os.Lstat(dir); err != nil || err2 != nil || !os.SameFile(opened, named) {
		root.Close()
		return nil, fmt.Errorf("transfer: %s is not the folder that was made: %w", dir, errors.Join(err, err2))
	}
	return &Staged{dir: dir, root: root}, nil
}

// Path is where the host is to write. There is nothing yet.
func (s *Staged) Path() string { return filepath.Join(s.dir, stagedName) }

// Fill writes the file in the place of a host, until r ends; nil is nothing.
func (s *Staged) Fill(r io.Reader) error {
	f, err := s.root.OpenFile(stagedName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	if r != nil {
		_, err = io.Copy(f, r)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	return nil
}

// Remove removes the room and what is in it. It may be called again.
func (s *Staged) Remove() {
	s.once.Do(func() {
		s.root.Close()
		os.RemoveAll(s.dir)
	})
}

// Take brings what the host has written to dir under that name, all of it or
// nothing, and returns its path. A file that is there is replaced where
// replace is set; else the new one gets a number. It is a copy, and is there
// when all of it is on disk: the host may have the staged file open, and go on
// writing and reading it. File systems that can share the bytes of the two do.
func (s *Staged) Take(ctx context.Context, dir, name string, replace bool) (string, error) {
	f, err := s.root.OpenFile(stagedName, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return "", fmt.Errorf("transfer: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("transfer: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("transfer: %w", &SpecialFileError{Path: s.Path(), Mode: info.Mode()})
	}
	part := filepath.Join(dir, ".mullion-"+random()+".part")
	defer os.Remove(part)
	if err := bring(ctx, f, info.Size(), part); err != nil {
		return "", fmt.Errorf("transfer: %w", err)
	}
	path := filepath.Join(dir, name)
	if replace {
		err = os.Rename(part, path)
	} else {
		path, err = settle(part, dir, name)
	}
	if err != nil {
		return "", fmt.Errorf("transfer: %w", err)
	}
	syncFolder(dir)
	return path, nil
}

// bring makes part of the bytes of a staged file, with the permissions of a new
// file of the user. No lease could prove that nobody has the staged file
// itself: it does not count descriptors that were opened with O_PATH.
func bring(ctx context.Context, f *os.File, size int64, part string) error {
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer out.Close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if cloneTo(out, f) != nil {
		if err := copyBytes(ctx, out, f, size); err != nil {
			return err
		}
	}
	return out.Sync()
}

// maxNumber bounds the numbers that are tried for a name.
const maxNumber = 1000

// settle gives part a name in dir that is not taken: name, or one with a
// number in it.
func settle(part, dir, name string) (string, error) {
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for n := range maxNumber {
		candidate := name
		if n > 0 {
			candidate = fmt.Sprintf("%s (%d)%s", stem, n, ext)
		}
		path := filepath.Join(dir, candidate)
		err := os.Link(part, path) // fails if the name is taken
		switch {
		case err == nil:
			return path, nil
		case exists(err):
			continue
		}
		// A file system without links.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
		if err == nil {
			f.Close()
			return path, os.Rename(part, path)
		}
		if !exists(err) {
			return "", err
		}
	}
	return "", errors.New(filepath.Join(dir, name) + ": too many files of that name")
}

// syncFolder makes a new name last through a loss of power, where the system
// can.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
