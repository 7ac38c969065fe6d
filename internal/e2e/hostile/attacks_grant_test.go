package hostile_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/doctable"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

func TestAttacksDocument(t *testing.T) {
	var text string
	for _, g := range append(attackTable(), group{"Where the app's pages are at http://app.localhost", httpAttacks}) {
		text += "\n### " + g.name + "\n\n" + doctable.Row("attack", "what it gets") + doctable.Row("---", "---")
		for _, a := range g.attacks {
			text += doctable.Row(a.name, a.gets)
		}
	}
	doctable.Check(t, "../../../docs/attacks.md", "TestAttacks", strings.TrimPrefix(text, "\n"))
}

// TestNotAskedFor is about what is off unless the app asks for it.
func TestNotAskedFor(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	var got string
	app.Main().Must(attackPrelude+`
		const image = await new Promise((r) => { const i = new Image(); i.onload = () => r('loaded'); i.onerror = () => r('failed'); i.src = convertFileSrc('/etc/passwd') });
		const inline = await new Promise((r) => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); r(String(window.ran)) });
		location.href = 'javascript:void(window.ran = true)';
		await turns();
		return [await attempt(async () => (await fetch(convertFileSrc('/etc/passwd'))).text()), image, inline, window.ran,
			await attempt(() => invoke('plugin:webview|internal_toggle_devtools')), typeof window.__TAURI__].join('; ')`, &got)
	if want := "TypeError: Load failed; failed; undefined; ; rejected: Command plugin:webview|internal_toggle_devtools not"; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "; undefined") {
		t.Errorf("got %s\nwant %s …; undefined", got, want)
	}
}

// questions notes what interceptors are asked about.
type questions struct {
	mu   sync.Mutex
	seen []string // guarded by mu
}

func (q *questions) intercept(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
	if m.Kind != ipc.Command && m.Kind != ipc.Event && m.Kind != ipc.ChannelMessage {
		q.mu.Lock()
		q.seen = append(q.seen, fmt.Sprintf("%s %s %s", m.Kind, m.Name, m.URL))
		q.mu.Unlock()
	}
	if strings.HasSuffix(m.URL, "/frame/vetoed") {
		return ipc.Result{}, errors.New("vetoed")
	}
	return next(ctx, m)
}

func (q *questions) wait(t *testing.T, text string) {
	t.Helper()
	if err := e2e.WaitFor(attackTimeout, func() error {
		q.mu.Lock()
		defer q.mu.Unlock()
		for _, s := range q.seen {
			if strings.Contains(s, text) {
				return nil
			}
		}
		return fmt.Errorf("interceptors were asked about %q, not about %q", q.seen, text)
	}); err != nil {
		t.Error(err)
	}
}

