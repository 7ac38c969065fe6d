package opener_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/opener"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// run is an app whose window main has these permissions.
func run(o *opener.Opener, permissions, section string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.opener", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}]}, "plugins": {"opener": ` + section + `}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>opener</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"],
				"permissions": ["core:default", ` + permissions + `]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"],
				"permissions": ["core:default", "opener:allow-open-url", "opener:allow-open-path"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(o.Plugin())
		return a.Run(ctx)
	}
}

type args = map[string]any

func allow(command string, entries ...string) string {
	return fmt.Sprintf(`{"identifier": "opener:allow-%s", "allow": [%s]}`, command, strings.Join(entries, ", "))
}

// opens calls a command and returns what that has opened.
func opens(app *mulliontest.App, window, command string, a args) (string, error) {
	before := len(app.Links())
	err := app.Page(window).Call("plugin:opener|"+command, a, nil)
	return strings.Join(app.Links()[before:], " "), err
}

func TestURLs(t *testing.T) {
	app := mulliontest.Start(t, run(opener.New(opener.Options{}), `"opener:default", `+allow("open-url",
		`{"url": "slack://*", "app": true}`, `{"url": "https://*.example.com/docs/*", "app": "viewer"}`, `{"url": "obsidian:*"}`), `{}`), nil)
	some := mulliontest.Start(t, run(opener.New(opener.Options{}), allow("open-url", `{"url": "mailto:*@Example.org"}`, `{"url": "mailto:sales@example.net?subject=*"}`,
		`{"url": "https://Example.org/caf%c3%a9/*"}`, `{"url": "https://example.org"}`), `{}`), nil)
	for url, want := range map[string]string{
		"mailto:a@Example.org": "", "mailto:a@example.org,b@EXAMPLE.org?cc=c@example.org&body=x@y.example,z": "", "mailto:?to=a@example.org": "",
		"MAILTO:sales@example.net?subject=a%20b": "mailto:sales@example.net?subject=a%20b", "https://Example.org/caf%c3%a9/x": "https://example.org/caf%C3%A9/x", "https://example.org": "https://example.org/",
	} {
		if want == "" {
			want = url
		}
		if got, err := opens(some, "main", "open_url", args{"url": url}); got != want || err != nil {
			t.Errorf("%s: opened %q, %v", url, got, err)
		}
	}
	for _, test := range []struct{ url, with, want string }{
		{"https://example.org/a?b#c", "", "https://example.org/a?b#c"},
		{"http://localhost:3000", "", "http://localhost:3000/"},
		{"mailto:Ada%20%3Ca@b.example%3E?cc=b@c.example", "", "mailto:Ada%20%3Ca@b.example%3E?cc=b@c.example"},
		{"mailto:a@b.example", "inAppBrowser", "mailto:a@b.example"},
		{"slack://x", "anything", "slack://x"},
		{"obsidian:open", "", "obsidian:open"},
		{"https://a.example.com/docs/1", "viewer", "https://a.example.com/docs/1"},
	} {
		a := args{"url": test.url}
		if test.with != "" {
			a["with"] = test.with
		}
		if got, err := opens(app, "main", "open_url", a); got != test.want || err != nil {
			t.Errorf("%s with %q: opened %q, %v", test.url, test.with, got, err)
		}
	}
}

func TestPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "b.txt", ".hidden", "secret.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := opener.New(opener.Options{})
	entries := fmt.Sprintf(`{"path": %q}, {"path": %q, "app": "viewer"}`, dir+"/*", dir+"/b.txt")
	app := mulliontest.Start(t, run(o, `"opener:default", {"identifier": "opener:allow-open-path", "allow": [`+entries+`],
		"deny": [{"path": "`+dir+`/secret*"}]}`, `{"requireLiteralLeadingDot": false}`), nil)
	for _, test := range []struct{ path, with, want string }{
		{"a.txt", "", "file://" + dir + "/a.txt"},
		{".hidden", "", "file://" + dir + "/.hidden"},
		{"b.txt", "viewer", "file://" + dir + "/b.txt"},
		{"a.txt", "viewer", ""}, // that program is for another path
		{"b.txt", "editor", ""},
		{"secret.txt", "", ""},
		{"none.txt", "", ""},
	} {
		a := args{"path": filepath.Join(dir, test.path)}
		if test.with != "" {
			a["with"] = test.with
		}
		if got, err := opens(app, "main", "open_path", a); got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s with %q: opened %q, %v", test.path, test.with, got, err)
		}
	}
	if got, err := opens(app, "main", "reveal_item_in_dir", args{"paths": []string{dir + "/secret.txt", dir + "/../" + filepath.Base(dir)}}); err != nil ||
		got != "file://"+dir+"/secret.txt file://"+dir {
		t.Errorf("revealed %q, %v", got, err)
	}
	// Go code needs no scope.
	before := len(app.Links())
	for _, err := range []error{o.OpenPath(t.Context(), dir+"/secret.txt"), o.OpenURL(t.Context(), "slack://x"), o.Reveal(t.Context(), dir)} {
		if err != nil {
			t.Error(err)
		}
	}
	if got := app.Links()[before:]; !slices.Equal(got, []string{"file://" + dir + "/secret.txt", "slack://x", "file://" + dir}) {
		t.Errorf("opened %q", got)
	}
}

