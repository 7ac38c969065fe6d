package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// waitForLog waits until all texts are on one line of the log, and returns it.
func waitForLog(t *testing.T, app *e2e.App, texts ...string) string {
	t.Helper()
	var found string
	if err := e2e.WaitFor(e2e.Timeout, func() error {
		for line := range strings.Lines(app.Log.Tail(1 << 20)) {
			if containsAll(line, texts) {
				found = line
				return nil
			}
		}
		return fmt.Errorf("no line of the log has %q", texts)
	}); err != nil {
		t.Error(err)
	}
	return found
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// TestPageErrorsAreLogged checks what pages leave in the log of an app that
// is not being developed.
func TestPageErrorsAreLogged(t *testing.T) {
	app := e2e.Start(t, e2e.Options{Files: map[string]string{
		"broken.js": "\n\n  setTimeout(() => missing.call(), 0);\nexport default 1;\n",
		"says.js":   "export function say(...parts) {\n    console.error(...parts);\n}\n",
	}})
	main := app.Main()

	main.Must(`await import('/broken.js')`, nil)
	waitForLog(t, app, "level=ERROR", "uncaught error in a page", "window=main", "missing", "source=app://localhost/broken.js:3:")

	main.Must(`Promise.reject(new TypeError('nobody cares'))`, nil)
	waitForLog(t, app, "unhandled rejection in a page", "TypeError: nobody cares", "source=app://localhost/run/")
	main.Must(`Promise.reject({code: 7, why: ['no', null]})`, nil)
	waitForLog(t, app, "unhandled rejection", `{code: 7, why: [\"no\", null]}`)

	main.Must(`const { say } = await import('/says.js'); say('%s of %d:', 'piece', 3, new RangeError('too far'), document.body, {a: {b: {c: {d: 1}}}});`, nil)
	waitForLog(t, app, "console.error in a page", "piece of 3: RangeError: too far [object HTMLBodyElement] {a: {b: {c: {…}}}}")
	main.Must(`const { say } = await import('/says.js'); say('plainly');`, nil)
	waitForLog(t, app, "message=plainly", "source=app://localhost/says.js:2:")
	main.Must(`console.assert(true, 'holds'); console.assert(1 > 2, 'does not hold');`, nil)
	waitForLog(t, app, "assertion failed: does not hold")

	// Neither a line nor an escape sequence of the page's own.
	main.Must(`console.error('a\nlevel=ERROR msg="forged" \x1b[2J\u202e\u2028\x00 end\ud800')`, nil)
	line := waitForLog(t, app, "forged", " end")
	if strings.ContainsAny(line, "\x1b\u202e\u2028\x00") || !strings.Contains(line, "window=main") {
		t.Errorf("got %q", line)
	}

	// What the page handles is its own affair.
	main.Must(`
		window.addEventListener('error', (e) => e.preventDefault(), {once: true});
		setTimeout(() => { throw new Error('caught in time') }, 0);
		await new Promise((done) => setTimeout(done, 50));
		window.addEventListener('unhandledrejection', (e) => e.preventDefault(), {once: true});
		Promise.reject(new Error('rejected in vain'));
		await new Promise((done) => setTimeout(done, 50));
		console.error('after these');
	`, nil)
	waitForLog(t, app, "after these")
	for _, text := range []string{"caught in time", "rejected in vain", "holds\""} {
		if strings.Contains(strings.ReplaceAll(app.Log.Tail(1<<20), "does not hold", ""), text) {
			t.Errorf("%q is in the log", text)
		}
	}

	// The page finds its console as it was.
	var got string
	main.Must(`
		const own = Object.getOwnPropertyDescriptor(console, 'error');
		return [console.error.name, console.error.length, own.writable, own.enumerable, own.configurable, typeof console.error,
			Object.keys(console).includes('error'), /native code/.test(Function.prototype.toString.call(console.error)), console.error('x')].join()`, &got)
	if want := "error,0,true,true,true,function,true,true,"; got != want {
		t.Errorf("console.error is %s, want %s", got, want)
	}
}

// TestPageErrorsAreBounded lets a page say the same, and something else each
// time, as often as it can.
func TestPageErrorsAreBounded(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	main := app.Main()
	main.Must(`
		for (let i = 0; i < 20000; i++) console.error('the same');
		for (let i = 0; i < 20000; i++) console.error('flood ' + i, 'x'.repeat(100000));
		const trap = new Proxy({}, {
			ownKeys() { console.error('from a trap'); throw new Error('trapped'); },
			getPrototypeOf() { console.error('from a trap'); return null; },
		});
		console.error(trap);
	`, nil)
	if n := strings.Count(app.Log.Tail(1<<20), "in a page"); n == 0 || n > 20 {
		t.Errorf("got %d lines, want at most 20 a minute", n)
	}
	if n := strings.Count(app.Log.Tail(1<<20), "the same"); n != 1 {
		t.Errorf("the same was logged %d times", n)
	}
	if n := len(app.Log.Tail(1 << 20)); n > 1<<20 {
		t.Errorf("the log has %d bytes", n)
	}
	// Another page has a budget of its own, and this one goes on to work.
	app.Open("other", nil).Must(`console.error('me too')`, nil)
	waitForLog(t, app, "me too", "window=other")
	main.Must(`return 1`, nil)

	// Past the script that keeps to the limits; the page is deaf after that.
	app.Open("forger", nil).Must(`setTimeout(() => {
		for (let i = 0; i < 2000; i++) {
			document.dispatchEvent(new CustomEvent('mullion:call', {detail: (1e9 + i) + ' r {"kind":"console","message":"forged ' + i + '"}'}));
		}
		let id = 2e9;
		for (const bad of ['', '{', '[]', 'null', '{"kind":7}', '{"kind":"console","message":"m","dropped":-1}', '{"kind":"odd","message":"m"}']) {
			document.dispatchEvent(new CustomEvent('mullion:call', {detail: ++id + ' r ' + bad}));
		}
	}, 100)`, nil)
	waitForLog(t, app, "forged 19", "window=forger")
	main.Must(`return 1`, nil)
	if n := strings.Count(app.Log.Tail(1<<20), "forged"); n > 20 {
		t.Errorf("%d forged reports were logged", n)
	}
	if f := app.Faults(); len(f) > 0 {
		t.Errorf("got the faults %v", f)
	}
}

// TestRemotePageErrors checks that pages of others are told apart.
func TestRemotePageErrors(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "img-src 'none'")
		fmt.Fprint(w, `<!doctype html><img src="data:,x"><script>console.error('I am <main>'); document.title = 'said'</script>`)
	}))
	defer site.Close()
	caps, err := capability.Parse("capabilities/site.json", fmt.Appendf(nil,
		`{"identifier": "site", "local": false, "remote": {"urls": ["%s"]}, "windows": ["site"], "permissions": ["core:app:default"]}`, site.URL))
	if err != nil {
		t.Fatal(err)
	}
	app := e2e.Start(t, e2e.Options{Capabilities: caps})
	o := app.WindowOptions("site")
	o.URL = site.URL + "/"
	if _, err := app.OpenWindow(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	waitForLog(t, app, "level=WARN", "console.error in a remote page", "window=site", "origin="+site.URL, "I am <main>")
	if app.Log.Contains("Content-Security-Policy") {
		t.Error("what the policy of a remote page blocks is none of the app's business")
	}
}

