package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/plugin/files"
)

// disk is where a store is kept.
type disk interface {
	open() (*os.File, error)
	// write puts data in the place of what is there, or leaves it. name is the
	// end of the name of another file beside it, or empty.
	write(data []byte, name string) error
}

// plainFile is a file that Go code has named.
type plainFile string

func (p plainFile) open() (*os.File, error) {
	// To open a pipe or a device could wait, or do something.
	if i, err := os.Stat(string(p)); err == nil && !i.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", string(p))
	}
	return os.Open(string(p))
}

func (p plainFile) write(data []byte, name string) error {
	if err := os.MkdirAll(filepath.Dir(string(p)), 0o700); err != nil {
		return err
	}
	return files.WriteFile(string(p)+name, data, 0o600)
}

// scopedFile is a file that a page has named, in the scope that it had.
type scopedFile struct {
	scope     *files.Scope
	path      string
	mayCreate func() error
}

func (s scopedFile) open() (*os.File, error) { return s.scope.Open(s.path) }

func (s scopedFile) write(data []byte, name string) error {
	if dir := filepath.Dir(s.path); !s.there(dir) {
		if err := s.scope.Mkdir(dir, 0o700, true); err != nil {
			return err
		}
	}
	fresh := !s.there(s.path + name)
	if fresh {
		if err := s.mayCreate(); err != nil {
			return err
		}
	}
	r, err := s.scope.Replace(s.path+name, files.ReplaceOptions{Create: true, Perm: 0o600})
	if err != nil {
		return err
	}
	if _, err := r.Write(data); err != nil {
		r.Abort()
		return err
	}
	if err := r.Commit(); err != nil || !fresh {
		return err
	}
	// What replaces nothing is not on the disk yet.
	f, err := s.scope.Open(s.path + name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// there reports whether something is; what is out of scope counts as if.
func (s scopedFile) there(path string) bool {
	there, err := s.scope.Exists(path)
	return there || err != nil
}

// codec makes files of values and back.
type codec struct {
	serialize   func(Values) ([]byte, error)
	deserialize func([]byte) (Values, error)
}

// safely runs a function of the app.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("it panicked: %v", v)
		}
	}()
	return f()
}

func serialize(values Values) ([]byte, error) {
	data, err := json.Marshal(values, json.Deterministic(true), jsontext.WithIndent("  "))
	return append(data, '\n'), err
}

func deserialize(data []byte) (values Values, err error) {
	err = json.Unmarshal(data, &values)
	if err == nil && values == nil {
		err = errors.New("want a JSON object, not null")
	}
	return values, err
}

// read reads the file; there is false if there is none. A file without anything in
// it, which is what crashes leave, counts as one without keys.
func (st *Store) read() (values Values, there bool, err error) {
	f, err := st.disk.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("store %s: %w", st.path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, true, fmt.Errorf("store %s: %w", st.path, err)
	}
	if len(data) > maxFile {
		return nil, true, fmt.Errorf("store %s: a file of more than %d bytes: %w", st.path, maxFile, ErrTooLarge)
	}
	if len(data) == 0 {
		return Values{}, true, nil
	}
	st.mu.Lock()
	c := st.codec
	st.mu.Unlock()
	err = safely(func() (err error) { values, err = c.deserialize(data); return err })
	for key, v := range values {
		if err == nil && !v.IsValid() {
			err = fmt.Errorf("the value of %q is no JSON", key)
		}
		if err == nil {
			err = checkEntry(key, v)
		}
	}
	if err != nil {
		return nil, true, &damaged{st.path, err}
	}
	values = maps.Clone(values)
	for key, v := range values {
		if v = v.Clone(); v.Compact() == nil {
			values[key] = v
		}
	}
	return values, true, nil
}

// maxFile bounds what is read: indentation and encodings may make it larger than
// what is in the store.
const maxFile = 2 * maxStore

