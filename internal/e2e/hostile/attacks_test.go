package hostile_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/e2e"
)

// attack is something that a page tries, in a real window. Whatever it is,
// the command "secret" must not be executed and app and page go on.
type attack struct {
	// name is that of the subtest; gets says for people what comes of it.
	name, gets string
	// from is the window: "main" and "narrow" show the app's own page,
	// "remote" and "guest" pages of others, "fresh" is a new one with the
	// app's page that may be ruined.
	from string
	// script is the body of an async function that returns what it got.
	script string
	// want is contained in what it got, and log in the app's log.
	want, log string
	// echoes is how often the command "echo" is executed.
	echoes int
	// mute is set where the page cannot tell what it got.
	mute bool
	// click has the user click on the page while the script runs.
	click bool
}

// attackTimeout bounds one script.
const attackTimeout = 60 * time.Second

// group is a part of the table.
type group struct {
	name    string
	attacks []attack
}

func attackTable() []group {
	return []group{
		{"The app's own page forges messages", forgedAttacks},
		{"The app's own page sends what is too much or malformed", oversizedAttacks},
		{"The app's own page changes what is built in", tamperingAttacks},
		{"Another window", otherWindowAttacks},
		{"A frame in the app's page", frameAttacks},
		{"A page of another origin", remoteAttacks},
		{"Files", assetAttacks},
		{"Leaving the app", navigationAttacks},
		{"What a page wants of the engine", engineAttacks},
	}
}

// attackPrelude stands before each script. In a page of the app there is
// invoke, from the app's module; a page of others takes what it finds.
const attackPrelude = `
const describe = (e) => e instanceof Error || e instanceof DOMException ? e.name + ': ' + e.message : 'rejected: ' + (typeof e === 'string' ? e : JSON.stringify(e));
const attempt = async (f) => { try { return await f() } catch (e) { return describe(e) } };
// turns lets the page's event loop go round.
const turns = async () => { for (let i = 0; i < 4; i++) await new Promise((r) => setTimeout(r)) };
// framed returns the first message of a frame.
const framed = (attributes) => new Promise((resolve) => {
	const f = document.createElement('iframe');
	for (const name in attributes) f.setAttribute(name, attributes[name]);
	addEventListener('message', function on(e) {
		if (e.source !== f.contentWindow) return;
		removeEventListener('message', on);
		resolve(e.data);
		f.remove();
	});
	document.body.append(f);
});
// textOf is the text of a call or a reply.
const textOf = (e) => typeof e.detail === 'string' ? e.detail : e.detail?.t ?? '';
// capture returns the detail of the event with which f calls.
const capture = (f) => {
	let detail;
	const on = (e) => { detail = e.detail };
	document.addEventListener('mullion:call', on, true);
	f();
	document.removeEventListener('mullion:call', on, true);
	return detail;
};
const dispatchCall = (detail) => document.dispatchEvent(new CustomEvent('mullion:call', { detail, cancelable: true }));
const echo = (text) => window.__TAURI_INTERNALS__.invoke('echo', { text });
// raw sends a call of the page's own making and returns the bridge's answer.
// The page script does not know of it and uses its number again, for a call
// that is dropped as a replay.
const raw = async (rest, make = (t) => t) => {
	const id = parseInt(capture(() => window.__TAURI_INTERNALS__.invoke('nothing').catch(() => {}))) + 1;
	const answer = new Promise((resolve) => document.addEventListener('mullion:reply', function on(e) {
		const text = textOf(e);
		if (!text.startsWith(id + ' ')) return;
		document.removeEventListener('mullion:reply', on);
		resolve(text.slice(text.indexOf(' ') + 1));
	}));
	dispatchCall(make(id + ' ' + rest));
	window.__TAURI_INTERNALS__.invoke('nothing').catch(() => {});
	return answer;
};
`