// TestBlockedIsLogged checks that what the policy blocks is in the log once,
// with the policy that would allow it, also while developing, and that a
// directive of which no engine knows does not keep the app from starting.
func TestBlockedIsLogged(t *testing.T) {
	for _, test := range []struct {
		name, security, key string
		dev                 bool
	}{
		{"in use", `{"csp": "default-src 'self'; later-src 'self'"}`, "app.security.csp", false},
		{"developing", `{"csp": null, "devCsp": "default-src 'self'; later-src 'self'"}`, "app.security.devCsp", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := e2e.Start(t, e2e.Options{Dev: test.dev, Config: `{"app": {"security": ` + test.security + `}}`})
			waitForLog(t, app, "level=WARN", test.key, "later-src", "engines ignore")
			app.Main().Must(`
				for (let i = 0; i < 5; i++) {
					const style = document.createElement('style');
					style.textContent = 'body { color: red }';
					document.head.append(style);
					new Image().src = 'https://pictures.example/' + i;
				}`, nil)
			waitForLog(t, app, "level=WARN", "window=main", "blocked=inline", "allow='unsafe-inline'", test.key+`="default-src 'self'; later-src 'self'; `, "style-src 'self' 'unsafe-inline'")
			waitForLog(t, app, "blocked=https://pictures.example/0", "allow=https://pictures.example", "img-src 'self' https://pictures.example")
			app.Main().Must(`return 1`, nil)
			if n := strings.Count(app.Log.Tail(1<<20), "has blocked something"); n != 2 {
				t.Errorf("%d lines say what is blocked, want 2", n)
			}
		})
	}
}
