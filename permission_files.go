package mullion

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/mullion-dev/mullion/capability"
)

// permissions adds the permission files to the manifests, of which the first
// is the app's own. Those in the folder permissions are the app's; those in a
// folder in it that has the name of a plugin are that plugin's, and a default
// set there counts in place of the one in Go.
func (a *App) permissions(manifests []capability.Manifest) ([]capability.Manifest, error) {
	if a.files == nil {
		return manifests, nil
	}
	root := path.Join(a.dir, "permissions")
	result := make([]capability.Manifest, 0, len(manifests))
	var folders []string
	var errs []error
	for _, m := range manifests[1:] {
		folder := path.Join(root, m.Plugin)
		if !isFolder(a.files, folder) {
			result = append(result, m)
			continue
		}
		folders = append(folders, folder)
		more, err := capability.LoadPermissions(a.files, folder)
		if err != nil {
			errs = append(errs, fmt.Errorf("permissions of the plugin %q: %w", m.Plugin, err))
		}
		result = append(result, join(m, more))
	}
	own, err := capability.LoadPermissions(a.files, root, folders...)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	return append([]capability.Manifest{join(manifests[0], own)}, result...), nil
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
