package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/plugin/opener"
)

// openerSuite is checked at the desktop portal, at the file manager, and at
// programs that are started.
func openerSuite(t *testing.T, _ *published) pluginSuite {
	bus := session.StartBus(t)
	portal, manager := bus.StartPortal(nil), bus.StartFileManager()
	dir := t.TempDir()
	programs := filepath.Join(dir, "bin")
	for name, content := range map[string]string{
		"bin/viewer": "#!/bin/sh\nprintf '%s|' \"$@\" >'" + dir + "/viewer.got.tmp'\nmv '" + dir + "/viewer.got.tmp' \"" + dir + "/viewer.got\"\n", "one": "", "two": "",
	} {
		if err := os.MkdirAll(programs, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", programs+":"+os.Getenv("PATH"))
	viewed := func(t *testing.T, want string) {
		t.Helper()
		file := filepath.Join(dir, "viewer.got")
		if err := e2e.WaitFor(time.Minute, func() error { _, err := os.Stat(file); return err }); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want+"|" {
			t.Errorf("the program got %q, %v; want %q", got, err, want)
		}
		_ = os.Remove(file)
	}
	opened := func(method, what string) func(session.Asked) bool {
		return func(a session.Asked) bool { return a.Method == method && a.Args[1] == what }
	}
	shown := func(t *testing.T, uris ...string) {
		t.Helper()
		manager.Wait(func(a session.Asked) bool {
			return a.Method == "ShowItems" && fmt.Sprint(a.Args[0]) == fmt.Sprint(uris)
		})
	}
	body := func(text string) string { return strings.ReplaceAll(text, "DIR", dir) }
	return pluginSuite{
		options: e2e.Options{
			Setup: func(app *mullion.App) { app.AddPlugin(opener.New(opener.Options{}).Plugin()) },
			Permissions: []any{
				"opener:default",
				map[string]any{"identifier": "opener:allow-open-url", "allow": []any{map[string]any{"url": "slack://*", "app": "viewer"}}},
				map[string]any{"identifier": "opener:allow-open-path", "allow": []any{
					map[string]any{"path": dir}, map[string]any{"path": dir + "/one", "app": "viewer"},
				}},
			},
		},
		tests: []pluginTest{
			{
				[]string{"openUrl"},
				`await p.openUrl('https://example.org/a?b')
				await p.openUrl(new URL('https://example.org/url'))
				await p.openUrl('slack://channel', 'viewer')
				return [await p.openUrl('slack://channel').catch(String), await p.openUrl('https://example.org', 'viewer').catch(String)]
					.map((x) => x.split(': add {')[0])`,
				func(t *testing.T, _ *e2e.App) {
					portal.Wait(opened("OpenURI", "https://example.org/a?b"))
					portal.Wait(opened("OpenURI", "https://example.org/url"))
					viewed(t, "slack://channel")
				}, `["Not allowed to open url slack://channel","Not allowed to open url https://example.org with viewer"]`, false,
			},
			{
				[]string{"openPath"},
				body(`await p.openPath('DIR')
				await p.openPath('DIR/one', 'viewer')
				return (await p.openPath('DIR/two').catch(String)).split(': add {')[0]`),
				func(t *testing.T, _ *e2e.App) {
					portal.Wait(opened("OpenFile", dir))
					viewed(t, dir+"/one")
				}, body(`"Not allowed to open path DIR/two"`), false,
			},
			{
				[]string{"revealItemInDir"},
				body(`await p.revealItemInDir('DIR/one')
				await p.revealItemInDir(['DIR/one', 'DIR/two'])
				return (await p.revealItemInDir('DIR/none').catch(String)).includes('no such file')`),
				func(t *testing.T, _ *e2e.App) {
					shown(t, "file://"+dir+"/one")
					shown(t, "file://"+dir+"/one", "file://"+dir+"/two")
				}, `true`, false,
			},
			{ // the script of the plugin
				[]string{"openUrl"},
				`const click = (html, options = {}) => {
					const link = document.body.appendChild(document.createRange().createContextualFragment(html).firstChild)
					const event = new MouseEvent('click', {bubbles: true, cancelable: true, composed: true, ...options})
					link.dispatchEvent(event)
					link.remove()
					return event.defaultPrevented
				}
				return [click('<a target=_blank href="https://example.org/blank">x</a>'), click('<a href="#x">x</a>'),
					click('<a href="mailto:a@b.example">x</a>', {ctrlKey: true}), click('<a href="#x" target=_blank>x</a>', {altKey: true}),
					click('<a href="https://example.org/shift">x</a>', {shiftKey: true})]`,
				func(t *testing.T, _ *e2e.App) {
					for _, url := range []string{"https://example.org/blank", "mailto:a@b.example", "https://example.org/shift"} {
						portal.Wait(opened("OpenURI", url))
					}
				}, `[true,false,true,false,true]`, false,
			},
		},
	}
}
