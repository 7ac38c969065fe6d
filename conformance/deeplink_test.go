package conformance

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/deeplink"
)

// deepLinkSuite looks at the files that desktops read, and starts the app once
// more.
func deepLinkSuite(t *testing.T, _ *published) pluginSuite {
	conf, data := t.TempDir(), t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", conf)
	t.Setenv("XDG_DATA_HOME", data)
	const id = "dev.mullion.e2e-handler.desktop"
	// has reports which of the files name the scheme.
	has := func(scheme string) (found []string) {
		for _, file := range []string{filepath.Join(conf, "mimeapps.list"), filepath.Join(data, "applications", id)} {
			if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "x-scheme-handler/"+scheme) {
				found = append(found, filepath.Base(file))
			}
		}
		return found
	}
	return pluginSuite{
		options: e2e.Options{
			Config:         `{"plugins": {"deep-link": {"desktop": {"schemes": ["notes"]}}}}`,
			SingleInstance: true,
			Permissions:    []any{"deep-link:default", "deep-link:allow-register", "deep-link:allow-unregister", "deep-link:allow-is-registered", "core:event:default", "allow-has", "allow-open"},
			Setup: func(app *mullion.App) {
				app.AddPlugin(deeplink.New().Plugin())
				type scheme struct {
					Scheme string `json:"scheme"`
				}
				mullion.Handle(app, "has", func(_ context.Context, s scheme) ([]string, error) { return has(s.Scheme), nil })
				type link struct {
					Link string `json:"link"`
				}
				mullion.Handle(app, "open", func(_ context.Context, l link) (struct{}, error) {
					return struct{}{}, app.TellInstance(mullion.Instance{Args: []string{"app", l.Link}})
				})
			},
		},
		tests: []pluginTest{
			{
				exports: []string{"register", "unregister", "isRegistered"},
				body: `const all = [await p.isRegistered('notes'), await invoke('has', {scheme: 'notes'})]
				await p.register('notes')
				await p.register('my-scheme')
				all.push(await p.isRegistered('notes'), await invoke('has', {scheme: 'notes'}), await invoke('has', {scheme: 'my-scheme'}))
				await p.unregister('notes')
				all.push(await p.isRegistered('notes'), await invoke('has', {scheme: 'notes'}), await p.isRegistered('my-scheme'))
				await p.unregister('my-scheme')
				const refused = await Promise.allSettled([p.register('https'), p.register('../x')])
				return [...all, await p.isRegistered('my-scheme'), refused.map((x) => x.status)]`,
				want: `[false,[],true,["mimeapps.list","` + id + `"],["mimeapps.list","` + id + `"],false,[],true,false,["rejected","rejected"]]`,
			},
			{
				exports: []string{"getCurrent", "onOpenUrl"},
				body: `const all = [await p.getCurrent()]
				let heard
				const next = () => new Promise((resolve) => { heard = resolve })
				let one = next()
				const off = await p.onOpenUrl((urls) => heard(urls))
				await invoke('open', {link: 'https://example.org/'})
				await invoke('open', {link: 'notes://a?b'})
				all.push(await one, await p.getCurrent())
				one = next()
				await invoke('open', {link: 'notes:c'})
				all.push(await one)
				off()
				return all`,
				want: `[null,["notes://a?b"],["notes://a?b"],["notes:c"]]`,
			},
		},
	}
}
