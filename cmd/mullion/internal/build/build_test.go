package build

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

func TestParseTargets(t *testing.T) {
	own := runtime.GOARCH
	for list, want := range map[string][]Target{
		"linux":                      {{"linux", own}},
		"linux/arm64, windows/amd64": {{"linux", "arm64"}, {"windows", "amd64"}},
		"darwin/arm64,darwin/arm64":  {{"darwin", "arm64"}},
		"all":                        {{"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}},
	} {
		got, err := ParseTargets(list)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%q: %v %s", list, err, d)
		}
	}
	for _, list := range []string{"", "plan9", "linux/386", "linux,", "LINUX"} {
		if got, err := ParseTargets(list); err == nil || term.HintOf(err) == "" {
			t.Errorf("%q: got %v, %v", list, got, err)
		}
	}
}

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"main.run":                            "main",
		"github.com/mullion-dev/mullion.Main": "github.com/mullion-dev/mullion",
		"github.com/pelletier/go-toml/v2.(*decoder).walkTable": "github.com/pelletier/go-toml/v2",
		"runtime.mallocgc":                "runtime",
		"encoding/json.(*Decoder).Decode": "encoding/json",
		"slices.SortFunc[go.shape.[]example.com/a/b.T,go.shape.struct { X int }]": "slices",
		"github.com/godbus/dbus/v5.init":                                          "github.com/godbus/dbus/v5",
		"gopkg.in/yaml%2ev3.Unmarshal":                                            "gopkg.in/yaml.v3",
		"callbackasm":                                                             "",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s: got %q, want %q", symbol, got, want)
		}
	}
}

// TestPages: a front end need not have an index.html, for windows may begin with
// other pages.
func TestPages(t *testing.T) {
	for file, want := range map[string]int{"toolbar.html": 1, "sub/page.HTML": 1, "main.js": 0, "html": 0} {
		dir := t.TempDir()
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, filepath.Dir(file)), 0o755), os.WriteFile(filepath.Join(dir, file), []byte("x"), 0o644)); err != nil {
			t.Fatal(err)
		}
		if size, err := sizeOf(dir); err != nil || size.pages != want || size.Files != 1 {
			t.Errorf("%s: %+v, %v", file, size, err)
		}
	}
}
