// Package acl reads what an app grants its pages, as the app itself does at
// its start, and changes the capability files. Begin with Read.
package acl

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
	app "github.com/mullion-dev/mullion/internal/acl"
	"github.com/mullion-dev/mullion/internal/builtin"
)

// Folder is where capability files are, in the folder of the configuration.
const Folder = "capabilities"

// ACL is what an app declares and grants.
type ACL struct {
	Project *project.Project
	Sources *Sources
	// Manifests are those of the framework, of the plugins that the app adds,
	// and the app's own, which is the first.
	Manifests []capability.Manifest
	// Capabilities has all files, whether they count or not, and those that
	// stand in the configuration.
	Capabilities []Capability
}

// Capability is one of an app.
type Capability struct {
	capability.Capability
	// Counts is false for one that app.security.capabilities leaves out.
	Counts bool
	// Inline is set for one that stands in the configuration.
	Inline bool
}

// Read collects what is known about an app. The error says what is wrong with
// its files; unknown permissions are found by [ACL.Resolve].
func Read(p *project.Project) (*ACL, error) {
	fsys := project.Files(p.Dir)
	a := &ACL{Project: p, Sources: readSources(p.Main)}
	if err := a.manifests(fsys); err != nil {
		return nil, err
	}
	files, err := capability.Load(fsys, Folder)
	if err != nil {
		return nil, err
	}
	listed := p.Config.App.Security.Capabilities
	for _, c := range files {
		a.Capabilities = append(a.Capabilities, Capability{Capability: c, Counts: len(listed) == 0})
	}
	for _, l := range listed {
		if l.Inline != nil {
			a.Capabilities = append(a.Capabilities, Capability{Capability: *l.Inline, Counts: true, Inline: true})
			continue
		}
		if c := a.Find(l.Identifier); c != nil {
			c.Counts = true
			continue
		}
		return nil, fmt.Errorf("app.security.capabilities of the configuration names %q, but no file in %s has that identifier", l.Identifier, Folder)
	}
	return a, nil
}

// manifests puts together what can be granted, as App.Run does.
func (a *ACL) manifests(fsys fs.FS) error {
	var errs []error
	list := []capability.Manifest{{Commands: a.Sources.Commands}}
	plugins := sortedKeys(a.Sources.Plugins)
	// A plugin that could not be read may have its permissions in a folder.
	entries, _ := fs.ReadDir(fsys, "permissions")
	for _, e := range entries {
		if e.IsDir() && e.Name() != "schemas" && !slices.Contains(plugins, e.Name()) && len(a.Sources.Unread) > 0 {
			plugins = append(plugins, e.Name())
		}
	}
	plugins = append(plugins, a.Sources.Known...)
	slices.Sort(plugins)
	for _, name := range slices.Compact(plugins) {
		m := capability.Manifest{Plugin: name, Commands: a.Sources.Plugins[name]}
		for _, id := range a.Sources.Permissions[name] {
			m.Permissions = append(m.Permissions, capability.Permission{Identifier: id})
		}
		if p, ok := bundled.ByName(name); ok && slices.Contains(a.Sources.Known, name) {
			var err error
			m, err = p.Manifest()
			errs = append(errs, err)
		}
		list = append(list, m)
	}
	list, err := app.WithFiles(fsys, "permissions", list)
	if err := errors.Join(append(errs, err)...); err != nil {
		return err
	}
	own := list[0]
	if len(a.Sources.Unread) > 0 {
		// A permission may be about a command that could not be read.
		for _, p := range own.Permissions {
			for _, name := range slices.Concat(p.Allow, p.Deny) {
				if !slices.Contains(own.Commands, name) {
					own.Commands = append(slices.Clone(own.Commands), name)
				}
			}
		}
	}
	a.Manifests = slices.Concat([]capability.Manifest{own}, builtin.Manifests(), list[1:])
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Find returns the capability of that identifier, or nil.
func (a *ACL) Find(identifier string) *Capability {
	for i := range a.Capabilities {
		if a.Capabilities[i].Identifier == identifier {
			return &a.Capabilities[i]
		}
	}
	return nil
}

// Names lists the identifiers of the capabilities.
func (a *ACL) Names() []string {
	var names []string
	for _, c := range a.Capabilities {
		names = append(names, c.Identifier)
	}
	return names
}

// Resolve applies the capabilities, as the app does at its start. Where the
// sources could not all be read, what only the missing part can know is
// assumed to exist; assumed names it.
func (a *ACL) Resolve() (auth *capability.Authority, assumed []string, err error) {
	var caps []capability.Capability
	for _, c := range a.Capabilities {
		if c.Counts {
			caps = append(caps, c.Capability)
		}
	}
	caps, _ = capability.WithoutPlugins(caps, a.Sources.Missing)
	manifests := slices.Clone(a.Manifests)
	for {
		auth, err = capability.Resolve(manifests, caps, capability.PlatformOf(runtime.GOOS))
		if err == nil || len(a.Sources.Unread) == 0 {
			return auth, assumed, err
		}
		again := false
		for _, e := range unknown(err) {
			if a.assume(&manifests, e) {
				assumed = append(assumed, e.Identifier)
				again = true
			}
		}
		if !again {
			return nil, assumed, err
		}
	}
}

// unknown finds the errors about permissions that nobody has.
func unknown(err error) (list []*capability.UnknownPermissionError) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, unknown(e)...)
		}
		return list
	}
	var e *capability.UnknownPermissionError
	if errors.As(err, &e) {
		list = append(list, e)
	}
	return list
}

// assume adds the command that an unknown permission would be about.
func (a *ACL) assume(manifests *[]capability.Manifest, e *capability.UnknownPermissionError) bool {
	plugin, base := "", e.Identifier
	if i := strings.LastIndexByte(base, ':'); i >= 0 {
		plugin, base = base[:i], base[i+1:]
	}
	if plugin == "core" || strings.HasPrefix(plugin, "core:") {
		return false
	}
	word, ok := strings.CutPrefix(base, "allow-")
	if !ok {
		word, ok = strings.CutPrefix(base, "deny-")
	}
	if !ok && (plugin == "" || base != "default") || ok && word == "" {
		return false
	}
	i := slices.IndexFunc(*manifests, func(m capability.Manifest) bool { return m.Plugin == plugin })
	if i < 0 {
		*manifests = append(*manifests, capability.Manifest{Plugin: plugin})
		i = len(*manifests) - 1
	} else if !ok {
		return false
	}
	m := &(*manifests)[i]
	if ok {
		command := strings.ReplaceAll(word, "-", "_")
		if slices.Contains(m.Commands, command) {
			return false
		}
		m.Commands = append(slices.Clone(m.Commands), command)
	}
	return true
}
