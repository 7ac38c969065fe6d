package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// snippet is a piece of code in a document: what stands between two fences.
//
// A comment on the lines before it says what a reader knows and a compiler
// does not. It begins with the language of the piece:
//
//	<!-- go: var notes *Notes -->      declarations that the piece needs
//	<!-- go alone -->                  it shares nothing with other pieces of the page
//	<!-- ts foreign -->                code of another framework, which is only parsed
//
// A piece of Go with a package clause is a package. All others of a page are
// one package: declarations once, and statements in functions whose parameters
// are ctx, app, window and page. Imports come by themselves.
type snippet struct {
	file     string
	line     int
	language string
	text     string
	context  string // of the comment, what stands after the colon
	alone    bool
	foreign  bool
}

func (s snippet) String() string { return fmt.Sprintf("%s:%d", s.file, s.line) }

var contextComment = regexp.MustCompile(`(?s)<!-- ([a-z]+)(?::? (alone|foreign) |:?\s+([^\n]*?|[^\n]*\n.*?)\s*)-->\s*$`)

// snippets returns the fenced code of a document.
func snippets(name string, text []byte) (list []snippet) {
	var current *snippet
	var before strings.Builder // all since the last fence
	n, indent := 0, ""
	for line := range strings.Lines(string(text)) {
		n++
		trimmed := strings.TrimLeft(line, " ")
		language, fence := strings.CutPrefix(strings.TrimRight(trimmed, "\n"), "```")
		switch {
		case fence && current == nil:
			indent = line[:len(line)-len(trimmed)] // in a list
			current = &snippet{file: name, line: n + 1, language: language}
			if m := contextComment.FindStringSubmatch(before.String()); m != nil && m[1] == language {
				current.context, current.alone, current.foreign = m[3], m[2] == "alone", m[2] == "foreign"
			}
			before.Reset()
		case fence:
			list = append(list, *current)
			current = nil
		case current != nil:
			current.text += strings.TrimPrefix(line, indent)
		default:
			before.WriteString(line)
		}
	}
	return list
}

// allSnippets returns the pieces of all documents in one of the languages.
func allSnippets(t *testing.T, languages ...string) (list []snippet) {
	t.Helper()
	for _, name := range documents(t) {
		for _, s := range snippets(name, read(t, name)) {
			if slices.Contains(languages, s.language) {
				list = append(list, s)
			}
		}
	}
	if len(list) == 0 {
		t.Fatalf("no pieces of %s", languages)
	}
	return list
}

// snippetLanguages are those that pieces may be in, and which test reads them.
var snippetLanguages = map[string]string{
	"go":   "TestGoSnippets",
	"json": "TestJSONSnippets",
	"toml": "TestCapabilitySnippets",
	"ts":   "TestScriptSnippets",
	"tsx":  "TestScriptSnippets",
	"js":   "TestScriptSnippets",
	"sh":   "TestShellSnippets",
	"html": "TestScriptSnippets, the scripts in it",
	"css":  "read by nothing: engines skip what they do not know",
	"text": "what programs print, trees of files",
	"":     "what programs print",
	"rust": "other people's code, in pages for those who come from it",
}

func TestSnippetLanguages(t *testing.T) {
	for _, name := range documents(t) {
		for _, s := range snippets(name, read(t, name)) {
			if _, ok := snippetLanguages[s.language]; !ok {
				t.Errorf("%v: no test reads %q", s, s.language)
			}
			// What would be code if somebody looked.
			if code := regexp.MustCompile(`(?m)^(func |import |package |//go:embed|const .* = await)`); (s.language == "" || s.language == "text") && code.MatchString(s.text) {
				t.Errorf("%v: this is code: name its language", s)
			}
		}
	}
}

