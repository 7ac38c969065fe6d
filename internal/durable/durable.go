// Package durable keeps small JSON values in files so that neither a crash
// nor a full disk nor a damaged file loses what was acknowledged: a value is
// written beside its file, synced, and renamed into its place; the copy before
// it is kept, and used when the file is damaged.
package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Value is what a file holds.
type Value struct {
	// Version is that of the value's shape, for migration.
	Version int
	JSON    jsontext.Value
}

// envelope is the form of a file.
type envelope struct {
	Format  int            `json:"mullion"`
	Version int            `json:"version"`
	Sum     string         `json:"sha256"` // of the compact value, in hex
	Value   jsontext.Value `json:"value"`
}

const format = 1

// ErrDamaged is wrapped when neither a file nor its copy can be read.
var ErrDamaged = errors.New("file is damaged")

// previous is the name of the copy that is kept.
func previous(path string) string { return path + ".previous" }

// Read returns what the file holds; ok is false when there is none. When the
// file is damaged and its copy is not, it returns the copy, with an error in
// warning that says so.
func Read(path string) (v Value, ok bool, warning, err error) {
	v, err = read(path)
	if err == nil {
		return v, true, nil, nil
	}
	old, oldErr := read(previous(path))
	switch {
	case oldErr == nil && errors.Is(err, fs.ErrNotExist):
		return old, true, nil, nil // ended between the two renames
	case oldErr == nil:
		return old, true, fmt.Errorf("%w; using the copy before it", err), nil
	case errors.Is(err, fs.ErrNotExist) && errors.Is(oldErr, fs.ErrNotExist):
		return Value{}, false, nil, nil
	}
	return Value{}, false, nil, err
}

func read(path string) (Value, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Value{}, err
	}
	var e envelope
	if err := json.Unmarshal(b, &e, json.RejectUnknownMembers(true)); err != nil {
		return Value{}, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	if e.Format != format {
		return Value{}, fmt.Errorf("%s: %w: unknown format %d", path, ErrDamaged, e.Format)
	}
	if err := e.Value.Compact(); err != nil || e.Sum != sum(e.Value) {
		return Value{}, fmt.Errorf("%s: %w: wrong checksum", path, ErrDamaged)
	}
	return Value{Version: e.Version, JSON: e.Value}, nil
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// Write replaces what the file holds. When it returns nil, the value is on
// disk; when it returns an error, the file holds what it held before. The
// folder is made if it is missing, for the user alone.
func Write(path string, v Value) error {
	value := v.JSON.Clone()
	if err := value.Compact(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	b, err := json.Marshal(envelope{Format: format, Version: v.Version, Sum: sum(value), Value: value}, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := writeTemp(dir, filepath.Base(path), append(b, '\n'))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if _, err := read(path); err == nil {
		// Only a good file becomes the copy, or a damaged one would replace
		// the last good one.
		if err := keep(path); err != nil {
			os.Remove(tmp)
			return fmt.Errorf("write %s: keep the copy: %w", path, err)
		}
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return syncDir(dir)
}

func writeTemp(dir, base string, b []byte) (name string, err error) {
	f, err := os.CreateTemp(dir, "."+base+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// keep makes the file its own copy, without a moment in which it is missing.
func keep(path string) error {
	link := previous(path) + ".new"
	os.Remove(link)
	if err := os.Link(path, link); err != nil {
		// Not every file system has links.
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		link, err = writeTemp(filepath.Dir(path), filepath.Base(path), b)
		if err != nil {
			return err
		}
	}
	return os.Rename(link, previous(path))
}
