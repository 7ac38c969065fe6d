// Package info collects what a report about a fault should say of a machine and
// an app. Begin with Collect.
package info

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/doctor"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
)

// Section is a part of the page.
type Section struct {
	Title string `json:"title"`
	Items []Item `json:"items"`
}

// Item is a line of it.
type Item struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// framework is the module of Mullion.
const framework = "github.com/mullion-dev/mullion"

// variables are settings that change how apps run and look. None of them
// holds a secret.
var variables = []string{
	"LANG", "LC_ALL", "LANGUAGE", "XDG_SESSION_TYPE", "GDK_BACKEND", "GDK_SCALE", "GDK_DPI_SCALE", "GTK_THEME", "GTK_IM_MODULE", "XMODIFIERS",
	"WEBKIT_DISABLE_COMPOSITING_MODE", "WEBKIT_DISABLE_DMABUF_RENDERER", "LIBGL_ALWAYS_SOFTWARE", "MESA_LOADER_DRIVER_OVERRIDE", "GOFLAGS", "CGO_ENABLED",
}

// Collect looks at everything. broken is why the project could not be read, or
// nil.
func Collect(ctx context.Context, m *doctor.Machine, broken error) []Section {
	findings := m.Examine(ctx)
	sections := []Section{{"Mullion", tool()}, {"System", system(m, findings)}, {"Confinement", confinement(findings)}}
	switch {
	case m.Project != nil:
		sections = append(sections, Section{"App", app(m.Project)})
	case broken != nil:
		sections = append(sections, Section{"App", []Item{{"configuration", broken.Error()}}})
	}
	clean := cleaner(m.Getenv)
	for _, s := range sections {
		for i := range s.Items {
			s.Items[i].Value = clean(s.Items[i].Value)
		}
	}
	return sections
}

// cleaner takes out of a text what is nobody's business: where the user's home
// is, the name in other homes, and passwords in addresses.
func cleaner(getenv func(string) string) func(string) string {
	credentials := regexp.MustCompile(`//[^/\s@]+@`)
	others := regexp.MustCompile(`/(home|Users)/[^/\s]+`)
	home := strings.TrimRight(getenv("HOME"), "/")
	return func(s string) string {
		if home != "" {
			s = regexp.MustCompile(regexp.QuoteMeta(home)+`(/|\b|$)`).ReplaceAllString(s, "~$1")
		}
		s = others.ReplaceAllString(s, "/$1/…")
		return credentials.ReplaceAllString(s, "//…@")
	}
}

// Version is that of the tool, "(devel)" where Go knows none.
func Version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}

// tool tells which one this is.
func tool() []Item {
	items := []Item{{"version", Version()}, {"built with", runtime.Version() + " for " + runtime.GOOS + "/" + runtime.GOARCH}}
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return items
	}
	var revision, changed string
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				changed = ", with changes"
			}
		}
	}
	if revision != "" {
		items = append(items, Item{"commit", revision[:min(12, len(revision))] + changed})
	}
	return items
}

// system tells what apps run on.
func system(m *doctor.Machine, findings []doctor.Finding) []Item {
	var items []Item
	for _, f := range findings {
		if f.Group == "confinement" || slices.Contains([]string{"fonts", "links"}, f.Name) && f.Level == doctor.OK {
			continue
		}
		value := f.Detail
		if f.Level != doctor.OK {
			value = string(f.Level) + ": " + value
		}
		items = append(items, Item{f.Name, value})
	}
	if d := m.Getenv("XDG_CURRENT_DESKTOP"); d != "" {
		items = append(items, Item{"desktop", strings.TrimSpace(d + " " + m.Getenv("DESKTOP_SESSION"))})
	}
	items = append(items, Item{"processors", strconv.Itoa(runtime.NumCPU())})
	if container := container(m); container != "" {
		items = append(items, Item{"container", container})
	}
	for _, name := range variables {
		if v := m.Getenv(name); v != "" {
			items = append(items, Item{name, v})
		}
	}
	return items
}

