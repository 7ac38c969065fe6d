package deeplink_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin"
	"github.com/mullion-dev/mullion/plugin/deeplink"
)

// dirVariable makes this test binary an app without windows. It is its folder
// for data.
const dirVariable = "DEEP_LINK_TEST_DIR"

func TestMain(m *testing.M) {
	if os.Getenv(dirVariable) != "" {
		mullion.Main(run)
	}
	mulliontest.Main(m)
}

// run is that app. It says what it is told.
func run(ctx context.Context) error {
	app, err := mullion.New(mullion.Options{
		Config: &config.Config{
			Identifier: "org.example.links", ProductName: "Links",
			Plugins: map[string]jsontext.Value{"deep-link": jsontext.Value(`{"desktop": {"schemes": ["notes", "notes+x"]}}`)},
		},
		DataDir: os.Getenv(dirVariable), StayOpen: true, SingleInstance: true,
	})
	if err != nil {
		return err
	}
	links := deeplink.New()
	links.OnOpenURL(func(urls []string) {
		if urls[0] == "notes:panic" {
			panic("of the app")
		}
		fmt.Printf("opened %q, current %q\n", urls, links.Current())
	})
	app.AddPlugin(links.Plugin())
	app.AddPlugin(plugin.Plugin{Name: "after", Start: func(context.Context, plugin.App) error {
		err := links.RegisterAll()
		fmt.Printf("first, current %q, %v\n", links.Current(), err)
		return nil
	}})
	return app.Run(ctx)
}

type process struct {
	cmd    *exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer
}

func begin(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // ends a hang
	t.Cleanup(cancel)
	p := &process{cmd: exec.CommandContext(ctx, os.Args[0], args...)}
	p.cmd.Env = append(os.Environ(), dirVariable+"="+dir)
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(out)
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // if it is still there
		_ = p.cmd.Wait()
	})
	return p
}

func (p *process) says(t *testing.T, want string) {
	t.Helper()
	if !p.lines.Scan() {
		t.Fatalf("it ends without %q: %s", want, &p.stderr)
	}
	if got := p.lines.Text(); got != want {
		t.Fatalf("it says %q; want %q", got, want)
	}
}

// home gives the test folders of a user of its own.
func home(t *testing.T) (conf, data string) {
	t.Helper()
	dir := t.TempDir()
	conf, data = filepath.Join(dir, "config"), filepath.Join(dir, "data")
	for name, value := range map[string]string{
		"HOME": dir, "XDG_CONFIG_HOME": conf, "XDG_DATA_HOME": data, "XDG_CONFIG_DIRS": filepath.Join(dir, "etc"), "XDG_DATA_DIRS": filepath.Join(dir, "usr"),
		"XDG_CURRENT_DESKTOP": "X-Test", "DBUS_SESSION_BUS_ADDRESS": "disabled:",
	} {
		t.Setenv(name, value)
	}
	return conf, data
}

// TestOpen: the system's own program finds the app by what was registered, and
// the app hears of the address whether it runs or not.
func TestOpen(t *testing.T) {
	home(t)
	dir := t.TempDir()
	first := begin(t, dir, "notes://at/start")
	first.says(t, `first, current ["notes://at/start"], <nil>`)
	open := func(address string) {
		t.Helper()
		cmd := exec.Command("gio", "open", address)
		cmd.Env = append(os.Environ(), dirVariable+"="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("gio open: %v: %s", err, out)
		}
	}
	open("notes://x/y?a=b%20c&d=$HOME#e")
	first.says(t, `opened ["notes://x/y?a=b%20c&d=$HOME#e"], current ["notes://x/y?a=b%20c&d=$HOME#e"]`)
	open("notes+x:opaque")
	first.says(t, `opened ["notes+x:opaque"], current ["notes+x:opaque"]`)
	for _, further := range []struct {
		args []string
		want string
	}{
		{[]string{"NOTES://Big"}, `opened ["notes://Big"], current ["notes://Big"]`},
		{[]string{"notes:panic"}, ""},
		{[]string{"notes://x", "more"}, ""}, {nil, ""}, {[]string{"--notes://x"}, ""}, {[]string{"file"}, ""},
		{[]string{"notes:after"}, `opened ["notes:after"], current ["notes:after"]`},
	} {
		if err := begin(t, dir, further.args...).cmd.Wait(); err != nil {
			t.Errorf("%q: %v", further.args, err)
		}
		if further.want != "" {
			first.says(t, further.want)
		}
	}
}

