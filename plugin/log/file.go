package log

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// file is a log file that is rotated.
type file struct {
	dir, name string
	max       int64
	keep      Rotation
	local     bool

	mu   sync.Mutex
	open *os.File // guarded by mu; nil if it has to be opened first
	size int64    // guarded by mu
	lost int      // guarded by mu; records that could not be written, since one was
}

const dateOfFile = "2006-01-02_15-04-05"

func (f *file) path() string { return filepath.Join(f.dir, f.name+".log") }

// start opens the file, and rotates one that is full.
func (f *file) start(fresh bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.reopen(); err != nil {
		return err
	}
	if f.size >= f.max || fresh && f.size > 0 {
		return f.rotate()
	}
	if f.keep > 0 {
		return f.removeOld(int(f.keep))
	}
	return nil
}

// reopen opens the file, if need be for the first time. f.mu is held.
func (f *file) reopen() error {
	f.close()
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	// To open a pipe or a device could wait, or do something.
	if i, err := os.Stat(f.path()); err == nil && !i.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: remove it, or give the log another name", f.path())
	}
	opened, err := os.OpenFile(f.path(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	i, err := opened.Stat()
	if err != nil {
		opened.Close()
		return err
	}
	f.open, f.size = opened, i.Size()
	return nil
}

func (f *file) close() {
	if f.open != nil {
		f.open.Close()
		f.open = nil
	}
}

// there reports whether the open file is still the one of that name: others may
// have removed it, or rotated it.
func (f *file) there() bool {
	if f.open == nil {
		return false
	}
	named, err := os.Stat(f.path())
	if err != nil {
		return false
	}
	opened, err := f.open.Stat()
	if err != nil || !os.SameFile(named, opened) {
		return false
	}
	f.size = opened.Size() // another process may write into it
	return true
}

// put implements sink.
func (f *file) put(l line) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() {
		if err != nil {
			f.lost++
		}
	}()
	if !f.there() {
		if err := f.reopen(); err != nil {
			return err
		}
	}
	text := l.text + "\n"
	if f.size > 0 && f.size+int64(len(text)) > f.max {
		if err := f.rotate(); err != nil {
			return err
		}
	}
	if n := f.lost; n > 0 {
		if err := f.write(Format(Entry{
			Time: f.now(), Level: slog.LevelWarn, Source: "log", Message: fmt.Sprintf("%d records are missing here: they could not be written", n),
		}) + "\n"); err != nil {
			return err
		}
		f.lost = 0
	}
	return f.write(text)
}

// write writes all of text or nothing. f.mu is held.
func (f *file) write(text string) error {
	n, err := f.open.WriteString(text)
	if err != nil && n > 0 {
		// The rest of the line would hide where the next one begins.
		if f.open.Truncate(f.size) != nil {
			f.size += int64(n)
		}
		return err
	}
	f.size += int64(n)
	return err
}

func (f *file) now() time.Time {
	if f.local {
		return time.Now()
	}
	return time.Now().UTC()
}

// end implements sink.
func (f *file) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open != nil {
		_ = f.open.Sync() // nobody is left who could be told
	}
	f.close()
}

// rotate begins a new file. f.mu is held.
func (f *file) rotate() error {
	f.close()
	if f.keep == KeepOne {
		if err := os.Remove(f.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return f.reopen()
	}
	if f.keep > 0 {
		if err := f.removeOld(int(f.keep) - 1); err != nil {
			return err
		}
	}
	if err := f.moveAway(); err != nil {
		return err
	}
	return f.reopen()
}

// moveAway renames the file after the time. It never replaces another one, and
// its name is the last in order.
func (f *file) moveAway() error {
	all, err := f.full()
	if err != nil {
		return err
	}
	date := f.now().Format(dateOfFile)
	to := f.name + "_" + date
	if i := len(all) - 1; i >= 0 && all[i].date == date {
		to += fmt.Sprintf("_%d", all[i].n+1)
	}
	if err := os.Rename(f.path(), filepath.Join(f.dir, to+".log")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// full is a file that was full: the first of a second, or the nth.
type full struct {
	date string
	n    int
	name string
}

// full lists those of this log, the oldest first.
func (f *file) full() (all []full, err error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	form := regexp.MustCompile(`^` + regexp.QuoteMeta(f.name) + `_(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)(?:_(\d{1,9}))?\.log$`)
	for _, e := range entries {
		m := form.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() {
			continue
		}
		n, err := strconv.Atoi(m[2])
		if err != nil {
			n = 1
		}
		all = append(all, full{m[1], n, e.Name()})
	}
	slices.SortFunc(all, func(a, b full) int {
		return cmp.Or(strings.Compare(a.date, b.date), cmp.Compare(a.n, b.n))
	})
	return all, nil
}

// removeOld removes the oldest files that were full, until there are n.
func (f *file) removeOld(n int) error {
	all, err := f.full()
	if err != nil {
		return err
	}
	for _, o := range all[:max(len(all)-n, 0)] {
		if err := os.Remove(filepath.Join(f.dir, o.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