// damaged is that a file is no store.
type damaged struct {
	path string
	err  error
}

func (d *damaged) Error() string {
	return fmt.Sprintf("Failed to deserialize store. %s: %v. The file stays as it is: repair or remove it, or load it with createNew, which keeps a copy of it",
		d.path, d.err)
}

func (d *damaged) Unwrap() error { return d.err }

// keepBroken keeps a copy of a file that is no store, before it is replaced.
func (st *Store) keepBroken() error {
	f, err := st.disk.open()
	if err != nil {
		return fmt.Errorf("store %s: %w", st.path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = ErrTooLarge
	}
	if err == nil {
		err = st.disk.write(data, ".broken")
	}
	if err != nil {
		return fmt.Errorf("store %s: the file is no store, and cannot be kept beside a new one: %w", st.path, err)
	}
	return nil
}

// Save writes the file. When it returns nil, all that was set before is on the
// disk; when it returns an error, the file has what it had before.
func (st *Store) Save() error {
	st.saving.Lock()
	defer st.saving.Unlock()
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return ErrClosed
	}
	st.stopTimer()
	values, version, c := maps.Clone(st.values), st.version, st.codec
	st.mu.Unlock()
	var data []byte
	if err := safely(func() (err error) { data, err = c.serialize(values); return err }); err != nil {
		return fmt.Errorf("Failed to serialize store. %s: %w", st.path, err)
	}
	if err := st.disk.write(data, ""); err != nil {
		return fmt.Errorf("store %s: %w", st.path, err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.saved, st.failed = version, false
	return nil
}

// Reload reads the file again. What it has replaces what the store has, other
// keys stay as they are; with ignoreDefaults they go. Nobody is told.
func (st *Store) Reload(ignoreDefaults bool) error {
	st.saving.Lock()
	defer st.saving.Unlock()
	values, there, err := st.read()
	if err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("store %s: %w", st.path, fs.ErrNotExist)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return ErrClosed
	}
	if !ignoreDefaults {
		all := maps.Clone(st.values)
		maps.Copy(all, values)
		values = all
	}
	if err := st.stores.grow(st, sizeOf(values)-st.size); err != nil {
		return err
	}
	st.values = values
	return nil
}

const (
	// latest is how long changes that follow each other put off that the store is
	// saved, if ten times its own time is not longer.
	latest = 2 * time.Second
	// again is when a store is saved again that could not be.
	again = 5 * time.Second
)

// changedLocked has the store saved in a while, or reports that it has to be at
// once. st.mu is held.
func (st *Store) changedLocked() (atOnce bool) {
	st.version++
	switch wait := st.autoSave; {
	case wait < 0:
	case wait == 0:
		return true
	case st.timer == nil:
		st.since = time.Now()
		st.timer = time.AfterFunc(wait, st.saveLater)
	default:
		st.timer.Reset(min(wait, max(time.Until(st.since.Add(max(10*wait, latest))), 0)))
	}
	return false
}

// stopTimer is for when st.mu is held.
func (st *Store) stopTimer() {
	if st.timer != nil {
		st.timer.Stop()
		st.timer = nil
	}
}

// saveLater is what the timer does.
func (st *Store) saveLater() {
	st.mu.Lock()
	due := st.timer != nil && !st.closed
	st.mu.Unlock()
	if !due {
		return
	}
	if err := st.Save(); err != nil && !errors.Is(err, ErrClosed) {
		st.mu.Lock()
		first := !st.failed
		st.failed = true
		st.mu.Unlock()
		if first {
			st.stores.log().Error("plugin store: a store cannot be saved; it is tried again", "store", st.path, "error", err)
		}
		st.tryLater()
	}
}

// tryLater has a store saved that could not be.
func (st *Store) tryLater() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.closed && st.timer == nil {
		st.since = time.Now()
		st.timer = time.AfterFunc(max(again, st.autoSave), st.saveLater)
	}
}
