// Package bundler makes a front end of TypeScript, CSS and HTML that a web view
// can show, without Node.js. It is esbuild with a reader of HTML in front:
//
//	out, err := bundler.New(bundler.Options{Dir: "ui"}).Build()
//
// Every HTML file of the folder is a page. The module scripts and style sheets
// that pages name are bundled; other files that they name are copied, and so is
// the folder "public". Names and errors are relative to Dir, with slashes.
package bundler

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/mullion-dev/mullion/internal/bridge"
)

// Options say what is bundled.
type Options struct {
	// Dir has the pages.
	Dir string
	// Release makes small files without source maps, whose names change with
	// what is in them. Otherwise names stay, so that a page can load one of its
	// style sheets again.
	Release bool
}

// Output is a bundled front end.
type Output struct {
	Files    map[string][]byte // by path, without a slash in front
	Inputs   []string          // absolute names of the files that were read, outside of node_modules
	Warnings []Message
}

// Bundler bundles a front end again and again. What has not changed is not
// parsed again. It is not safe for concurrent use.
type Bundler struct {
	o       Options
	context api.BuildContext // nil: none
	entries []api.EntryPoint // of context
}

// New returns a Bundler. Close ends it.
func New(o Options) *Bundler { return &Bundler{o: o} }

// Close frees what the Bundler has kept.
func (b *Bundler) Close() {
	if b.context != nil {
		b.context.Dispose()
		b.context = nil
	}
}

// outDir is where the output would be if it were written.
const outDir = "out"

// assetsDir has all bundled files of the output.
const assetsDir = "assets"

// copied are the files that scripts and style sheets may import, or name by
// url(), and that are copied.
const copied = ".png .jpg .jpeg .gif .webp .avif .svg .ico .bmp .woff .woff2 .ttf .otf .eot .mp3 .mp4 .m4a .webm .ogg .wav .flac .aac .wasm .pdf .webmanifest"

func loaders() map[string]api.Loader {
	m := map[string]api.Loader{}
	for ext := range strings.FieldsSeq(copied) {
		m[ext] = api.LoaderFile
	}
	return m
}

// Build bundles. Mistakes in the sources are an *Error.
func (b *Bundler) Build() (*Output, error) {
	dir, err := filepath.Abs(b.o.Dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return nil, err
	}
	pages, err := readPages(dir)
	if err != nil {
		return nil, err
	}
	out := &Output{Files: map[string][]byte{}}
	if err := copyPublic(dir, out); err != nil {
		return nil, err
	}
	var names []string
	for _, p := range pages {
		out.Inputs = append(out.Inputs, filepath.Join(dir, p.name))
		for _, r := range p.refs {
			if r.bundled && !slices.Contains(names, r.name) {
				names = append(names, r.name)
			}
		}
	}
	if err := copyNamed(dir, pages, out); err != nil {
		return nil, err
	}
	made := map[string]entryOutput{}
	if len(names) > 0 {
		if made, err = b.bundle(dir, names, out); err != nil {
			return nil, err
		}
	}
	for _, p := range pages {
		out.Files[p.name] = p.rewrite(made)
	}
	return out, nil
}

// entryOutput is what was made of a file that a page names.
type entryOutput struct {
	file string
	css  string // of what a script imports; empty: nothing
}

// bundle adds the bundled files to out.
func (b *Bundler) bundle(dir string, names []string, out *Output) (map[string]entryOutput, error) {
	entries := entryPoints(names)
	if b.context == nil || !slices.Equal(entries, b.entries) {
		b.Close()
		context, err := api.Context(b.options(dir, entries))
		if err != nil {
			return nil, newError(err.Errors)
		}
		b.context, b.entries = context, entries
	}
	result := b.context.Rebuild()
	if len(result.Errors) > 0 {
		return nil, newError(result.Errors)
	}
	out.Warnings = append(out.Warnings, messages(result.Warnings)...)
	root := filepath.Join(dir, outDir)
	for _, f := range result.OutputFiles {
		name, err := filepath.Rel(root, f.Path)
		if err != nil {
			return nil, err
		}
		out.Files[filepath.ToSlash(name)] = f.Contents
	}
	var meta struct {
		Inputs  map[string]struct{}
		Outputs map[string]struct {
			EntryPoint, CSSBundle string
		}
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("the metafile of esbuild: %w", err)
	}
	for name := range meta.Inputs {
		if strings.Contains(name, ":") || slices.Contains(strings.Split(name, "/"), "node_modules") {
			continue // made by a plugin, or of a package
		}
		out.Inputs = append(out.Inputs, filepath.Join(dir, filepath.FromSlash(name)))
	}
	made := map[string]entryOutput{}
	for name, o := range meta.Outputs {
		if o.EntryPoint != "" {
			made[o.EntryPoint] = entryOutput{inOut(name), inOut(o.CSSBundle)}
		}
	}
	return made, nil
}

