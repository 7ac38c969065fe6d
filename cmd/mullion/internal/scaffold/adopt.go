package scaffold

import (
	"context"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// command is a stub that is written.
type command struct {
	Name, Func, Permission string
	Args                   []field
	Result                 string
	Place, Rust, RustPlace string
}

// field is an argument of a command.
type field struct {
	Arg
	Field string
}

// adopted is what the templates in templates/adopt are filled in with.
type adopted struct {
	data
	Dist, Embed, ConfDir, Capability string
	DevCommand, BuildCommand, DevURL string
	Commands                         []command
	Found                            bool // the commands were found, not made up
	Channels                         bool
	Known                            []bundled.Plugin // that the project uses
	Plugins                          []string         // likewise, but they have no Go side
	SQL                              []string         // the drivers of the plugin sql
	wantsSQL, SingleInstance         bool
	Structs                          []RustStruct
}

// Project is a front end that exists, in a folder without a Go side.
type Project struct {
	Dir string
	// Kind is "Tauri" or "Vite".
	Kind string
	vite *viteProject
	conf string // the folder of Tauri's configuration, relative to Dir
}

// ErrNoProject is returned by Detect for a folder with no front end that it
// knows.
var ErrNoProject = errors.New("neither a Tauri app nor a project of Vite")

// Detect finds out what is in a folder.
func Detect(dir string) (*Project, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if hasTauri(dir) && filepath.Base(dir) == tauriDir {
		dir = filepath.Dir(dir)
	}
	if hasTauri(filepath.Join(dir, tauriDir)) {
		return &Project{Dir: dir, Kind: "Tauri", conf: tauriDir}, nil
	}
	v, err := readVite(dir)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, ErrNoProject
	}
	return &Project{Dir: dir, Kind: "Vite", vite: v}, nil
}

// Name is the name of the project: that of its folder, as far as it is one.
func (p *Project) Name() string {
	name := nameOf(filepath.Base(p.Dir))
	if CheckName(name) != nil {
		return "app"
	}
	return name
}

// Adopt writes the Go side of a project. It changes no file that exists; where
// one is in its way, it writes nothing. Options.Dir and Template are not read,
// and Identifier not where the project has a configuration.
func (p *Project) Adopt(ctx context.Context, o Options) (*Result, error) {
	name := p.Name()
	if o.Identifier == "" {
		o.Identifier = DefaultIdentifier(name)
	}
	if o.Module == "" {
		o.Module = DefaultModule(name)
	}
	if err := errors.Join(CheckIdentifier(o.Identifier), CheckModule(o.Module)); err != nil {
		return nil, err
	}
	if err := checkGo(); err != nil {
		return nil, err
	}
	r := &Result{Dir: p.Dir}
	a := &adopted{data: data{
		Name: name, Title: titleOf(name), Identifier: o.Identifier, Module: o.Module, Hue: hueOf(o.Identifier), Checkout: filepath.ToSlash(o.Source.Dir),
	}}
	a.Hue2 = a.Hue + second
	files := map[string][]byte{}
	var err error
	if p.Kind == "Tauri" {
		err = a.tauri(p, r, files)
	} else {
		err = a.viteProject(p, r, files)
	}
	if err != nil {
		return nil, err
	}
	templates := map[string]string{"main.go": "main.go", "commands.go": "commands.go", "commands_test.go": "commands_test.go"}
	if len(a.Structs) > 0 {
		templates["types.go"] = "types.go"
	}
	if len(a.Commands) > 0 || a.ConfDir == "" {
		templates["capability.json"] = path.Join(a.ConfDir, "capabilities", a.Capability+".json")
	}
	if a.ConfDir == "" {
		templates["mullion.conf.json"] = "mullion.conf.json"
	}
	for from, to := range templates {
		text, err := fill("templates/adopt/"+from+".tmpl", a)
		if err == nil && path.Ext(to) == ".go" {
			text, err = format.Source(text)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", to, err)
		}
		files[to] = text
	}
	if err := a.keepDist(ctx, p, r, files); err != nil {
		return nil, err
	}
	if err := p.inTheWay(files); err != nil {
		return nil, err
	}
	if !ignoresBin(p.Dir) {
		r.Notes = append(r.Notes, "mullion build puts programs into bin: add /bin/ to .gitignore")
	}
	var ignore []string
	for _, dir := range []string{"node_modules", tauriDir} {
		if isDir(filepath.Join(p.Dir, dir)) || dir == "node_modules" {
			ignore = append(ignore, "./"+dir)
		}
	}
	m := goModule{path: o.Module, source: o.Source, ignore: ignore}
	if a.uses("sql") {
		m.also = []string{sqlDir}
	}
	if err := put(ctx, r, files, m, nil); err != nil {
		return nil, err
	}
	return r, nil
}