type harness struct {
	*mulliontest.App
	links       *deeplink.DeepLinks
	main, other *mulliontest.Page
}

func start(t *testing.T, settings string) *harness {
	t.Helper()
	h := &harness{links: deeplink.New()}
	conf, data := os.Getenv("XDG_CONFIG_HOME"), os.Getenv("XDG_DATA_HOME")
	h.App = mulliontest.Start(t, func(ctx context.Context) error {
		os.Setenv("XDG_CONFIG_HOME", conf) // those of home
		os.Setenv("XDG_DATA_HOME", data)
		a, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.links", "productName": "Li & nks", "build": {"frontendDist": "ui"},
				"app": {"windows": [{}, {"label": "other"}]}, "plugins": {"deep-link": ` + settings + `}}`)},
			"ui/index.html": {Data: []byte(`<!doctype html><title>Links</title>`)},
			"capabilities/main.json": {Data: []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["core:default", "deep-link:default",
				"deep-link:allow-register", "deep-link:allow-unregister", "deep-link:allow-is-registered"]}`)},
			"capabilities/other.json": {Data: []byte(`{"identifier": "other", "windows": ["other"], "permissions": ["core:default", "deep-link:default"]}`)},
		}})
		if err != nil {
			return err
		}
		a.AddPlugin(h.links.Plugin())
		return a.Run(ctx)
	}, nil)
	h.main, h.other = h.Page("main"), h.Page("other")
	return h
}

func call(p *mulliontest.Page, command, scheme string) error {
	return p.Call("plugin:deep-link|"+command, map[string]string{"protocol": scheme}, nil)
}

