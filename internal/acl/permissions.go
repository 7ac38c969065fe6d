package acl

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/plugin"
)

// WithFiles adds the permission files of an app to the manifests, of which the
// first is the app's own. Those in the folder root are the app's; those in a
// folder in it that has the name of a plugin are that plugin's, and a default
// set there counts in place of the one in Go.
func WithFiles(files fs.FS, root string, manifests []capability.Manifest) ([]capability.Manifest, error) {
	result := make([]capability.Manifest, 0, len(manifests))
	var folders []string
	var errs []error
	for _, m := range manifests[1:] {
		folder := path.Join(root, m.Plugin)
		if !isFolder(files, folder) {
			result = append(result, m)
			continue
		}
		folders = append(folders, folder)
		more, err := capability.LoadPermissions(files, folder)
		if err != nil {
			errs = append(errs, fmt.Errorf("permissions of the plugin %q: %w", m.Plugin, err))
		}
		result = append(result, join(m, more))
	}
	own, err := capability.LoadPermissions(files, root, folders...)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return append([]capability.Manifest{join(manifests[0], own)}, result...), nil
}

// Plugin returns what a plugin offers to capabilities, its own files included.
func Plugin(p plugin.Plugin) (capability.Manifest, error) {
	m := capability.Manifest{
		Plugin: p.Name, Commands: slices.Sorted(maps.Keys(p.Commands)),
		Permissions: p.Permissions, Sets: p.Sets, Default: p.Default,
	}
	if p.Files == nil {
		return m, nil
	}
	files, err := capability.LoadPermissions(p.Files, ".")
	if err != nil {
		return m, fmt.Errorf("plugin %q: its permission files: %w", p.Name, err)
	}
	return join(m, files), nil
}

// join adds what files declare to a manifest.
func join(m, files capability.Manifest) capability.Manifest {
	m.Permissions = append(m.Permissions[:len(m.Permissions):len(m.Permissions)], files.Permissions...)
	m.Sets = append(m.Sets[:len(m.Sets):len(m.Sets)], files.Sets...)
	if files.Default != nil {
		m.Default = files.Default
		m.DefaultFile, m.DefaultLine, m.DefaultColumn = files.DefaultFile, files.DefaultLine, files.DefaultColumn
	}
	return m
}

func isFolder(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}
