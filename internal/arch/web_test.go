package arch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// scriptErrors are the errors of the type checker that count in JavaScript,
// which has no types to say that an element is an <output>: what does not
// parse, and names, modules and what they export.
var scriptErrors = regexp.MustCompile(`error TS(1\d\d\d|2304|2305|2307|2459|2552|2614|2724|2792):`)

// ofApp are imports of files that an app has, and no document.
var ofApp = regexp.MustCompile(`(?m)^import .* from ["']\.\.?/.*["'];?$`)

// TestScriptSnippets parses the scripts of the documents, and checks their
// types where they have some, against the types of the modules that apps
// serve.
func TestScriptSnippets(t *testing.T) {
	bridge, err := filepath.Abs(filepath.Join(root, "internal/bridge"))
	if err != nil {
		t.Fatal(err)
	}
	tsc := filepath.Join(bridge, "node_modules", "typescript", "bin", "tsc")
	if _, err := os.Stat(tsc); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("internal/bridge/node_modules (npm ci) is missing")
	}
	dir := t.TempDir()
	var foreign []string
	for _, s := range allSnippets(t, "ts", "tsx", "js", "html") {
		list := []snippet{s}
		if s.language == "html" {
			list = scriptsIn(s)
		}
		for _, s := range list {
			// Errors are reported at the place in the document.
			name := fmt.Sprintf("%s.%d.%s", strings.ReplaceAll(s.file, "/", "_"), s.line, s.language)
			s.text = ofApp.ReplaceAllString(s.text, "") // its comment declares what comes from there
			above := max(s.line-1-strings.Count(s.context, "\n")-1, 0)
			text := strings.Repeat("\n", above) + s.context + "\n" + s.text + "\nexport {};\n"
			if s.foreign {
				foreign = append(foreign, name)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	api := filepath.Join(filepath.Dir(filepath.Dir(bridge)), "packages", "api", "api.d.ts")
	conf, err := json.Marshal(map[string]any{
		"compilerOptions": map[string]any{
			"target": "es2022", "lib": []string{"es2023", "dom", "dom.iterable"}, "module": "esnext", "moduleResolution": "bundler",
			"types": []string{}, "strict": true, "noEmit": true, "allowJs": true, "checkJs": true, "skipLibCheck": true, "jsx": "preserve",
			"paths": map[string][]string{
				"/_mullion/api.js": {api}, "@mullion/api": {api},
				"@tauri-apps/*": {filepath.Join(bridge, "node_modules", "@tauri-apps", "*")},
			},
		},
		"include": []string{"*"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tsconfig.json"), conf, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", tsc, "-p", ".", "--pretty", "false")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		return
	}
	syntax := regexp.MustCompile(`error TS1\d\d\d:`)
	found := regexp.MustCompile(`(?m)^([^(\n]+)\(\d+,\d+\): error .*$`).FindAllStringSubmatch(string(out), -1)
	if len(found) == 0 {
		t.Fatalf("tsc: %v\n%s", err, out)
	}
	for _, m := range found {
		switch {
		case slices.Contains(foreign, m[1]):
			if syntax.MatchString(m[0]) {
				t.Error(m[0])
			}
		case strings.HasSuffix(m[1], ".ts") || scriptErrors.MatchString(m[0]):
			t.Error(m[0])
		}
	}
}

// scriptsIn returns the scripts in a piece of HTML.
func scriptsIn(s snippet) (list []snippet) {
	for _, m := range regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`).FindAllStringSubmatchIndex(s.text, -1) {
		script := s
		script.language = "js"
		script.text = s.text[m[2]:m[3]]
		script.line += strings.Count(s.text[:m[2]], "\n")
		list = append(list, script)
	}
	return list
}
