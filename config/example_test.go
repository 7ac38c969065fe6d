package config_test

import (
	"fmt"
	"testing/fstest"

	"github.com/mullion-dev/mullion/config"
)

func ExampleLoad() {
	// In an app this is os.DirFS of the directory, or an embed.FS.
	fsys := fstest.MapFS{
		"mullion.conf.json": {Data: []byte(`{
			"identifier": "org.example.notes",
			"app": {"windows": [{"title": "Notes", "width": 1000}]}
		}`)},
		"mullion.macos.conf.json": {Data: []byte(`{
			"app": {"windows": [{"title": "Notes", "titleBarStyle": "Overlay"}]}
		}`)},
	}
	cfg, err := config.Load(fsys, config.Options{Platform: "macos"})
	if err != nil {
		fmt.Println(err)
		return
	}
	w, _ := cfg.WindowByLabel("main")
	fmt.Println(w.Title, w.Width, w.Height, w.TitleBarStyle)
	// Output: Notes 800 600 overlay
}

func ExampleParse() {
	_, err := config.Parse("mullion.conf.json", []byte(`{
  "identifier": "org.example.notes",
  "app": {
    "windows": [
      {"label": "main", "hieght": 600},
      {"label": "about us", "x": 10}
    ]
  }
}`))
	fmt.Println(err)
	// Output:
	// mullion.conf.json:5:25: app.windows[0].hieght: unknown key (did you mean "height"?)
	// mullion.conf.json:6:17: app.windows[1].label: bad label "about us": ' ' is not allowed, only letters, digits and any of - / : _
	// mullion.conf.json:6:34: app.windows[1].x: x without y: a position needs both
}