func inOut(name string) string { return strings.TrimPrefix(name, outDir+"/") }

// entryPoints names the output of each entry: as the file, below assets. A
// script and a style sheet of one name get two.
func entryPoints(names []string) []api.EntryPoint {
	var entries []api.EntryPoint
	taken := map[string]bool{}
	for _, name := range names {
		stem := path.Join(assetsDir, strings.TrimSuffix(name, path.Ext(name)))
		for taken[stem] {
			stem += "-" + strings.TrimPrefix(path.Ext(name), ".")
		}
		taken[stem] = true
		entries = append(entries, api.EntryPoint{InputPath: "./" + name, OutputPath: stem})
	}
	return entries
}

func (b *Bundler) options(dir string, entries []api.EntryPoint) api.BuildOptions {
	o := api.BuildOptions{
		EntryPointsAdvanced: entries,
		AbsWorkingDir:       dir,
		Bundle:              true,
		Metafile:            true,
		Splitting:           true,
		Outdir:              outDir,
		PublicPath:          "/",
		EntryNames:          "[dir]/[name]",
		ChunkNames:          assetsDir + "/chunk-[hash]",
		AssetNames:          assetsDir + "/[name]-[hash]",
		Format:              api.FormatESModule,
		Platform:            api.PlatformBrowser,
		// WebKitGTK 2.40, the oldest that apps run with, is that of Safari 16.4.
		Engines:   []api.Engine{{Name: api.EngineSafari, Version: "16.4"}},
		JSX:       api.JSXAutomatic,
		Loader:    loaders(),
		Charset:   api.CharsetUTF8,
		LogLevel:  api.LogLevelSilent,
		Sourcemap: api.SourceMapLinked,
		External:  []string{"/_mullion/*"},
		Plugins:   []api.Plugin{apiModule()},
		Define:    map[string]string{"import.meta.env.DEV": "true", "import.meta.env.PROD": "false", "import.meta.env.MODE": `"development"`},
	}
	if b.o.Release {
		o.EntryNames = "[dir]/[name]-[hash]"
		o.Sourcemap = api.SourceMapNone
		o.MinifyIdentifiers, o.MinifySyntax, o.MinifyWhitespace = true, true, true
		o.LegalComments = api.LegalCommentsLinked
		o.Define = map[string]string{"import.meta.env.DEV": "false", "import.meta.env.PROD": "true", "import.meta.env.MODE": `"production"`}
	}
	return o
}

// apiName is the module of the bridge. Where no package of that name is
// installed the one that is built in takes its place, so that a project needs
// no package manager.
const apiName = "@mullion/api"

func apiModule() api.Plugin {
	return api.Plugin{Name: "mullion", Setup: func(build api.PluginBuild) {
		const asked = "asked"
		build.OnResolve(api.OnResolveOptions{Filter: `^@mullion/api$`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			if a.PluginData == asked {
				return api.OnResolveResult{}, nil
			}
			r := build.Resolve(a.Path, api.ResolveOptions{ResolveDir: a.ResolveDir, Importer: a.Importer, Kind: a.Kind, PluginData: asked})
			if len(r.Errors) == 0 {
				return api.OnResolveResult{Path: r.Path, Namespace: r.Namespace}, nil
			}
			return api.OnResolveResult{Path: apiName, Namespace: "mullion"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "mullion"}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			text := string(bridge.API())
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
		})
	}}
}

// publicDir has files that are copied as they are.
const publicDir = "public"

func copyPublic(dir string, out *Output) error {
	root := filepath.Join(dir, publicDir)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		out.Files[filepath.ToSlash(rel)] = data
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyNamed copies what pages name and what is not bundled.
func copyNamed(dir string, pages []*page, out *Output) error {
	var missing []Message
	for _, p := range pages {
		for _, r := range p.refs {
			if r.bundled {
				continue
			}
			if _, ok := out.Files[r.name]; ok {
				continue
			}
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.name)))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				missing = append(missing, p.message(r, fmt.Sprintf("there is no file %q", r.name)))
			case err != nil:
				return err
			default:
				out.Files[r.name] = data
				out.Inputs = append(out.Inputs, filepath.Join(dir, filepath.FromSlash(r.name)))
			}
		}
	}
	if missing != nil {
		return &Error{missing}
	}
	return nil
}
