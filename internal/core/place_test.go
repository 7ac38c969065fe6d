package core_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/wire"
)

// launched returns the last start of each host, by name.
func (p *pair) launched() map[string]core.Launch {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := map[string]core.Launch{}
	for _, l := range p.launches {
		last[l.Name] = l
	}
	return last
}

// labelsIn returns the labels of the webviews that the living engine of a host
// shows.
func (p *pair) labelsIn(host string) []string {
	labels := []string{}
	if e := p.engine(host); e != nil {
		for _, id := range e.Webviews() {
			if v := e.Webview(id); v != nil {
				labels = append(labels, v.State().Label)
			}
		}
	}
	slices.Sort(labels)
	return labels
}

// waitLabels waits until a host shows just these webviews.
func (p *pair) waitLabels(host string, want ...string) {
	p.t.Helper()
	diff := ""
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if diff = cmp.Diff(want, p.labelsIn(host)); diff == "" {
			return
		}
	}
	p.t.Fatalf("webviews of host %q: %s", host, diff)
}

const placing = `[
	{"identifier": "basis", "windows": ["*"], "permissions": ["core:default"]},
	{"identifier": "net", "windows": ["net-*"], "permissions": [{"identifier": "sandbox:allow-network", "allow": ["https://a.dev"]}]},
	{"identifier": "quiet + dull", "windows": ["dull"], "permissions": ["sandbox:deny-gpu",
		{"identifier": "sandbox:allow-read", "allow": ["$DOCUMENT/in", "$VIDEO", "/etc/x"]}, {"identifier": "sandbox:allow-write", "allow": ["$DOCUMENT"]}]}]`

func TestHostsByGrants(t *testing.T) {
	dir := t.TempDir()
	o := core.Options{
		DataDir: filepath.Join(dir, "data"), CacheDir: filepath.Join(dir, "cache"), LibraryCacheDir: filepath.Join(dir, "library"),
		PathVariable: func(name string) (string, bool) { return "/home/u/Documents", name == "DOCUMENT" },
	}
	if err := os.Mkdir(o.DataDir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := newPair(t, placing, o, nil)
	// Not in the order of importance: what "app" is must not depend on it.
	p.open("net-1", "app://localhost/")
	p.open("main", "app://localhost/")
	p.open("about", "app://localhost/")
	p.open("net-2", "app://localhost/")
	p.open("dull", "app://localhost/")
	p.waitLabels("app", "about", "main")
	p.waitLabels("app:net", "net-1", "net-2")
	p.waitLabels("app:quiet %2B dull", "dull")
	if _, err := p.OpenWindow(t.Context(), core.WindowOptions{State: wire.WindowState{Label: "net-3"}, Isolate: true}); err != nil {
		t.Fatal(err)
	}

	seen := map[string]bool{}
	for name, l := range p.launched() {
		var reaches []string
		for _, r := range l.Resources.Connect {
			reaches = append(reaches, r.String())
		}
		want := map[string][]string{"app:net": {"https://a.dev"}, "window:net-3": {"https://a.dev"}}[name]
		if d := cmp.Diff(want, reaches); d != "" {
			t.Errorf("%s: network: %s", name, d)
		}
		if dull := name == "app:quiet %2B dull"; dull == l.Resources.GPU {
			t.Errorf("%s: GPU: %t", name, l.Resources.GPU)
		}
		for _, folder := range []string{l.Folders.Data, l.Folders.Cache, l.Folders.Library} {
			info, err := os.Stat(folder)
			if err != nil || info.Mode() != os.ModeDir|0o700 || filepath.Dir(filepath.Dir(folder)) != dir || seen[folder] {
				t.Errorf("%s: folder %s: %v, %v", name, folder, info, err)
			}
			seen[folder] = true
		}
	}
	launched := p.launched()
	if len(launched) != 4 {
		t.Errorf("hosts: %q", p.hosts())
	}
	if d := cmp.Diff(core.Folders{Data: o.DataDir + "/app", Cache: o.CacheDir + "/app", Library: o.LibraryCacheDir + "/app"}, launched["app"].Folders); d != "" {
		t.Error(d)
	}
	dull := launched["app:quiet %2B dull"].Resources
	if d := cmp.Diff([][]string{{"/home/u/Documents/in", "/etc/x"}, {"/home/u/Documents"}}, [][]string{dull.Read, dull.Write}); d != "" {
		t.Error(d)
	}
}

// TestMainWindow checks that the host "app" is that of the main window,
// whatever it is granted and called.
func TestMainWindow(t *testing.T) {
	p := newPair(t, placing, core.Options{MainWindow: "net-7"}, nil)
	p.open("main", "app://localhost/")
	p.open("net-1", "app://localhost/")
	p.waitLabels("app", "net-1")
	p.waitLabels("plain", "main")
}

// TestHostIsNotWidened checks that capabilities which come later change
// nothing for a host that runs, and count when it starts again.
func TestHostIsNotWidened(t *testing.T) {
	p := newPair(t, placing, core.Options{}, nil)
	p.open("main", "app://localhost/")
	side := p.open("side-1", "app://localhost/")
	more := capability.Capability{Identifier: "more", Local: true, Windows: []string{"side-*"}, Permissions: []capability.Entry{
		{Identifier: "sandbox:allow-audio"}, {Identifier: "sandbox:deny-gpu"},
	}}
	if err := p.AddCapabilities(more); err != nil {
		t.Fatal(err)
	}
	p.open("side-2", "app://localhost/")
	p.waitLabels("app", "main", "side-1")
	p.waitLabels("app:more", "side-2")

	p.engine("app").Quit()
	p.waitLabels("app:more", "side-1", "side-2")
	p.waitLabels("app", "main")
	side.find() // its page is there, and has a bridge
	app, class := p.launched()["app"].Resources, p.launched()["app:more"].Resources
	if app.Audio || !app.GPU || !class.Audio || class.GPU {
		t.Errorf("app: %+v, class: %+v", app, class)
	}
	if err := p.AddCapabilities(more); err == nil {
		t.Error("the same capability was added twice")
	}
}

// TestHostOfOneWindow checks that a window alone in its host stays there with
// what it is granted by the time of the next start, and that one which may
// come to show others gets a host of its own then.
func TestHostOfOneWindow(t *testing.T) {
	p := newPair(t, placing, core.Options{}, nil)
	p.open("main", "app://localhost/")
	p.open("mixed", "app://localhost/")
	ctx, cancel := await.Context(t.Context(), limit)
	defer cancel()
	if _, err := p.OpenWindow(ctx, core.WindowOptions{State: wire.WindowState{Label: "alone"}, Webview: wire.WebviewState{URL: "app://localhost/"}, Isolate: true}); err != nil {
		t.Fatal(err)
	}
	if err := p.AddCapabilities(
		capability.Capability{Identifier: "loud", Local: true, Windows: []string{"alone"}, Permissions: []capability.Entry{{Identifier: "sandbox:allow-audio"}}},
		capability.Capability{Identifier: "others", Remote: []string{"https://a.dev"}, Windows: []string{"mixed"}},
	); err != nil {
		t.Fatal(err)
	}
	if p.launched()["window:alone"].Resources.Audio {
		t.Error("granted before it was")
	}
	p.engine("window:alone").Quit()
	p.engine("app").Quit()
	p.waitLabels("window:mixed", "mixed")
	p.waitLabels("app", "main")
	for end := time.Now().Add(limit); !p.launched()["window:alone"].Resources.Audio; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the window has not got what it was granted")
		}
	}
}

