package mulliontest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mullion-dev/mullion/internal/await"
)

// keep keeps what helps to understand why a test has failed, and says where.
func (d *Desktop) keep() {
	dir, err := d.artifacts()
	if err == nil {
		err = d.screen.Save(filepath.Join(dir, "screen.png"))
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "app.log"), []byte(d.Log()), 0o600)
	}
	if err != nil {
		d.r.t.Logf("what the screen shows could not be kept: %v", err)
		return
	}
	d.r.t.Logf("what the screen and the pages show is in %s", dir)
	if d.App == nil || d.r.ended() {
		return
	}
	webviews, _ := d.r.core.Webviews()
	for _, label := range webviews {
		view, err := d.Webview(label)
		if err != nil {
			continue // it has just been closed
		}
		w := &Window{d: d, label: label, view: view}
		var html string
		if err := w.evalWithin(await.Limit/10, `return document.documentElement.outerHTML`, &html); err != nil {
			html = fmt.Sprintf("<!-- the page does not tell: %v -->", err)
		}
		name := strings.Map(func(r rune) rune {
			if strings.ContainsRune(`/\:`, r) {
				return '_'
			}
			return r
		}, label) + ".html"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(html), 0o600); err != nil {
			d.r.t.Log(err)
		}
	}
}

// artifacts makes the folder of this test.
func (d *Desktop) artifacts() (string, error) {
	t := d.r.t
	dir := d.r.options.Artifacts
	if f := flag.Lookup("test.artifacts"); dir == "" && f != nil && f.Value.String() == "true" {
		return t.ArtifactDir(), nil
	}
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return '_'
	}, t.Name())
	if dir == "" {
		return os.MkdirTemp("", "mulliontest-"+name+"-")
	}
	dir, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}
