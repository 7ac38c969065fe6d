// Package path is the plugin of that name, which every app has: the commands
// of @tauri-apps/api/path. They only look at text, but for resolve, which begins
// at the working folder, and resolve_directory.
package path

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/plugin"
)

// paths is the plugin.
type paths struct{ app plugin.App }

// New makes the plugin.
func New() plugin.Plugin {
	p := &paths{}
	commands := plugin.Commands{
		"resolve_directory": plugin.Typed(p.resolveDirectory),
		"resolve":           plugin.Typed(func(_ context.Context, a pathsArgs) (string, error) { return resolve(a.Paths) }),
		"normalize":         plugin.Typed(func(_ context.Context, a pathArgs) (string, error) { return normalize(a.Path), nil }),
		"join":              plugin.Typed(func(_ context.Context, a pathsArgs) (string, error) { return join(a.Paths), nil }),
		"dirname":           plugin.Typed(func(_ context.Context, a pathArgs) (string, error) { return directory(a.Path) }),
		"extname":           plugin.Typed(func(_ context.Context, a pathArgs) (string, error) { return extension(a.Path) }),
		"basename":          plugin.Typed(func(_ context.Context, a basenameArgs) (string, error) { return base(a.Path, a.Ext) }),
		"is_absolute":       plugin.Typed(func(_ context.Context, a pathArgs) (bool, error) { return filepath.IsAbs(a.Path), nil }),
	}
	return plugin.Plugin{
		Name: "path", Commands: commands, Default: commands.Allow(),
		Start: func(_ context.Context, app plugin.App) error {
			p.app = app
			return nil
		},
	}
}

type pathArgs struct {
	Path string `json:"path"`
}

type pathsArgs struct {
	Paths []string `json:"paths"`
}

type directoryArgs struct {
	Directory int     `json:"directory"`
	Path      *string `json:"path,omitzero"`
}

func (p *paths) resolveDirectory(_ context.Context, a directoryArgs) (string, error) {
	dir, err := plugin.BaseDirectory(p.app, a.Directory)
	if err != nil || a.Path == nil {
		return dir, err
	}
	if a.Directory == plugin.ResourceDirectory {
		return filepath.Join(dir, bundledPath(*a.Path)), nil
	}
	return filepath.Join(dir, *a.Path), nil
}

// bundledPath is where the bundler puts a resource that was named by that
// path: it has to lie below the folder of resources, so the way up has a name.
func bundledPath(path string) string {
	volume := filepath.VolumeName(path)
	path = path[len(volume):]
	var parts []string
	if path != "" && os.IsPathSeparator(path[0]) {
		parts = append(parts, "_root_")
	}
	for _, part := range split(path) {
		if part == ".." {
			part = "_up_"
		}
		parts = append(parts, part)
	}
	return filepath.Join(parts...)
}

// split returns the parts of a path without volume, except for empty ones
// and ".".
func split(path string) []string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) })
	kept := parts[:0]
	for _, p := range parts {
		if p != "." {
			kept = append(kept, p)
		}
	}
	return kept
}

// resolve begins at the working folder; an absolute part replaces what
// came before it.
func resolve(paths []string) (string, error) {
	path, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("working folder: %w", err)
	}
	from := 0
	for i, p := range paths {
		if filepath.IsAbs(p) {
			path, from = "", i
		}
	}
	return filepath.Join(append([]string{path}, paths[from:]...)...), nil
}

// normalize keeps a separator at the end.
func normalize(path string) string {
	clean := filepath.Clean(path)
	if path != "" && os.IsPathSeparator(path[len(path)-1]) && !os.IsPathSeparator(clean[len(clean)-1]) {
		clean += string(filepath.Separator)
	}
	return clean
}

// join puts absolute parts below what came before, as if they were not.
func join(paths []string) string {
	if path := filepath.Join(paths...); path != "" {
		return path
	}
	return "."
}

var (
	errNoParent    = errors.New("path does not have a parent")
	errNoBase      = errors.New("path does not have a basename")
	errNoExtension = errors.New("path does not have an extension")
)

// directory cuts the last part off and resolves nothing, so the parent of
// "a/.." is "a". A path of one part has the parent "".
func directory(path string) (string, error) {
	trimmed := trimEnd(path)
	if len(trimmed) == len(filepath.VolumeName(trimmed)) || len(trimmed) == rootLength(trimmed) {
		return "", fmt.Errorf("%q: %w", path, errNoParent)
	}
	end := len(trimmed)
	for end > rootLength(trimmed) && !os.IsPathSeparator(trimmed[end-1]) {
		end--
	}
	return trimEnd(trimmed[:end]), nil
}

// rootLength is the length of the volume with the separator behind it.
func rootLength(path string) int {
	n := len(filepath.VolumeName(path))
	if n < len(path) && os.IsPathSeparator(path[n]) {
		n++
	}
	return n
}

// trimEnd cuts separators and "." parts off the end, but not the root.
func trimEnd(path string) string {
	root := rootLength(path)
	for len(path) > root {
		switch rest := path[root:]; {
		case os.IsPathSeparator(rest[len(rest)-1]):
			path = path[:len(path)-1]
		case len(rest) > 1 && rest[len(rest)-1] == '.' && os.IsPathSeparator(rest[len(rest)-2]):
			path = path[:len(path)-2]
		case root > 0 && rest == ".":
			path = path[:root]
		default:
			return path
		}
	}
	return path
}

type basenameArgs struct {
	Path string  `json:"path"`
	Ext  *string `json:"ext,omitzero"`
}

func base(path string, ext *string) (string, error) {
	parts := split(path[len(filepath.VolumeName(path)):])
	if len(parts) == 0 || parts[len(parts)-1] == ".." {
		return "", fmt.Errorf("%q: %w", path, errNoBase)
	}
	name := parts[len(parts)-1]
	if ext != nil {
		name = strings.TrimSuffix(name, *ext)
	}
	return name, nil
}

// extension returns what follows the last dot of the name. A dot at its
// beginning hides a file and begins no extension.
func extension(path string) (string, error) {
	if name, err := base(path, nil); err == nil {
		if dot := strings.LastIndexByte(name, '.'); dot > 0 {
			return name[dot+1:], nil
		}
	}
	return "", fmt.Errorf("%q: %w", path, errNoExtension)
}