// TestDevServer checks who may connect to the dev server.
func TestDevServer(t *testing.T) {
	p := newPair(t, placing, core.Options{DevOrigin: "http://localhost:5173"}, nil)
	ctx, cancel := await.Context(t.Context(), limit)
	defer cancel()
	for label, url := range map[string]string{
		"main": "http://localhost:5173/", "other": "app://localhost/", "near": "http://localhost:5173/alone", "far": "https://b.dev/",
	} {
		o := core.WindowOptions{State: wire.WindowState{Label: label}, Webview: wire.WebviewState{URL: url}, Isolate: label == "near"}
		if _, err := p.OpenWindow(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	// A window that is opened before Run has begun gets its host later.
	p.waitLabels("app", "main", "other")
	p.waitLabels("window:near", "near")
	p.waitLabels("window:far", "far")
	got := map[string]int{}
	for name, l := range p.launched() {
		got[name] = len(l.Resources.Connect)
	}
	if d := cmp.Diff(map[string]int{"app": 1, "window:near": 1, "window:far": 0}, got); d != "" {
		t.Error(d)
	}
	if _, err := core.New(core.Options{DevOrigin: "http://bücher.example"}); err == nil {
		t.Error("a dev server that no rule can name")
	}
}

// TestInjectionPatterns: engines are told where the bridge goes without ports,
// which they would compare with nothing that a page has.
func TestInjectionPatterns(t *testing.T) {
	const remote = `[{"identifier": "own", "windows": ["*"], "permissions": ["core:default"]},
		{"identifier": "far", "windows": ["*"], "local": false, "permissions": ["core:default"],
		"remote": {"urls": ["https://a.dev:8443/x/*", "http://[::1]:9000/*", "https://*.b.dev/*", "http://c.dev:*/*"]}}]`
	for _, test := range []struct{ origin, own string }{
		{"", ""},
		{"http://localhost:5173", "http://localhost:5173/*"},
		{"http://[::1]:5173", "http://[::1]:5173/*"},
		{"https://dev.local", "https://dev.local/*"},
	} {
		t.Run(test.origin, func(t *testing.T) {
			p := newPair(t, remote, core.Options{DevOrigin: test.origin}, nil)
			v := p.open("main", "app://localhost/")
			_, _, got := v.view.Scripts()
			want := []string{"app://localhost/*", "http://[::1]:9000/*", "http://c.dev:*/*", "https://*.b.dev/*", "https://a.dev:8443/*"}
			if test.own != "" {
				want = append(want, test.own)
			}
			slices.Sort(got)
			slices.Sort(want)
			if d := cmp.Diff(slices.Compact(want), got); d != "" {
				t.Error(d)
			}
		})
	}
}
