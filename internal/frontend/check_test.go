package frontend

import (
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/assets"
)

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
			app, err := assets.NewApp(front, assets.AppOptions{Builtin: map[string][]byte{"/_mullion/api.js": nil}})
			if err != nil {
				t.Fatal(err)
			}
			CheckPages(slog.New(slog.NewTextHandler(&log, nil)), conf, front, app)
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
