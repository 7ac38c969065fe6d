// Package instance lets one process hold a folder, and others hand to it what
// they were started with.
//
// Acquire is the first call to make; Server is what the holder has, and Tell
// what the others call.
package instance

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
)

// fileName is the name of the file in the folder that is locked. It stays when
// the process ends, for the lock is the kernel's and not its presence.
const fileName = "instance.lock"

// HeldError says who holds a folder.
type HeldError struct {
	Dir string
	// PID is that of the process, 0 if that is not known.
	PID int

	socket string // "" if it has none
}

// Error implements error.
func (e *HeldError) Error() string {
	who := "another process"
	if e.PID > 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("the folder %s is in use by %s", e.Dir, who)
}

// Lock is a folder that this process holds, until Release or its end.
type Lock struct {
	dir  string
	file *os.File
}

// holder is what the file says.
type holder struct {
	PID    int    `json:"pid"`
	Socket string `json:"socket,omitzero"`
}

// maxHolder bounds that file.
const maxHolder = 4 << 10

// Acquire takes a folder that exists. The error is a *HeldError if somebody has
// it, and any other where the folder cannot be locked at all: the file system
// has no locks, or nothing may be written there.
func Acquire(dir string) (*Lock, error) {
	for {
		f, err := openLock(filepath.Join(dir, fileName))
		if err != nil {
			return nil, fmt.Errorf("lock the folder %s: %w", dir, err)
		}
		held, err := lock(f)
		switch {
		case err != nil:
			f.Close()
			return nil, fmt.Errorf("lock the folder %s: %w", dir, err)
		case held:
			h := readHolder(f)
			f.Close()
			return nil, &HeldError{Dir: dir, PID: h.PID, socket: h.Socket}
		}
		if l := (&Lock{dir, f}); l.current() {
			// Without a name for others it still is the lock that counts.
			_ = l.write(holder{PID: os.Getpid()})
			return l, nil
		}
		f.Close() // somebody has removed it between the two
	}
}

// current reports whether the file that is locked is the one that others find.
func (l *Lock) current() bool {
	own, err := l.file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(l.file.Name())
	return err == nil && os.SameFile(own, named)
}

func (l *Lock) write(h holder) error {
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(b, 0)
	return err
}

// readHolder reads who holds a file, as far as that is written there already.
func readHolder(f *os.File) (h holder) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, maxHolder))
	if err != nil || json.Unmarshal(b, &h) != nil {
		return holder{}
	}
	return h
}

// Release gives the folder up. It may be called twice.
func (l *Lock) Release() { l.file.Close() }

// errNoLocks is wrapped where folders cannot be locked.
var errNoLocks = fmt.Errorf("its file system has no locks: %w", errors.ErrUnsupported)
