package conformance

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"aead.dev/minisign"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/updater"
)

// updates is a server of updates and a proxy. It notes what it was asked, and the
// app what it was given to install.
type updates struct {
	*httptest.Server

	mu        sync.Mutex
	asked     []string // guarded by mu; what requests say
	installed []string // guarded by mu
}

func (u *updates) note(list *[]string, s string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	*list = append(*list, s)
}

func (u *updates) has(t *testing.T, list *[]string, want string) {
	t.Helper()
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		u.mu.Lock()
		defer u.mu.Unlock()
		if !slices.Contains(*list, want) {
			return fmt.Errorf("want %q, got %q", want, *list)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// updaterSuite has a server with a signed package and looks at what arrives there,
// and at what the app's function is given to install.
func updaterSuite(t *testing.T, _ *published) pluginSuite {
	const data = "a new program"
	public, secret, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := public.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	signed := minisign.NewReader(strings.NewReader(data))
	io.Copy(io.Discard, signed)
	signature := encode(signed.SignWithComments(secret, "timestamp:1\tversion:2.0.0", ""))
	u := &updates{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.note(&u.asked, fmt.Sprintf("%s %s", r.URL.Path, r.Header.Get("X-Page")))
		if strings.HasPrefix(r.RequestURI, "http:") {
			u.note(&u.asked, "by proxy")
		}
		switch r.URL.Path {
		case "/linux":
			fmt.Fprintf(w, `{"version": "v2.0.0", "notes": "better", "pub_date": "2026-01-02T03:04:05Z", "more": [1],
				"url": "%s/package", "signature": %q}`, u.URL, signature)
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/wrong":
			fmt.Fprintf(w, `{"version": "2.0.0", "url": "%s/other", "signature": %q}`, u.URL, signature)
		case "/package":
			io.WriteString(w, data)
		case "/other":
			io.WriteString(w, "another program")
		case "/slow":
			<-r.Context().Done()
		case "/slow-package":
			fmt.Fprintf(w, `{"version": "2.0.0", "url": "%s/slow", "signature": %q}`, u.URL, signature)
		}
	}))
	t.Cleanup(u.Close)
	install := func(_ context.Context, p updater.Package) error {
		text, err := io.ReadAll(p.File)
		u.note(&u.installed, fmt.Sprintf("%s %v", text, p.Restart))
		return err
	}
	asked := func(want string) func(*testing.T, *e2e.App) {
		return func(t *testing.T, _ *e2e.App) { u.has(t, &u.asked, want) }
	}
	installed := func(want string) func(*testing.T, *e2e.App) {
		return func(t *testing.T, _ *e2e.App) { u.has(t, &u.installed, want) }
	}
	const onlyWindows = "told to the app's function that installs; the installers of Windows come with bundles"
	return pluginSuite{
		options: e2e.Options{
			Config: fmt.Sprintf(`{"plugins": {"updater": {"endpoints": ["%s/{{target}}"], "pubkey": %q, "dangerousInsecureTransportProtocol": true}}}`,
				u.URL, encode(key)),
			Permissions: []any{"updater:default", "core:resources:default"},
			Setup:       func(app *mullion.App) { app.AddPlugin(updater.New(updater.Options{Install: install}).Plugin()) },
		},
		notes: map[string]string{
			"Update.install":                     "by the app's function `updater.Options.Install`; an error without one",
			"Update.downloadAndInstall":          "by the app's function `updater.Options.Install`; an error without one",
			"InstallOptions.restartAfterInstall": onlyWindows,
		},
		tests: []pluginTest{
			{
				exports: []string{
					"check", "Update", "UpdateMetadata.rid", "UpdateMetadata.currentVersion", "UpdateMetadata.version", "UpdateMetadata.date",
					"UpdateMetadata.body", "UpdateMetadata.rawJson",
				},
				body: `const u = await p.check()
				return [u instanceof p.Update, u.available, typeof u.rid, u.currentVersion, u.version, u.date, u.body, u.rawJson.more, await p.check({target: 'none'})]`,
				want: `[true,true,"number","1.2.3","2.0.0","2026-01-02T03:04:05Z","better",[1],null]`,
			},
			{
				exports: []string{"CheckOptions.headers", "CheckOptions.target"},
				body: `return [(await p.check({headers: {'X-Page': 'checked'}, target: 'linux'})).version,
					await p.check({target: 'mi/ne'}).catch((error) => error.startsWith('Could not fetch a valid release JSON from the remote'))]`,
				outside: asked("/linux checked"), want: `["2.0.0",true]`,
			},
			{
				exports: []string{"CheckOptions.proxy"},
				body:    fmt.Sprintf(`return [(await p.check({proxy: %q})).version, await p.check({proxy: 'ftp://a'}).catch((error) => error.startsWith('proxy'))]`, u.URL),
				outside: asked("by proxy"), want: `["2.0.0",true]`,
			},
			{
				exports: []string{"CheckOptions.timeout"},
				body:    `return await p.check({target: 'slow', timeout: 100}).catch((error) => error.includes('timeout of 100ms'))`,
				outside: asked("/slow "), want: `true`,
			},
			{
				exports: []string{"Update.download", "DownloadOptions.headers"},
				body: `const u = await p.check(), events = []
				await u.download((event) => events.push(event), {headers: new Headers({'X-Page': 'downloaded'})})
				while (events.at(-1)?.event !== 'Finished') await new Promise((resolve) => setTimeout(resolve, 5))
				const wrong = await p.check({target: 'wrong'})
				const why = await wrong.download().catch((error) => error)
				return [events[0], events.filter((e) => e.event === 'Progress').reduce((n, e) => n + e.data.chunkLength, 0), why.includes('the signature does not fit')]`,
				outside: asked("/package downloaded"), want: `[{"event":"Started","data":{"contentLength":13}},13,true]`,
			},
			{
				exports: []string{"DownloadOptions.timeout"},
				body:    `return await (await p.check({target: 'slow-package'})).download(undefined, {timeout: 100}).catch((error) => error.includes('timeout of 100ms'))`,
				outside: asked("/slow "), want: `true`,
			},
			{
				exports: []string{"Update.install", "InstallOptions.restartAfterInstall"},
				body: `const u = await p.check()
				const early = await u.install().catch((error) => error.message)
				await u.download()
				await u.install({restartAfterInstall: false})
				return [early, await u.install().catch((error) => error.message)]`,
				outside: installed("a new program false"),
				want:    `["Update.install called before Update.download","Update.install called before Update.download"]`,
			},
			{
				exports: []string{"Update.downloadAndInstall"},
				body: `const u = await p.check(), events = []
				await u.downloadAndInstall((event) => events.push(event.event))
				while (events.at(-1) !== 'Finished') await new Promise((resolve) => setTimeout(resolve, 5))
				return events[0]`,
				outside: installed("a new program true"), want: `"Started"`,
			},
			{
				exports: []string{"Update.close"},
				body: `const u = await p.check()
				await u.download()
				await u.close()
				return await u.close().then(() => false, () => true)`,
				want: `true`,
			},
		},
	}
}
