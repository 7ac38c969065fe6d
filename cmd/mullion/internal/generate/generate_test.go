package generate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
)

// TestFresh: what was generated for an app with all kinds of types, which the
// tests of conformance/bindings call from a window, is as it would be now.
// After a change: go run ./cmd/mullion generate --dir conformance/bindings
func TestFresh(t *testing.T) {
	r, err := Run(t.Context(), Options{Dir: "../../../../conformance/bindings", Check: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Stale) > 0 || len(r.Fresh) == 0 {
		t.Errorf("stale: %q, fresh: %q", r.Stale, r.Fresh)
	}
}

// TestExamples: apps of all kinds can be typed.
func TestExamples(t *testing.T) {
	for _, name := range []string{"hello", "splash", "browser", "chat", "tray", "player"} {
		out := t.TempDir()
		r, err := Run(t.Context(), Options{Dir: "../../../../examples/" + name, Out: out, Check: true})
		if err != nil || !slices.Contains(r.Stale, filepath.Join(out, "index.ts")) || len(r.Warnings) > 0 {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
}

// TestMistakes: each mistake is told with its place and what to do.
func TestMistakes(t *testing.T) {
	out := t.TempDir()
	_, err := Run(t.Context(), Options{Dir: "testdata/wrong", Out: out})
	var errs Errors
	if !errors.As(err, &errs) {
		t.Fatalf("got %v", err)
	}
	golden(t, "testdata/wrong/errors.txt", err.Error()+"\n")
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("%s was written in spite of mistakes", left[0].Name())
	}
}

// golden compares a text with a file, or writes that if UPDATE_GOLDEN is set.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (with UPDATE_GOLDEN=1 it is written):\n%s", name, diff)
	}
}

// TestWrite: what is as it should be is left alone, what is somebody's own is
// not overwritten, and a check writes nothing.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	file := output{path: filepath.Join(dir, "new", "index.ts"), text: []byte(header + "export {};\n")}
	r, err := write([]output{file}, true)
	if err != nil || len(r.Stale) != 1 || len(r.Written) != 0 {
		t.Errorf("check: got %+v, %v", r, err)
	}
	if _, err := os.Stat(file.path); err == nil {
		t.Error("a check has written")
	}
	if r, err = write([]output{file}, false); err != nil || len(r.Written) != 1 {
		t.Errorf("first: got %+v, %v", r, err)
	}
	before, err := os.Stat(file.path)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = write([]output{file}, false); err != nil || len(r.Fresh) != 1 || len(r.Written) != 0 {
		t.Errorf("again: got %+v, %v", r, err)
	}
	after, err := os.Stat(file.path)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("a file that was fresh is another one now, %v", err)
	}
	own := output{path: filepath.Join(dir, "own.ts"), text: file.text}
	if err := os.WriteFile(own.path, []byte("export const mine = 1;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	changed := output{path: file.path, text: []byte(header + "export const more = 1;\n")}
	if _, err := write([]output{changed, own}, false); err == nil || !strings.Contains(err.Error(), "was not generated") {
		t.Errorf("somebody's own file: got %v", err)
	}
	if text, _ := os.ReadFile(file.path); string(text) != string(file.text) {
		t.Error("a part was written before the error")
	}
	if err := os.Mkdir(filepath.Join(dir, "file"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := write([]output{{path: filepath.Join(own.path, "below.ts")}}, false); err == nil {
		t.Error("a file was taken for a folder")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", ".generate-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestPlaces: where the TypeScript goes.
func TestPlaces(t *testing.T) {
	for _, test := range []struct {
		name, conf string
		files      []string // besides mullion.conf.json; those that end in / are folders
		want       string
		own        bool // a copy of the API
	}{
		{"vite", `"build":{"frontendDist":"dist"}`, []string{"package.json={}", "src/", "dist/"}, "src/bindings", true},
		{"with api", `"build":{"frontendDist":"dist"}`, []string{`package.json={"dependencies":{"@mullion/api":"1"}}`, "src/"}, "src/bindings", false},
		{"folder", `"build":{"frontendDist":"frontend/build"}`, []string{"frontend/package.json={}"}, "frontend/bindings", true},
		{"vanilla", `"build":{"frontendDist":"dist"}`, []string{"tsconfig.json={}", "ui/"}, "ui/bindings", false},
		{"no TypeScript", `"build":{"frontendDist":"ui"}`, []string{"ui/index.html="}, "", false},
		{"no front end", ``, nil, "", false},
		{"beside", ``, []string{"frontend/package.json={}", "frontend/src/"}, "frontend/src/bindings", true},
	} {
		dir := t.TempDir()
		conf := `{"identifier":"com.example.a"`
		if test.conf != "" {
			conf += "," + test.conf
		}
		for _, f := range append(test.files, "mullion.conf.json="+conf+"}") {
			name, text, _ := strings.Cut(f, "=")
			path := filepath.Join(dir, name)
			if strings.HasSuffix(name, "/") {
				os.MkdirAll(path, 0o755)
				continue
			}
			os.MkdirAll(filepath.Dir(path), 0o755)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		p, err := project.Find(dir)
		if err != nil {
			t.Fatal(err)
		}
		l := layoutOf(dir, p)
		got, _ := filepath.Rel(dir, l.bindings())
		if l.bindings() == "" {
			got = ""
		}
		if filepath.ToSlash(got) != test.want || l.ownAPI() != test.own {
			t.Errorf("%s: got %q, %v; want %q, %v", test.name, got, l.ownAPI(), test.want, test.own)
		}
	}
}

// TestTauriLayout: the configuration in src-tauri, the rest above it.
func TestTauriLayout(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"src-tauri/tauri.conf.json": `{"identifier":"com.example.a","productName":"a","build":{"frontendDist":"../dist"}}`,
		"package.json":              `{}`, "src/main.ts": ``,
	} {
		os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "src-tauri"); p.Dir != want {
		t.Errorf("got the configuration in %s, want %s", p.Dir, want)
	}
	if got, want := layoutOf(dir, p).bindings(), filepath.Join(dir, "src", "bindings"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"add_note": "addNote", "notes://changed": "notesChanged", "a": "a", "2nd": "_2nd", "x__y": "xY", "bind-kit": "bindKit", "é": "é", "://": "_",
	} {
		if got := camel(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	n := namer{taken: map[string]bool{"events": true}}
	for _, name := range []string{"delete", "events", "x", "x", "x"} {
		if got := n.take(name); !n.taken[got] || isReserved(got) {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

// TestCancelled: an end of the context is an end of the work.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Options{Dir: "testdata/wrong", Check: true}); err == nil {
		t.Error("it went on")
	}
}
