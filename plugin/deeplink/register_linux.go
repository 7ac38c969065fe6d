package deeplink

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/internal/entry"
)

// Groups and keys of the Desktop Entry Specification, and of the Association
// between MIME types and applications, version 1.0.1.
const (
	entryGroup = "Desktop Entry"
	mimeKey    = "MimeType"
	defaults   = "Default Applications"
	added      = "Added Associations"
	removed    = "Removed Associations"
	listName   = "mimeapps.list"
)

func mimeType(scheme string) string { return "x-scheme-handler/" + scheme }

// checkSystem refuses systems whose desktop does not see what is written.
func checkSystem() error {
	for _, p := range []struct {
		is         bool
		name, what string
	}{
		{os.Getenv("container") == "flatpak", "Flatpak", "the MimeType of its desktop entry"},
		{os.Getenv("SNAP") != "" && os.Getenv("SNAP_NAME") != "", "Snap", "the MimeType of its desktop entry"},
	} {
		if p.is {
			return fmt.Errorf("a %s says by itself which schemes it has, in %s: %w", p.name, p.what, errors.ErrUnsupported)
		}
	}
	return nil
}

// handler is the name of the app's entry for addresses, and where it is.
func handler(app plugin.App) (id, path string, err error) {
	name, err := entry.FileName(app.Identifier())
	if err != nil {
		return "", "", fmt.Errorf("identifier of the app: %w", err)
	}
	dir, err := entry.DataDir()
	id = name + "-handler.desktop"
	return id, filepath.Join(dir, "applications", id), err
}

// desktops are the names that go before mimeapps.list in files of a desktop.
func desktops() (names []string) {
	for name := range strings.SplitSeq(os.Getenv("XDG_CURRENT_DESKTOP"), ":") {
		if name != "" && !strings.ContainsRune(name, '/') {
			names = append(names, strings.ToLower(name)+"-"+listName)
		}
	}
	return append(names, listName)
}

// lists are the files with defaults in the user's settings, those that count most
// first.
func lists() (paths []string, err error) {
	dir, err := entry.ConfigDir()
	for _, name := range desktops() {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths, err
}

// system reports whether a scheme is the system's beyond those that are taken: no
// program of it depends on one here.
func system(string) bool { return false }

func register(app plugin.App, scheme string) error {
	if err := checkSystem(); err != nil {
		return err
	}
	id, path, err := handler(app)
	if err != nil {
		return err
	}
	program, err := entry.Program()
	if err != nil {
		return err
	}
	exec, err := entry.Exec(program, nil, "%u")
	if err != nil {
		return err
	}
	name, err := entry.Value(app.Name())
	if err != nil {
		return err
	}
	err = change(path, func(f *entry.File) error {
		types := f.List(entryGroup, mimeKey)
		if !slices.Contains(types, mimeType(scheme)) {
			if types = append(types, mimeType(scheme)); len(types) > maxSchemes {
				return fmt.Errorf("%d schemes are registered; unregister some", maxSchemes)
			}
		}
		f.Set(entryGroup, "Type", "Application")
		f.Set(entryGroup, "Name", name)
		f.Set(entryGroup, "Exec", exec)
		f.Set(entryGroup, "Terminal", "false")
		f.Set(entryGroup, "NoDisplay", "true")
		f.SetList(entryGroup, mimeKey, types)
		return nil
	})
	if err != nil {
		return err
	}
	paths, err := lists()
	if err != nil {
		return err
	}
	for i, path := range paths {
		err := change(path, func(f *entry.File) error {
			if _, has := f.Get(defaults, mimeType(scheme)); i < len(paths)-1 && !has {
				return nil // that of a desktop counts only if it says something
			}
			others := without(f.List(defaults, mimeType(scheme)), id)
			f.SetList(defaults, mimeType(scheme), append([]string{id}, others...))
			f.SetList(removed, mimeType(scheme), without(f.List(removed, mimeType(scheme)), id))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func unregister(app plugin.App, scheme string) error {
	if err := checkSystem(); err != nil {
		return err
	}
	id, path, err := handler(app)
	if err != nil {
		return err
	}
	paths, err := lists()
	if err != nil {
		return err
	}
	for _, path := range paths { // first, so that no default is left without an entry
		err := change(path, func(f *entry.File) error {
			for _, group := range []string{defaults, added} {
				if items := f.List(group, mimeType(scheme)); slices.Contains(items, id) {
					f.SetList(group, mimeType(scheme), without(items, id))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	f, err := entry.Read(path)
	if err != nil {
		return err
	}
	types := f.List(entryGroup, mimeKey)
	switch rest := without(types, mimeType(scheme)); {
	case len(rest) == len(types):
		return nil
	case len(rest) == 0:
		return os.Remove(path)
	default:
		f.SetList(entryGroup, mimeKey, rest)
		return entry.Write(path, f.Text())
	}
}

// change writes a file if f changes it.
func change(path string, f func(*entry.File) error) error {
	file, err := entry.Read(path)
	if err != nil {
		return err
	}
	before := file.Text()
	if err := f(file); err != nil {
		return err
	}
	if after := file.Text(); !bytes.Equal(before, after) {
		return entry.Write(path, after)
	}
	return nil
}

func without(items []string, item string) []string {
	return slices.DeleteFunc(slices.Clone(items), func(s string) bool { return s == item })
}

// isRegistered looks for the default as desktops do: in the user's settings, in
// those of the system, then beside applications. The first one that is installed
// counts.
func isRegistered(app plugin.App, scheme string) (bool, error) {
	if err := checkSystem(); err != nil {
		return false, err
	}
	id, _, err := handler(app)
	if err != nil {
		return false, err
	}
	config, err := entry.ConfigDir()
	if err != nil {
		return false, err
	}
	data, err := entry.DataDir()
	if err != nil {
		return false, err
	}
	var applications []string
	for _, dir := range append([]string{data}, dirs("XDG_DATA_DIRS", "/usr/local/share:/usr/share")...) {
		applications = append(applications, filepath.Join(dir, "applications"))
	}
	for _, dir := range slices.Concat([]string{config}, dirs("XDG_CONFIG_DIRS", "/etc/xdg"), applications) {
		for _, name := range desktops() {
			f, err := entry.Read(filepath.Join(dir, name))
			if err != nil {
				if dir == config {
					return false, err
				}
				continue // that of others
			}
			for _, item := range f.List(defaults, mimeType(scheme)) {
				if installed(item, applications) {
					return item == id, nil
				}
			}
		}
	}
	return false, nil
}

// dirs are the absolute paths in a variable.
func dirs(variable, usual string) (list []string) {
	value := os.Getenv(variable)
	if value == "" {
		value = usual
	}
	for _, dir := range filepath.SplitList(value) {
		if filepath.IsAbs(dir) {
			list = append(list, dir)
		}
	}
	return list
}

// installed reports whether there is an entry of that name. Hyphens may stand
// for folders.
func installed(id string, applications []string) bool {
	if !filepath.IsLocal(id) {
		return false
	}
	for _, dir := range applications {
		name := id
		for {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return true
			}
			if !strings.Contains(name, "-") {
				break
			}
			name = strings.Replace(name, "-", "/", 1)
		}
	}
	return false
}