// TestMissingEntry: the entry that a refusal proposes allows what was refused.
func TestMissingEntry(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "[b].txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	none := mulliontest.Start(t, run(opener.New(opener.Options{}), `"opener:allow-open-url", "opener:allow-open-path"`, `{}`), nil)
	for _, test := range []struct {
		command string
		args    args
		want    string // part of the entry
	}{
		{"open_path", args{"path": dir + "/a.txt"}, `/a.txt"`},
		{"open_path", args{"path": dir + "/[b].txt", "with": "viewer"}, `"app": "viewer"`},
		{"open_url", args{"url": "https://a.example.com:8443/x?y"}, `"https://a.example.com:8443/*"`},
		{"open_url", args{"url": "http://a.example.com", "with": "viewer"}, `"app": "viewer"`},
		{"open_url", args{"url": "mailto:a@example.com?subject=x"}, `"mailto:a@example.com"`},
		{"open_url", args{"url": "tel:+4930"}, `"tel:*"`},
	} {
		_, err := opens(none, "main", test.command, test.args)
		if err == nil {
			t.Fatalf("%v was opened", test.args)
		}
		_, rest, _ := strings.Cut(err.Error(), ": add ")
		entry, to, ok := strings.Cut(rest, ` to capability "main" (capabilities/main.json)`)
		if !ok || to != "" || !strings.Contains(entry, test.want) {
			t.Errorf("%v: the error is %v", test.args, err)
			continue
		}
		app := mulliontest.Start(t, run(opener.New(opener.Options{}), entry, `{}`), nil)
		if got, err := opens(app, "main", test.command, test.args); got == "" || err != nil {
			t.Errorf("%v with %s: opened %q, %v", test.args, entry, got, err)
		}
	}
	for _, url := range []string{"javascript:alert(1)", "file:///etc/passwd", "mailto:*", "https://*.example.com/"} {
		_, err := opens(none, "main", "open_url", args{"url": url})
		if err == nil || strings.Contains(err.Error(), `:*"}`) || strings.Contains(err.Error(), `"allow": [{"url": "https://*`) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestAttacks: nothing is opened by any of these calls.
func TestAttacks(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	for _, f := range []string{dir + "/a", outside + "/secret"} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"/link": outside + "/secret", "/folder": outside, "/nowhere": outside + "/none"} {
		if err := os.Symlink(to, dir+link); err != nil {
			t.Fatal(err)
		}
	}
	app := mulliontest.Start(t, run(opener.New(opener.Options{}), `"opener:allow-reveal-item-in-dir", {
		"identifier": "opener:allow-open-url",
		"allow": [{"url": "https://*.example.com/*"}, {"url": "mailto:*@example.com"}, {"url": "evil:*", "app": false}, {"url": "file:*"},
			{"url": "javascript:*"}, {"url": "http://*"}, {"url": "mailto:sales@example.net?subject=*"}, {"url": "https://one.example/*", "app": "viewer"}],
		"deny": [{"url": "https://intern.example.com/*"}, {"url": "*denied*"}, {"url": "http://evil.example/*"}, {"url": "mailto:boss@*"}]}, `+allow("open-path", fmt.Sprintf(`{"path": %q}`, dir+"/**")), `{}`), nil)
	long := strings.Repeat("a", 5000)
	type attack struct {
		command string
		args    any
		why     string // part of the error
	}
	var attacks []attack
	for _, url := range []string{
		"https://example.com/", "https://evil.example/?x=.example.com/", "https://evil.example#.example.com/", "https://evil.example/.example.com/",
		"https://a.example.com@evil.example/.example.com/", `https://evil.example\.example.com/`, "https://evil.example\t.example.com/",
		"https://intern.example.com/", "https://INTERN.example.com/", "https://intern.example.com./", "https://a.example.com:8443/",
		"https://a.example.com/denied", " https://a.example.com/", "https://a.example.com/\x00", "https://a.example.com/\n",
		"//a.example.com/", "/etc/passwd", "--help", "", "evil:x", "file:///etc/passwd", "FILE:/etc/passwd", "javascript:alert(1)//", "data:text/html,x",
		"http://evil.example./a", "http://evil。example/a", "http://ｅvil.example/a", "http://EVIL.example:80/a", "http:evil.example/a", `http:\\evil.example/a`,
		"http:///evil.example/a", "http://x@evil.example/a", "http://%65vil.example/a", "http://ev\til.example/a", "HTTP://evil.example", "http://a.example/d%65nied",
		"http://a.example/DENIED", "https://a.example.com./", "https://a.example.com/../../d%65nied",
		"mailto:x@evil.example?body=s@example.com", "mailto:x@evil.example,a@example.com", "mailto:x@evil.example%2Ca@example.com", "mailto:x@evil.example;a@example.com",
		"mailto:a@example.com,x@evil.example", "mailto:a@example.com?cc=x@evil.example", "mailto:a@example.com?subject=a&BCC=x@evil.example&x=@example.com",
		"mailto:a@example.com?t%6f=x@evil.example", "mailto:a@example.com?body=a&amp;to=x@evil.example", "mailto:?to=x@evil.example", "mailto:", "mailto:?body=@example.com",
		"mailto:<x@evil.example>a@example.com", "mailto:x@evil.example%20@example.com", "mailto:x@evil.example@example.com", "mailto:%22x@evil.example%22@example.com",
		"mailto:a@example.com?subject=a%0D%0ABcc:x@evil.example", "mailto:a@example.com#@example.com?cc=x@evil.example&%zz=", "mailto:boss@example.com", "MAILTO:Boss@EXAMPLE.com",
		"mailto:boss@example.com.", "mailto:sales@example.net", "mailto:sales@example.net?subject=a&cc=x@evil.example", "mailto:sales@example.net,x@evil.example?subject=a",
		"mailto:a@example.com?attach=/etc/passwd&x=@example.com", "https://one.example/", "https://user:pw@a.example.com/",
		"https://[::ffff:127.0.0.1]/.example.com/", "https://2130706433/.example.com/", "https://evil。example.com/x", "https://a.example.com/" + strings.Repeat("a", 40<<10),
	} {
		attacks = append(attacks, attack{"open_url", args{"url": url}, ""})
	}
	for _, path := range []string{
		outside + "/secret", dir + "/link", dir + "/folder/secret", dir + "/nowhere", dir + "/../" + filepath.Base(outside) + "/secret", "a", "./a", "-a",
		"file://" + dir + "/a", dir + "/a\x00", dir + "/" + long, dir, "", "/etc/passwd", "~/a", "$HOME/a", dir + "/.", dir + "/none",
	} {
		attacks = append(attacks, attack{"open_path", args{"path": path}, ""})
	}
	attacks = append(attacks,
		attack{"open_url", args{"url": "https://a.example.com/", "with": "sh"}, "Not allowed to open url https://a.example.com/ with sh"},
		attack{"open_url", args{"url": "https://one.example/", "with": "viewer "}, "Not allowed"},
		attack{"open_url", args{"url": "https://a.example.com/", "with": ""}, "name"},
		attack{"open_url", args{"url": 7}, ""},
		attack{"open_url", args{}, ""},
		attack{"open_path", args{"path": dir + "/a", "with": "rm"}, "Not allowed to open path"},
		attack{"open_path", args{"path": dir + "/a", "with": long}, "name"},
		attack{"reveal_item_in_dir", args{"paths": []string{"relative"}}, "not absolute"},
		attack{"reveal_item_in_dir", args{"paths": []string{dir + "/none"}}, "no such file"},
		attack{"reveal_item_in_dir", args{"paths": []string{"/"}}, "doesn't have a parent"},
		attack{"reveal_item_in_dir", args{"paths": slices.Repeat([]string{dir}, 1000)}, "the limit is 64"},
		attack{"reveal_item_in_dir", args{"paths": []string{dir + "/a\x00"}}, "NUL"},
		attack{"reveal_item_in_dir", args{"paths": "/"}, ""},
	)
	for _, a := range attacks {
		got, err := opens(app, "main", a.command, a.args.(args))
		if err != nil && strings.Contains(err.Error(), "of a scope") {
			t.Errorf("%s: the scope is wrong: %v", a.command, err)
		}
		if got != "" || err == nil || !strings.Contains(err.Error(), a.why) {
			t.Errorf("%s %.100v: opened %q, %v", a.command, a.args, got, err)
		}
	}
	for _, a := range []attack{ // a window without a scope
		{"open_url", args{"url": "https://a.example.com/"}, "Not allowed to open url"}, {"open_path", args{"path": dir + "/a"}, "Not allowed to open path"},
		{"reveal_item_in_dir", args{"paths": []string{dir}}, "not allowed by ACL"},
	} {
		if got, err := opens(app, "other", a.command, a.args.(args)); got != "" || err == nil || !strings.Contains(err.Error(), a.why) {
			t.Errorf("without a scope: %s: opened %q, %v", a.command, got, err)
		}
	}
	swaps(t, dir, outside)
	// A flood is refused, and what was opened before counts.
	opened := len(app.Links())
	var last error
	for range 50 {
		last = app.Page("main").Call("plugin:opener|open_url", args{"url": "https://a.example.com/"}, nil)
	}
	if n := len(app.Links()) - opened; n > 10 || last == nil || !strings.Contains(last.Error(), "too many addresses") {
		t.Errorf("a flood has opened %d addresses; the last one: %v", n, last)
	}
	var held []string
	fds, err := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && (strings.HasPrefix(to, dir) || strings.HasPrefix(to, outside)) {
			held = append(held, to)
		}
	}
	if err == nil && len(held) > 0 {
		t.Errorf("left open: %q", held)
	}
}

// swaps has a file and a link to the outside change places while a page has it
// opened.
func swaps(t *testing.T, dir, outside string) {
	path, other := dir+"/swapped", dir+"/swapped-link"
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside+"/secret", other); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_ = exchange(path, other)
			}
		}
	}()
	opened := 0
	for range 3000 {
		switch got, err := opener.OpenPath(dir+"/**", path); {
		case err == nil && !strings.HasPrefix(got, dir+"/"):
			t.Fatalf("opened %q", got)
		case err == nil:
			opened++
		}
	}
	if opened == 0 {
		t.Error("nothing was opened, so this attack proves nothing")
	}
	close(stop)
	<-done
}

// exchange swaps two names, one rename after the other.
func exchange(a, b string) error {
	for _, r := range [][2]string{{a, a + "~"}, {b, a}, {a + "~", b}} {
		if err := syscall.Rename(r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}