// TestGranted grants what TestAttacks is refused.
func TestGranted(t *testing.T) {
	site := newHostile(t)
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	if err := os.WriteFile(filepath.Join(dir, "user-dirs.dirs"), []byte(`XDG_DOWNLOAD_DIR="`+dir+`/downloads"`), 0o600); err != nil {
		t.Fatal(err)
	}
	var q questions
	app := e2e.Start(t, e2e.Options{
		Capabilities: e2e.ParseCapabilities(t, "grants", `[{"identifier": "grants", "windows": ["main"], "permissions": [
			{"identifier": "web:allow-navigation", "allow": [{"url": "SITE/frame/*"}, {"url": "SITE/runner"}]},
			{"identifier": "web:allow-new-window", "allow": [{"url": "app://localhost/*"}]},
			{"identifier": "web:allow-download", "allow": [{"url": "SITE/frame/attachment"}]},
			"web:allow-notification", "web:allow-location"]}]`, site.URL),
		Config:      `{"app": {"security": {"csp": null}}}`,
		DownloadDir: "$DOWNLOAD",
		Setup:       func(a *mullion.App) { a.Use(q.intercept) },
	})
	main := app.Main()
	run := func(body string) (got string) {
		t.Helper()
		main.Must(attackPrelude+strings.ReplaceAll(body, "SITE", site.URL), &got)
		return got
	}
	if got := run(`return await Notification.requestPermission()`); got != "granted" {
		t.Errorf("notification: %s", got)
	}
	q.wait(t, "permission notification")
	if got := run("return await framed({ src: 'SITE/frame/probe' })"); got != seesNothing {
		t.Errorf("frame: %s", got)
	}
	q.wait(t, "navigation  "+site.URL+"/frame/probe")
	run(`const f = document.createElement('iframe'); f.src = 'SITE/frame/vetoed'; document.body.append(f); return 'x'`)
	if err := e2e.WaitFor(attackTimeout, func() error {
		if !app.Log.Contains("reason=vetoed") {
			return errors.New("the interceptor's refusal is not in the log")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	run(`const f = document.createElement('iframe'); f.src = 'SITE/frame/attachment'; document.body.append(f); return 'x'`)
	q.wait(t, "download evil.sh "+site.URL+"/frame/attachment")
	file := filepath.Join(dir, "downloads", "evil.sh")
	if err := e2e.WaitFor(attackTimeout, func() error {
		if b, err := os.ReadFile(file); err != nil || string(b) != "#!/bin/sh" {
			return fmt.Errorf("downloaded %q, %v", b, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(file); err == nil && info.Mode()&0o111 != 0 {
		t.Errorf("what was downloaded has mode %v", info.Mode())
	}
	ended := make(chan struct{})
	go e2e.ClickUntil(ended, "main")
	run(`document.querySelectorAll('iframe').forEach((f) => f.remove()); return await new Promise((r) => document.addEventListener('click', () => r(String(window.open('app://localhost/page.html?popup'))), { once: true }))`)
	close(ended)
	q.wait(t, "new window  app://localhost/page.html?popup")
	if site.requested("/frame/vetoed") {
		t.Error("the frame was loaded although an interceptor refused it")
	}
	// The page leaves for another site; that one does not lead back, but the
	// app does.
	run(`setTimeout(() => { location.href = 'SITE/runner?id=left' }); return 'x'`)
	var where string
	if err := site.run("left", attackPrelude+`
		location.href = 'app://localhost/page.html?attacked';
		await turns();
		return location.pathname`, &where); err != nil || where != "/runner" {
		t.Errorf("the page of others is at %s, %v", where, err)
	}
	if err := e2e.WaitFor(attackTimeout, func() error {
		if !app.Log.Contains(`msg="mullion: refused" what=navigation name="" url=app://localhost/page.html?attacked`) {
			return errors.New("the way back into the app was not refused")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	w, err := app.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Navigate(t.Context(), "page.html?back home"); err != nil {
		t.Fatal(err)
	}
	if got := run("return location.search"); got != "?back%20home" {
		t.Errorf("the app took the window to %s", got)
	}
}

type fromArgs struct {
	From string `json:"from"`
}

// TestNoMixUp has pages of two origins take turns in one window, each of which
// calls to the last moment: no call may be taken for one of the other.
func TestNoMixUp(t *testing.T) {
	const rounds = 12
	site := newHostile(t)
	var mu sync.Mutex
	counts := map[string]int{}
	var wrong []string
	arrived := make(chan struct{}) // closed by the last page, which those before it have led to
	script := `
		const i = window.__TAURI_INTERNALS__;
		const here = location.protocol + '//' + location.host;
		const call = () => i.invoke('call_from', { from: here }).catch(() => {});
		for (let n = 0; n < 200; n++) call();
		addEventListener('pagehide', () => { for (let n = 0; n < 100; n++) call() });
		addEventListener('beforeunload', () => { for (let n = 0; n < 100; n++) call() });
		const bytes = new Uint8Array(2 << 20);
		i.invoke('bytes_from', bytes, { headers: { from: here } }).catch(() => {});
		const n = Number(new URLSearchParams(location.search).get('n'));
		if (n < ` + fmt.Sprint(2*rounds) + `) {
			location.href = (here.startsWith('app') ? 'SITE/frame/to?n=' + (n + 1) + '&script=' + encodeURIComponent(document.currentScript.textContent) : 'app://localhost/mix.html?n=' + (n + 1));
			const until = performance.now() + n % 5 * 4;
			do { call() } while (performance.now() < until);
			for (let m = 0; m < 20; m++) setTimeout(call);
		} else i.invoke('here', {});`
	script = strings.ReplaceAll(script, "SITE", site.URL)
	app := e2e.Start(t, e2e.Options{
		Capabilities: e2e.ParseCapabilities(t, "mix", `[
			{"identifier": "app", "windows": ["mix"], "permissions": ["allow-call-from", "allow-bytes-from", "allow-here", {"identifier": "web:allow-navigation", "allow": [{"url": "SITE/frame/to"}]}]},
			{"identifier": "others", "local": false, "remote": {"urls": ["SITE"]}, "windows": ["mix"], "permissions": ["allow-call-from", "allow-bytes-from", "allow-here", {"identifier": "web:allow-navigation", "allow": [{"url": "app://localhost/mix.html"}]}]}]`, site.URL),
		Config: `{"app": {"security": {"csp": null}}}`,
		Files:  map[string]string{"mix.html": "<!doctype html><body><script>" + script + "</script>"},
		Setup: func(a *mullion.App) {
			count := func(ctx context.Context, from string) {
				c, _ := mullion.CallerFrom(ctx)
				mu.Lock()
				defer mu.Unlock()
				counts[from]++
				if c.Origin != from {
					wrong = append(wrong, fmt.Sprintf("a call of %s was taken for one of %s", from, c.Origin))
				}
			}
			mullion.Handle(a, "call_from", func(ctx context.Context, a fromArgs) (string, error) { count(ctx, a.From); return "", nil })
			mullion.Handle(a, "bytes_from", func(ctx context.Context, _ []byte) (string, error) {
				m, _ := ipc.MessageFrom(ctx)
				from, _ := m.Header.Get("from")
				count(ctx, from)
				return "", nil
			})
			mullion.Handle(a, "here", func(context.Context, struct{}) (string, error) { close(arrived); return "", nil })
		},
	})
	app.Open("mix", func(o *mullion.WindowOptions) { o.URL = "mix.html?n=0" })
	e2e.Take(t, arrived)
	mu.Lock()
	defer mu.Unlock()
	for _, w := range wrong {
		t.Error(w)
	}
	t.Logf("%d calls of the app, %d of the other origin", counts["app://localhost"], counts[site.URL])
	if counts["app://localhost"] < 100 || counts[site.URL] < 100 {
		t.Error("too few calls to say anything")
	}
}

// openFiles counts the descriptors of the Core.
func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// TestUnreadAnswers has a page ask for many large files at once. The engine
// takes them as fast as it can, which is not at once.
func TestUnreadAnswers(t *testing.T) {
	const asked, most, size = 700, 256, 600 << 10
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-echo"},
		Files:       map[string]string{"large.bin": strings.Repeat("x", size)},
		Setup:       func(a *mullion.App) { mullion.Handle(a, "echo", e2e.Echo) },
	})
	greedy := app.Open("greedy", nil)
	before := openFiles(t)
	go greedy.Run(fmt.Sprintf(`
		window.kept = [];
		for (let i = 0; i < %d; i++) window.kept.push(fetch('/large.bin?' + i));
		await Promise.all(window.kept);`, asked), nil)
	highest, stop := 0, make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				highest = max(highest, openFiles(t)-before)
			}
		}
	})
	if err := e2e.WaitFor(attackTimeout, func() error {
		if n := openFiles(t) - before; n < most/2 {
			return fmt.Errorf("%d files are open", n)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	// Others are served meanwhile.
	app.Main().Must(fmt.Sprintf(`
		if ((await (await fetch('/large.bin?other')).text()).length !== %d) throw new Error('short');
		if (await invoke('echo', { text: 'x' }) !== 'x') throw new Error('wrong');`, size), nil)
	close(stop)
	watch.Wait()
	t.Logf("at most %d files were open", highest)
	if highest > 2*most+50 {
		t.Errorf("%d files were open for one page", highest)
	}
	w, err := app.Window("greedy")
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := e2e.WaitFor(attackTimeout, func() error {
		if n := openFiles(t) - before; n > 20 {
			return fmt.Errorf("%d files are open after the window was closed", n)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
