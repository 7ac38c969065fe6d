package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/files"
	"github.com/mullion-dev/mullion/plugin/persistedscope"
)

// TestKeptGrants: a page does not write what users have allowed into the file of
// plugin persisted-scope, nor into a file that the app forbids while it runs.
func TestKeptGrants(t *testing.T) {
	kept := persistedscope.New()
	var data string
	forbids := plugin.Plugin{Name: "forbids", Start: func(_ context.Context, app plugin.App) error {
		dir, _ := app.Directory("APPDATA")
		return files.GrantsOf(app).ForbidFile(filepath.Join(dir, "mine.json"))
	}}
	app := mulliontest.Start(t, run(New(Options{}), &data, "", kept.Plugin(), forbids), nil)
	page := app.Page("main")
	load(t, page, "other.json", nil)
	for _, path := range []string{
		".persisted-scope.json", "./.persisted-scope.json", ".persisted-scope.json.broken", "..persisted-scope.json.0011223344556677.part~", kept.Path(),
		"mine.json",
	} {
		if err := page.Call("plugin:store|load", object{"path": path, "options": object{
			"createNew": true, "autoSave": 0, "defaults": object{"version": 1, "grants": []object{{"path": "/", "directory": true, "recursive": true}}},
		}}, nil); err == nil {
			t.Errorf("%s was loaded", path)
		} else if !strings.Contains(err.Error(), "forbidden path") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got := text(t, filepath.Join(data, ".persisted-scope.json")); strings.Contains(got, "recursive") {
		t.Errorf("the file has %q", got)
	}
}
