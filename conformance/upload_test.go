package conformance

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/upload"
)

// uploadSuite is checked by a server and by the files.
func uploadSuite(t *testing.T, _ *published) pluginSuite {
	mux := http.NewServeMux()
	mux.HandleFunc("/up", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %d %.5s %s", r.Method, r.Header.Get("Content-Type"), len(body), body, r.Header.Get("X-Own"))
	})
	mux.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, body, r.Header.Get("X-Own"))
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3000000")
		io.WriteString(w, strings.Repeat("x", 3_000_000))
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3000000")
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hello"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	suite := pluginSuite{
		options: e2e.Options{
			Permissions: []any{"allow-read", "allow-list", map[string]any{
				"identifier": "upload:default",
				"allow":      []any{map[string]any{"path": capability.EscapePath(dir) + "/**"}, map[string]any{"url": "http://127.0.0.1:*"}},
				"deny":       []any{map[string]any{"path": capability.EscapePath(dir) + "/secret"}},
			}},
			Setup: func(app *mullion.App) { app.AddPlugin(upload.New().Plugin()) },
		},
		tests: []pluginTest{
			{
				exports: []string{"upload", "HttpMethod"},
				body: `const headers = {'Content-Type': 'text/plain', 'X-Own': 'mine'}
					return [await p.upload(s + '/up', dir + '/hello'), await p.upload(s + '/up', dir + '/hello', undefined, headers, p.HttpMethod.Put),
						await p.upload(s + '/up', dir + '/hello', () => {}, new Map([['X-Own', 'map']]), p.HttpMethod.Patch),
						await failed(p.upload(s + '/none', dir + '/hello')), await failed(p.upload(s + '/up', dir + '/none')), (await failed(p.upload(s + '/up', '/etc/passwd'))).includes('forbidden path'),
						(await failed(p.upload(s + '/up', dir + '/secret'))).includes('forbidden path'), await failed(p.upload('http://localhost:1/up', dir + '/hello'))]`,
				want: fmt.Sprintf(`["POST  5 hello ","PUT text/plain 5 hello mine","PATCH  5 hello map","request failed with status code 404: 404 page not found\n",`+
					`"open %s/none: file does not exist",true,true,"url not allowed on the configured scope: http://localhost:1/up"]`, dir),
			},
			{
				exports: []string{"download"},
				body: `const got = []
					await p.download(s + '/long', dir + '/long', (x) => got.push(x))
					const sum = got.reduce((n, x) => n + x.progress, 0), last = got.at(-1)
					const up = []
					const answer = await p.upload(s + '/up', dir + '/long', (x) => up.push(x))
					return [sum, last.progressTotal, last.total, typeof last.transferSpeed, answer, up.at(-1).progressTotal, up.at(-1).total]`,
				want: `[3000000,3000000,3000000,"number","POST  3000000 xxxxx ",3000000,3000000]`,
			},
			{
				exports: []string{"download"},
				body: `await p.download(s + '/down', dir + '/got', undefined, {'X-Own': 'mine'}, 'body')
					const posted = await invoke('read', {name: 'got'})
					await p.download(s + '/down', dir + '/got')
					return [posted, await invoke('read', {name: 'got'}), await failed(p.download(s + '/cut', dir + '/got')), await failed(p.download(s + '/cut', dir + '/new')),
						await failed(p.download(s + '/none', dir + '/got')), (await failed(p.download(s + '/down', '/etc/new'))).includes('forbidden path'), await invoke('read', {name: 'got'}), await invoke('list')]`,
				want: `["POST body mine","GET  ","unexpected EOF","unexpected EOF","request failed with status code 404: 404 page not found\n",true,"GET  ",["got","hello","long"]]`,
			},
		},
	}
	setup := suite.options.Setup
	suite.options.Setup = func(app *mullion.App) {
		setup(app)
		mullion.Handle(app, "read", func(_ context.Context, a struct {
			Name string `json:"name"`
		}) (string, error) {
			data, err := os.ReadFile(filepath.Join(dir, a.Name))
			return string(data), err
		})
		mullion.Handle(app, "list", func(context.Context, struct{}) (names []string, err error) {
			entries, err := os.ReadDir(dir)
			for _, e := range entries {
				names = append(names, e.Name())
			}
			return names, err
		})
	}
	for i := range suite.tests {
		suite.tests[i].body = fmt.Sprintf("const s = %q, dir = %q, failed = (x) => x.then(() => 'done', (e) => String(e).split(': add {')[0])\n", s.URL, dir) + suite.tests[i].body
	}
	return suite
}
