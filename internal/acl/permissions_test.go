package acl

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/capability"
)

// TestPluginPermissions: files in the folder of a plugin are the plugin's.
func TestPluginPermissions(t *testing.T) {
	files := fstest.MapFS{
		"permissions/own.toml":             {Data: []byte("[[permission]]\nidentifier = 'allow-x'\ncommands.allow = ['x']\n[default]\npermissions = ['allow-x']")},
		"permissions/other/own.toml":       {Data: []byte("[[set]]\nidentifier = 'more'\npermissions = ['allow-x']")},
		"permissions/notes/a.toml":         {Data: []byte("[[permission]]\nidentifier = 'read-all'\ncommands.allow = ['read']\n[default]\npermissions = ['read-all']")},
		"permissions/notes/sub/b.toml":     {Data: []byte("[[set]]\nidentifier = 'all'\npermissions = ['allow-read', 'read-all']")},
		"permissions/notes/schemas/s.json": {Data: []byte("{")},
	}
	got, err := WithFiles(files, "permissions", []capability.Manifest{
		{Commands: []string{"x"}},
		{Plugin: "notes", Commands: []string{"read"}, Default: []string{"allow-read"}},
		{Plugin: "fs"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range got {
		for _, p := range m.Permissions {
			names = append(names, m.Plugin+":"+p.Identifier)
		}
		for _, s := range m.Sets {
			names = append(names, m.Plugin+":"+s.Identifier)
		}
		for _, d := range m.Default {
			names = append(names, m.Plugin+":default="+d)
		}
	}
	want := []string{":allow-x", ":more", ":default=allow-x", "notes:read-all", "notes:all", "notes:default=read-all"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	caps := []capability.Capability{{Identifier: "c", Local: true, Windows: []string{"*"}, Permissions: []capability.Entry{{Identifier: "notes:all"}, {Identifier: "more"}}}}
	if _, err := capability.Resolve(got, caps, capability.Linux); err != nil {
		t.Error(err)
	}
	files["permissions/notes/c.toml"] = &fstest.MapFile{Data: []byte("[[permission]]\nx = 1")}
	files["permissions/z.toml"] = &fstest.MapFile{Data: []byte("y = 1")}
	_, err = WithFiles(files, "permissions", []capability.Manifest{{}, {Plugin: "notes"}})
	if err == nil || !strings.Contains(err.Error(), "permissions/notes/c.toml:2:1: permission[0].x: unknown key") || !strings.Contains(err.Error(), "permissions/z.toml:1:1: y: unknown key") {
		t.Errorf("got %v", err)
	}
}
