package path_test

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/builtin/path"
	"github.com/mullion-dev/mullion/internal/hostile"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// folders is an app that has these, by name.
type folders struct {
	plugin.App
	of map[string]string
}

func (f folders) Directory(name string) (string, bool) {
	dir, ok := f.of[name]
	return dir, ok
}

// started is the plugin in an app with two folders: $AUDIO and $RESOURCE.
func started(t *testing.T) plugin.Plugin {
	t.Helper()
	p := path.New()
	if err := p.Start(t.Context(), folders{of: map[string]string{"AUDIO": "/music", "RESOURCE": "/usr/lib/app"}}); err != nil {
		t.Fatal(err)
	}
	return p
}

// call returns what a command answers, as JSON.
func call(p plugin.Plugin, command, args string) (string, error) {
	r, err := p.Commands[command].Handler(context.Background(), &ipc.Message{Kind: ipc.Command, Name: command, Args: []byte(args)})
	if err != nil {
		return "", err
	}
	return string(r.JSON), nil
}

// TestHostile calls every command with what a hostile page would.
func TestHostile(t *testing.T) {
	p := started(t)
	for name, c := range p.Commands {
		for _, h := range hostile.Calls(c.Arguments) {
			if _, err := call(p, name, h.Arguments); err == nil && h.AtFault != "" {
				t.Errorf("%s %.100s: want an error", name, h.Arguments)
			}
		}
	}
}

func TestCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths of the table are those of Unix")
	}
	working, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	p := started(t)
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
		got, err := call(p, test.command, test.args)
		switch {
		case test.err != "":
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s %s: got %s, %v, want an error with %q", test.command, test.args, got, err, test.err)
			}
		case err != nil || got != test.want:
			t.Errorf("%s %s: got %s, %v, want %s", test.command, test.args, got, err, test.want)
		}
	}
}
