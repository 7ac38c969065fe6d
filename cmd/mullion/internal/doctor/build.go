package doctor

import (
	"context"
	"encoding/json"
	"go/version"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

const (
	// minGo is what go.mod of the framework asks for.
	minGo = "1.26.8"
	// toolchainGo is the first version that fetches others by itself.
	toolchainGo = "1.21"
)

// build looks for what apps, or this one, are built with.
func (m *Machine) build(ctx context.Context) []Finding {
	list := []Finding{m.goVersion(ctx)}
	if m.Project == nil {
		return list
	}
	return append(list, m.node(ctx)...)
}

func (m *Machine) goVersion(ctx context.Context) Finding {
	f := Finding{Name: "Go", Level: OK, Advice: "Install Go from https://go.dev/dl/"}
	program, err := m.LookPath("go")
	if err != nil {
		f.Level, f.Detail = Missing, "the go command was not found"
		return f
	}
	out, err := m.Output(ctx, m.Root, program, "env", "GOVERSION", "GOTOOLCHAIN")
	lines := strings.Split(out, "\n")
	have, _, _ := strings.Cut(strings.TrimPrefix(lines[0], "go"), " ")
	if err != nil || have == "" {
		f.Level, f.Detail = Missing, program+" does not tell its version"
		return f
	}
	want := minGo
	if m.Project != nil {
		if v := goDirective(m.Project.Dir); v != "" && olderGo(want, v) {
			want = v
		}
	}
	local := len(lines) > 1 && (lines[1] == "local" || strings.HasPrefix(lines[1], "go1") && !strings.Contains(lines[1], "+"))
	f.Detail = have + " (" + program + ")"
	switch {
	case !olderGo(have, want):
		f.Advice = ""
	case !olderGo(have, toolchainGo) && !local:
		f.Detail += ", which fetches " + want + " when it builds"
		f.Advice = ""
	case local && !olderGo(have, toolchainGo):
		f.Level, f.Detail = Missing, f.Detail+" is older than "+want+", and GOTOOLCHAIN="+lines[1]+" keeps it from fetching that"
		f.Advice = "go env -u GOTOOLCHAIN, or install Go " + want + " from https://go.dev/dl/"
	default:
		f.Level, f.Detail = Missing, f.Detail+" is older than "+want
	}
	return f
}

func olderGo(v, than string) bool { return version.Compare("go"+v, "go"+than) < 0 }

// goDirective is the version that the go.mod of a folder asks for.
func goDirective(dir string) string {
	for {
		name := filepath.Join(dir, "go.mod")
		if b, err := os.ReadFile(name); err == nil {
			if f, err := modfile.ParseLax(name, b, nil); err == nil && f.Go != nil {
				return f.Go.Version
			}
			return ""
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// packageJSON is what counts of that file.
type packageJSON struct {
	PackageManager  string            `json:"packageManager"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

// managers are programs that install packages for Node, by their lock files.
var managers = []struct{ name, lock string }{
	{"pnpm", "pnpm-lock.yaml"}, {"yarn", "yarn.lock"}, {"bun", "bun.lock"}, {"bun", "bun.lockb"}, {"deno", "deno.lock"}, {"npm", "package-lock.json"},
}

// node looks for what the front end is built with, if it needs anything.
func (m *Machine) node(ctx context.Context) []Finding {
	dir, p := frontEnd(m.Project.Dir)
	if p == nil {
		return nil // what it is made of needs no bundler, or is built by us
	}
	manager := "npm"
	if name, _, _ := strings.Cut(p.PackageManager, "@"); name != "" {
		manager = name
	} else {
		for _, known := range managers {
			if _, err := os.Stat(filepath.Join(dir, known.lock)); err == nil {
				manager = known.name
				break
			}
		}
	}
	const get = "Install Node 22 or later from https://nodejs.org/en/download; that of the distribution may be too old."
	var list []Finding
	if manager != "bun" && manager != "deno" {
		f := Finding{Name: "Node", Level: OK}
		program, err := m.LookPath("node")
		version := ""
		if err == nil {
			version, err = m.Output(ctx, dir, program, "--version")
		}
		version = strings.TrimPrefix(version, "v")
		_, vite1 := p.DevDependencies["vite"]
		_, vite2 := p.Dependencies["vite"]
		switch {
		case err != nil || version == "":
			f.Level, f.Detail, f.Advice = Missing, "the front end is built with Node ("+filepath.Join(dir, "package.json")+"), which was not found", get
		case (vite1 || vite2) && !viteRuns(version):
			f.Level, f.Detail, f.Advice = Missing, version+" is too old for Vite, which wants 20.19, or 22.12 and later", get
		default:
			f.Detail = version + " (" + program + ")"
		}
		list = append(list, f)
	}
	f := Finding{Name: manager, Level: OK}
	if program, err := m.LookPath(manager); err != nil {
		f.Level, f.Detail = Missing, manager+" was not found; the front end's packages are installed with it"
		f.Advice = map[bool]string{true: get, false: "Install it: npm install -g " + manager}[manager == "npm"]
	} else if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil && len(p.Dependencies)+len(p.DevDependencies) > 0 && manager != "deno" {
		f.Level, f.Detail = Missing, "the front end's packages are not installed"
		f.Command = "cd " + command([]string{dir}) + " && " + manager + " install"
	} else {
		f.Detail = program
	}
	return append(list, f)
}

// frontEnd finds the package.json of an app, from the folder of its
// configuration up to that of the module.
func frontEnd(dir string) (string, *packageJSON) {
	for {
		if b, err := os.ReadFile(filepath.Join(dir, "package.json")); err == nil {
			var p packageJSON
			if json.Unmarshal(b, &p) != nil {
				p = packageJSON{}
			}
			return dir, &p
		}
		_, mod := os.Stat(filepath.Join(dir, "go.mod"))
		_, git := os.Stat(filepath.Join(dir, ".git"))
		up := filepath.Dir(dir)
		if mod == nil || git == nil || up == dir {
			return "", nil
		}
		dir = up
	}
}

// viteRuns reports whether Vite 7 runs on a version of Node
// (https://vite.dev/guide/#scaffolding-your-first-vite-project).
func viteRuns(version string) bool {
	v := strings.Split(version, ".")
	if part(v, 0) == 20 {
		return !older(version, "20.19")
	}
	return !older(version, "22.12")
}