// target is the app that is attacked.
type target struct {
	t    *testing.T
	app  *e2e.App
	site *hostile
	dir  string // of the files in the scope of the asset protocol

	mu       sync.Mutex
	executed map[string]int // guarded by mu; commands
	fresh    int
}

func (x *target) count(name string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.executed[name]
}

// counted registers a command that counts its executions.
func counted[A any](x *target, a *mullion.App, name string, f func(context.Context, A) (string, error)) {
	mullion.Handle(a, name, func(ctx context.Context, args A) (string, error) {
		x.mu.Lock()
		x.executed[name]++
		x.mu.Unlock()
		return f(ctx, args)
	})
}

func nothing(context.Context, struct{}) (string, error) { return "executed", nil }

// who answers with who the Core thinks calls.
func who(ctx context.Context, _ struct{}) (string, error) {
	c, _ := mullion.CallerFrom(ctx)
	return c.Window + " " + c.Origin, nil
}

const attackCapabilities = `[
	{"identifier": "vault", "windows": ["vault"], "permissions": ["allow-secret", {"identifier": "state:read", "allow": [{"name": "vault"}]}, {"identifier": "state:write", "allow": [{"name": "vault"}]}]},
	{"identifier": "main", "windows": ["main", "fresh-*"], "permissions": ["allow-echo", "allow-nothing", "allow-who", "allow-take",
		{"identifier": "web:allow-navigation", "allow": [{"url": "SITE/frame/*"}]},
		{"identifier": "state:read", "allow": [{"name": "open"}]},
		{"identifier": "core:event:allow-listen", "allow": [{"event": "open"}]},
		{"identifier": "core:event:allow-emit", "allow": [{"event": "open"}]},
		{"identifier": "core:event:allow-emit-to", "allow": [{"event": "open"}]},
		"core:window:allow-title"]},
	{"identifier": "beside", "windows": ["main", "fresh-*"], "permissions": [
		{"identifier": "web:allow-navigation", "allow": [{"url": "BESIDE/*"}]},
		{"identifier": "sandbox:allow-network", "allow": ["BESIDE"]}]},
	{"identifier": "guest", "local": false, "remote": {"urls": ["SITE"]}, "windows": ["guest"], "permissions": ["allow-guest"]}
]`