func (h *harness) want(t *testing.T, scheme string, want bool) {
	t.Helper()
	var got bool
	if err := h.main.Call("plugin:deep-link|is_registered", map[string]string{"protocol": scheme}, &got); err != nil || got != want {
		t.Errorf("%s: a page hears %t, %v; want %t", scheme, got, err, want)
	}
	// As the system's own program sees it.
	out, err := exec.Command("gio", "mime", "x-scheme-handler/"+scheme).CombinedOutput()
	has := strings.Contains(string(out), "org.example.links-handler.desktop") && strings.HasPrefix(string(out), "Default application")
	if err == nil && has != want {
		t.Errorf("%s: gio says %s", scheme, out)
	}
	if err != nil && want {
		t.Errorf("gio: %v: %s", err, out)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// TestRegister: what others have in the files stays.
func TestRegister(t *testing.T) {
	conf, data := home(t)
	list, desktop := filepath.Join(conf, "mimeapps.list"), filepath.Join(conf, "x-test-mimeapps.list")
	const before = "# of the user\n[Added Associations]\ntext/plain=edit.desktop;\n\n[Default Applications]\ntext/plain=edit.desktop\nx-scheme-handler/notes=other.desktop;\n[Removed Associations]\nx-scheme-handler/notes=org.example.links-handler.desktop;bad.desktop;\n"
	write(t, list, before)
	write(t, desktop, "[Default Applications]\nx-scheme-handler/notes=other.desktop\n")
	write(t, filepath.Join(data, "applications", "other.desktop"), "[Desktop Entry]\nType=Application\nName=Other\nExec=true %u\nMimeType=x-scheme-handler/notes;\n")
	h := start(t, `{"desktop": [{"schemes": ["notes"]}, {"schemes": ["more"], "name": "x"}]}`)
	h.want(t, "notes", false)
	for range 2 {
		for _, scheme := range []string{"notes", "dynamic"} {
			if err := call(h.main, "register", scheme); err != nil {
				t.Fatal(err)
			}
			h.want(t, scheme, true)
		}
	}
	if err := h.links.RegisterAll(); err != nil {
		t.Error(err)
	}
	h.want(t, "more", true)
	const id = "org.example.links-handler.desktop"
	if diff := cmp.Diff("# of the user\n[Added Associations]\ntext/plain=edit.desktop;\n\n[Default Applications]\ntext/plain=edit.desktop\nx-scheme-handler/notes="+id+";other.desktop;\nx-scheme-handler/dynamic="+id+";\nx-scheme-handler/more="+id+";\n[Removed Associations]\nx-scheme-handler/notes=bad.desktop;\n", read(t, list)); diff != "" {
		t.Error(diff)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("[Desktop Entry]\nType=Application\nName=Li & nks\nExec=\""+program+"\" %u\nTerminal=false\nNoDisplay=true\nMimeType=x-scheme-handler/notes;x-scheme-handler/dynamic;x-scheme-handler/more;\n", read(t, filepath.Join(data, "applications", id))); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		for _, scheme := range []string{"notes", "dynamic", "more"} {
			if err := call(h.main, "unregister", scheme); err != nil {
				t.Fatal(err)
			}
			h.want(t, scheme, false)
		}
	}
	if diff := cmp.Diff(strings.Replace(strings.Replace(before, id+";", "", 1), "notes=other.desktop;", "notes=other.desktop;", 1), read(t, list)); diff != "" {
		t.Error(diff)
	}
	if got := read(t, desktop); got != "[Default Applications]\nx-scheme-handler/notes=other.desktop;\n" {
		t.Error(got)
	}
	left, err := os.ReadDir(filepath.Join(data, "applications"))
	if err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestRefused(t *testing.T) {
	if err := deeplink.New().Register("notes"); err == nil || !strings.Contains(err.Error(), "does not run yet") {
		t.Errorf("before Run: %v", err)
	}
	home(t)
	for _, variables := range []map[string]string{{"container": "flatpak"}, {"SNAP": "/snap/x", "SNAP_NAME": "x"}} {
		t.Run(fmt.Sprint(variables), func(t *testing.T) {
			h := start(t, `{}`)
			for name, value := range variables {
				t.Setenv(name, value)
			}
			for _, command := range []string{"register", "unregister", "is_registered"} {
				if err := call(h.main, command, "notes"); err == nil || !strings.Contains(err.Error(), "says by itself") {
					t.Errorf("%s: %v", command, err)
				}
			}
		})
	}
	for _, settings := range []string{`{"desktop": {"schemes": ["a b"]}}`, `{"desktop": {"schemes": ["Notes"]}}`, `{"desktop": {"schemes": ["notes:"]}}`, `{"desktop": {"scheme": []}}`, `{"desktop": "notes"}`, `{"x": 1}`} {
		t.Run(settings, func(t *testing.T) {
			app, err := mullion.New(mullion.Options{DataDir: t.TempDir(), StayOpen: true, Files: fstest.MapFS{
				"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.links", "app": {"windows": []}, "plugins": {"deep-link": ` + settings + `}}`)},
			}})
			if err != nil {
				t.Fatal(err)
			}
			app.AddPlugin(deeplink.New().Plugin())
			if err := app.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "deep-link") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestAttacks: schemes that a page wants, and addresses that anybody starts the
// app with.
func TestAttacks(t *testing.T) {
	conf, data := home(t)
	h := start(t, `{"desktop": {"schemes": ["notes"]}}`)
	for _, scheme := range []string{
		"", "https", "http", "file", "mailto", "javascript", "HTTPS", "../../x", "a/b", "a b", "a;b", "a=b", "a\nExec=evil", "a\x00", "-x", "--help", "1a", "é",
		"notes:", "notes://", "[Default Applications]", strings.Repeat("x", 4096), "\u202e", "text/plain",
	} {
		t.Run(fmt.Sprintf("scheme %.20q", scheme), func(t *testing.T) {
			if err := call(h.main, "register", scheme); err == nil {
				t.Error("register: no error")
			}
		})
	}
	if _, err := os.Stat(filepath.Join(conf, "mimeapps.list")); err == nil {
		t.Error("something was written")
	}
	t.Run("page without the permission", func(t *testing.T) {
		for _, command := range []string{"register", "unregister", "is_registered"} {
			if err := call(h.other, command, "notes"); err == nil || !strings.Contains(err.Error(), "not allowed by ACL") {
				t.Errorf("%s: %v", command, err)
			}
		}
	})
	t.Run("flood", func(t *testing.T) {
		var all sync.WaitGroup
		var mu sync.Mutex
		refused := 0
		for i := range 80 {
			all.Go(func() {
				if err := call(h.main, "register", fmt.Sprintf("flood%d", i)); err != nil {
					mu.Lock()
					defer mu.Unlock()
					if refused++; !strings.Contains(err.Error(), "64 schemes are registered") {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if refused != 80-64 {
			t.Errorf("%d were refused", refused)
		}
		for i := range 80 {
			if err := call(h.main, "unregister", fmt.Sprintf("flood%d", i)); err != nil {
				t.Error(err)
			}
		}
		if got := strings.TrimSpace(read(t, filepath.Join(conf, "mimeapps.list"))); got != "[Default Applications]" {
			t.Errorf("left over: %s", got)
		}
	})
	t.Run("folder and link in their place", func(t *testing.T) {
		list := filepath.Join(conf, "mimeapps.list")
		if err := os.Remove(list); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(list, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, command := range []string{"register", "unregister", "is_registered"} {
			if err := call(h.main, command, "notes"); err == nil {
				t.Errorf("%s: no error", command)
			}
		}
		if err := os.Remove(list); err != nil {
			t.Fatal(err)
		}
		real := filepath.Join(conf, "dotfiles")
		write(t, real, "[Default Applications]\ntext/plain=edit.desktop\n")
		if err := os.Symlink(real, list); err != nil {
			t.Fatal(err)
		}
		if err := call(h.main, "register", "notes"); err != nil {
			t.Error(err)
		}
		if got := read(t, real); !strings.Contains(got, "edit.desktop") || !strings.Contains(got, "notes=org.example") {
			t.Errorf("the file has %s", got)
		}
		if err := call(h.main, "unregister", "notes"); err != nil {
			t.Error(err)
		}
	})
	_ = data
	// Addresses, by the arguments of a further start.
	dir := t.TempDir()
	app := begin(t, dir)
	app.says(t, "first, current [], <nil>")
	for _, link := range []string{
		"https://example.org/", "javascript:alert(1)", "file:///etc/passwd", "notesx://a", "note://a", "notes", "//notes", " notes://a", "notes ://a", "\tnotes:a",
		"notes://a\nnotes://b", "notes://a\x1b[2J", "notes://\xff\xfe", "notes://\u202etxt.exe", "notes:" + strings.Repeat("x", 40<<10), "notes://%zz", "notes://[::1", "notes://a\x7f",
	} {
		if err := begin(t, dir, link).cmd.Wait(); err != nil {
			t.Errorf("%.30q: %v", link, err)
		}
	}
	if err := begin(t, dir, "notes://user:secret@host/?key=secret2").cmd.Wait(); err != nil {
		t.Error(err)
	}
	app.says(t, `opened ["notes://user:secret@host/?key=secret2"], current ["notes://user:secret@host/?key=secret2"]`)
	if err := app.cmd.Process.Signal(os.Interrupt); err != nil { // all of the log comes
		t.Error(err)
	}
	_ = app.cmd.Wait()
	if log := app.stderr.String(); strings.Contains(log, "secret") || !strings.Contains(log, "too long") || !strings.Contains(log, "control characters") || !strings.Contains(log, "not in the configuration") {
		t.Errorf("the log has %s", log)
	}
}

func TestGetCurrent(t *testing.T) {
	home(t)
	h := start(t, `{"desktop": {"schemes": ["notes"]}}`)
	var got *[]string
	if err := h.main.Call("plugin:deep-link|get_current", nil, &got); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}
