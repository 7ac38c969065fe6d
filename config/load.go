package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strings"
)

// ErrNotFound is what [Load] returns, wrapped, when the directory has no
// configuration file. It also matches [fs.ErrNotExist].
var ErrNotFound = fmt.Errorf("no configuration file: %w", fs.ErrNotExist)

// Options says how [Load] puts the configuration together. The zero value
// reads the files of the running system.
type Options struct {
	// Platform selects the platform file: "linux", "windows", "macos",
	// "android" or "ios"; "darwin" is taken as "macos". Empty means the system
	// that the program runs on.
	Platform string

	// Overlays are JSON objects merged last, in order, over the files: what a
	// developer passes on the command line. In errors they are called
	// overlay[0], overlay[1] and so on.
	Overlays [][]byte
}

// A family is a main file together with the pattern of its platform files.
type family struct {
	main     string
	platform string // %s is the platform
}

// families lists the main files, best first.
func families() []family {
	return []family{
		{"mullion.conf.json", "mullion.%s.conf.json"},
		{"mullion.conf.json5", "mullion.%s.conf.json5"},
		{"tauri.conf.json", "tauri.%s.conf.json"},
		{"tauri.conf.json5", "tauri.%s.conf.json5"},
		{"Tauri.toml", "Tauri.%s.toml"},
	}
}

// Load reads the configuration in the root of fsys.
//
// The main file is mullion.conf.json, tauri.conf.json or Tauri.toml (keys in
// kebab-case); two of them side by side are an error, since one would silently
// not count. Over it comes the file of the platform that stands beside it
// (mullion.linux.conf.json, tauri.windows.conf.json, Tauri.macos.toml …), then
// the overlays. Each layer is a JSON Merge Patch (RFC 7396): objects merge,
// everything else replaces, null deletes. There is one exception: a null for
// app.security.csp stays, because there a missing key means the strict default
// and null means no policy at all.
//
// JSON is read as RFC 8259 has it, without comments; a .json5 file is an error
// that matches [errors.ErrUnsupported]. The error joins one [*Error] for each
// problem found, in the order of the layers and of the lines in them.
func Load(fsys fs.FS, opts Options) (*Config, error) {
	platform, err := platformName(opts.Platform)
	if err != nil {
		return nil, err
	}
	main, data, err := mainFile(fsys)
	if err != nil {
		return nil, err
	}

	r := &reader{}
	if err := r.add(main.main, data); err != nil {
		return nil, err
	}
	name, data, err := platformFile(fsys, main, platform)
	if err != nil {
		return nil, err
	}
	if name != "" {
		if err := r.add(name, data); err != nil {
			return nil, err
		}
	}
	for i, overlay := range opts.Overlays {
		if err := r.add(fmt.Sprintf("overlay[%d]", i), overlay); err != nil {
			return nil, err
		}
	}
	return r.finish()
}

// Parse reads one configuration file without any layers over it. The name is
// used in errors, and its ending selects the format: .toml for TOML, anything
// else for JSON. Errors are those of [Load].
func Parse(name string, data []byte) (*Config, error) {
	r := &reader{}
	if err := r.add(name, data); err != nil {
		return nil, err
	}
	return r.finish()
}

// platformName turns what the caller or the runtime says into the name used
// in file names.
func platformName(name string) (string, error) {
	if name == "" {
		name = runtime.GOOS
		if name == "darwin" {
			return "macos", nil
		}
		return name, nil
	}
	switch name {
	case "darwin":
		return "macos", nil
	case "linux", "windows", "macos", "android", "ios":
		return name, nil
	}
	return "", fmt.Errorf("unknown platform %q (want linux, windows, macos, android or ios)", name)
}

// mainFile finds the one main file.
func mainFile(fsys fs.FS) (family, []byte, error) {
	var found []family
	var content []byte
	for _, f := range families() {
		data, err := fs.ReadFile(fsys, f.main)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return family{}, nil, fmt.Errorf("read configuration: %w", err)
		}
		if len(found) == 0 {
			content = data
		}
		found = append(found, f)
	}
	switch len(found) {
	case 0:
		return family{}, nil, fmt.Errorf("%w: looked for mullion.conf.json, tauri.conf.json and Tauri.toml", ErrNotFound)
	case 1:
		return found[0], content, nil
	}
	var others []string
	for _, f := range found[1:] {
		others = append(others, f.main)
	}
	list := strings.Join(others, " and ")
	return family{}, nil, fmt.Errorf("%s and %s are both main configuration files: keep %s and delete %s",
		found[0].main, list, found[0].main, list)
}

// platformFile reads the file of the platform that belongs to main. The name
// is empty if there is none. A platform file of another family is an error:
// its author expects it to count.
func platformFile(fsys fs.FS, main family, platform string) (name string, data []byte, err error) {
	want := fmt.Sprintf(main.platform, platform)
	for _, f := range families() {
		candidate := fmt.Sprintf(f.platform, platform)
		content, err := fs.ReadFile(fsys, candidate)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", nil, fmt.Errorf("read configuration: %w", err)
		}
		if candidate != want {
			return "", nil, fmt.Errorf("%s is not read beside %s: move its content to %s", candidate, main.main, want)
		}
		name, data = candidate, content
	}
	return name, data, nil
}

// A reader collects layers and their problems.
type reader struct {
	decoder
	sources int
	merged  *node
	broken  bool // a layer could not be parsed: the merged tree is incomplete
}

// add parses a layer and merges it over the earlier ones. Problems in the
// content are collected; the error is for a format that cannot be read at all.
func (r *reader) add(name string, data []byte) error {
	src := &source{name: name, order: r.sources}
	r.sources++

	var tree *node
	switch strings.ToLower(path.Ext(name)) {
	case ".json5":
		return fmt.Errorf("%s: JSON5 configuration is not read yet; rename to .json (%w)", name, errors.ErrUnsupported)
	case ".toml":
		src.kebab = true
		tree = parseTOML(&r.decoder, src, data)
	default:
		tree = parseJSON(&r.decoder, src, data)
	}
	if tree == nil {
		r.broken = true
		return nil
	}
	r.canonicalKeys(tree)
	switch {
	case src.order == 0:
		r.merged = tree // a main file is no patch: its nulls stay
	case tree.kind != objectKind:
		r.broken = true
		r.report(tree, "", "want an object, not %s", tree.kind)
	case r.merged != nil:
		r.merged = merge(r.merged, tree, "")
	}
	return nil
}

// finish decodes the merged tree and returns all that was found wrong.
func (r *reader) finish() (*Config, error) {
	cfg := &Config{}
	if !r.broken {
		r.decodeRoot(cfg, r.merged)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return cfg, nil
}
