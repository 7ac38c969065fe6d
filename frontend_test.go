package mullion

import (
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion/config"
)

// TestFrontEnd: only what is used is demanded, and what is missing is an error
// that shows what to write.
func TestFrontEnd(t *testing.T) {
	page := func(names ...string) fs.FS {
		m := fstest.MapFS{"mullion.conf.json": {}}
		for _, n := range names {
			m[n] = &fstest.MapFile{Data: []byte(n)}
		}
		return m
	}
	const (
		dist = `"build": {"frontendDist": "../dist"}`
		deep = `"build": {"frontendDist": "../packages/ui/dist"}`
		dev  = `"build": {"frontendDist": "../dist", "devUrl": "http://localhost:1420"}`
	)
	for _, test := range []struct {
		name, conf string
		o          Options
		want       string // what index.html says, "" for no front end
		err        string
	}{
		{"in files", `"build": {"frontendDist": "ui"}`, Options{Files: page("ui/index.html")}, "ui/index.html", ""},
		{"nothing said", `"build": {}`, Options{Files: page()}, "", ""},
		{"nothing said in assets", `"build": {}`, Options{Assets: page("index.html")}, "index.html", ""},
		{"assets", dist, Options{Files: page(), Assets: page("index.html")}, "index.html", ""},
		{"assets with their folder", dist, Options{Files: page(), Assets: page("dist/index.html")}, "dist/index.html", ""},
		{"assets with their folders", deep, Options{Files: page(), Assets: page("ui/dist/index.html")}, "ui/dist/index.html", ""},
		{"assets instead of an address", `"build": {"frontendDist": "https://example.com"}`, Options{Files: page(), Assets: page("index.html")}, "index.html", ""},
		{"out of files", dist, Options{Files: page()}, "", "//go:embed all:dist\n\tvar front embed.FS\n\n\tmullion.New(mullion.Options{Files: files, Assets: front})"},
		{"out of files, deep", deep, Options{Files: page()}, "", "//go:embed all:packages/ui/dist\n"},
		{"not embedded", `"build": {"frontendDist": "ui"}`, Options{Files: page()}, "", "\"ui\" is not in Options.Files. Embed the folder in a Go file beside it, and pass it on:\n\n\t//go:embed all:ui\n"},
		{"an address", `"build": {"frontendDist": "https://example.com"}`, Options{Files: page()}, "", "\"https://example.com\" is not a folder"},
		{"files", `"build": {"frontendDist": ["a.html", "b.js"]}`, Options{Files: page()}, "", "\"a.html, b.js\" is not a folder"},
		{"an absolute folder", `"build": {"frontendDist": "/home/me/dist"}`, Options{Files: page()}, "", "//go:embed all:dist\n"},
		{"dev server", dev, Options{Files: page(), Dev: true}, "", ""},
		{"dev server, not now", dev, Options{Files: page()}, "", "//go:embed all:dist\n"},
		{"dev without a server", dist, Options{Files: page(), Dev: true}, "", "//go:embed all:dist\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			conf, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "dev.mullion.test", `+test.conf+`}`))
			if err != nil {
				t.Fatal(err)
			}
			front, err := (&App{config: conf}).frontEnd(test.o)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("got %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if front != nil {
				data, err := fs.ReadFile(front, "index.html")
				if err != nil {
					t.Fatal(err)
				}
				got = string(data)
			}
			if got != test.want {
				t.Errorf("got the front end of %q, want %q", got, test.want)
			}
		})
	}
}

// TestCheckPages: what a window would show nothing for is a warning at start.
func TestCheckPages(t *testing.T) {
	for _, test := range []struct {
		name, windows string
		front         fstest.MapFS
		want          []string // in the log; none means that it is empty
	}{
		{"all there", `{}`, fstest.MapFS{
			"index.html":    {Data: []byte(`<script type=module src="/assets/a%20b.js?v=1#x"></script><link rel=stylesheet href=s.css><script src=/_mullion/api.js></script><img src="data:,"><img src=https://a.dev/x.png>`)},
			"assets/a b.js": {}, "s.css": {},
		}, nil},
		{"left out by embed", `{}`, fstest.MapFS{
			"index.html": {Data: []byte(`<link rel=modulepreload href=/_app/start.js><script src=/_app/start.js></script><script src=main.js></script>`)},
		}, []string{"page=index.html", "[/_app/start.js /main.js]", "//go:embed all:dist"}},
		{"missing", `{"url": "pages/main.html?x"}`, fstest.MapFS{
			"pages/main.html": {Data: []byte(`<base href=../><script src=gone.js></script><script src=pages/here.js></script>`)}, "pages/here.js": {},
		}, []string{"page=pages/main.html", "[/gone.js]"}},
		{"no page", `{"label": "first"}`, fstest.MapFS{"app.js": {}}, []string{"window=first", "the files of Options.Assets have no index.html"}},
		{"no front end", `{}`, nil, []string{"set build.frontendDist to a folder in Options.Files"}},
		{"a route", `{"url": "settings"}`, fstest.MapFS{"index.html": {Data: []byte(`<script src=/gone.js></script>`)}}, []string{"page=index.html", "[/gone.js]"}},
		{"a remote page", `{"url": "https://example.com/"}`, fstest.MapFS{}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			conf, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "dev.mullion.test", "app": {"windows": [`+test.windows+`]}}`))
			if err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			var front fs.FS
			if test.front != nil {
				front = test.front
			}
			if _, err := New(Options{Config: conf, Assets: front, DataDir: t.TempDir(), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))}); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log lacks %q: %s", want, &log)
				}
			}
			if test.want == nil && log.Len() > 0 {
				t.Errorf("the log has %s", &log)
			}
		})
	}
}
