package webkitgtk

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/display"
	"github.com/mullion-dev/mullion/internal/wire"
)

func (x *tab) decision(kind wire.DecisionKind, url string) wire.Decision {
	x.t.Helper()
	return wait(x.t, fmt.Sprintf("decision %s %s", kind, url), x.asked, func(d wire.Decision) bool {
		return d.Kind == kind && strings.HasPrefix(d.URL, url)
	})
}

func TestNavigationRefused(t *testing.T) {
	x := newTab(t, "<p>home")
	var held func(wire.Verdict)
	x.decide = func(d wire.Decision, answer func(wire.Verdict)) {
		switch {
		case strings.Contains(d.URL, "/later"):
			held = answer
		default:
			answer(wire.Verdict{Allow: !strings.Contains(d.URL, "/refused")})
		}
		put(x.asked, d)
	}
	x.pages["/refused"] = "<p>never"
	x.pages["/later"] = "<p>later"
	x.open().loaded()
	x.decision(wire.DecideNavigation, "app://localhost/")

	x.eval("location.href = '/refused'")
	got := x.decision(wire.DecideNavigation, "app://localhost/refused")
	want := wire.Decision{
		Kind: wire.DecideNavigation, URL: "app://localhost/refused", Page: "app://localhost/", MainFrame: true,
		UserGesture: true, // WebKit takes what is called from outside for a click
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	x.eval("location.href = '/later'")
	x.decision(wire.DecideNavigation, "app://localhost/later")
	if got := x.eval("return document.body.innerText"); got != "home" {
		t.Errorf("got %q while nothing was allowed", got)
	}
	do(func() {
		held(wire.Verdict{Allow: true})
		held(wire.Verdict{})
	})
	x.loaded()
	if got := x.eval("return document.body.innerText"); got != "later" {
		t.Errorf("got %q", got)
	}
}

// TestFileRefused: a file that is dropped onto the page is opened by WebKit
// like any other link.
func TestFileRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.html")
	if err := os.WriteFile(name, []byte("<p>file"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := newTab(t, "<p>home").open().loaded()
	x.navigate("file://" + name)
	x.navigate("app://localhost/?2")
	for {
		d := x.decision(wire.DecideNavigation, "")
		if strings.HasPrefix(d.URL, "file:") {
			t.Fatal("asked about a file")
		}
		if strings.HasSuffix(d.URL, "?2") {
			break
		}
	}
}

func TestQuestionsEndWithClose(t *testing.T) {
	x := newTab(t, "<p>home")
	held := make(chan func(wire.Verdict), 1)
	x.decide = func(d wire.Decision, answer func(wire.Verdict)) { held <- answer }
	x.open()
	answer := wait(t, "a question", held, func(func(wire.Verdict)) bool { return true })
	x.close()
	do(func() { answer(wire.Verdict{Allow: true}) }) // too late
}

func TestHandlerPanics(t *testing.T) {
	x := newTab(t, "<p>home")
	x.open().loaded()
	asked := make(chan bool, 8)
	do(func() {
		x.decide = func(wire.Decision, func(wire.Verdict)) { asked <- true; panic("in Decide") }
		message := x.message
		x.message = func(url, body string, r backend.Reply) {
			if body == "panic" {
				panic("in Message")
			}
			message(url, body, r)
		}
		serve := x.request
		x.request = func(r backend.Request) {
			if strings.HasSuffix(r.URL(), "/panic") {
				panic("in Request")
			}
			serve(r)
		}
	})
	if got := x.eval("try { return await send('panic') } catch (e) { return 'rejected' }"); got != "rejected" {
		t.Errorf("message: got %q", got)
	}
	if got := x.eval("try { return await fetch('/panic') } catch (e) { return 'rejected' }"); got != "rejected" {
		t.Errorf("request: got %q", got)
	}
	x.eval("location.href = '/elsewhere'")
	wait(t, "a question", asked, func(bool) bool { return true })
	if got := x.eval("return document.body.innerText"); got != "home" {
		t.Errorf("navigation: got %q", got)
	}
	for _, line := range testLog.take() {
		if !strings.Contains(line, "panic in a callback: in ") || !strings.Contains(line, "decide_linux_test.go") {
			t.Errorf("logged %s", line)
		}
	}
}

func TestPopup(t *testing.T) {
	x := newTab(t, `<a id=a target=_blank href="https://elsewhere.example/link">link</a>`).open().loaded()
	x.eval("document.getElementById('a').click()")
	got := x.decision(wire.DecideNewWindow, "https://elsewhere.example/link")
	if got.Page != "app://localhost/" {
		t.Errorf("got page %q", got.Page)
	}
	if got := x.eval("return open('https://elsewhere.example/click')"); got != "null" {
		t.Errorf("window.open: got %s", got)
	}
	x.decision(wire.DecideNewWindow, "https://elsewhere.example/click")
	if len(testEngine.views) != 1 {
		t.Errorf("%d webviews", len(testEngine.views))
	}
}

// web is a server outside of the app.
func web(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/binary":
			w.Header().Set("Content-Type", "application/x-unknown")
		case "/attachment":
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Content-Disposition", `attachment; filename="name.txt"`)
		case "/login":
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, "<p>web ", r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestResponse(t *testing.T) {
	x := newTab(t, "<p>home")
	allow := make(map[string]bool)
	x.decide = func(d wire.Decision, answer func(wire.Verdict)) {
		put(x.asked, d)
		answer(wire.Verdict{Allow: !d.Response || allow[d.URL]})
	}
	x.open().loaded()
	url := web(t)
	do(func() { allow[url+"/yes"] = true })
	frame := func(src string) wire.Decision {
		t.Helper()
		x.eval("const f = document.createElement('iframe'); f.src = '" + src + "'; document.body.append(f)")
		x.decision(wire.DecideNavigation, src)
		return x.decision(wire.DecideNavigation, src)
	}
	if d := frame(url + "/frame"); !d.Response || d.MainFrame {
		t.Errorf("frame: got %+v", d)
	}
	x.navigate(url + "/no")
	x.decision(wire.DecideNavigation, url+"/no")
	if d := x.decision(wire.DecideNavigation, url+"/no"); !d.Response || !d.MainFrame {
		t.Errorf("top: got %+v", d)
	}
	if e := x.event(wire.PageFailed); e.URL != url+"/no" {
		t.Errorf("got %+v", e)
	}
	x.navigate(url + "/yes")
	if e := x.event(wire.PageCommitted); e.URL != url+"/yes" {
		t.Errorf("got %+v", e)
	}
	x.navigate(url + "/login")
	if e := x.event(wire.PageFailed); e.URL != url+"/login" {
		t.Errorf("got %+v", e)
	}
}

func TestDownload(t *testing.T) {
	x := newTab(t, "<p>home")
	dir := t.TempDir()
	x.decide = func(d wire.Decision, answer func(wire.Verdict)) {
		v := wire.Verdict{Allow: true}
		if d.Kind == wire.DecideDownload {
			v.Path, v.Download = filepath.Join(dir, "a file % of "+d.What), uint64(len(d.What))
			v.Allow = !strings.Contains(d.URL, "?no")
		}
		put(x.asked, d)
		answer(v)
	}
	x.open().loaded()
	url := web(t)
	for path, name := range map[string]string{"/attachment": "name.txt", "/binary": "binary"} {
		x.navigate(url + path)
		got := x.decision(wire.DecideDownload, url+path)
		want := wire.Decision{Kind: wire.DecideDownload, URL: url + path, Page: "app://localhost/", What: name, Response: true}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		file := filepath.Join(dir, "a file % of "+name)
		text := "<p>web " + path
		waitFile(t, file, text)
		if d := cmp.Diff(wire.DownloadEvent{State: wire.DownloadFinished, Received: uint64(len(text)), Total: uint64(len(text))}, wait(t, "the end of the download", x.downloads, func(wire.DownloadEvent) bool { return true })); d != "" {
			t.Error(d)
		}
		x.navigate(url + path + "?no")
		x.decision(wire.DecideDownload, url+path)
	}
	if got := x.eval("return document.body.innerText"); got != "home" {
		t.Errorf("got %q", got)
	}
}

func waitFile(t *testing.T, name, want string) {
	t.Helper()
	var got []byte
	poll(t, "the content of "+name, func() bool {
		got, _ = os.ReadFile(name)
		return string(got) == want
	})
}

func TestPermission(t *testing.T) {
	x := newTab(t, "<p>home")
	x.decide = func(d wire.Decision, answer func(wire.Verdict)) {
		put(x.asked, d)
		answer(wire.Verdict{Allow: d.Kind == wire.DecideNavigation || d.What == "notification"})
	}
	x.open().loaded()
	for _, test := range []struct{ script, what, want string }{
		{"return await Notification.requestPermission()", "notification", "granted"},
		{"return await new Promise(r => navigator.geolocation.getCurrentPosition(() => r('granted'), () => r('denied')))", "location", "denied"},
	} {
		got := x.eval(test.script)
		d := x.decision(wire.DecidePermission, "")
		if d.What != test.what || got != test.want {
			t.Errorf("%s: asked for %q, got %q, want %q", test.what, d.What, got, test.want)
		}
	}
}

func TestFileChooser(t *testing.T) {
	x := newTab(t, "<input id=one type=file><input id=many type=file multiple>")
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"a", "b"} {
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte("content of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	allow := true
	x.decide = func(d wire.Decision, answer func(wire.Verdict)) {
		put(x.asked, d)
		answer(wire.Verdict{Allow: allow, Paths: paths})
	}
	x.open().loaded()
	choose := func(id string) string {
		t.Helper()
		return x.eval(`const input = document.getElementById('` + id + `');
			const done = new Promise(r => { input.onchange = r; input.oncancel = r });
			input.click();
			await done;
			return (await Promise.all([...input.files].map(f => f.text()))).join()`)
	}
	for id, want := range map[string]string{"one": "file content of a", "many": "files content of a,content of b"} {
		got := choose(id)
		if got = x.decision(wire.DecideFileChooser, "").What + " " + got; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	do(func() { allow = false })
	choose("one")
	x.decision(wire.DecideFileChooser, "")
}

// TestContextMenu sees the menu after it was trimmed.
func TestContextMenu(t *testing.T) {
	for _, devtools := range []bool{false, true} {
		x := newTab(t, "<body style='margin: 0'><a style='display: block; height: 300px' href='/x'>link</a>")
		x.options.Devtools = devtools
		x.open().loaded()
		x.event(wire.PagePainted)
		x.xid()
		menus := make(chan []int32, 1)
		do(func() {
			c := testEngine.c
			testEngine.connect(x.webview.view, "context-menu", func(a args) uintptr {
				var actions []int32
				for i := range int(c.webkitContextMenuGetNItems.call(a[1])) {
					item := c.webkitContextMenuGetItemAtPosition.with(a[1], i)
					actions = append(actions, int32(c.webkitContextMenuItemGetStockAction.call(item)))
				}
				put(menus, actions)
				return 1 // not shown
			})
		})
		o := x.place()
		clickAt(t, o.InnerX+50, o.InnerY+50, display.Right)
		menu := wait(t, "the menu", menus, func([]int32) bool { return true })
		inspect := false
		for _, action := range menu {
			if testEngine.actions[action] {
				t.Errorf("the menu has action %d", action)
			}
			inspect = inspect || action == testEngine.inspect
		}
		if inspect != devtools || len(menu) == 0 {
			t.Errorf("devtools %v: menu %v", devtools, menu)
		}
		x.close()
	}
}
