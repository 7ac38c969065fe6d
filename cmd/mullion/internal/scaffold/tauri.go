package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/builtin"
)

// tauriDir is the folder of Tauri's own files in a project.
const tauriDir = "src-tauri"

// tauriConfigs are the names that the configuration may have.
var tauriConfigs = []string{"tauri.conf.json", "tauri.conf.json5", "Tauri.toml"}

func hasTauri(dir string) bool {
	return slices.ContainsFunc(tauriConfigs, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

// advice is what takes the place of a plugin of Tauri that Mullion does not have.
var advice = map[string]string{
	"localhost":  "leave it out: it opens a port to every program of the machine, and pages come without one here",
	"stronghold": "keep secrets in the system's keyring: the plugin secret",
}

func pluginAdvice(name string) string {
	return cmp.Or(advice[name], "it has no Go side yet: write a command in Go for what the pages need of it")
}

// ofFramework reports whether the framework itself has the plugin.
func ofFramework(name string) bool {
	prefix, _, _ := strings.Cut(name, ":")
	return prefix == "core" || slices.ContainsFunc(builtin.Manifests(), func(m capability.Manifest) bool {
		own, _ := strings.CutPrefix(m.Plugin, "core:")
		return m.Plugin == name || own == name
	})
}

// rustPlugin is a plugin among the dependencies in Cargo.toml, also as a table
// of its own.
var rustPlugin = regexp.MustCompile(`(?m)^\s*(?:\[(?:target\..*\.)?dependencies\.)?"?tauri-plugin-([a-z0-9-]+)"?\s*[=.\]]`)

// tauri fills in what is known of a Tauri app.
func (a *adopted) tauri(p *Project, r *Result, files map[string][]byte) error {
	root := project.Files(p.Dir)
	conf, err := config.Load(root, config.Options{Dir: p.conf})
	if err != nil {
		return term.Help(fmt.Errorf("the configuration of the Tauri app: %w", err), "mend it, and run mullion init again; nothing was written")
	}
	a.ConfDir, a.Capability = p.conf, "go-commands"
	a.Identifier = conf.Identifier
	a.Title = cmp.Or(conf.ProductName, a.Title)
	dist := conf.Build.FrontendDist
	if dist == nil || dist.Dir == "" {
		return term.Help(errors.New("build.frontendDist of the Tauri app is no folder, and only a folder can be built in"),
			"set it to the folder that the front end is built into, such as ../dist")
	}
	a.Dist = path.Join(p.conf, filepath.ToSlash(dist.Dir))
	if !fs.ValidPath(a.Dist) || a.Dist == "." {
		return term.Help(fmt.Errorf("build.frontendDist %q leads out of %s, or to all of it, and go build cannot embed that", dist.Dir, p.Dir),
			"have the front end built into a folder of the project, such as ../dist")
	}
	a.embed(p, conf)

	calls, plugins, unclear, err := Calls(root)
	if err != nil {
		return err
	}
	src := path.Join(p.conf, "src")
	var rust []RustCommand
	if sub, err := fs.Sub(root, src); err == nil && isDir(filepath.Join(p.Dir, p.conf, "src")) {
		if rust, a.Structs, err = RustCommands(sub); err != nil {
			return err
		}
	}
	for i := range a.Structs {
		a.Structs[i].Place = path.Join(src, a.Structs[i].Place)
	}
	for i := range rust {
		rust[i].Place = path.Join(src, rust[i].Place)
	}
	a.stubs(calls, rust)
	if err := a.capabilities(p, r, root, conf, plugins); err != nil {
		return err
	}
	a.tauriNotes(r, plugins, unclear)
	r.Next = next(p.Dir, managerOf(conf))
	return nil
}

// managerOf is the package manager that the configuration calls.
func managerOf(conf *config.Config) string {
	if c := conf.Build.BeforeDevCommand; c != nil {
		if name, _, _ := strings.Cut(strings.TrimSpace(c.Script), " "); slices.Contains(managers, name) {
			return name
		}
	}
	return "npm"
}

// embed says what go build embeds.
func (a *adopted) embed(p *Project, conf *config.Config) {
	var list []string
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(p.Dir, filepath.FromSlash(name)))
		return err == nil
	}
	add := func(name string) {
		if has(name) && fs.ValidPath(name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	entries, _ := os.ReadDir(filepath.Join(p.Dir, p.conf))
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if strings.HasPrefix(name, "tauri.") && (strings.Contains(name, ".conf.json") || strings.HasSuffix(name, ".toml")) {
			add(path.Join(p.conf, e.Name()))
		}
	}
	list = append(list, path.Join(p.conf, "capabilities"))
	for _, icon := range conf.Bundle.Icon {
		if path.Ext(icon) == ".png" {
			add(path.Join(p.conf, icon))
		}
	}
	if conf.App.TrayIcon != nil {
		add(path.Join(p.conf, filepath.ToSlash(conf.App.TrayIcon.IconPath)))
	}
	add("package.json") // version may lead there
	a.Embed = strings.Join(append(list, "all:"+a.Dist), " ")
}

// capabilities looks at what the capability files grant.
func (a *adopted) capabilities(p *Project, r *Result, root fs.FS, conf *config.Config, called []string) error {
	caps, err := capability.Load(root, path.Join(p.conf, "capabilities"))
	if err != nil {
		return term.Help(fmt.Errorf("the capability files of the Tauri app: %w", err), "mend them, and run mullion init again; nothing was written")
	}
	for _, c := range caps {
		for _, e := range c.Permissions {
			if i := strings.LastIndexByte(e.Identifier, ':'); i >= 0 {
				a.use(e.Identifier[:i])
			}
		}
	}
	a.useCalled(called)
	// Some plugins are used by Rust alone.
	cargo, err := os.ReadFile(filepath.Join(p.Dir, p.conf, "Cargo.toml"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, m := range rustPlugin.FindAllSubmatch(cargo, -1) {
		a.use(string(m[1]))
	}
	if a.wantsSQL {
		if err := a.useSQL(root, p.conf, cargo); err != nil {
			return err
		}
		r.Notes = append(r.Notes, fmt.Sprintf("plugin sql: main.go has the drivers %s; migrations of Rust go into sql.Options.Migrations there", strings.Join(a.SQL, ", ")))
	}
	if a.SingleInstance {
		r.Notes = append(r.Notes, "plugin single-instance: a further start brings the main window to the front; what else Rust did then goes into main.go")
	}
	if own := conf.App.Security.Capabilities; len(own) > 0 && len(a.Commands) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("app.security.capabilities lists the capabilities that count: add %q to it", a.Capability))
	}
	if isDir(filepath.Join(p.Dir, p.conf, "permissions")) {
		r.Notes = append(r.Notes, fmt.Sprintf("%s/permissions is not embedded: add to main.go what declares permissions of the app's own commands", p.conf))
	}
	return nil
}

// frontOnStart makes the plugin single-instance.
const frontOnStart = `singleinstance.New(func(args []string, dir string) {
		if w, err := m.Window("main"); err == nil {
			_ = w.Focus(ctx)
		}
	})`

// use has main.go add a plugin, or name it as missing.
func (a *adopted) use(name string) {
	k, ok := bundled.ByName(name)
	switch {
	case a.uses(name):
	case name == "sql":
		a.wantsSQL = true
	case name == "single-instance":
		a.SingleInstance, k.New = true, frontOnStart
		a.Known = append(a.Known, k)
	case ok:
		a.Known = append(a.Known, k)
	case !ofFramework(name):
		a.Plugins = appendNew(a.Plugins, name)
	}
}

// useCalled uses what sources call or import, such as "plugin:fs|read" and
// "plugin:fs".
func (a *adopted) useCalled(calls []string) {
	for _, c := range calls {
		name, _, _ := strings.Cut(strings.TrimPrefix(c, "plugin:"), "|")
		a.use(name)
	}
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// tauriNotes tells what is to be done by hand.
func (a *adopted) tauriNotes(r *Result, plugins, unclear []string) {
	if len(a.Commands) > 0 {
		lines := make([]string, 0, len(a.Commands))
		for _, c := range a.Commands {
			line := "  " + c.Name
			if c.Rust != "" {
				line = fmt.Sprintf("  %s (%s)", c.Rust, c.RustPlace)
			}
			lines = append(lines, line)
		}
		r.Notes = append(r.Notes, "write these commands in commands.go; until then calls of them fail:\n"+strings.Join(lines, "\n"))
		r.Notes = append(r.Notes, fmt.Sprintf("%s/capabilities/%s.json grants them; Tauri's own build does not know these permissions, so move the file away while you use that", a.ConfDir, a.Capability))
	}
	for _, name := range a.Plugins {
		plugins = append(plugins, "plugin:"+name)
	}
	a.notes(r, unclear, plugins)
}
