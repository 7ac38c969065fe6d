package generate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
)

// apiModule is the npm package that bindings call.
const apiModule = "@mullion/api"

// layout is where the parts of an app are.
type layout struct {
	project *project.Project
	// front is the folder of the front end's sources: that of its package.json
	// or tsconfig.json. It is empty if there is none.
	front string
	// packaged is whether front has a package.json, and hasAPI whether that
	// names @mullion/api.
	packaged, hasAPI bool
}

// layoutOf finds the sources of the front end: in the folder that
// build.frontendDist is in, or above it, as far as it is still the app's.
func layoutOf(dir string, p *project.Project) layout {
	l := layout{project: p}
	top := dir
	if rel, err := filepath.Rel(p.Dir, dir); err == nil && !strings.HasPrefix(rel, "..") {
		top = p.Dir
	}
	var candidates []string
	if dist := p.Config.Build.FrontendDist; dist != nil && dist.Dir != "" {
		for at := filepath.Dir(filepath.Join(p.Dir, filepath.FromSlash(dist.Dir))); ; at = filepath.Dir(at) {
			candidates = append(candidates, at)
			if rel, err := filepath.Rel(top, at); at == filepath.Dir(at) || err != nil || rel == "." || strings.HasPrefix(rel, "..") {
				break
			}
		}
	}
	candidates = append(candidates, p.Dir, dir, filepath.Join(p.Dir, "frontend"), filepath.Join(p.Dir, "ui"))
	for _, at := range candidates {
		text, err := os.ReadFile(filepath.Join(at, "package.json"))
		if err != nil {
			if _, err := os.Stat(filepath.Join(at, "tsconfig.json")); err == nil {
				l.front = at
				return l
			}
			continue
		}
		l.front, l.packaged = at, true
		var pkg struct {
			Dependencies    map[string]string `json:"dependencies"`
			DevDependencies map[string]string `json:"devDependencies"`
		}
		if json.Unmarshal(text, &pkg) == nil {
			_, l.hasAPI = pkg.Dependencies[apiModule]
			if !l.hasAPI {
				_, l.hasAPI = pkg.DevDependencies[apiModule]
			}
		}
		return l
	}
	return l
}

// bindings is the folder for TypeScript where the app does not name one: the
// folder bindings in the sources. It is empty where the front end has no
// TypeScript.
func (l layout) bindings() string {
	if l.front == "" {
		return ""
	}
	for _, sources := range []string{"src", "ui", "app"} {
		if dir := filepath.Join(l.front, sources); isDir(dir) {
			return filepath.Join(dir, "bindings")
		}
	}
	return filepath.Join(l.front, "bindings")
}

// ownAPI reports whether bindings need a copy of the module @mullion/api: where
// the front end has npm packages, but not this one. Without npm the tool's own
// bundler knows it.
func (l layout) ownAPI() bool { return l.packaged && !l.hasAPI }
