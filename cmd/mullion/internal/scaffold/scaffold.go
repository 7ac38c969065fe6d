// Package scaffold makes projects: a new one from a template, or the Go side
// of a front end that exists.
//
//	r, err := scaffold.New(ctx, scaffold.Options{Dir: "notes", Template: "react"})
package scaffold

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundler"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/generate"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// Options say what is made.
type Options struct {
	// Dir is the folder of the project. Its last part is the name.
	Dir string
	// Template is the name of one of Templates.
	Template string
	// Identifier is that of the app, and Module the path of the Go module;
	// empty is a default with example.com.
	Identifier, Module string
	// Source is where the framework is.
	Source Source
}

// Result is what was made.
type Result struct {
	Dir   string   // absolute
	Files []string // relative to Dir, with slashes, sorted
	// Notes are for the user: what is left to do by hand, and why.
	Notes []string
	// Next are the commands to go on with.
	Next []string
}

// Template is a kind of project.
type Template struct {
	// Name is what the flag takes, Label what people read.
	Name, Label string
	About       string
	vite        *viteKind // nil: no Node.js is needed
}

// viteKind is what is special about a template with Vite.
type viteKind struct {
	entry, ui             string
	plugin, pluginPackage string
	jsx, jsxSource        string
	packages, dev         []Package
}

// Package is a package of npm.
type Package struct{ Name, Version string }

// Versions of what all templates with Vite use.
var (
	vite       = Package{"vite", "^8.4.0"}
	typescript = Package{"typescript", "^6.0.3"}
)

// Templates are what New can make, the default first.
var Templates = []Template{
	{Name: "vanilla", Label: "TypeScript", About: "TypeScript without a framework; needs no Node.js"},
	{Name: "react", Label: "React", About: "React and Vite", vite: &viteKind{
		entry: "main.tsx", ui: "src/App.tsx", plugin: "react", pluginPackage: "@vitejs/plugin-react", jsx: "react-jsx",
		packages: []Package{{"react", "^19.3.1"}, {"react-dom", "^19.3.1"}},
		dev:      []Package{{"@types/react", "^19.0.0"}, {"@types/react-dom", "^19.0.0"}, {"@vitejs/plugin-react", "^6.3.0"}, typescript, vite},
	}},
	{Name: "svelte", Label: "Svelte", About: "Svelte and Vite", vite: &viteKind{
		entry: "main.ts", ui: "src/App.svelte", plugin: "{ svelte }", pluginPackage: "@sveltejs/vite-plugin-svelte",
		dev: []Package{{"@sveltejs/vite-plugin-svelte", "^7.3.1"}, {"svelte", "^5.57.3"}, typescript, vite},
	}},
	{Name: "vue", Label: "Vue", About: "Vue and Vite", vite: &viteKind{
		entry: "main.ts", ui: "src/App.vue", plugin: "vue", pluginPackage: "@vitejs/plugin-vue",
		packages: []Package{{"vue", "^3.5.45"}},
		dev:      []Package{{"@vitejs/plugin-vue", "^6.0.11"}, typescript, vite},
	}},
	{Name: "solid", Label: "Solid", About: "Solid and Vite", vite: &viteKind{
		entry: "main.tsx", ui: "src/App.tsx", plugin: "solid", pluginPackage: "vite-plugin-solid", jsx: "preserve", jsxSource: "solid-js",
		packages: []Package{{"solid-js", "^1.9.20"}},
		dev:      []Package{typescript, vite, {"vite-plugin-solid", "^2.11.14"}},
	}},
}

// FindTemplate returns the template of that name.
func FindTemplate(name string) (Template, error) {
	for _, t := range Templates {
		if t.Name == name {
			return t, nil
		}
	}
	var names []string
	for _, t := range Templates {
		names = append(names, t.Name)
	}
	return Template{}, term.Help(fmt.Errorf("there is no template %q", name), "the templates are %s", strings.Join(names, ", "))
}

//go:embed all:templates
var templates embed.FS

// apiPackage is the folder of the npm package @mullion/api in the framework.
const apiPackage = "packages/api"

// data is what templates are filled in with.
type data struct {
	Name, Title, Identifier, Module, Label   string
	Hue, Hue2                                int
	Checkout                                 string // of the framework; empty: a published version
	UI                                       string
	Vite                                     bool
	Entry, Plugin, PluginCall, PluginPackage string
	JSX, JSXSource                           string
	Dependencies, DevDependencies            []Package
}

