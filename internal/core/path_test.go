package core_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/core"
)

// newPathPair has two folders: $AUDIO and $RESOURCE.
func newPathPair(t *testing.T) *pair {
	return newPair(t, `{"identifier": "test", "windows": ["*"], "permissions": ["core:default"]}`, core.Options{
		PathVariable: func(name string) (string, bool) {
			dir, ok := map[string]string{"AUDIO": "/music", "RESOURCE": "/usr/lib/app"}[name]
			return dir, ok
		},
	}, nil)
}

func TestPathCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths of the table are those of Unix")
	}
	working, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	p := newPathPair(t)
	main := p.open("main", "app://localhost/")
	quoted := func(s string) string { return `"` + s + `"` }
	for _, test := range []struct{ command, args, want, err string }{
		{"resolve", `{"paths": []}`, quoted(working), ""},
		{"resolve", `{"paths": ["a", "../b", "./c/"]}`, quoted(working + "/b/c"), ""},
		{"resolve", `{"paths": ["a", "/b", "c", "..", "/d", "e"]}`, `"/d/e"`, ""},
		{"resolve", `{"paths": ["/..", ".."]}`, `"/"`, ""},
		{"normalize", `{"path": ""}`, `"."`, ""},
		{"normalize", `{"path": "."}`, `"."`, ""},
		{"normalize", `{"path": ".."}`, `".."`, ""},
		{"normalize", `{"path": "../../a"}`, `"../../a"`, ""},
		{"normalize", `{"path": "/a/../../b//c/."}`, `"/b/c"`, ""},
		{"normalize", `{"path": "a//b/"}`, `"a/b/"`, ""},
		{"normalize", `{"path": "/"}`, `"/"`, ""},
		{"join", `{"paths": []}`, `"."`, ""},
		{"join", `{"paths": ["", ""]}`, `"."`, ""},
		{"join", `{"paths": ["", "a", "", "/b", "..", "c/"]}`, `"a/c"`, ""},
		{"join", `{"paths": ["/a", "/b"]}`, `"/a/b"`, ""},
		{"dirname", `{"path": "/a/b.txt"}`, `"/a"`, ""},
		{"dirname", `{"path": "/a/b//"}`, `"/a"`, ""},
		{"dirname", `{"path": "/a"}`, `"/"`, ""},
		{"dirname", `{"path": "a"}`, `""`, ""},
		{"dirname", `{"path": "a/b/."}`, `"a"`, ""},
		{"dirname", `{"path": "a/.."}`, `"a"`, ""},
		{"dirname", `{"path": "/"}`, ``, "parent"},
		{"dirname", `{"path": "/."}`, ``, "parent"},
		{"dirname", `{"path": ""}`, ``, "parent"},
		{"extname", `{"path": "/a.b/c.tar.gz"}`, `"gz"`, ""},
		{"extname", `{"path": "c."}`, `""`, ""},
		{"extname", `{"path": "/a.b/c"}`, ``, "extension"},
		{"extname", `{"path": ".hidden"}`, ``, "extension"},
		{"extname", `{"path": ".."}`, ``, "extension"},
		{"basename", `{"path": "/a/b.txt"}`, `"b.txt"`, ""},
		{"basename", `{"path": "/a/b.txt/"}`, `"b.txt"`, ""},
		{"basename", `{"path": "/a/b.txt", "ext": ".txt"}`, `"b"`, ""},
		{"basename", `{"path": "/a/b.txt", "ext": "txt"}`, `"b."`, ""},
		{"basename", `{"path": "/a/b.txt", "ext": "md"}`, `"b.txt"`, ""},
		{"basename", `{"path": "/a/b.txt", "ext": null}`, `"b.txt"`, ""},
		{"basename", `{"path": "/"}`, ``, "basename"},
		{"basename", `{"path": "a/.."}`, ``, "basename"},
		{"is_absolute", `{"path": "/a"}`, `true`, ""},
		{"is_absolute", `{"path": "a"}`, `false`, ""},
		{"is_absolute", `{"path": 1}`, ``, "path"},
		{"resolve_directory", `{"directory": 1}`, `"/music"`, ""},
		{"resolve_directory", `{"directory": 1, "path": null}`, `"/music"`, ""},
		{"resolve_directory", `{"directory": 1, "path": "/a/../b"}`, `"/music/b"`, ""},
		{"resolve_directory", `{"directory": 11, "path": "../x/./y"}`, `"/usr/lib/app/_up_/x/y"`, ""},
		{"resolve_directory", `{"directory": 11, "path": "/etc/x"}`, `"/usr/lib/app/_root_/etc/x"`, ""},
		{"resolve_directory", `{"directory": 2}`, ``, "unknown path"},
		{"resolve_directory", `{"directory": 0}`, ``, "unknown path"},
		{"resolve_directory", `{"directory": 24}`, ``, "unknown path"},
		{"resolve_directory", `{"directory": -1}`, ``, "unknown path"},
	} {
		got := main.call(`["plugin:path|` + test.command + `",` + test.args + `]`)
		if test.err != "" {
			if !strings.HasPrefix(got, "e") || !strings.Contains(got, test.err) {
				t.Errorf("%s %s: got %s, want an error with %q", test.command, test.args, got, test.err)
			}
		} else if got != "o"+test.want {
			t.Errorf("%s %s: got %s, want %s", test.command, test.args, got, test.want)
		}
	}
}
