package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"runtime"
	"strings"

	"github.com/mullion-dev/mullion/internal/document"
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

	// Dir is the folder with the configuration, as in "src-tauri"; empty means
	// the root. The paths in the configuration are relative to it, and may lead
	// out of it, but not out of the file system.
	Dir string

	// Overlays are JSON objects merged last, in order, over the files: what a
	// developer passes on the command line. In errors they are called
	// overlay[0], overlay[1] and so on.
	Overlays [][]byte
}

// A family is the names that one product gives to its files: those of the main
// file, best first, and for each the pattern of platform files.
type family struct {
	main      []string
	platforms []string // %s is the platform
}

// families lists the families, best first.
func families() []family {
	return []family{
		{[]string{"mullion.conf.json", "mullion.conf.json5"}, []string{"mullion.%s.conf.json", "mullion.%s.conf.json5"}},
		{[]string{"tauri.conf.json", "tauri.conf.json5", "Tauri.toml"}, []string{"tauri.%s.conf.json", "tauri.%s.conf.json5", "Tauri.%s.toml"}},
	}
}

// Load reads the configuration in a folder of fsys.
//
// The main file is mullion.conf.json, tauri.conf.json, one of these with the
// ending .json5, or Tauri.toml (keys in kebab-case); two of them side by side
// are an error, since one would silently not count. Over it comes the file of
// the platform that stands beside it, in any of the formats
// (mullion.linux.conf.json, tauri.windows.conf.json5, Tauri.macos.toml …), then
// the overlays. Each layer is a JSON Merge Patch (RFC 7396): objects merge,
// everything else replaces, null deletes. There is one exception: a null for
// app.security.csp stays, because there a missing key means the strict default
// and null means no policy at all.
//
// JSON may have what JSON5 has, such as comments and trailing commas, as Tauri
// reads it too. The error joins one [*Error] for each problem found, in the
// order of the layers and of the lines in them.
func Load(fsys fs.FS, opts Options) (*Config, error) {
	platform, err := platformName(opts.Platform)
	if err != nil {
		return nil, err
	}
	dir := path.Clean(opts.Dir)
	if !fs.ValidPath(dir) {
		return nil, fmt.Errorf("read configuration: bad folder %q: want a path below the root, with slashes", opts.Dir)
	}
	f, main, data, err := mainFile(fsys, dir)
	if err != nil {
		return nil, err
	}

	r := &reader{fsys: fsys, dir: dir}
	r.add(main, data)
	name, data, err := platformFile(fsys, dir, f, main, platform)
	if err != nil {
		return nil, err
	}
	if name != "" {
		r.add(name, data)
	}
	for i, overlay := range opts.Overlays {
		r.add(fmt.Sprintf("overlay[%d]", i), overlay)
	}
	return r.finish()
}

// Parse reads one configuration file without any layers over it. The name is
// used in errors, and its ending selects the format: .toml for TOML, anything
// else for JSON, with what JSON5 adds to it. Errors are those of [Load]; a
// version that is the path of a file is one, for there are no other files.
func Parse(name string, data []byte) (*Config, error) {
	r := &reader{}
	r.add(name, data)
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
func mainFile(fsys fs.FS, dir string) (f family, name string, data []byte, err error) {
	var found []string
	for _, candidate := range families() {
		for _, main := range candidate.main {
			content, err := fs.ReadFile(fsys, path.Join(dir, main))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return family{}, "", nil, fmt.Errorf("read configuration: %w", err)
			}
			if len(found) == 0 {
				f, data = candidate, content
			}
			found = append(found, path.Join(dir, main))
		}
	}
	switch len(found) {
	case 0:
		where := ""
		if dir != "." {
			where = " in " + dir
		}
		return family{}, "", nil, fmt.Errorf("%w: looked%s for mullion.conf.json, tauri.conf.json (or .json5) and Tauri.toml", ErrNotFound, where)
	case 1:
		return f, found[0], data, nil
	}
	others := strings.Join(found[1:], " and ")
	return family{}, "", nil, fmt.Errorf("%s and %s are both main configuration files: keep %s and delete %s", found[0], others, found[0], others)
}

// platformFile reads the file of the platform that belongs to main. The name
// is empty if there is none. A platform file of another family is an error:
// its author expects it to count. So are two.
func platformFile(fsys fs.FS, dir string, f family, main, platform string) (name string, data []byte, err error) {
	for _, other := range families() {
		for _, pattern := range other.platforms {
			candidate := path.Join(dir, fmt.Sprintf(pattern, platform))
			content, err := fs.ReadFile(fsys, candidate)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return "", nil, fmt.Errorf("read configuration: %w", err)
			}
			if other.main[0] != f.main[0] {
				want := path.Join(dir, fmt.Sprintf(f.platforms[0], platform))
				return "", nil, fmt.Errorf("%s is not read beside %s: move its content to %s", candidate, main, want)
			}
			if name != "" {
				return "", nil, fmt.Errorf("%s and %s are both for this platform: keep %s and delete %s", name, candidate, name, candidate)
			}
			name, data = candidate, content
		}
	}
	return name, data, nil
}

// A reader collects layers and their problems.
type reader struct {
	decoder
	sources int
	merged  *document.Node
	broken  bool  // a layer could not be parsed: the merged tree is incomplete
	fsys    fs.FS // where the version may be; nil for Parse
	dir     string
}

// add parses a layer and merges it over the earlier ones.
func (r *reader) add(name string, data []byte) {
	src := &document.Source{Name: name, Order: r.sources, Format: document.JSON5}
	r.sources++
	if f, _ := document.FormatOf(name); f == document.TOML {
		src.Format = document.TOML
	}
	tree := document.Parse(&r.Problems, src, data)
	if tree == nil {
		r.broken = true
		return
	}
	if r.reportOld(tree) {
		r.broken = true
		return
	}
	r.canonicalKeys(tree)
	switch {
	case src.Order == 0:
		r.merged = tree // a main file is no patch: its nulls stay
	case tree.Kind != document.Object:
		r.broken = true
		r.Report(tree, "", "want an object, not %s", tree.Kind)
	case r.merged != nil:
		r.merged = merge(r.merged, tree, "")
	}
}

// reportOld reports a file of Tauri 1, where hardly any key is what it is now.
func (r *reader) reportOld(tree *document.Node) bool {
	for _, old := range [][]string{{"tauri"}, {"package"}, {"build", "distDir"}, {"build", "devPath"}} {
		n := tree
		for _, key := range old {
			if n != nil {
				n = n.Get(key)
			}
		}
		if n == nil || n.Kind == document.Null {
			continue
		}
		r.Report(n, strings.Join(old, "."), "this is a configuration of Tauri 1, and that of Tauri 2 is read here: "+
			"migrate the project with \"npx @tauri-apps/cli@2 migrate\"")
		return true
	}
	return false
}

// finish decodes the merged tree and returns all that was found wrong.
func (r *reader) finish() (*Config, error) {
	cfg := &Config{}
	if !r.broken {
		r.decodeRoot(cfg, r.merged)
		r.version(cfg)
		cfg.Keys = keysIn(r.merged, reflect.TypeFor[Config](), "")
	}
	if err := joined(&r.Problems); err != nil {
		return nil, err
	}
	return cfg, nil
}
