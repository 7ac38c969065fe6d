package core

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The commands of path. They only look at text, but for resolve, which begins
// at the working folder, and resolve_directory.

var pathCommands = []builtin{
	command("path", "resolve_directory", true, (*Core).cmdResolveDirectory),
	command("path", "resolve", true, func(_ *Core, _ context.Context, a pathsArgs) (string, error) { return resolvePath(a.Paths) }),
	command("path", "normalize", true, func(_ *Core, _ context.Context, a pathArgument) (string, error) { return normalizePath(a.Path), nil }),
	command("path", "join", true, func(_ *Core, _ context.Context, a pathsArgs) (string, error) { return joinPaths(a.Paths), nil }),
	command("path", "dirname", true, func(_ *Core, _ context.Context, a pathArgument) (string, error) { return pathDirectory(a.Path) }),
	command("path", "extname", true, func(_ *Core, _ context.Context, a pathArgument) (string, error) { return pathExtension(a.Path) }),
	command("path", "basename", true, func(_ *Core, _ context.Context, a basenameArgs) (string, error) { return pathBase(a.Path, a.Ext) }),
	command("path", "is_absolute", true, func(_ *Core, _ context.Context, a pathArgument) (bool, error) { return filepath.IsAbs(a.Path), nil }),
}

// baseDirectories are the numbers of BaseDirectory in @tauri-apps/api/path,
// and the variables of scopes that name the same folders.
var baseDirectories = [...]string{
	1: "AUDIO", 2: "CACHE", 3: "CONFIG", 4: "DATA", 5: "LOCALDATA", 6: "DOCUMENT", 7: "DOWNLOAD", 8: "PICTURE",
	9: "PUBLIC", 10: "VIDEO", 11: baseResource, 12: "TEMP", 13: "APPCONFIG", 14: "APPDATA", 15: "APPLOCALDATA",
	16: "APPCACHE", 17: "APPLOG", 18: "DESKTOP", 19: "EXE", 20: "FONT", 21: "HOME", 22: "RUNTIME", 23: "TEMPLATE",
}

const baseResource = "RESOURCE"

// ErrNoDirectory is returned for folders that the system does not have.
var ErrNoDirectory = errors.New("unknown path")

// Directory returns the folder with that number of BaseDirectory. It need not
// exist.
func (c *Core) Directory(number int) (string, error) {
	if number < 1 || number >= len(baseDirectories) {
		return "", fmt.Errorf("%w: no base directory has the number %d", ErrNoDirectory, number)
	}
	name := baseDirectories[number]
	if dir, ok := c.pathVariable(name); ok {
		return dir, nil
	}
	return "", fmt.Errorf("%w: this system has no folder $%s", ErrNoDirectory, name)
}

type directoryArgs struct {
	Directory int     `json:"directory"`
	Path      *string `json:"path,omitzero"`
}

func (c *Core) cmdResolveDirectory(_ context.Context, a directoryArgs) (string, error) {
	dir, err := c.Directory(a.Directory)
	if err != nil || a.Path == nil {
		return dir, err
	}
	if baseDirectories[a.Directory] == baseResource {
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
	for _, part := range splitPath(path) {
		if part == ".." {
			part = "_up_"
		}
		parts = append(parts, part)
	}
	return filepath.Join(parts...)
}

// splitPath returns the parts of a path without volume, except for empty ones
// and ".".
func splitPath(path string) []string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) })
	kept := parts[:0]
	for _, p := range parts {
		if p != "." {
			kept = append(kept, p)
		}
	}
	return kept
}

type pathsArgs struct {
	Paths []string `json:"paths"`
}

// resolvePath begins at the working folder; an absolute part replaces what
// came before it.
func resolvePath(paths []string) (string, error) {
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

// normalizePath keeps a separator at the end.
func normalizePath(path string) string {
	clean := filepath.Clean(path)
	if path != "" && os.IsPathSeparator(path[len(path)-1]) && !os.IsPathSeparator(clean[len(clean)-1]) {
		clean += string(filepath.Separator)
	}
	return clean
}

// joinPaths puts absolute parts below what came before, as if they were not.
func joinPaths(paths []string) string {
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

// pathDirectory cuts the last part off and resolves nothing, so the parent of
// "a/.." is "a". A path of one part has the parent "".
func pathDirectory(path string) (string, error) {
	trimmed := trimPathEnd(path)
	if len(trimmed) == len(filepath.VolumeName(trimmed)) || len(trimmed) == rootLength(trimmed) {
		return "", fmt.Errorf("%q: %w", path, errNoParent)
	}
	end := len(trimmed)
	for end > rootLength(trimmed) && !os.IsPathSeparator(trimmed[end-1]) {
		end--
	}
	return trimPathEnd(trimmed[:end]), nil
}

// rootLength is the length of the volume with the separator behind it.
func rootLength(path string) int {
	n := len(filepath.VolumeName(path))
	if n < len(path) && os.IsPathSeparator(path[n]) {
		n++
	}
	return n
}

// trimPathEnd cuts separators and "." parts off the end, but not the root.
func trimPathEnd(path string) string {
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

func pathBase(path string, ext *string) (string, error) {
	parts := splitPath(path[len(filepath.VolumeName(path)):])
	if len(parts) == 0 || parts[len(parts)-1] == ".." {
		return "", fmt.Errorf("%q: %w", path, errNoBase)
	}
	name := parts[len(parts)-1]
	if ext != nil {
		name = strings.TrimSuffix(name, *ext)
	}
	return name, nil
}

// pathExtension returns what follows the last dot of the name. A dot at its
// beginning hides a file and begins no extension.
func pathExtension(path string) (string, error) {
	if name, err := pathBase(path, nil); err == nil {
		if dot := strings.LastIndexByte(name, '.'); dot > 0 {
			return name[dot+1:], nil
		}
	}
	return "", fmt.Errorf("%q: %w", path, errNoExtension)
}
