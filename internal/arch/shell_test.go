package arch

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shellCommands are what the documents may have readers run, and who says that
// the rest of the line is right.
var shellCommands = map[string]string{
	"go": "goLine", "make": "makeLine", "mullion": "TestDocumentedCalls in cmd/mullion",
	"cd": "", "cp": "", "mkdir": "", "export": "", "sudo": "the command after it", "apt-get": "", "apt": "", "dnf": "", "pacman": "", "zypper": "",
	"git": "", "npm": "", "npx": "", "pnpm": "", "node": "", "xvfb-run": "the command after it", "systemd-run": "", "journalctl": "",
	"curl": "", "tar": "", "nfpm": "", "dpkg-deb": "", "flatpak-builder": "", "docker": "", "gdb": "", "kill": "", "find": "", "sha256sum": "", "WebKitWebDriver": "",
}

// TestShellSnippets fails when a document has readers run what is not there:
// targets of the Makefile, packages of this repository, other commands.
func TestShellSnippets(t *testing.T) {
	for _, s := range allSnippets(t, "sh") {
		text := strings.ReplaceAll(s.text, "\\\n", " ")
		for line := range strings.Lines(text) {
			for _, words := range shellCalls(line) {
				checkCall(t, s, words)
			}
		}
	}
	inline := regexp.MustCompile("`((?:make|go run|go test|go build|go -C) [^`]+)`")
	for _, name := range documents(t) {
		for _, m := range inline.FindAllStringSubmatch(string(read(t, name)), -1) {
			for _, words := range shellCalls(strings.ReplaceAll(m[1], "\n", " ")) {
				checkCall(t, snippet{file: name}, words)
			}
		}
	}
}

// shellCalls returns the calls in a line of a shell, as words.
func shellCalls(line string) (calls [][]string) {
	line, _, _ = strings.Cut(line, " #")
	if strings.HasPrefix(line, "#") {
		return nil
	}
	for _, call := range regexp.MustCompile(`&&|\|\|?|;`).Split(line, -1) {
		words := strings.Fields(call)
		for len(words) > 0 && (regexp.MustCompile(`^[A-Z_][A-Z0-9_]*=`).MatchString(words[0]) || slices.Contains([]string{"$", "sudo", "xvfb-run", "env"}, words[0])) {
			words = words[1:]
		}
		if len(words) > 0 {
			calls = append(calls, words)
		}
	}
	return calls
}

func checkCall(t *testing.T, s snippet, words []string) {
	t.Helper()
	where := s.file
	if s.line > 0 {
		where = s.String()
	}
	if _, ok := shellCommands[words[0]]; !ok && !strings.HasPrefix(words[0], "./") {
		t.Errorf("%s: no test knows the command %q", where, words[0])
	}
	switch words[0] {
	case "make":
		rules := string(read(t, "Makefile"))
		for _, w := range words[1:] {
			name, _, variable := strings.Cut(w, "=")
			pattern := `(?m)^` + regexp.QuoteMeta(name) + `:`
			if variable {
				pattern = `(?m)^` + regexp.QuoteMeta(name) + ` \?=`
			}
			if !regexp.MustCompile(pattern).MatchString(rules) {
				t.Errorf("%s: the Makefile has no %s", where, name)
			}
			if variable && strings.HasPrefix(w, name+"='") {
				break // the rest is its value
			}
		}
	case "go":
		dir := "."
		for i, w := range words {
			if w == "-C" && i+1 < len(words) {
				// A checkout beside the app, or one that was just cloned.
				dir = strings.TrimPrefix(strings.TrimPrefix(words[i+1], "../"), "mullion/")
			}
			if i == 1 && w != "-C" && !slices.Contains([]string{"run", "build", "test", "vet", "doc", "mod", "get", "install", "work", "generate", "tool", "env", "version", "list"}, w) {
				t.Errorf("%s: there is no go %s", where, w)
			}
			// Packages of the repository; an app has its own below other names.
			if p := strings.TrimPrefix(w, "./"); p != w && regexp.MustCompile(`^(cmd|examples|internal|bench|scripts)/`).MatchString(p) {
				if _, err := os.Stat(filepath.Join(root, path.Join(dir, strings.TrimSuffix(p, "/...")))); err != nil {
					t.Errorf("%s: %v", where, err)
				}
			}
		}
		if _, err := os.Stat(filepath.Join(root, dir)); err != nil && dir != "." {
			t.Errorf("%s: %v", where, err)
		}
	}
}