// container names what this runs in, if that leaves a mark.
func container(m *doctor.Machine) string {
	for file, name := range map[string]string{".dockerenv": "Docker", "run/.containerenv": "Podman", ".flatpak-info": "Flatpak"} {
		if _, err := os.Stat(filepath.Join(m.Root, file)); err == nil {
			return name
		}
	}
	for variable, name := range map[string]string{"SNAP": "Snap", "WSL_DISTRO_NAME": "WSL"} {
		if m.Getenv(variable) != "" {
			return name
		}
	}
	return ""
}

func confinement(findings []doctor.Finding) []Item {
	var items []Item
	for _, f := range findings {
		if f.Group != "confinement" {
			continue
		}
		value := strings.TrimSuffix("holds: "+f.Detail, ": ")
		if f.Level != doctor.OK {
			value = "does not hold: " + f.Detail
		}
		items = append(items, Item{f.Name, value})
	}
	return items
}

// app tells what kind of app it is, and nothing of what it does.
func app(p *project.Project) []Item {
	var items []Item
	add := func(name, format string, args ...any) {
		items = append(items, Item{name, fmt.Sprintf(format, args...)})
	}
	if mod := readModule(p.Main); mod != nil {
		if mod.Go != nil {
			add("go.mod", "go %s", mod.Go.Version)
		}
		if mod.Module != nil && mod.Module.Mod.Path == framework {
			add("framework", "the same module")
		}
		for _, r := range mod.Require {
			if r.Mod.Path != framework {
				continue
			}
			version := r.Mod.Version
			for _, re := range mod.Replace {
				if re.Old.Path == framework {
					version += ", replaced by " + replacement(re)
				}
			}
			add("framework", "%s", version)
		}
	}
	c := p.Config
	add("windows", "%d in the configuration", len(c.App.Windows))
	if u, err := url.Parse(c.Build.DevURL); err == nil && u.Host != "" {
		add("dev server", "port %s", u.Port())
	}
	if c.Build.FrontendDist != nil {
		add("front end", "%s", described(p, packages))
	}
	if caps, err := capability.Load(project.Files(p.Dir), "capabilities"); err != nil {
		add("capabilities", "%v", err)
	} else {
		add("capabilities", "%d", len(caps))
	}
	return items
}

// replacement is where a module is taken from, without a path that only one
// machine has.
func replacement(r *modfile.Replace) string {
	if r.New.Version != "" {
		return r.New.Path + " " + r.New.Version
	}
	return "a folder"
}

func readModule(dir string) *modfile.File {
	for {
		name := filepath.Join(dir, "go.mod")
		if b, err := os.ReadFile(name); err == nil {
			f, err := modfile.ParseLax(name, b, nil)
			if err != nil {
				return nil
			}
			// Parts that ParseLax leaves out.
			if full, err := modfile.Parse(name, b, nil); err == nil {
				f = full
			}
			return f
		}
		up := filepath.Dir(dir)
		if up == dir {
			return nil
		}
		dir = up
	}
}

// packages are those of npm whose versions matter.
var packages = []string{"@tauri-apps/api", "@mullion/api", "vite", "typescript", "react", "svelte", "vue", "solid-js"}

// described names the packages of a front end.
func described(p *project.Project, names []string) string {
	for _, dir := range []string{p.Dir, p.Main} {
		b, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil {
			continue
		}
		var file struct{ Dependencies, DevDependencies map[string]string }
		if json.Unmarshal(b, &file) != nil {
			return "package.json cannot be read"
		}
		var list []string
		for _, name := range names {
			for _, from := range []map[string]string{file.Dependencies, file.DevDependencies} {
				if wanted, ok := from[name]; ok {
					list = append(list, name+" "+installed(dir, name, wanted))
					break
				}
			}
		}
		if len(list) == 0 {
			return "a package.json with none of the known packages"
		}
		return strings.Join(list, ", ")
	}
	return "without package.json"
}

// installed is the version of a package that is there, or the one that is
// wanted; a path stays here.
func installed(dir, name, wanted string) string {
	if strings.Contains(wanted, ":") && !strings.HasPrefix(wanted, "npm:") {
		wanted = "from elsewhere"
	}
	b, err := os.ReadFile(filepath.Join(dir, "node_modules", filepath.FromSlash(name), "package.json"))
	var file struct{ Version string }
	if err == nil && json.Unmarshal(b, &file) == nil && file.Version != "" {
		return file.Version
	}
	return wanted + ", not installed"
}