// keepDist sees to it that the folder of the front end has a file, which go build
// needs, before the first build of the front end and in a fresh clone.
func (a *adopted) keepDist(ctx context.Context, p *Project, r *Result, files map[string][]byte) error {
	keep := path.Join(a.Dist, ".gitkeep")
	has := func(name string) bool {
		_, err := os.Lstat(filepath.Join(p.Dir, filepath.FromSlash(name)))
		return err == nil
	}
	if info, err := os.Stat(filepath.Join(p.Dir, filepath.FromSlash(a.Dist))); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is no folder", a.Dist)
	}
	if !has(keep) {
		files[keep] = nil
	}
	// Vite empties the folder, and copies what is in public.
	if vite, err := filepath.Glob(filepath.Join(p.Dir, "vite.config.*")); err == nil && len(vite) > 0 && !has("public/.gitkeep") {
		files["public/.gitkeep"] = nil
	}
	if p.gitIgnores(ctx, keep) {
		r.Notes = append(r.Notes, fmt.Sprintf("git leaves out %s, and go build fails without it: git add -f %s has a fresh clone build", a.Dist, keep))
	}
	return nil
}

// gitIgnores reports whether git leaves out a file, as far as it can be known.
func (p *Project) gitIgnores(ctx context.Context, name string) bool {
	if _, err := output(ctx, p.Dir, nil, "git", "check-ignore", "-q", "--no-index", name); err == nil {
		return true
	}
	// There may be no repository yet.
	first, _, _ := strings.Cut(name, "/")
	return ignores(p.Dir, path.Dir(name)) || ignores(p.Dir, first)
}

// ignoresBin reports whether git leaves out the folder of programs, as far as a
// project says what git leaves out.
func ignoresBin(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, ".gitignore"))
	return err != nil || ignores(dir, "bin")
}

// ignores reports whether the .gitignore of a folder has a line for a folder in it.
func ignores(dir, name string) bool {
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if strings.Trim(strings.TrimSpace(line), "/") == name {
			return true
		}
	}
	return false
}

// inTheWay refuses files that exist, and Go files that would be of the same
// package.
func (p *Project) inTheWay(files map[string][]byte) error {
	var there []string
	for _, name := range append(sortedKeys(files), "go.mod", "go.sum") {
		if _, err := os.Lstat(filepath.Join(p.Dir, filepath.FromSlash(name))); err == nil {
			there = append(there, name)
		}
	}
	own, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
	if err != nil {
		return err
	}
	for _, name := range own {
		if name = filepath.Base(name); !slices.Contains(there, name) {
			there = append(there, name)
		}
	}
	if len(there) > 0 {
		return term.Help(fmt.Errorf("%s has a Go side already, or files that are in the way of one: %s", p.Dir, enumerate(there, 6)),
			"nothing was changed; move them away to begin anew")
	}
	return nil
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// stubs makes the commands of what the pages call and what Rust has.
func (a *adopted) stubs(calls []Call, rust []RustCommand) {
	funcs := map[string]bool{"run": true, "quit": true, "use": true, "on": true}
	add := func(c command, args []Arg) {
		c.Func = goName(c.Name, false)
		for base, n := c.Func, 2; funcs[strings.ToLower(c.Func)] || declared[c.Func]; n++ {
			c.Func = fmt.Sprintf("%s%d", base, n)
		}
		funcs[strings.ToLower(c.Func)] = true
		c.Permission = strings.ReplaceAll(c.Name, "_", "-")
		fields := map[string]bool{}
		for _, arg := range args {
			f := field{arg, goName(arg.Name, true)}
			for base, n := f.Field, 2; fields[f.Field]; n++ {
				f.Field = fmt.Sprintf("%s%d", base, n)
			}
			fields[f.Field] = true
			if f.Optional && strings.HasPrefix(f.Type, "mullion.Channel") {
				f.Optional = false
			}
			a.Channels = a.Channels || strings.HasPrefix(f.Type, "mullion.")
			c.Args = append(c.Args, f)
		}
		a.Commands = append(a.Commands, c)
	}
	for _, call := range calls {
		c := command{Name: call.Name, Result: call.Result, Place: call.Place}
		args := call.Args
		if i := slices.IndexFunc(rust, func(r RustCommand) bool { return r.Name == call.Name }); i >= 0 {
			c.Rust, c.RustPlace = rust[i].Signature, rust[i].Place
			if c.Result == "" || c.Result == "any" || rust[i].Result != "any" {
				c.Result = rust[i].Result
			}
			args = merge(rust[i].Args, args)
		}
		if c.Result == "" {
			c.Result = "any"
		}
		add(c, args)
	}
	for _, r := range rust {
		if !slices.ContainsFunc(calls, func(c Call) bool { return c.Name == r.Name }) {
			add(command{Name: r.Name, Result: r.Result, Rust: r.Signature, RustPlace: r.Place}, r.Args)
		}
	}
	a.Found = len(a.Commands) > 0
}

// declared are the names that the files have, and those that Go predeclares
// and a reader would stumble over.
var declared = map[string]bool{
	"app": true, "files": true, "newApp": true, "errTodo": true, "missing": true, "any": true, "error": true, "string": true, "len": true,
}

// merge adds what only the pages know to the arguments that Rust has.
func merge(rust, pages []Arg) []Arg {
	all := slices.Clone(rust)
	for _, p := range pages {
		i := slices.IndexFunc(all, func(a Arg) bool { return a.Name == p.Name })
		if i < 0 {
			p.Optional = true
			all = append(all, p)
		} else if all[i].Type == "any" {
			all[i].Type = p.Type
		}
	}
	return all
}
