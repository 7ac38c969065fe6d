package build

import (
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
