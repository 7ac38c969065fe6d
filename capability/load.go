package capability

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/mullion-dev/mullion/internal/document"
)

// Load reads all capability files (.json, .json5, .toml) in a directory of
// fsys and below it, in the order of their paths. Folders "schemas" are
// skipped. A directory that does not exist holds no capabilities.
// Errors of all files are reported together; two capabilities of one name are an error.
func Load(fsys fs.FS, dir string) ([]Capability, error) {
	var caps []Capability
	err := readFiles(fsys, dir, nil, func(name string, data []byte) error {
		read, err := Parse(name, data)
		caps = append(caps, read...)
		return err
	})
	if err == nil {
		err = checkUnique(caps)
	}
	if err != nil {
		return nil, err
	}
	return caps, nil
}

// LoadPermissions reads all permission files in a directory, found as by
// [Load], into one Manifest whose Plugin and Commands are left to the caller.
// The folders of except are left out.
func LoadPermissions(fsys fs.FS, dir string, except ...string) (Manifest, error) {
	var m Manifest
	err := readFiles(fsys, dir, except, func(name string, data []byte) error {
		read, err := ParsePermissions(name, data)
		if err != nil {
			return err
		}
		return prefixErrors(name, m.merge(read))
	})
	if err == nil {
		err = m.checkUnique()
	}
	if err != nil {
		return Manifest{}, err
	}
	return m, nil
}

func readFiles(fsys fs.FS, dir string, except []string, read func(name string, data []byte) error) error {
	var errs []error
	err := fs.WalkDir(fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && name == dir && errors.Is(err, fs.ErrNotExist):
			return fs.SkipAll
		case err != nil:
			return err
		case entry.IsDir() && name != dir && (path.Base(name) == "schemas" || slices.Contains(except, name)):
			return fs.SkipDir
		case entry.IsDir() || !hasFormat(name):
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if err := read(name, data); err != nil {
			errs = append(errs, err)
		}
		return nil
	})
	if err != nil {
		errs = append(errs, fmt.Errorf("read directory %s: %w", dir, err))
	}
	return errors.Join(errs...)
}

// checkUnique refuses two permissions or sets of one name.
func (m *Manifest) checkUnique() error {
	var errs []error
	seen := make(map[string]bool)
	check := func(place, id string) {
		if seen[id] {
			errs = append(errs, prefixErrors(place, fmt.Errorf("identifier %q is declared twice", joinIdentifier(m.Plugin, id))))
		}
		seen[id] = true
	}
	for _, p := range m.Permissions {
		check(document.Place(p.File, p.Line, p.Column), p.Identifier)
	}
	for _, s := range m.Sets {
		check(document.Place(s.File, s.Line, s.Column), s.Identifier)
	}
	return errors.Join(errs...)
}
