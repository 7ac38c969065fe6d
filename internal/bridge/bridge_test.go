package bridge

import (
	"crypto/sha256"
	"fmt"
	"github.com/go-json-experiment/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fix = "To rebuild: go -C internal/bridge/build run ."

// TestFresh compares the sources with those that dist was built from.
func TestFresh(t *testing.T) {
	recorded, err := os.ReadFile("dist/sources.sha256")
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(recorded), "\n")
	var want strings.Builder
	for _, pattern := range []string{"build/go.mod", "build/go.sum", "build/main.go", "src/*.ts", "src/types/*.ts"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&want, "%x  %s\n", sha256.Sum256(data), filepath.ToSlash(name))
		}
	}
	if got != want.String() {
		t.Errorf("dist was built from other sources.\n%s\ngot:\n%swant:\n%s", fix, got, want.String())
	}
}

func TestGenerated(t *testing.T) {
	names, err := filepath.Glob("dist/*")
	if err != nil || len(names) < 6 {
		t.Fatalf("files in dist: %q %v", names, err)
	}
	names = append(names, filepath.FromSlash("../../packages/api/api.js"), filepath.FromSlash("../../packages/api/api.d.ts"))
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(data), "\n")
		if !strings.Contains(first, "Code generated") || !strings.Contains(first, "DO NOT EDIT.") {
			t.Errorf("%s begins with %q", name, first)
		}
	}
}

func TestBridge(t *testing.T) {
	key := strings.Repeat("0a", KeySize/2)
	got := Bridge(key)
	if !strings.HasSuffix(got, "})\n(\""+key+"\");\n") || strings.Count(got, key) != 1 {
		t.Errorf("got a script that ends in %q", got[len(got)-90:])
	}
	for _, bad := range []string{"", "0a", key + "0", strings.ToUpper(key), `");alert("` + key[10:], strings.Repeat("g", KeySize)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("key %q was taken", bad)
				}
			}()
			Bridge(bad)
		}()
	}
}

func TestPage(t *testing.T) {
	tests := []struct {
		name   string
		config PageConfig
		want   map[string]any
	}{
		{"plain", PageConfig{Window: "w", Webview: "v", Sep: `\`, Delimiter: ";", Devtools: true},
			map[string]any{"window": "w", "webview": "v", "sep": `\`, "delimiter": ";", "devtools": true}},
		{"defaults", PageConfig{Window: "main"},
			map[string]any{"window": "main", "webview": "main", "sep": string(filepath.Separator), "delimiter": string(filepath.ListSeparator)}},
		{"hostile", PageConfig{Window: "\"});alert(1)//</script>\u2028\u2029'`${x}"},
			map[string]any{"window": "\"});alert(1)//</script>\u2028\u2029'`${x}", "webview": "\"});alert(1)//</script>\u2028\u2029'`${x}",
				"sep": string(filepath.Separator), "delimiter": string(filepath.ListSeparator)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			script, err := Page(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			argument, ok := strings.CutPrefix(script, page+"(")
			argument, ok2 := strings.CutSuffix(argument, ");\n")
			if !ok || !ok2 {
				t.Fatal("the script is not a call of the page script")
			}
			if strings.ContainsAny(argument, "<>\u2028\u2029\n") {
				t.Errorf("unsafe in a script: %s", argument)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(argument), &got); err != nil {
				t.Fatal(err)
			}
			if len(got) != len(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			for k, want := range tt.want {
				if got[k] != want {
					t.Errorf("%s: got %q, want %q", k, got[k], want)
				}
			}
		})
	}
	for _, bad := range []PageConfig{{}, {Webview: "v"}, {Window: "\xff"}} {
		if _, err := Page(bad); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}

func TestFilesAreTheCallers(t *testing.T) {
	for name, f := range map[string]func() []byte{"API": API, "APITypes": APITypes} {
		first := f()
		if len(first) == 0 {
			t.Errorf("%s is empty", name)
			continue
		}
		clear(first)
		if f()[0] == 0 {
			t.Errorf("%s hands out its own copy", name)
		}
	}
	if Global() == "" {
		t.Error("Global is empty")
	}
}
