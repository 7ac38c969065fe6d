package conformance

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/autostart"
)

// autostartSuite looks at the entry that desktops read.
func autostartSuite(t *testing.T, _ *published) pluginSuite {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	entries := func() string {
		list, err := os.ReadDir(filepath.Join(dir, "autostart"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err.Error()
		}
		all := ""
		for _, e := range list {
			text, err := os.ReadFile(filepath.Join(dir, "autostart", e.Name()))
			if err != nil {
				return err.Error()
			}
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "Exec=") {
					all += e.Name() + " " + filepath.Base(strings.TrimSpace(line))
				}
			}
		}
		return all
	}
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{"autostart:default", "allow-entries"},
			Setup: func(app *mullion.App) {
				app.AddPlugin(autostart.New(autostart.Options{Name: "An app", Args: []string{"--login"}}).Plugin())
				mullion.Handle(app, "entries", func(context.Context, struct{}) (string, error) { return entries(), nil })
			},
		},
		tests: []pluginTest{{
			exports: []string{"enable", "disable", "isEnabled"},
			body: `const all = [await p.isEnabled(), await invoke('entries')]
			await p.enable()
			all.push(await p.isEnabled(), await invoke('entries'))
			await p.disable()
			all.push(await p.isEnabled(), await invoke('entries'))
			await p.disable()
			return all`,
			want: `[false,"",true,"An app.desktop conformance.test\" \"--login\"",false,""]`,
		}},
	}
}