// New makes a project in a folder that does not exist yet or is empty. When it
// fails, or ctx ends, it leaves nothing behind.
func New(ctx context.Context, o Options) (*Result, error) {
	t, err := FindTemplate(o.Template)
	if err != nil {
		return nil, err
	}
	target, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(target)
	if o.Identifier == "" {
		o.Identifier = DefaultIdentifier(name)
	}
	if o.Module == "" {
		o.Module = DefaultModule(name)
	}
	if err := errors.Join(CheckName(name), CheckIdentifier(o.Identifier), CheckModule(o.Module)); err != nil {
		return nil, err
	}
	if err := CheckFolder(target); err != nil {
		return nil, err
	}
	if err := checkGo(); err != nil {
		return nil, err
	}
	d := &data{
		Name: name, Title: titleOf(name), Identifier: o.Identifier, Module: o.Module, Label: t.Label,
		Hue: hueOf(o.Identifier), Checkout: filepath.ToSlash(o.Source.Dir), UI: "ui/",
	}
	d.Hue2 = d.Hue + second
	layers := []string{"app", t.Name}
	look := map[string]string{"look/style.css.tmpl": "ui/style.css", "look/logo.svg.tmpl": "ui/public/logo.svg", "look/bindings.ts": "ui/bindings/index.ts"}
	var ignore []string
	if v := t.vite; v != nil {
		api := Package{"@mullion/api", "^" + strings.TrimPrefix(o.Source.Version, "v")}
		if o.Source.Dir != "" {
			api.Version = "file:" + path.Join(d.Checkout, apiPackage)
		}
		d.Vite, d.UI, d.Entry, d.Plugin, d.PluginCall, d.PluginPackage, d.JSX, d.JSXSource = true, v.ui, v.entry, v.plugin, strings.Trim(v.plugin, "{ }"), v.pluginPackage, v.jsx, v.jsxSource
		d.Dependencies, d.DevDependencies = append([]Package{api}, v.packages...), v.dev
		layers = append(layers, "vite")
		look = map[string]string{"look/style.css.tmpl": "src/style.css", "look/logo.svg.tmpl": "public/logo.svg", "look/bindings.ts": "src/bindings/index.ts"}
		ignore = []string{"./node_modules"}
	}
	files := map[string][]byte{}
	for _, layer := range layers {
		if err := d.layer(files, layer); err != nil {
			return nil, err
		}
	}
	for from, to := range look {
		if files[to], err = fill(path.Join("templates", from), d); err != nil {
			return nil, err
		}
	}
	if files["icon.png"], err = icon(d.Hue, iconSize); err != nil {
		return nil, err
	}
	r := &Result{Dir: target}
	err = put(ctx, r, files, goModule{path: o.Module, source: o.Source, ignore: ignore}, func(s *stage) error {
		if t.vite == nil {
			if err := bundle(s); err != nil {
				return err
			}
		}
		if _, err := generate.Run(ctx, generate.Options{Dir: s.dir}); err != nil && ctx.Err() == nil {
			r.Notes = append(r.Notes, fmt.Sprintf("the schemas for editors are missing, run mullion generate later:\n%v", err))
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	if t.vite != nil {
		r.Next = append(r.Next, "npm install")
	}
	r.Next = append(r.Next, "mullion dev")
	return r, nil
}

// iconSize is the size of the icon in pixels.
const iconSize = 512

// put writes the files of a project with its Go module, and brings them to
// their place.
func put(ctx context.Context, r *Result, files map[string][]byte, m goModule, more func(*stage) error) error {
	module, err := m.files()
	if err != nil {
		return err
	}
	for name, text := range module {
		files[name] = text
	}
	around := r.Dir
	if _, err := os.Stat(around); err != nil {
		around = filepath.Dir(around)
	}
	if file, byVariable := workspace(ctx, around); byVariable {
		r.Notes = append(r.Notes, fmt.Sprintf("GOWORK is %s, which does not list this module: unset it to build here", file))
	} else if file != "" {
		files["go.work"] = ownWorkspace(files["go.mod"])
		r.Notes = append(r.Notes, fmt.Sprintf("go.work keeps this project out of the workspace %s", file))
	}
	s, err := newStage(r.Dir)
	if err != nil {
		return err
	}
	defer s.discard()
	for name, text := range files {
		if err := s.write(name, text); err != nil {
			return err
		}
	}
	if err := tidy(ctx, s.dir); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil {
		if m.source.Dir == "" {
			return term.Help(err, "the modules that an app needs must be fetched: check the network and GOPROXY")
		}
		// What the framework itself was checked with is enough to build.
		r.Notes = append(r.Notes, fmt.Sprintf("go mod tidy failed, so go.mod and go.sum list more than they need; run it again later:\n%v", err))
	}
	if more != nil {
		if err := more(s); err != nil {
			return err
		}
	}
	made, err := s.files()
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.commit(); err != nil {
		return err
	}
	for _, name := range made {
		r.Files = append(r.Files, filepath.ToSlash(name))
	}
	slices.Sort(r.Files)
	return nil
}

// CheckFolder refuses a folder that has something in it already.
func CheckFolder(dir string) error {
	f, err := os.Open(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no permission to read %s", dir)
	case err != nil:
		return err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return term.Help(fmt.Errorf("%s exists and is not a folder", dir), "choose another name")
	}
	// A repository that was just made is empty, too.
	names = slices.DeleteFunc(names, func(n string) bool { return n == ".git" })
	if len(names) > 0 {
		slices.Sort(names)
		return term.Help(fmt.Errorf("%s is not empty: it has %s", dir, enumerate(names, 3)),
			"choose another name; in the folder of a front end with Vite or of a Tauri app, mullion init without a name adds the Go side")
	}
	return nil
}

// enumerate lists at most n names.
func enumerate(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}

// layer adds the files of a folder of templates.
func (d *data) layer(files map[string][]byte, name string) error {
	root := path.Join("templates", name)
	return fs.WalkDir(templates, root, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		to := strings.TrimPrefix(file, root+"/")
		to = strings.ReplaceAll(strings.TrimSuffix(to, ".tmpl"), "dot-", ".")
		to = strings.ReplaceAll(to, "__identifier__", d.Identifier)
		text, err := fill(file, d)
		files[to] = text
		return err
	})
}

// fill returns a file, filled in with d if it is a template.
func fill(file string, d any) ([]byte, error) {
	text, err := templates.ReadFile(file)
	if err != nil || path.Ext(file) != ".tmpl" {
		return text, err
	}
	t, err := template.New(file).Delims("<<", ">>").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if err := t.Execute(&b, d); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// bundle builds the front end of a project without Node.js, so that go build
// has something to embed.
func bundle(s *stage) error {
	b := bundler.New(bundler.Options{Dir: filepath.Join(s.dir, "ui")})
	defer b.Close()
	out, err := b.Build()
	if err != nil {
		return fmt.Errorf("bundling the front end: %w", err)
	}
	// By Write, so that the first release removes what is for development.
	return out.Write(filepath.Join(s.dir, "dist"))
}
