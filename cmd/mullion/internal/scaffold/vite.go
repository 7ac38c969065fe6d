package scaffold

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// viteProject is what a project of Vite says about itself.
type viteProject struct {
	dist    string
	port    string
	manager string // one of managers
	scripts map[string]string
	https   bool
}

// managers are the package managers of front ends.
var managers = []string{"npm", "pnpm", "yarn", "bun", "deno"}

// vitePort is Vite's own.
const vitePort = "5173"

var (
	portKey   = regexp.MustCompile(`(?s)\bserver\s*:\s*\{.*?\bport\s*:\s*(\d+)`)
	httpsKey  = regexp.MustCompile(`(?s)\bserver\s*:\s*\{[^}]*\bhttps\s*:\s*[^f\s]`)
	outDirKey = regexp.MustCompile("\\boutDir\\s*:\\s*['\"`]([^'\"`$]+)['\"`]")
	portFlag  = regexp.MustCompile(`--port[ =](\d+)`)
	outFlag   = regexp.MustCompile(`--outDir[ =](\S+)`)
)

// packageJSON is what counts of that file.
type packageJSON struct {
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	PackageManager  string            `json:"packageManager"`
}

// readVite reads the project in a folder; nil is none.
func readVite(dir string) (*viteProject, error) {
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var p packageJSON
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &p); err != nil {
		return nil, term.Help(fmt.Errorf("%s: %w", filepath.Join(dir, "package.json"), err), "npm could not read it, either: mend it, and run mullion init again; nothing was written")
	}
	var config string
	configs, err := filepath.Glob(filepath.Join(dir, "vite.config.*"))
	if err != nil {
		return nil, err
	}
	for _, name := range configs {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		config = string(text)
	}
	if configs == nil && p.Dependencies["vite"] == "" && p.DevDependencies["vite"] == "" {
		return nil, nil
	}
	v := &viteProject{dist: "dist", port: vitePort, manager: "npm", scripts: p.Scripts, https: httpsKey.MatchString(config)}
	for _, of := range []struct{ lock, manager string }{ // the first one that is there
		{"package-lock.json", "npm"}, {"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"}, {"deno.lock", "deno"},
	} {
		if _, err := os.Stat(filepath.Join(dir, of.lock)); err == nil {
			v.manager = of.manager
			break
		}
	}
	if name, _, _ := strings.Cut(p.PackageManager, "@"); slices.Contains(managers, name) {
		v.manager = name
	}
	if p.DevDependencies["@sveltejs/kit"] != "" || p.Dependencies["@sveltejs/kit"] != "" {
		v.dist = "build" // of adapter-static
	} else {
		if m := outDirKey.FindStringSubmatch(config); m != nil {
			v.dist = m[1]
		}
		if m := outFlag.FindStringSubmatch(p.Scripts["build"]); m != nil {
			v.dist = m[1]
		}
	}
	if m := portKey.FindStringSubmatch(config); m != nil {
		v.port = m[1]
	}
	if m := portFlag.FindStringSubmatch(p.Scripts["dev"]); m != nil {
		v.port = m[1]
	}
	v.dist = path.Clean(filepath.ToSlash(v.dist))
	if !fs.ValidPath(v.dist) || v.dist == "." {
		return nil, term.Help(fmt.Errorf("the project builds into %q, and go build can embed a folder below the project only", v.dist),
			"set build.outDir in the configuration of Vite to a folder such as dist")
	}
	return v, nil
}

// simple is a script that runs Vite alone, to which flags can be added.
var simple = regexp.MustCompile(`^vite(\s+(dev|serve))?(\s+--[\w.=-]+(\s+[\w.-]+)?)*$`)

// devCommand starts the dev server, if possible so that it ends instead of
// taking another port.
func (v *viteProject) devCommand() string {
	script, ok := v.scripts["dev"]
	if !ok {
		return "npx vite --strictPort"
	}
	command := v.run("dev")
	if !simple.MatchString(strings.TrimSpace(script)) || strings.Contains(script, "--strictPort") {
		return command
	}
	if v.manager == "npm" {
		return command + " -- --strictPort"
	}
	return command + " --strictPort"
}

func (v *viteProject) buildCommand() string {
	if v.scripts["build"] == "" {
		return "npx vite build"
	}
	return v.run("build")
}

func (v *viteProject) run(script string) string {
	switch v.manager {
	case "yarn":
		return "yarn " + script
	case "deno":
		return "deno task " + script
	}
	return v.manager + " run " + script
}

// viteProject fills in what is known of a project of Vite.
func (a *adopted) viteProject(p *Project, r *Result, files map[string][]byte) error {
	v := p.vite
	scheme := "http"
	if v.https {
		scheme = "https"
	}
	a.Dist, a.Capability = v.dist, "main"
	a.DevCommand, a.BuildCommand, a.DevURL = v.devCommand(), v.buildCommand(), scheme+"://localhost:"+v.port
	a.Embed = "mullion.conf.json icon.png capabilities all:" + v.dist
	calls, plugins, unclear, err := Calls(os.DirFS(p.Dir))
	if err != nil {
		return err
	}
	a.stubs(calls, nil)
	if !a.Found {
		a.Commands = []command{{Name: "greet", Func: "greet", Permission: "greet", Args: []field{{Arg{Name: "name", Type: "string"}, "Name"}}}}
		r.Notes = append(r.Notes, "pages call Go by the functions that mullion dev and mullion generate write for the commands, to bindings in the sources of the front end")
	}
	a.useCalled(plugins)
	if a.wantsSQL {
		if err := a.useSQL(os.DirFS(p.Dir), "", nil); err != nil {
			return err
		}
	}
	a.notes(r, unclear, plugins)
	if files["icon.png"], err = icon(a.Hue, iconSize); err != nil {
		return err
	}
	desktop, err := fill("templates/app/linux/__identifier__.desktop.tmpl", &a.data)
	if err != nil {
		return err
	}
	files["linux/"+a.Identifier+".desktop"] = desktop
	r.Next = next(p.Dir, v.manager)
	return nil
}

// next are the commands to go on with.
func next(dir, manager string) (commands []string) {
	if _, err := exec.LookPath(manager); err != nil && manager != "npm" {
		commands = append(commands, "npm install -g "+manager)
	}
	if !isDir(filepath.Join(dir, "node_modules")) {
		commands = append(commands, manager+" install")
	}
	return append(commands, "mullion dev")
}

// notes tells what nobody but the user can decide.
func (a *adopted) notes(r *Result, unclear, plugins []string) {
	if len(unclear) > 0 {
		r.Notes = append(r.Notes, "these calls do not name their command in plain text, so there is no stub for them: "+enumerate(unclear, 5))
	}
	if len(a.Known) > 0 {
		var names []string
		for _, k := range a.Known {
			names = append(names, k.Name)
		}
		r.Notes = append(r.Notes, "main.go adds these plugins; look at what they can be given there: "+strings.Join(names, ", "))
	}
	for _, name := range pluginNames(plugins) {
		r.Notes = append(r.Notes, fmt.Sprintf("plugin %s: %s", name, pluginAdvice(name)))
	}
}

// pluginNames are the plugins of calls such as "plugin:fs|read".
func pluginNames(calls []string) (names []string) {
	for _, c := range calls {
		name, _, _ := strings.Cut(strings.TrimPrefix(c, "plugin:"), "|")
		if _, ok := bundled.ByName(name); !ok && !ofFramework(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
