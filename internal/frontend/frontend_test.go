package frontend

import (
	"io/fs"
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
		o          Source
		want       string // what index.html says, "" for no front end
		err        string
	}{
		{"in files", `"build": {"frontendDist": "ui"}`, Source{Files: page("ui/index.html")}, "ui/index.html", ""},
		{"nothing said", `"build": {}`, Source{Files: page()}, "", ""},
		{"nothing said in assets", `"build": {}`, Source{Assets: page("index.html")}, "index.html", ""},
		{"assets", dist, Source{Files: page(), Assets: page("index.html")}, "index.html", ""},
		{"assets with their folder", dist, Source{Files: page(), Assets: page("dist/index.html")}, "dist/index.html", ""},
		{"assets with their folders", deep, Source{Files: page(), Assets: page("ui/dist/index.html")}, "ui/dist/index.html", ""},
		{"assets instead of an address", `"build": {"frontendDist": "https://example.com"}`, Source{Files: page(), Assets: page("index.html")}, "index.html", ""},
		{"out of files", dist, Source{Files: page()}, "", "//go:embed all:dist\n\tvar front embed.FS\n\n\tmullion.New(mullion.Options{Files: files, Assets: front})"},
		{"out of files, deep", deep, Source{Files: page()}, "", "//go:embed all:packages/ui/dist\n"},
		{"not embedded", `"build": {"frontendDist": "ui"}`, Source{Files: page()}, "", "\"ui\" is not in Options.Files. Embed the folder in a Go file beside it, and pass it on:\n\n\t//go:embed all:ui\n"},
		{"an address", `"build": {"frontendDist": "https://example.com"}`, Source{Files: page()}, "", "\"https://example.com\" is not a folder"},
		{"files", `"build": {"frontendDist": ["a.html", "b.js"]}`, Source{Files: page()}, "", "\"a.html, b.js\" is not a folder"},
		{"an absolute folder", `"build": {"frontendDist": "/home/me/dist"}`, Source{Files: page()}, "", "//go:embed all:dist\n"},
		{"dev server", dev, Source{Files: page(), Dev: true}, "", ""},
		{"dev server, not now", dev, Source{Files: page()}, "", "//go:embed all:dist\n"},
		{"dev without a server", dist, Source{Files: page(), Dev: true}, "", "//go:embed all:dist\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			conf, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "dev.mullion.test", `+test.conf+`}`))
			if err != nil {
				t.Fatal(err)
			}
			front, err := Find(conf, test.o)
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
