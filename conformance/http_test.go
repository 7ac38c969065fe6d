package conformance

import (
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/httpclient"
)

// httpSuite is checked by the servers that requests arrive at.
func httpSuite(t *testing.T, _ *published) pluginSuite {
	gone := make(chan struct{}, 10)
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Latin", "caf\xe9")
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		fmt.Fprintf(w, "%s %s %s %s %q", r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("X-Own"), body)
	})
	mux.HandleFunc("/head", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %t %s", r.Header.Get("Origin"), r.Header.Get("Cookie") == "seen=1", r.Header.Get("Referer"))
	})
	mux.HandleFunc("/to/{n}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Repeat("x", len(r.PathValue("n"))-1), http.StatusFound)
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/secret", http.StatusFound) })
	mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for i := range 300_000 {
			fmt.Fprintf(z, "%09d\n", i)
		}
		z.Close()
	})
	mux.HandleFunc("/hang", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("body") != "" {
			io.WriteString(w, "begun")
			http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
		gone <- struct{}{}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	secure := httptest.NewUnstartedServer(mux)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that do not trust it
	secure.StartTLS()
	t.Cleanup(secure.Close)
	proxied := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
		proxied <- fmt.Sprint(r.Method, " ", r.RequestURI, " ", user, " ", password)
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	t.Cleanup(proxy.Close)
	// A port at which connections wait for somebody who never answers.
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deaf.Close() })
	abort := func(t *testing.T, _ *e2e.App) { <-gone }
	through := func(want ...string) func(*testing.T, *e2e.App) {
		return func(t *testing.T, _ *e2e.App) {
			for _, w := range want {
				if got := <-proxied; got != w {
					t.Errorf("the proxy got %q, want %q", got, w)
				}
			}
		}
	}
	local := strings.Replace(secure.URL, "127.0.0.1", "localhost", 1)
	vars := fmt.Sprintf("const s = %q, secure = %q, local = %q, proxy = %q, deaf = 'https://%s'\n"+
		"const text = async (url, init) => (await p.fetch(url, init)).text()\nconst failed = (url, init) => p.fetch(url, init).then((r) => 'status ' + r.status, (e) => String(e.message ?? e).split(': add {')[0])\n",
		s.URL, secure.URL, local, proxy.URL, deaf.Addr())
	suite := pluginSuite{
		options: e2e.Options{
			Permissions: []any{map[string]any{
				"identifier": "http:default",
				"allow":      []any{map[string]any{"url": "http://127.0.0.1:*"}, "https://127.0.0.1:*", "https://localhost:*", "http://*.test", "https://*.test"},
				"deny":       []any{map[string]any{"url": "http://127.0.0.1:*/secret"}},
			}},
			Setup: func(app *mullion.App) {
				app.AddPlugin(httpclient.New(httpclient.Options{DangerousSettings: true}).Plugin())
			},
		},
		tests: []pluginTest{
			{
				exports: []string{"fetch"},
				body: `const r = await p.fetch(s + '/echo?a=1', {method: 'POST', body: 'hi', headers: {'X-Own': 'mine', Cookie: 'a=b'}})
					const c = r.clone()
					return [r.status, r.statusText, r.ok, r.url === s + '/echo?a=1', r.headers.get('x-latin'), r.headers.getSetCookie(), await r.text(), await c.text()]`,
				want: `[200,"OK",true,true,"café",["seen=1"],"POST /echo?a=1 text/plain;charset=UTF-8 mine \"hi\"","POST /echo?a=1 text/plain;charset=UTF-8 mine \"hi\""]`,
			},
			{
				exports: []string{"fetch"},
				body: `const form = new FormData()
					form.set('k', 'v')
					return [await text(s + '/head'), await text(new URL(s + '/echo'), {method: 'PUT', body: new Uint8Array([0, 255])}),
						await text(new Request(s + '/echo', {method: 'DELETE'})), (await text(s + '/echo', {method: 'POST', body: form})).includes('name=\\"k\\"\\r\\n\\r\\nv'),
						(await p.fetch(s + '/missing')).status, await (await p.fetch(s + '/none')).text(), await text('data:text/plain,a%20b')]`,
				want: `["app://localhost true ","PUT /echo   \"\\x00\\xff\"","DELETE /echo   \"\"",true,404,"","a b"]`,
			},
			{
				exports: []string{"fetch"},
				body:    `const all = await text(s + '/long'); return [all.length, all.slice(-10)]`, want: `[3000000,"000299999\n"]`,
			},
			{
				exports: []string{"fetch"},
				body: `return [await failed(s + '/secret'), await failed(s + '/elsewhere'), await failed('http://localhost:1/'), await failed('https://example.com'),
					await failed(s.replace('127.0.0.1', '2130706433') + '/secret'), await failed('http://169.254.169.254/'), await failed('file:///etc/passwd'),
					(await failed(s.replace('127.0.0.1', 'a.test@127.0.0.1'))) !== 'status 404'].map((x) => typeof x === 'string' ? x.replaceAll(s, 'S') : x)`,
				want: `["url not allowed on the configured scope: S/secret","url not allowed on the configured scope: S/secret",` +
					`"url not allowed on the configured scope: http://localhost:1/","url not allowed on the configured scope: https://example.com/",` +
					`"url not allowed on the configured scope: S/secret","url not allowed on the configured scope: http://169.254.169.254/","scheme file not supported",true]`,
			},
			{
				exports: []string{"fetch"},
				body: `const a = new AbortController()
					setTimeout(() => a.abort(), 200)
					return [await failed(s + '/hang', {signal: a.signal}), await failed(s + '/hang', {signal: a.signal})]`,
				outside: abort, want: `["Request canceled","Request cancelled"]`,
			},
			{
				exports: []string{"fetch"},
				body: `const a = new AbortController()
					const r = (await p.fetch(s + '/hang?body=1', {signal: a.signal})).body.getReader()
					const first = new TextDecoder().decode((await r.read()).value)
					const next = r.read().catch((e) => String(e))
					a.abort()
					return [first, await next]`,
				outside: abort, want: `["begun","Request cancelled"]`,
			},
			{
				exports: []string{"fetch"},
				body: `const r = (await p.fetch(s + '/hang?body=1')).body.getReader()
					await r.read()
					await r.cancel()`,
				outside: abort, want: `null`,
			},
			{
				exports: []string{"ClientOptions.maxRedirections"},
				body: `const r = await p.fetch(s + '/to/xxx', {maxRedirections: 0})
					return [r.status, r.headers.get('location'), await failed(s + '/to/xxx', {maxRedirections: 3}), (await failed(s + '/to/xxx', {maxRedirections: 2})).includes('too many redirects'),
						(await failed(s + '/to/xxxxxxxxxxx')).includes('too many redirects'), await failed(s + '/to/xxxxxxxxxx')]`,
				want: `[302,"/to/xx","status 404",true,true,"status 404"]`,
			},
			{
				exports: []string{"ClientOptions.connectTimeout"},
				body:    `return (await failed(deaf, {connectTimeout: 100})).includes('timeout')`, want: `true`,
			},
			{
				exports: []string{"ClientOptions.proxy", "Proxy.all", "Proxy.http", "Proxy.https", "ProxyConfig.url"},
				body: `return [await failed('http://a.test/1', {proxy: {all: proxy}}), await failed('http://a.test/2', {proxy: {http: proxy, https: 'http://127.0.0.1:1'}}),
					(await failed('https://a.test/3', {proxy: {https: {url: proxy}, http: 'http://127.0.0.1:1'}})).includes('teapot'),
					(await failed('http://a.test/4', {proxy: {all: 'http://proxy.example'}}))]`,
				outside: through("GET http://a.test/1  ", "GET http://a.test/2  ", "CONNECT a.test:443  "),
				want:    `["status 200","status 200",true,"url not allowed on the configured scope: http://proxy.example"]`,
			},
			{
				exports: []string{"ProxyConfig.basicAuth", "ProxyConfig.noProxy"},
				body: `const all = {url: proxy, basicAuth: {username: 'me', password: 'se:cret'}, noProxy: 'b.test, 127.0.0.1'}
					return [await failed('http://a.test/1', {proxy: {all}}), await failed(s + '/head', {proxy: {all}})]`,
				outside: through("GET http://a.test/1 me se:cret"), want: `["status 200","status 200"]`,
			},
			{
				exports: []string{"ClientOptions.danger", "DangerousSettings.acceptInvalidCerts", "DangerousSettings.acceptInvalidHostnames"},
				body: `return [(await failed(secure + '/head')).includes('unknown authority'), await failed(secure + '/head', {danger: {acceptInvalidCerts: true, acceptInvalidHostnames: false}}),
					await failed(local + '/head', {danger: {acceptInvalidCerts: true, acceptInvalidHostnames: true}}),
					(await failed(local + '/head', {danger: {acceptInvalidCerts: false, acceptInvalidHostnames: true}})).includes('unknown authority')]`,
				want: `[true,"status 200","status 200",true]`,
			},
		},
	}
	for i := range suite.tests {
		suite.tests[i].body = vars + suite.tests[i].body
	}
	return suite
}