// newTarget starts the app that is attacked, with its pages at http://app.localhost
// or where they are otherwise.
func newTarget(t *testing.T, httpOrigin bool) *target {
	x := &target{t: t, site: newHostile(t), dir: t.TempDir(), executed: map[string]int{}}
	scope := filepath.Join(x.dir, "scope")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(x.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Mkdir(scope, 0o700),
		os.Mkdir(filepath.Join(scope, "directory"), 0o700),
		os.Symlink("../outside.txt", filepath.Join(scope, "link.txt")),
		exec.Command("mkfifo", filepath.Join(scope, "fifo.txt")).Run(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	write("outside.txt", "out of scope")
	write("scope/inside.txt", "in scope")

	x.app = e2e.Start(t, e2e.Options{
		// Without a policy of its own a page can try the most.
		Config:       fmt.Sprintf(`{"app": {"security": {"csp": null, "assetProtocol": {"enable": true, "scope": [%q]}}}}`, scope+"/**"),
		Capabilities: e2e.ParseCapabilities(t, "attacks", strings.ReplaceAll(attackCapabilities, "BESIDE", x.site.beside()), x.site.URL),
		HTTPOrigin:   httpOrigin,
		Files:        map[string]string{"app.js": "export const app = 1", "app.css": "body { color: red }", "picture.svg": pictureFile, "app.json": `{"of": "the app"}`, "frame.html": "<!doctype html><body>", "passing.js": "addEventListener('install', () => skipWaiting()); addEventListener('activate', (e) => e.waitUntil(clients.claim())); addEventListener('fetch', (e) => e.respondWith(fetch(e.request)))", "told.html": "<!doctype html><script>top.postMessage('told', '*')</script>"},
		Setup: func(a *mullion.App) {
			counted(x, a, "secret", nothing)
			counted(x, a, "guest", nothing)
			counted(x, a, "nothing", nothing)
			counted(x, a, "who", who)
			counted(x, a, "echo", e2e.Echo)
			counted(x, a, "take", func(_ context.Context, b []byte) (string, error) { return fmt.Sprint(len(b), " bytes"), nil })
			mullion.NewState(a, "vault", "hidden", mullion.StateOptions[string]{})
			mullion.NewState(a, "open", "seen", mullion.StateOptions[string]{})
		},
	})
	x.app.Open("narrow", nil)
	x.app.Open("vault", nil)
	for _, label := range []string{"remote", "guest"} {
		o := x.app.WindowOptions(label)
		o.URL = x.site.URL + "/runner?id=" + label
		ctx := e2e.Context(t)
		if _, err := x.app.OpenWindow(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// run runs a script in a window and returns what came of it as text.
func (x *target) run(window, script string) string {
	script = attackPrelude + strings.NewReplacer("BESIDE", x.site.beside(), "SITE", x.site.URL, "DIR", x.dir, "PROBE", probe).Replace(script)
	var got any
	var err error
	switch window {
	case "remote", "guest":
		err = x.site.run(window, script, &got)
	default:
		ctx, cancel := await.Context(x.t.Context(), attackTimeout)
		defer cancel()
		err = x.app.Page(window).RunContext(ctx, script, &got)
	}
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(got)
}

func (x *target) try(t *testing.T, a attack) {
	window := a.from
	if window == "fresh" {
		x.fresh++
		window = fmt.Sprintf("fresh-%d", x.fresh)
		x.app.Open(window, nil)
		defer func() {
			if w, err := x.app.Window(window); err == nil {
				w.Close()
			}
		}()
	}
	secrets, echoes := x.count("secret"), x.count("echo")
	var got string
	switch {
	case a.mute:
		go x.run(window, a.script)
	case a.click:
		ended := make(chan struct{})
		go e2e.ClickUntil(ended, window)
		got = x.run(window, a.script)
		close(ended)
	default:
		got = x.run(window, a.script)
	}
	if !strings.Contains(got, a.want) {
		t.Errorf("got %s\nwant %s", got, a.want)
	}
	if a.log != "" {
		log := strings.NewReplacer("SITE", x.site.URL, "DIR", x.dir, "WINDOW", window).Replace(a.log)
		if err := e2e.WaitFor(e2e.Timeout, func() error {
			if !x.app.Log.Contains(log) {
				return fmt.Errorf("not logged: %s", log)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	// The app goes on, and so does the page; what was on its way before has
	// been handled.
	if got := x.run("main", "return await echo('alive')"); got != "alive" {
		t.Errorf("the app says %s", got)
		if w, err := x.app.Window("main"); err == nil {
			_ = w.Reload(t.Context()) // for the next one
		}
	}
	if window != "main" && a.from != "fresh" {
		if got := x.run(window, "await turns(); return location.href"); !strings.HasPrefix(got, x.home(window)) {
			t.Errorf("the page is at %s", got)
		}
	}
	if n := x.count("secret") - secrets; n != 0 {
		t.Errorf("the secret command was executed %d times", n)
	}
	if n := x.count("echo") - echoes - 1; n != a.echoes {
		t.Errorf("echo was executed %d times, want %d", n, a.echoes)
	}
}

// home is where a window belongs.
func (x *target) home(window string) string {
	if window == "remote" || window == "guest" {
		return x.site.URL
	}
	return "app://localhost/"
}

const pictureFile = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"/>`

func TestAttacks(t *testing.T) {
	x := newTarget(t, false)
	for _, g := range attackTable() {
		for _, a := range g.attacks {
			t.Run(a.name, func(t *testing.T) { x.try(t, a) })
		}
	}
	for _, f := range x.app.Faults() {
		t.Errorf("fault: %+v", f)
	}
}