// goImports are the packages that fragments of Go may use without an import.
var goImports = func() map[string]string {
	imports := map[string]string{
		"mullion": module, "mulliontest": module + "/mulliontest", "ipc": module + "/ipc", "config": module + "/config", "capability": module + "/capability",
		"jsontext": "github.com/go-json-experiment/json/jsontext", "opener": module + "/plugin/opener",
	}
	for _, std := range strings.Fields(`bufio bytes cmp context crypto/sha256 embed encoding/base64 encoding/csv encoding/hex encoding/json errors fmt html image image/png
		io io/fs iter log log/slog maps net/http net/url os os/exec os/signal path path/filepath regexp runtime slices sort strconv strings sync
		sync/atomic testing time unicode`) {
		imports[path.Base(std)] = std
	}
	return imports
}()

const goParameters = "ctx context.Context, app *mullion.App, window *mullion.Window, page *mullion.Webview"

// goFragments makes one file of fragments. Errors in it are reported at their
// place in the document.
func goFragments(list []snippet) (string, error) {
	var body strings.Builder
	for i, s := range list {
		if s.context != "" {
			fmt.Fprintf(&body, "//line %s:%d\n%s\n", s.file, s.line-2, s.context)
		}
		declares, asStatements := s.text, ""
		if _, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+s.text, parser.SkipObjectResolution); err != nil {
			declares, asStatements = "", s.text
		}
		if asStatements == "" {
			fmt.Fprintf(&body, "//line %s:%d\n%s\n", s.file, s.line, declares)
			continue
		}
		fmt.Fprintf(&body, "func statements%d(%s) error {\n//line %s:%d\n%s\nreturn nil }\n", i, goParameters, s.file, s.line, asStatements)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", "package fragments\n"+body.String(), 0)
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && id.Obj == nil {
				used[id.Name] = true
			}
		}
		return true
	})
	if strings.Contains(body.String(), "//go:embed") {
		used["embed"] = true
	}
	imports := ""
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if p, ok := goImports[name]; ok {
			imports += fmt.Sprintf("import %q\n", p)
		}
	}
	return "package fragments\n" + imports + body.String(), nil
}

// embedded are the files of apps that pieces of Go embed.
var embedded = []string{
	"mullion.conf.json", "package.json", "icon.png", "ui/index.html", "dist/index.html", "capabilities/main.json", "permissions/app.toml",
	"src-tauri/tauri.conf.json", "src-tauri/capabilities/default.json",
}

// TestGoSnippets compiles and vets the Go code of the documents, in a module
// beside this one.
func TestGoSnippets(t *testing.T) {
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mod := strings.Replace(string(read(t, "go.mod")), "module "+module, "module documents", 1)
	write("go.mod", fmt.Sprintf("%s\nrequire %s v0.0.0\nreplace %[2]s => %s\n", mod, module, checkout))
	write("go.sum", string(read(t, "go.sum")))
	packages := 0
	add := func(text string) {
		packages++
		name := fmt.Sprintf("piece%d/", packages)
		source := "piece.go"
		if regexp.MustCompile(`(?m)^func Test\w*\(\w+ \*testing\.`).MatchString(text) {
			source = "piece_test.go"
		}
		write(name+source, text)
		if strings.Contains(text, "//go:embed") {
			for _, e := range embedded {
				write(name+e, "")
			}
		}
	}
	fragments := map[string][]snippet{}
	for _, s := range allSnippets(t, "go") {
		switch whole := regexp.MustCompile(`\A(//.*\n)*package `).MatchString(s.text); {
		case s.foreign && !whole:
			if _, err := goFragments([]snippet{s}); err != nil {
				t.Errorf("%v: %v", s, err)
			}
		case s.foreign:
		case whole:
			add(fmt.Sprintf("//line %s:%d\n%s", s.file, s.line, s.text))
		case s.alone:
			fragments[s.String()] = []snippet{s}
		default:
			fragments[s.file] = append(fragments[s.file], s)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fragments)) {
		text, err := goFragments(fragments[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		add(text)
	}
	// What follows a return is there for the compiler alone.
	cmd := exec.CommandContext(t.Context(), "go", "vet", "-unreachable=false", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-mod=readonly", "PWD="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
