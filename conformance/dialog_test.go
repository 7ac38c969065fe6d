package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/dialog"
	"github.com/mullion-dev/mullion/plugin/files"
)

// dialogSuite has files chosen at the desktop portal, and messages answered in
// their windows.
func dialogSuite(t *testing.T, _ *published) pluginSuite {
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "folder/deep/x"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	uris := func(names ...string) map[string]dbus.Variant {
		list := make([]string, len(names))
		for i, n := range names {
			list[i] = "file://" + filepath.Join(dir, n)
		}
		return map[string]dbus.Variant{"uris": dbus.MakeVariant(list)}
	}
	portal := session.StartBus(t).StartFileChooser(4, func(a session.Asked) (uint32, map[string]dbus.Variant) {
		switch a.Args[1] {
		case "many":
			return 0, uris("a.png", "b.png")
		case "folders", "deep":
			return 0, uris("folder")
		case "save":
			return 0, uris("saved.png")
		case "none":
			return 1, nil
		}
		return 0, uris("a.png")
	})
	asked := func(title string) map[string]dbus.Variant {
		a := portal.Wait(func(a session.Asked) bool { return len(a.Args) > 1 && a.Args[1] == title })
		if len(a.Args) < 3 {
			return nil
		}
		return a.Args[2].(map[string]dbus.Variant)
	}
	option := func(t *testing.T, title, key, want string) {
		t.Helper()
		if got := fmt.Sprint(asked(title)[key].Value()); got != want {
			t.Errorf("dialog %q: %s is %s, want %s", title, key, got, want)
		}
	}
	const filters = `[[Pictures [[0 *.[pP][nN][gG]] [0 *.[jJ][pP][eE][gG]]]]]`
	folder := fmt.Sprint(append([]byte(dir), 0))
	answer := func(t *testing.T, title, key string) {
		t.Helper()
		e2e.Dialog(t, title, nil)
		e2e.PressIn(t, title, key)
	}
	body := func(text string) string { return strings.ReplaceAll(text, "DIR", dir) }
	var grants *files.Grants
	return pluginSuite{
		options: e2e.Options{
			Setup: func(app *mullion.App) {
				app.AddPlugin(dialog.New(dialog.Options{}).Plugin())
				app.AddPlugin(plugin.Plugin{Name: "looker", Start: startLooker(&grants)})
				mullion.Handle(app, "granted", grantedOf(&grants))
			},
			Permissions: []any{"dialog:default", "allow-granted"},
		},
		notes: map[string]string{
			"OpenDialogOptions.canCreateDirectories": "GTK's dialog heeds it; the desktop portal has no such choice",
			"SaveDialogOptions.canCreateDirectories": "GTK's dialog heeds it; the desktop portal has no such choice",
		},
		tests: []pluginTest{
			{
				[]string{
					"open", "OpenDialogOptions.title", "OpenDialogOptions.filters", "OpenDialogOptions.defaultPath", "OpenDialogOptions.multiple",
					"OpenDialogOptions.canCreateDirectories",
				},
				body(`const one = await p.open({title: 'one', defaultPath: 'DIR', canCreateDirectories: false,
					filters: [{name: 'Pictures', extensions: ['png', 'jpeg']}]})
				const many = await p.open({title: 'many', multiple: true})
				return [one, many, await p.open({title: 'none'}), await p.open({title: 'none', multiple: true})]`),
				func(t *testing.T, _ *e2e.App) {
					option(t, "one", "filters", filters)
					option(t, "one", "current_folder", folder)
					option(t, "one", "multiple", "false")
					option(t, "many", "multiple", "true")
				}, body(`["DIR/a.png",["DIR/a.png","DIR/b.png"],null,null]`), false,
			},
			{
				[]string{"open", "OpenDialogOptions.directory", "OpenDialogOptions.recursive"},
				body(`const granted = () => invoke('granted', {paths: ['DIR/folder', 'DIR/folder/deep', 'DIR/folder/deep/x', 'DIR/none']})
				const flat = await p.open({title: 'folders', directory: true}), before = await granted()
				const deep = await p.open({title: 'deep', directory: true, recursive: true, multiple: true})
				return [flat, before, deep, await granted()]`),
				func(t *testing.T, _ *e2e.App) { option(t, "folders", "directory", "true") },
				body(`["DIR/folder",[true,true,false,false],["DIR/folder"],[true,true,true,false]]`), false,
			},
			{
				[]string{
					"save", "SaveDialogOptions.title", "SaveDialogOptions.filters", "SaveDialogOptions.defaultPath", "SaveDialogOptions.canCreateDirectories",
				},
				body(`const before = await invoke('granted', {paths: ['DIR/saved.png']})
				const path = await p.save({title: 'save', defaultPath: 'DIR/proposed.png', canCreateDirectories: true,
					filters: [{name: 'Pictures', extensions: ['png', 'jpeg']}]})
				return [path, before, await invoke('granted', {paths: ['DIR/saved.png', 'DIR/proposed.png']}), await p.save({title: 'none'})]`),
				func(t *testing.T, _ *e2e.App) {
					option(t, "save", "filters", filters)
					option(t, "save", "current_folder", folder)
					option(t, "save", "current_name", "proposed.png")
				}, body(`["DIR/saved.png",[false],[true,false],null]`), false,
			},
			{
				[]string{"OpenDialogOptions.pickerMode", "OpenDialogOptions.fileAccessMode"},
				body(`return await p.open({title: 'one', pickerMode: 'image', fileAccessMode: 'scoped'})`), nil, body(`"DIR/a.png"`), true,
			},
			{
				[]string{
					"message", "MessageDialogOptions.title", "MessageDialogOptions.kind", "MessageDialogOptions.okLabel", "MessageDialogOptions.buttons",
				},
				`return [await p.message('text', 'Message 1'), await p.message('text', {title: 'Message 2', kind: 'error', okLabel: 'Fine'}),
					await p.message('text', {title: 'Message 3', kind: 'warning', buttons: 'YesNoCancel'}),
					await p.message('text', {title: 'Message 4', buttons: {yes: 'A', no: 'B', cancel: 'C'}}),
					await p.message('text', {title: 'Message 5', buttons: {ok: 'A', cancel: 'C'}}),
					await p.message('text', {title: 'Message 6', buttons: {ok: 'A'}})]`,
				func(t *testing.T, _ *e2e.App) {
					for i, key := range []string{"Return", "Return", "Escape", "Return", "Escape", "Return"} {
						answer(t, "Message "+string(rune('1'+i)), key)
					}
				}, `["Ok","Fine","Cancel","A","C","A"]`, false,
			},
			{
				[]string{
					"ask", "confirm", "ConfirmDialogOptions.title", "ConfirmDialogOptions.kind", "ConfirmDialogOptions.okLabel", "ConfirmDialogOptions.cancelLabel",
				},
				`return [await p.ask('text', 'Ask 1'), await p.ask('text', {title: 'Ask 2', kind: 'warning'}),
					await p.ask('text', {title: 'Ask 3', okLabel: 'Do', cancelLabel: 'Leave'}),
					await p.confirm('text', 'Ask 4'), await p.confirm('text', {title: 'Ask 5', okLabel: 'Do'}), await p.confirm('text', {title: 'Ask 6', cancelLabel: 'Leave'})]`,
				func(t *testing.T, _ *e2e.App) {
					for i, key := range []string{"Return", "Escape", "Return", "Escape", "Return", "Escape"} {
						answer(t, "Ask "+string(rune('1'+i)), key)
					}
				}, `[true,false,true,false,true,false]`, false,
			},
		},
	}
}

// startLooker tells the grants of the app.
func startLooker(grants **files.Grants) func(context.Context, plugin.App) error {
	return func(_ context.Context, app plugin.App) error {
		*grants = files.GrantsOf(app)
		return nil
	}
}

type pathsArgs struct {
	Paths []string `json:"paths"`
}

// grantedOf is a command that says of paths which are granted.
func grantedOf(grants **files.Grants) func(context.Context, pathsArgs) ([]bool, error) {
	return func(_ context.Context, a pathsArgs) (all []bool, _ error) {
		for _, p := range a.Paths {
			all = append(all, (*grants).IsAllowed(p))
		}
		return all, nil
	}
}
