package bundler_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundler"
)

// project writes files into a folder of its own.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

var app = map[string]string{
	"index.html": `<!doctype html>
<html><head>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="style.css">
<script type="module" src="/main.ts"></script>
</head><body><img src="logo.png" alt=""><a href="sub/about.html">About</a><script src="/_mullion/other.js"></script></body></html>`,
	"sub/about.html":       `<script type="module" src="../main.ts"></script>`,
	"style.css":            "body { background: url(logo.png); color: red }",
	"main.ts":              "import './dialog.css';\nimport { invoke } from '@mullion/api';\nimport { add } from './lib/add';\nconsole.log(invoke, add(1, 2), import.meta.env.DEV);",
	"dialog.css":           "dialog { margin: 0 }",
	"lib/add.ts":           "export function add(a: number, b: number): number { return a + b }",
	"icon.svg":             "<svg/>",
	"logo.png":             "png",
	"public/robots.txt":    "all",
	"node_modules/x.html":  "not a page",
	".git/y.html":          "not a page",
	"public/sub/page.html": "as it is",
}

func TestBuild(t *testing.T) {
	b := bundler.New(bundler.Options{Dir: project(t, app)})
	defer b.Close()
	out, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(out.Files)) {
		names = append(names, regexp.MustCompile(`-[0-9A-Z]{8}\.`).ReplaceAllString(name, "-HASH."))
	}
	want := "assets/logo-HASH.png assets/main.css assets/main.css.map assets/main.js assets/main.js.map assets/style.css assets/style.css.map icon.svg index.html logo.png robots.txt sub/about.html sub/page.html"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	page := string(out.Files["index.html"])
	for _, want := range []string{
		`<link rel="icon" href="icon.svg">`, `<link rel="stylesheet" href="/assets/style.css">`,
		`<link rel="stylesheet" href="/assets/main.css"><script type="module" src="/assets/main.js"></script>`,
		`<img src="logo.png" alt="">`, `<a href="sub/about.html">`, `<script src="/_mullion/other.js">`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s:\n%s", want, page)
		}
	}
	if js := string(out.Files["assets/main.js"]); !strings.Contains(js, "a + b") || !strings.Contains(js, "__TAURI_INTERNALS__") {
		t.Errorf("the script lacks a module:\n%s", js)
	}
	if len(out.Inputs) < 7 {
		t.Errorf("got inputs %q", out.Inputs)
	}
}

func TestRelease(t *testing.T) {
	b := bundler.New(bundler.Options{Dir: project(t, app), Release: true})
	defer b.Close()
	out, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`src="/(assets/main-[0-9A-Z]{8}\.js)"`).FindSubmatch(out.Files["index.html"])
	if m == nil {
		t.Fatalf("no name with a hash:\n%s", out.Files["index.html"])
	}
	js := string(out.Files[string(m[1])])
	if strings.Contains(js, "\n  ") || strings.Contains(js, "sourceMappingURL") || !strings.Contains(js, "!1") {
		t.Errorf("not made small:\n%s", js)
	}
}

// TestChange: what changes is bundled again, and other entries are found.
func TestChange(t *testing.T) {
	dir := project(t, app)
	b := bundler.New(bundler.Options{Dir: dir})
	defer b.Close()
	if _, err := b.Build(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "lib/add.ts"), "export const add = (a: number, b: number) => a * b")
	out, err := b.Build()
	if err != nil || !strings.Contains(string(out.Files["assets/main.js"]), "a * b") {
		t.Errorf("the change is missing: %v", err)
	}
	write(t, filepath.Join(dir, "index.html"), `<script type="module" src="other.tsx"></script>`)
	write(t, filepath.Join(dir, "other.tsx"), "console.log('another')")
	out, err = b.Build()
	if err != nil || !strings.Contains(string(out.Files["assets/other.js"]), "another") {
		t.Errorf("the other entry is missing: %v", err)
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct{ name, file, text, want string }{
		{"syntax", "main.ts", "let x: = 1", "main.ts:1:8: "},
		{"import", "main.ts", "import 'nothing'", "main.ts:1:8: Could not resolve \"nothing\"\nThere is no npm package nothing in node_modules. With Node.js installed, \"npm install nothing\" "},
		{"a file of a package", "main.ts", "import '@no/thing/at/all.css'", `"npm install @no/thing" puts it there`},
		{"a file", "main.ts", "import './nothing'", `main.ts:1:8: Could not resolve "./nothing"`},
		{"script", "index.html", "<p>\n<script type=module src=nowhere.ts></script>", `nowhere.ts`},
		{"image", "index.html", "<p>\n<img src=nowhere.png>", `index.html:2:1: there is no file "nowhere.png"`},
		{"not a module", "index.html", "\n\n<script src=main.ts></script>", `index.html:3:1: only module scripts are bundled: write <script type="module" src="main.ts">`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := project(t, app)
			write(t, filepath.Join(dir, test.file), test.text)
			b := bundler.New(bundler.Options{Dir: dir})
			defer b.Close()
			_, err := b.Build()
			var bad *bundler.Error
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			if strings.Contains(err.Error(), "external") || test.name == "a file" && strings.Contains(err.Error(), "npm") {
				t.Errorf("the advice is wrong: %v", err)
			}
			write(t, filepath.Join(dir, test.file), app[test.file])
			if _, err := b.Build(); err != nil {
				t.Errorf("after it was mended: %v", err)
			}
		})
	}
	b := bundler.New(bundler.Options{Dir: t.TempDir()})
	if _, err := b.Build(); err == nil || !strings.Contains(err.Error(), "index.html") {
		t.Errorf("without a page: got %v", err)
	}
}

// TestWrite: what is out of date goes, what others have put there stays.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "mine.txt"), "mine")
	first := &bundler.Output{Files: map[string][]byte{"index.html": []byte("1"), "assets/a b.js": []byte("a")}}
	second := &bundler.Output{Files: map[string][]byte{"index.html": []byte("2"), "sub/b.js": []byte("b")}}
	for _, o := range []*bundler.Output{first, second} {
		if err := o.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"mine.txt": "mine", "index.html": "2", "sub/b.js": "b"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "assets", "a b.js")); !os.IsNotExist(err) {
		t.Errorf("what is out of date is there: %v", err)
	}
	out := &bundler.Output{Files: map[string][]byte{"../out.txt": nil}}
	if err := out.Write(dir); err == nil {
		t.Error("a file outside of the folder was written")
	}
}
