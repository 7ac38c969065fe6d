package bundler

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// listName lists what Write has written, so that the next one can remove what
// is out of date and leaves alone what somebody else has put there.
const listName = ".mullion-files"

// Write writes the output to a folder, and removes what an earlier one has
// written there and this one does not have. Other files stay.
func (o *Output) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	before, err := root.ReadFile(listName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names := slices.Sorted(maps.Keys(o.Files))
	// The list has all names first: what is written is known if this is broken off.
	all := slices.Concat(names, strings.Split(strings.TrimSpace(string(before)), "\n"))
	slices.Sort(all)
	if err := writeList(root, slices.Compact(all)); err != nil {
		return err
	}
	for _, name := range names {
		local, err := filepath.Localize(name)
		if err != nil {
			return fmt.Errorf("%q cannot be the name of a file: %w", name, err)
		}
		if old, err := root.ReadFile(local); err == nil && bytes.Equal(old, o.Files[name]) {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(local), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(local, o.Files[name], 0o644); err != nil {
			return err
		}
	}
	for name := range strings.Lines(string(before)) {
		name = strings.TrimSuffix(name, "\n")
		if _, ok := o.Files[name]; ok {
			continue
		}
		if local, err := filepath.Localize(name); err == nil {
			root.Remove(local) // what is gone already need not go
		}
	}
	return writeList(root, names)
}

func writeList(root *os.Root, names []string) error {
	text := strings.Join(names, "\n") + "\n"
	if old, err := root.ReadFile(listName); err == nil && string(old) == text {
		return nil
	}
	return root.WriteFile(listName, []byte(text), 0o644)
}
