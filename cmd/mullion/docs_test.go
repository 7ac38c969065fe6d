package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// TestDocumentedCalls: the commands and flags that the documents name exist.
func TestDocumentedCalls(t *testing.T) {
	names, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	// In lines of a shell and in the text: `mullion doctor`.
	call := regexp.MustCompile("(?m)(?:^[ $]*|`|&& )(?:go run (?:\\./|\\.\\./mullion/|github\\.com/mullion-dev/mullion/)cmd/mullion(?:@[a-z0-9.]+)?|mullion)((?: [^`#&|;\n]+)+)")
	n := 0
	for _, name := range append(names, "../../README.md", "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(strings.ReplaceAll(string(text), "\\\n", " "), -1) {
			words := strings.Fields(m[1])
			if len(words) == 0 || !regexp.MustCompile(`^(-|[a-z]+$)`).MatchString(words[0]) {
				continue
			}
			n++
			if problem := unknownIn(root(new(term.Term)), words); problem != "" {
				t.Errorf("%s: mullion%s: %s", filepath.Base(name), m[1], problem)
			}
		}
	}
	if n == 0 {
		t.Error("no call was found")
	}
}

// unknownIn says which word of a call the tool does not know.
func unknownIn(c *cli.Command, words []string) string {
	flags := []string{"--help", "-h"}
	for i, w := range words {
		for _, f := range c.Flags {
			for _, name := range f.Names() {
				flags = append(flags, "-"+name, "--"+name)
			}
		}
		if i == 0 && w == "completion" && c.EnableShellCompletion {
			return "" // the library adds it when the tool runs
		}
		if w == "--" || w == "…" || w == "..." {
			return ""
		}
		if flag, _, _ := strings.Cut(w, "="); strings.HasPrefix(w, "-") {
			if !slices.Contains(flags, flag) {
				return "there is no flag " + flag
			}
			continue
		}
		if sub := c.Command(w); sub != nil {
			c = sub
		} else if i == 0 || len(c.Commands) > 0 {
			return "there is no command " + w
		}
	}
	return ""
}
